package config

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
	"pgregory.net/rapid"
)

// drawConfig makes valid settings without secrets, whose text is not kept.
func drawConfig(t *rapid.T) Config {
	page := rapid.IntRange(1, 1000).Draw(t, "page")
	duration := func(name string) time.Duration {
		return time.Duration(rapid.Int64Range(int64(time.Second), int64(5*time.Minute)).Draw(t, name))
	}
	word := rapid.StringMatching(`[A-Za-z][A-Za-z0-9_$-]{0,8}`)
	return Config{
		Listen:         fmt.Sprintf("127.0.0.1:%d", rapid.IntRange(1, 30000).Draw(t, "port")),
		AdminListen:    fmt.Sprintf("[::1]:%d", rapid.IntRange(1, 65535).Draw(t, "admin port")),
		BasePath:       rapid.StringMatching(`(/[a-z0-9_~-]{1,6}){1,4}`).Draw(t, "base path"),
		PublicURL:      rapid.SampledFrom([]string{"", "https://tv.example.com", "http://localhost:8080"}).Draw(t, "public URL"),
		TrustedProxies: rapid.SampledFrom([][]string{nil, {"10.0.0.0/8", "::1"}}).Draw(t, "trusted proxies"),
		TLS: rapid.SampledFrom([]TLS{
			{ACME: ACME{DirectoryURL: "https://acme.example.com/dir"}},
			{CertFile: "cert.pem", KeyFile: "key.pem", ClientCAFile: "ca.pem", ACME: ACME{DirectoryURL: "https://acme.example.com/dir"}},
			{ACME: ACME{Domains: []string{"tv.example.com"}, Email: "a@example.com", Cache: "acme", DirectoryURL: "https://acme.example.com/dir"}},
		}).Draw(t, "TLS"),
		Auth: Auth{Mode: AuthPassthrough},
		TeamViewer: TeamViewer{
			BaseURL:       "https://webapi.teamviewer.com",
			Timeout:       duration("timeout"),
			MaxWait:       duration("max wait"),
			MaxConcurrent: rapid.IntRange(1, 64).Draw(t, "max concurrent"),
			CallsPerDay:   rapid.IntRange(0, 1_000_000).Draw(t, "calls per day"),
		},
		Cache: Cache{
			IDs:          rapid.IntRange(100, 10_000_000).Draw(t, "ids"),
			UsersMaxAge:  duration("users"),
			GroupsMaxAge: duration("groups"),
		},
		Store: Store{
			Path:        rapid.SampledFrom([]string{"", "links.db", "/var/lib/tvscim/links.db", "C:\\links.db"}).Draw(t, "store"),
			ForgetAfter: 24*time.Hour + duration("forget after"),
		},
		Users: Users{
			OnDelete:       rapid.SampledFrom([]OnDelete{OnDeleteDeactivate, OnDeleteRemove, OnDeleteDelete}).Draw(t, "on delete"),
			Language:       rapid.SampledFrom(languages()).Draw(t, "language"),
			AcceptPassword: rapid.Bool().Draw(t, "accept password"),
			Keep:           drawKeep(t, word),
		},
		Protect: Protect{TokenOwner: rapid.Bool().Draw(t, "token owner")},
		Guard: Guard{
			Enabled:     rapid.Bool().Draw(t, "guard"),
			MaxShare:    Percent(rapid.IntRange(1, 100).Draw(t, "max share")),
			MaxRemovals: rapid.IntRange(0, 1_000_000).Draw(t, "max removals"),
			Window:      time.Minute + duration("window"),
		},
		DryRun: rapid.Bool().Draw(t, "dry run"),
		Changelog: Changelog{
			Path:    rapid.SampledFrom([]string{"", "-", "changes.jsonl", "/var/log/tvscim/changes.jsonl"}).Draw(t, "change log"),
			MaxSize: Size(rapid.Int64Range(int64(MiB), 1<<30).Draw(t, "change log max size")),
			MaxAge:  time.Minute + duration("change log max age"),
			Keep:    24*time.Hour + duration("change log keep"),
		},
		Log: Log{
			Level:  rapid.SampledFrom([]LogLevel{LogDebug, LogInfo, LogWarn, LogError}).Draw(t, "level"),
			Format: rapid.SampledFrom([]LogFormat{LogJSON, LogConsole}).Draw(t, "format"),
		},
		Limits: Limits{
			MaxBody:        Size(rapid.Int64Range(16<<10, 64<<20).Draw(t, "max body")),
			RequestTimeout: duration("request timeout"),
			Page:           page,
			MaxPage:        rapid.IntRange(page, 5000).Draw(t, "max page"),
			Connections:    rapid.IntRange(8, 65536).Draw(t, "connections"),
			BulkOperations: rapid.IntRange(1, 5000).Draw(t, "bulk operations"),
		},
	}
}

// drawKeep makes distinct attribute names, nil when there are none.
func drawKeep(t *rapid.T, word *rapid.Generator[string]) []string {
	keep := rapid.SliceOfNDistinct(word, 0, 4, strings.ToLower).Draw(t, "keep")
	if len(keep) == 0 {
		return nil
	}
	return keep
}

// Settings written as YAML are read as the same settings.
func TestYAMLRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := drawConfig(t)
		text, err := yaml.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		got, err := loader{readFile: noFiles}.load(text)
		if err != nil {
			t.Fatalf("%v\nin\n%s", err, text)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("settings (-want +got):\n%s", diff)
		}
	})
}

// A file and the same values in the environment mean the same, and the environment over any other
// file means it too.
func TestEnvironmentMeansTheSameAsTheFile(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := drawConfig(t)
		under, err := yaml.Marshal(drawConfig(t))
		if err != nil {
			t.Fatal(err)
		}
		got, err := loader{environ: environOf(want), readFile: noFiles}.load(under)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("settings (-want +got):\n%s", diff)
		}
	})
}

