package gateway_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"tvscim/cmd/config"
	"tvscim/proxy/admin"
	"tvscim/tvapi/tvfake"
)

// settingsFile is what a reload reads.
type settingsFile struct {
	mu     sync.Mutex
	config config.Config
	err    error
	load   func() (config.Config, error) // nil: config and err
}

func (f *settingsFile) read() (config.Config, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.load != nil {
		return f.load()
	}
	return f.config, f.err
}

// write changes the settings that the next reload reads; a file in error is well again.
func (f *settingsFile) write(change func(*config.Config)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change(&f.config)
	f.err = nil
}

// spoil has the next reload fail.
func (f *settingsFile) spoil(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.err = err
}

// reload writes settings and has the gateway read them.
func (s *stage) reload(change func(*config.Config)) error {
	s.t.Helper()
	s.file.write(change)
	return s.gateway.Reload(s.t.Context())
}

// mustReload is reload for settings that are good.
func (s *stage) mustReload(change func(*config.Config)) {
	s.t.Helper()
	if err := s.reload(change); err != nil {
		s.t.Fatal(err)
	}
}

func tokenOf(name, text string) config.Token {
	return config.Token{Name: name, SHA256: sha256.Sum256([]byte(text))}
}

// TestReload: each setting that can change at run time is in effect for the requests that begin
// after the reload.
func TestReload(t *testing.T) {
	in(t, staging{}, func(t *testing.T, s *stage) {
		nora, ola := s.user("nora.vale@contoso.example"), s.user("ola.lind@contoso.example")
		owner := s.fake.OwnerID()
		s.fake.SetRights(tvfake.AllRights()...)
		s.status(t, http.StatusBadRequest, "PATCH", "/Users/"+owner, patchOf(inactive))

		s.mustReload(func(c *config.Config) {
			c.Auth.Tokens = []config.Token{tokenOf("second", "second-token")}
			c.Users.OnDelete, c.Users.Keep, c.Users.Language = config.OnDeleteRemove, []string{"title"}, "de"
			c.Users.SSOCustomerID = config.NewSecret("sso-id")
			c.Protect.TokenOwner = false
			c.Limits.Page, c.Limits.MaxBody, c.Limits.BulkOperations = 1, 16<<10, 1
			c.PublicURL = "https://tv.example.com"
		})
		s.status(t, http.StatusUnauthorized, "GET", "/Users", "")
		s.token = "second-token"
		list := s.status(t, http.StatusOK, "GET", "/Users", "").json(t)
		if n := list["itemsPerPage"]; n != 1.0 {
			t.Errorf("a page of %v, want 1", n)
		}
		s.status(t, http.StatusRequestEntityTooLarge, "POST", "/Users", `{"userName":"x@contoso.example","title":"`+strings.Repeat("x", 16<<10)+`"}`)
		if config := s.status(t, http.StatusOK, "GET", "/ServiceProviderConfig", "").json(t); get(config, "bulk", "maxOperations") != 1.0 {
			t.Errorf("bulk: %v", config["bulk"])
		}
		made := s.status(t, http.StatusCreated, "POST", "/Users", `{"userName":"new@contoso.example","displayName":"New","title":"Engineer"}`)
		if location := made.header.Get("Location"); !strings.HasPrefix(location, "https://tv.example.com/scim/v2/Users/") {
			t.Errorf("Location %q", location)
		}
		id, _ := made.json(t)["id"].(string)
		if made.json(t)["title"] != "Engineer" {
			t.Errorf("the title is not kept: %s", made.body)
		}
		if u, _ := s.fake.User(id); u.Language != "de" || u.SSOCustomerID != "sso-id" {
			t.Errorf("language %q, identifier %q", u.Language, u.SSOCustomerID)
		}
		s.status(t, http.StatusNoContent, "DELETE", "/Users/"+nora, "")
		if _, there := s.fake.User(nora); there {
			t.Error("the deleted user was not removed from the company")
		}
		s.status(t, http.StatusOK, "PATCH", "/Users/"+owner, patchOf(inactive))

		s.mustReload(func(c *config.Config) { c.Users.OnDelete, c.BasePath = config.OnDeleteDeactivate, "/other" })
		s.url = "http://stage.example/other"
		s.status(t, http.StatusNoContent, "DELETE", "/Users/"+ola, "")
		if u, there := s.fake.User(ola); !there || u.Active {
			t.Error("the deleted user was not deactivated")
		}
	})
}

