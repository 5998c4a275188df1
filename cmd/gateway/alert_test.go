package gateway_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/zap"

	"tvscim/cmd/config"
	"tvscim/cmd/gateway"
	"tvscim/proxy/certificate/certificatetest"
	"tvscim/tvapi/tvfake"
)

const webhook = "https://alerts.example.com/hook/s3cret"

// receiver is where alerts are posted to, without a socket, which testing/synctest could not wait
// for.
type receiver struct {
	mu    sync.Mutex
	got   []posted
	texts []string
	hangs bool // it does not answer
}

// posted is what a test looks at.
type posted struct{ Kind, Name, State, Summary, Remedy, Since, Instance, Version string }

// RoundTrip takes one post.
func (r *receiver) RoundTrip(request *http.Request) (*http.Response, error) {
	if r.hangs {
		<-request.Context().Done()
		return nil, request.Context().Err()
	}
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return nil, err
	}
	var p posted
	if err := json.Unmarshal(body, &p); err != nil || request.URL.String() != webhook {
		return nil, errors.Join(err, errors.New("not the webhook"))
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.got, r.texts = append(r.got, p), append(r.texts, string(body))
	return &http.Response{StatusCode: http.StatusNoContent, Body: http.NoBody, Request: request}, nil
}

// take returns what was posted since the last call.
func (r *receiver) take() []posted {
	r.mu.Lock()
	defer r.mu.Unlock()
	got := r.got
	r.got = nil
	return got
}

// alerting runs a test against a gateway that posts alerts.
func alerting(t *testing.T, with staging, test func(t *testing.T, s *stage, r *receiver)) {
	t.Helper()
	r := &receiver{}
	settings := with.settings
	with.alerts, with.log = r, zap.NewNop()
	with.settings = func(c *config.Config, fake *tvfake.Server) {
		c.Alert.Webhook = config.NewSecret(webhook)
		if settings != nil {
			settings(c, fake)
		}
	}
	in(t, with, func(t *testing.T, s *stage) {
		defer s.gateway.Watch(t.Context())()
		s.user("nora.vale@contoso.example")
		test(t, s, r)
		for _, text := range r.texts {
			if strings.Contains(text, "nora") || strings.Contains(text, s.fake.Token()) || strings.Contains(text, "s3cret") {
				t.Errorf("an alert shows a secret or a person: %s", text)
			}
		}
	})
}

// fullDisk takes what is written to it, or refuses it as a full disk does.
type fullDisk struct{ full atomic.Bool }

func (d *fullDisk) Write(p []byte) (int, error) {
	if d.full.Load() {
		return 0, syscall.ENOSPC
	}
	return len(p), nil
}