// environOf writes every setting of c as a variable.
func environOf(c Config) []string {
	return []string{
		"TVSCIM_LISTEN=" + c.Listen,
		"TVSCIM_ADMIN_LISTEN=" + c.AdminListen,
		"TVSCIM_BASE_PATH=" + c.BasePath,
		"TVSCIM_PUBLIC_URL=" + c.PublicURL,
		"TVSCIM_TRUSTED_PROXIES=" + strings.Join(c.TrustedProxies, ","),
		"TVSCIM_TLS_CERT_FILE=" + c.TLS.CertFile,
		"TVSCIM_TLS_KEY_FILE=" + c.TLS.KeyFile,
		"TVSCIM_TLS_CLIENT_CA_FILE=" + c.TLS.ClientCAFile,
		"TVSCIM_TLS_ACME_DOMAINS=" + strings.Join(c.TLS.ACME.Domains, ","),
		"TVSCIM_TLS_ACME_EMAIL=" + c.TLS.ACME.Email,
		"TVSCIM_TLS_ACME_CACHE=" + c.TLS.ACME.Cache,
		"TVSCIM_TLS_ACME_DIRECTORY_URL=" + c.TLS.ACME.DirectoryURL,
		"TVSCIM_AUTH_MODE=" + string(c.Auth.Mode),
		"TVSCIM_TEAMVIEWER_BASE_URL=" + c.TeamViewer.BaseURL,
		"TVSCIM_TEAMVIEWER_TIMEOUT=" + c.TeamViewer.Timeout.String(),
		"TVSCIM_TEAMVIEWER_MAX_WAIT=" + c.TeamViewer.MaxWait.String(),
		fmt.Sprintf("TVSCIM_TEAMVIEWER_MAX_CONCURRENT=%d", c.TeamViewer.MaxConcurrent),
		fmt.Sprintf("TVSCIM_TEAMVIEWER_CALLS_PER_DAY=%d", c.TeamViewer.CallsPerDay),
		fmt.Sprintf("TVSCIM_CACHE_IDS=%d", c.Cache.IDs),
		"TVSCIM_CACHE_USERS_MAX_AGE=" + formatDuration(c.Cache.UsersMaxAge),
		"TVSCIM_CACHE_GROUPS_MAX_AGE=" + formatDuration(c.Cache.GroupsMaxAge),
		"TVSCIM_STORE_FORGET_AFTER=" + formatDuration(c.Store.ForgetAfter),
		"TVSCIM_STORE_PATH=" + c.Store.Path,
		"TVSCIM_USERS_ON_DELETE=" + string(c.Users.OnDelete),
		"TVSCIM_USERS_LANGUAGE=" + c.Users.Language,
		fmt.Sprintf("TVSCIM_USERS_ACCEPT_PASSWORD=%t", c.Users.AcceptPassword),
		"TVSCIM_USERS_KEEP=" + strings.Join(c.Users.Keep, ","),
		fmt.Sprintf("TVSCIM_PROTECT_TOKEN_OWNER=%t", c.Protect.TokenOwner),
		fmt.Sprintf("TVSCIM_GUARD_ENABLED=%t", c.Guard.Enabled),
		"TVSCIM_GUARD_MAX_SHARE=" + c.Guard.MaxShare.String(),
		fmt.Sprintf("TVSCIM_GUARD_MAX_REMOVALS=%d", c.Guard.MaxRemovals),
		"TVSCIM_GUARD_WINDOW=" + formatDuration(c.Guard.Window),
		fmt.Sprintf("TVSCIM_DRY_RUN=%t", c.DryRun),
		"TVSCIM_CHANGELOG_PATH=" + c.Changelog.Path,
		"TVSCIM_CHANGELOG_MAX_SIZE=" + c.Changelog.MaxSize.String(),
		"TVSCIM_CHANGELOG_MAX_AGE=" + c.Changelog.MaxAge.String(),
		"TVSCIM_CHANGELOG_KEEP=" + c.Changelog.Keep.String(),
		"TVSCIM_LOG_LEVEL=" + string(c.Log.Level),
		"TVSCIM_LOG_FORMAT=" + string(c.Log.Format),
		"TVSCIM_LIMITS_MAX_BODY=" + c.Limits.MaxBody.String(),
		"TVSCIM_LIMITS_REQUEST_TIMEOUT=" + c.Limits.RequestTimeout.String(),
		fmt.Sprintf("TVSCIM_LIMITS_PAGE=%d", c.Limits.Page),
		fmt.Sprintf("TVSCIM_LIMITS_MAX_PAGE=%d", c.Limits.MaxPage),
		fmt.Sprintf("TVSCIM_LIMITS_CONNECTIONS=%d", c.Limits.Connections),
		fmt.Sprintf("TVSCIM_LIMITS_BULK_OPERATIONS=%d", c.Limits.BulkOperations),
	}
}

// A shortened duration is the same duration.
func TestFormatDuration(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		0: "0s", 10 * time.Second: "10s", time.Minute: "1m", 10 * time.Minute: "10m", 90 * time.Second: "1m30s",
		time.Hour: "1h", 90 * time.Minute: "1h30m", time.Hour + time.Second: "1h0m1s", 1500 * time.Millisecond: "1.5s",
	} {
		if got := formatDuration(d); got != want {
			t.Errorf("%v is written as %q, want %q", d, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		d := time.Duration(rapid.Int64Range(0, 1<<50).Draw(t, "d"))
		if again, err := time.ParseDuration(formatDuration(d)); err != nil || again != d {
			t.Fatalf("%v is written as %q (%v)", d, formatDuration(d), err)
		}
	})
}