// TestReloadOfPassthrough: the list of tokens that may be tried, and the policy, of callers that
// are proven already too.
func TestReloadOfPassthrough(t *testing.T) {
	in(t, staging{settings: usePassthrough}, func(t *testing.T, s *stage) {
		s.token = s.fake.Token()
		s.fake.AddToken("second")
		nora := s.user("nora.vale@contoso.example")
		s.mustReload(func(c *config.Config) {
			c.Auth.Tokens, c.Users.OnDelete = []config.Token{tokenOf("second", "second")}, config.OnDeleteRemove
		})
		s.status(t, http.StatusUnauthorized, "GET", "/Users", "")
		s.token = "second"
		s.status(t, http.StatusNoContent, "DELETE", "/Users/"+nora, "")
		if _, there := s.fake.User(nora); there {
			t.Error("the deleted user was not removed from the company")
		}
	})
}

// TestRequestUnderWayKeepsItsSettings: a request that began before a reload ends under the old
// settings, those that begin after it have all the new ones.
func TestRequestUnderWayKeepsItsSettings(t *testing.T) {
	in(t, staging{}, func(t *testing.T, s *stage) {
		nora, ola := s.user("nora.vale@contoso.example"), s.user("ola.lind@contoso.example")
		time.Sleep(age)
		arrived, release := s.fake.Hold("GET /account") // whose answer a deletion needs before it is planned
		var under sync.WaitGroup
		under.Go(func() { s.status(t, http.StatusNoContent, "DELETE", "/Users/"+nora, "") })
		<-arrived
		s.mustReload(func(c *config.Config) {
			c.Users.OnDelete, c.Auth.Tokens = config.OnDeleteRemove, []config.Token{tokenOf("second", "second-token")}
		})
		release()
		under.Wait()
		if u, there := s.fake.User(nora); !there || u.Active {
			t.Errorf("the request under way: in the company %v, active %v; want deactivated", there, u.Active)
		}
		s.token = "second-token"
		s.status(t, http.StatusNoContent, "DELETE", "/Users/"+ola, "")
		if _, there := s.fake.User(ola); there {
			t.Error("the request after the reload did not remove its user")
		}
	})
}

// TestBadSettings: settings that cannot be read, or that are wrong without what needs a restart,
// change nothing, and health, metrics and log say so until they are mended.
func TestBadSettings(t *testing.T) {
	t.Parallel()
	core, logged := observer.New(zapcore.DebugLevel)
	s := newStage(t, staging{direct: true, log: zap.New(core)})
	nora := s.user("nora.vale@contoso.example")
	for name, test := range map[string]struct {
		spoil func()
		says  string
	}{
		"unreadable": {func() {
			s.file.spoil(errors.New("auth.mode: line 3: must be passthrough or token\nlisten: must be host:port"))
		}, "auth.mode: line 3: must be passthrough or token; listen: must be host:port"},
		"wrong without a restart": {func() {
			s.file.write(func(c *config.Config) {
				c.Auth, c.TeamViewer.Token, c.Users.OnDelete = config.Auth{Mode: config.AuthPassthrough}, config.Secret{}, config.OnDeleteDelete
			})
		}, "without what needs a restart (auth.mode) they are wrong: auth.tokens: is missing"},
		"expired": {func() {
			s.file.write(func(c *config.Config) { c.Auth.Tokens[0].Expires = time.Unix(1, 0) })
		}, "every token has expired"},
	} {
		before, _ := s.file.read()
		before.Auth.Tokens = append([]config.Token(nil), before.Auth.Tokens...)
		test.spoil()
		if err := s.gateway.Reload(t.Context()); err == nil || !strings.Contains(err.Error(), "the old ones stay") {
			t.Errorf("%s: %v", name, err)
		}
		if state, detail := s.component("settings"); state != admin.StateFailing || !strings.Contains(detail, test.says) {
			t.Errorf("%s: settings %s, %q, want %q", name, state, detail, test.says)
		}
		if body := s.admin("/metrics").body; !strings.Contains(body, "tvscim_config_reload_success 0\n") {
			t.Errorf("%s: /metrics does not say that the reload failed", name)
		}
		if lines := filtered(logged, "reload failed"); len(lines) != 1 || !strings.Contains(fmt.Sprint(lines[0].ContextMap()), strings.Split(test.says, ";")[0]) {
			t.Errorf("%s: logged %v", name, lines)
		}
		s.status(t, http.StatusOK, "GET", "/Users/"+nora, "")
		s.mustReload(func(c *config.Config) { *c = before })
		if state, detail := s.component("settings"); state != admin.StateOK || detail != "" {
			t.Errorf("%s: mended: settings %s, %q", name, state, detail)
		}
		if body := s.admin("/metrics").body; !strings.Contains(body, "tvscim_config_reload_success 1\n") {
			t.Errorf("%s: mended: /metrics", name)
		}
	}
}

// filtered takes the lines from a log and returns those with a message.
func filtered(logged *observer.ObservedLogs, message string) []observer.LoggedEntry {
	var found []observer.LoggedEntry
	for _, entry := range logged.TakeAll() {
		if entry.Message == message {
			found = append(found, entry)
		}
	}
	return found
}