// TestAlerts: each trouble is posted once when it begins and once when it ends, with what to do.
func TestAlerts(t *testing.T) {
	call := func(s *stage) { s.do("POST", "/Users", newUser("x@contoso.example")) }
	changes := &fullDisk{}
	for kind, test := range map[string]struct {
		settings func(*config.Config)
		begin    func(s *stage) (end func())
		calls    bool          // requests come meanwhile
		quiet    time.Duration // how long it must have lasted
		summary  string
		remedy   string
		name     string
	}{
		"teamviewer_token_refused": {
			begin: func(s *stage) func() {
				s.fake.SetTokenState(tvfake.TokenRevoked)
				return func() { s.fake.SetTokenState(tvfake.TokenValid) }
			},
			calls: true, summary: "TeamViewer refuses the gateway's token (HTTP status 401)", remedy: "Put a valid script token",
		},
		"teamviewer_away": {
			begin: func(s *stage) func() { return s.fake.Fail(tvfake.Fault{Status: 503}) },
			calls: true, quiet: 10 * time.Minute, summary: "calls to TeamViewer fail: server (HTTP status 503)", remedy: "TeamViewer's status page",
		},
		"teamviewer_calls_nearly_used": {
			settings: func(c *config.Config) { c.TeamViewer.CallsPerDay = 10 },
			begin: func(s *stage) func() {
				for i := range 8 {
					s.do("POST", "/Users", newUser(strings.Repeat("x", i+1)+"@contoso.example"))
				}
				return func() { time.Sleep(24 * time.Hour) }
			},
			summary: "calls of today are nearly used up: POST /users", remedy: "cache.users_max_age",
		},
		"admin_token_expires": {
			begin: func(s *stage) func() {
				ada := tokenOf("ada", "ada-token")
				ada.Expires = time.Now().Add(15 * 24 * time.Hour)
				s.mustReload(func(c *config.Config) { c.Admin.Tokens = []config.Token{ada} })
				time.Sleep(24 * time.Hour)
				return func() {
					time.Sleep(15 * 24 * time.Hour) // until a day after it has expired
					s.mustReload(func(c *config.Config) { c.Admin.Tokens = nil })
				}
			},
			name: "ada", summary: "the token ada of admin.tokens is refused from 2000-01-16T00:0", remedy: "tvscim token new",
		},
		"caller_token_expires": {
			begin: func(s *stage) func() {
				second := tokenOf("entra", "entra-token")
				second.Expires = time.Now().Add(15 * 24 * time.Hour)
				s.mustReload(func(c *config.Config) { c.Auth.Tokens = append(c.Auth.Tokens, second) })
				time.Sleep(24 * time.Hour)
				return func() {
					time.Sleep(15 * 24 * time.Hour) // until a day after it has expired
					s.mustReload(func(c *config.Config) { c.Auth.Tokens = c.Auth.Tokens[:1] })
				}
			},
			name: "entra", summary: "the token entra of auth.tokens is refused from 2000-01-16T00:0", remedy: "tvscim token new",
		},
		"settings_not_in_use": {
			begin: func(s *stage) func() {
				s.file.spoil(errors.New("limits.pag: line 1: unknown key"))
				_ = s.gateway.Reload(s.t.Context())
				return func() { s.mustReload(func(*config.Config) {}) }
			},
			summary: "limits.pag: line 1: unknown key", remedy: "tvscim check",
		},
		"store_failing": {
			settings: func(c *config.Config) { c.Store.Path = filepath.Join(t.TempDir(), "links.db") },
			begin: func(s *stage) func() {
				config, _ := s.file.read()
				moved := config.Store.Path + ".moved"
				if err := os.Rename(config.Store.Path, moved); err != nil {
					t.Error(err)
				}
				return func() {
					if err := os.Rename(moved, config.Store.Path); err != nil {
						t.Error(err)
					}
				}
			},
			calls: true, summary: "links.db", remedy: "docs/operations.md",
		},
		"guard_holds": {
			settings: func(c *config.Config) { c.Guard.MaxRemovals = 5 },
			begin: func(s *stage) func() {
				for _, id := range s.employees(6) {
					s.do("DELETE", "/Users/"+id, "")
				}
				return func() { s.release(`{"for":"1h"}`, nil) }
			},
			summary: "the guard holds back removals of users: 5 within", remedy: "tvscim guard release",
		},
		"changelog_failing": {
			settings: func(c *config.Config) { c.Changelog.Path = config.ChangelogStdout },
			begin: func(s *stage) func() {
				changes.full.Store(true)
				s.do("DELETE", "/Users/"+s.employees(1)[0], "")
				return func() { changes.full.Store(false) }
			},
			summary: "the change log cannot be written", remedy: "docs/operations.md",
		},
		"certificate_failing": {
			settings: func(c *config.Config) {
				c.TLS.CertFile, c.TLS.KeyFile = certificatetest.New(t).Issue("127.0.0.1").Write(t, t.TempDir())
			},
			begin: func(s *stage) func() {
				config, _ := s.file.read()
				good, err := os.ReadFile(config.TLS.CertFile)
				if err != nil {
					t.Error(err)
				}
				replace := func(text []byte) error {
					if err := os.WriteFile(config.TLS.CertFile, text, 0o600); err != nil {
						t.Error(err)
					}
					return s.gateway.ReloadTLS()
				}
				if err := replace([]byte("none")); err == nil {
					t.Error("a certificate file without a certificate is taken")
				}
				return func() {
					if err := replace(good); err != nil {
						t.Error(err)
					}
				}
			},
			summary: "cert.pem contains no certificate", remedy: "docs/operations.md",
		},
	} {
		t.Run(kind, func(t *testing.T) {
			alerting(t, staging{stdout: changes, settings: func(c *config.Config, _ *tvfake.Server) {
				if test.settings != nil {
					test.settings(c)
				}
			}}, func(t *testing.T, s *stage, r *receiver) {
				pass := func(d time.Duration) {
					for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(10 * time.Second) {
						if test.calls {
							call(s)
						}
					}
				}
				pass(time.Minute)
				if got := r.take(); len(got) > 0 {
					t.Fatalf("while all is well: %v", got)
				}
				end := test.begin(s)
				if test.quiet > 0 {
					pass(test.quiet - time.Minute)
					if got := r.take(); len(got) > 0 {
						t.Errorf("before its time: %v", got)
					}
				}
				pass(5 * time.Minute)
				check := func(state string) {
					t.Helper()
					got := r.take()
					if len(got) != 1 || got[0].Kind != kind || got[0].State != state || got[0].Name != test.name || got[0].Version != "test" ||
						!strings.Contains(got[0].Summary, test.summary) || !strings.Contains(got[0].Remedy, test.remedy) || got[0].Instance == "" {
						t.Errorf("%s: %+v", state, got)
					}
				}
				check("firing")
				end()
				pass(3 * time.Minute)
				check("resolved")
			})
		})
	}
}