// TestWhatNeedsARestart is named by the log and by health until it is done or taken back; all else
// takes effect.
func TestWhatNeedsARestart(t *testing.T) {
	t.Parallel()
	core, logged := observer.New(zapcore.InfoLevel)
	s := newStage(t, staging{direct: true, log: zap.New(core)})
	s.mustReload(func(c *config.Config) {
		c.Listen, c.Cache.IDs, c.TeamViewer.Timeout, c.Limits.Page = "127.0.0.1:1", 7, time.Minute, 1
	})
	const keys = "listen, teamviewer.timeout, cache.ids"
	if state, detail := s.component("settings"); state != admin.StateOK || detail != "restart the gateway to apply what has changed: "+keys {
		t.Errorf("settings %s, %q", state, detail)
	}
	if body := s.admin("/metrics").body; !strings.Contains(body, "tvscim_config_restart_needed 3\n") {
		t.Error("/metrics does not say that three settings need a restart")
	}
	lines := filtered(logged, "settings have changed that need a restart of the gateway")
	if len(lines) != 1 || fmt.Sprint(lines[0].ContextMap()["keys"]) != "["+strings.ReplaceAll(keys, ",", "")+"]" {
		t.Errorf("logged %v", lines)
	}
	if n := s.status(t, http.StatusOK, "GET", "/Users", "").json(t)["itemsPerPage"]; n != 1.0 {
		t.Errorf("what needs no restart is not in effect: a page of %v", n)
	}
	s.mustReload(func(c *config.Config) { c.Limits.Page = 2 })
	if lines := filtered(logged, "settings have changed that need a restart of the gateway"); len(lines) != 0 {
		t.Errorf("the same keys are logged again: %v", lines)
	}
	s.mustReload(func(c *config.Config) {
		was := config.Default()
		c.Listen, c.Cache.IDs, c.TeamViewer.Timeout = was.Listen, was.Cache.IDs, was.TeamViewer.Timeout
	})
	if state, detail := s.component("settings"); state != admin.StateOK || detail != "" {
		t.Errorf("taken back: settings %s, %q", state, detail)
	}
}

// TestReloadOfTheLogLevel: debug lines appear, and disappear.
func TestReloadOfTheLogLevel(t *testing.T) {
	t.Parallel()
	level := zap.NewAtomicLevel()
	core, logged := observer.New(level)
	s := newStage(t, staging{direct: true, log: zap.New(core), level: &level})
	for _, want := range []bool{false, true, false} {
		s.mustReload(func(c *config.Config) {
			c.Log.Level = map[bool]config.LogLevel{true: config.LogDebug, false: config.LogInfo}[want]
		})
		logged.TakeAll()
		s.do("GET", "/Users", "")
		if got := logged.FilterLevelExact(zapcore.DebugLevel).Len() > 0; got != want {
			t.Errorf("debug lines: %v, want %v", got, want)
		}
	}
}

// TestOtherParts are reloaded with the settings, and their errors shown.
func TestOtherParts(t *testing.T) {
	t.Parallel()
	s := newStage(t, staging{direct: true, log: zap.NewNop()})
	var failure error
	calls := 0
	s.gateway.ReloadToo("tls", func() error { calls++; return failure })
	s.mustReload(func(*config.Config) {})
	failure = errors.New("the certificate does not fit its key")
	if err := s.reload(func(c *config.Config) { c.Limits.Page = 1 }); err == nil || err.Error() != "tls: the certificate does not fit its key" {
		t.Errorf("error %v", err)
	}
	if state, detail := s.component("settings"); state != admin.StateFailing || !strings.Contains(detail, "tls: the certificate") || calls != 2 {
		t.Errorf("settings %s, %q after %d calls", state, detail, calls)
	}
	if n := s.status(t, http.StatusOK, "GET", "/Users", "").json(t)["itemsPerPage"]; n != 1.0 {
		t.Errorf("the settings are not in effect: a page of %v", n)
	}
}

// TestReloadKeepsCursors: a client that reads a list page by page reads on after a reload.
func TestReloadKeepsCursors(t *testing.T) {
	t.Parallel()
	s := newStage(t, staging{direct: true})
	s.user("nora.vale@contoso.example")
	first := s.status(t, http.StatusOK, "GET", "/Users?cursor&count=1", "").json(t)
	s.mustReload(func(c *config.Config) { c.Users.Language = "de" })
	cursor, _ := first["nextCursor"].(string)
	s.status(t, http.StatusOK, "GET", "/Users?count=1&cursor="+url.QueryEscape(cursor), "")
	if body := s.admin("/metrics").body; !strings.Contains(body, `tvscim_http_requests_total{method="GET",route="/Users",status="200"} 2`) {
		t.Errorf("the requests before and after the reload are not counted together:\n%s", body)
	}
}