// TestAlertDocument: docs/operations.md explains each kind, and its example is what is posted.
func TestAlertDocument(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "\n## Alerts\n")
	section, _, _ = strings.Cut(section, "\n## ")
	for _, kind := range gateway.AlertKinds {
		if !strings.Contains(section, "\n| `"+kind+"` | ") {
			t.Errorf("docs/operations.md does not explain %s", kind)
		}
	}
	_, example, _ := strings.Cut(section, "```json\n")
	example, _, _ = strings.Cut(example, "```")
	decoder := json.NewDecoder(strings.NewReader(example))
	decoder.DisallowUnknownFields()
	var shown posted
	if err := decoder.Decode(&shown); err != nil {
		t.Fatal(err)
	}
	expires, err := time.Parse(time.RFC3339, "2027-06-30T00:00:00Z")
	if err != nil {
		t.Fatal(err)
	}
	c := gateway.TokenConditions([]config.Token{{Name: "entra", Expires: expires}}, expires)[0]
	want := posted{c.Kind, c.Name, "firing", c.Summary, c.Remedy, c.Since.Format(time.RFC3339), shown.Instance, shown.Version}
	if diff := cmp.Diff(want, shown); diff != "" || shown.Instance == "" || shown.Version == "" {
		t.Errorf("the example of docs/operations.md (-want +got):\n%s", diff)
	}
}

// TestAlertOfPassthrough: a refused token of a caller is no alert.
func TestAlertOfPassthrough(t *testing.T) {
	r := &receiver{}
	in(t, staging{alerts: r, settings: func(c *config.Config, fake *tvfake.Server) {
		usePassthrough(c, fake)
		c.Alert.Webhook = config.NewSecret(webhook)
	}}, func(t *testing.T, s *stage) {
		defer s.gateway.Watch(t.Context())()
		s.as("wrong", "GET", "/Users", "")
		s.as(s.fake.Token(), "GET", "/Users", "")
		s.fake.SetTokenState(tvfake.TokenRevoked)
		s.as(s.fake.Token(), "POST", "/Users", newUser("x@contoso.example"))
		time.Sleep(time.Hour)
		if got := r.take(); len(got) > 0 {
			t.Errorf("%+v", got)
		}
	})
}

// TestDeadWebhook: a receiver that does not answer holds up no request, and neither a reload nor
// the stop.
func TestDeadWebhook(t *testing.T) {
	r := &receiver{hangs: true}
	in(t, staging{alerts: r, log: zap.NewNop(), settings: func(c *config.Config, _ *tvfake.Server) {
		c.Alert.Webhook = config.NewSecret(webhook)
	}}, func(t *testing.T, s *stage) {
		ctx, cancel := context.WithCancel(t.Context())
		stop := s.gateway.Watch(ctx)
		nora := s.user("nora.vale@contoso.example")
		s.file.spoil(errors.New("limits.pag: line 1: unknown key"))
		_ = s.gateway.Reload(t.Context())
		time.Sleep(15 * time.Second) // a post is under way
		start := time.Now()
		s.status(t, http.StatusOK, "GET", "/Users/"+nora, "")
		s.mustReload(func(c *config.Config) { c.Alert.Webhook = config.NewSecret(webhook + "2") })
		s.admin("/metrics")
		cancel()
		stop()
		if took := time.Since(start); took > 0 {
			t.Errorf("a dead receiver cost %v", took)
		}
	})
}
