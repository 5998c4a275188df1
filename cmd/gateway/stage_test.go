package gateway_test

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest"

	"tvscim/cmd/config"
	"tvscim/cmd/gateway"
	"tvscim/tvapi/tvfake"
)

// stage is a whole gateway in front of an emulated TeamViewer: real HTTP on the SCIM side, the
// emulator's own transport on the other, which needs no socket.
type stage struct {
	t       *testing.T
	fake    *tvfake.Server
	gateway *gateway.Gateway
	url     string // base of SCIM
	client  *http.Client
	token   string
	file    *settingsFile // what a reload reads
}

// staging is what a stage is made of.
type staging struct {
	fake     tvfake.Options
	company  *tvfake.Server                       // a running emulator, in place of a new one
	settings func(*config.Config, *tvfake.Server) // changes the settings; nil: auth.mode token and the defaults
	direct   bool                                 // no socket at all, for testing/synctest
	network  http.RoundTripper                    // how TeamViewer is reached; nil: the stage's own emulator
	log      *zap.Logger                          // nil: errors go to the test's log
	alerts   http.RoundTripper                    // posts to alert.webhook
	stdout   io.Writer                            // gateway.Options.Stdout
	level    *zap.AtomicLevel                     // of log, which a reload may change
	lag      time.Duration                        // gateway.Options.ListLag
	noPast   bool                                 // gateway.Options.NoActivity
	window   time.Duration                        // gateway.Options.LateWindow
}

const stageToken = "stage-token"

// newStage starts a gateway that the test ends.
func newStage(t *testing.T, with staging) *stage {
	t.Helper()
	s := &stage{t: t, fake: with.company, client: http.DefaultClient, token: stageToken}
	if s.fake == nil {
		s.fake = tvfake.New(with.fake)
	}
	c := config.Default()
	c.Auth.Mode = config.AuthToken
	c.Auth.Tokens = []config.Token{{Name: "stage", SHA256: sha256.Sum256([]byte(stageToken))}}
	c.TeamViewer.BaseURL = "http://127.0.0.1:1"
	c.TeamViewer.Token = config.NewSecret(s.fake.Token())
	if with.settings != nil {
		with.settings(&c, s.fake)
	}
	network := with.network
	if network == nil {
		network = s.fake.Transport()
	}
	log := with.log
	if log == nil {
		log = zaptest.NewLogger(t, zaptest.Level(zap.ErrorLevel))
	}
	var err error
	s.file = &settingsFile{config: c}
	if c.Store.Path != "" && runtime.GOOS == "linux" {
		// A process that another test starts has the descriptors of this one until its program runs, and
		// with them the lock of a file that was just closed: of an earlier gateway, or read-only.
		syscall.ForkLock.RLock()
		defer syscall.ForkLock.RUnlock()
	}
	if s.gateway, err = gateway.New(gateway.Options{
		Config: c, Version: "test", Logger: log, Network: network, Reload: s.file.read, Level: with.level, Alerts: with.alerts, ListLag: with.lag, NoActivity: with.noPast, LateWindow: with.window, Stdout: with.stdout,
	}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.gateway.Close()
		if s.fake.CompanyDeleted() {
			t.Error("the company was deleted")
		}
	})
	if with.direct {
		s.url = "http://stage.example" + c.BasePath
		s.client = &http.Client{Transport: inProcess{s.gateway.SCIM()}}
		return s
	}
	server := httptest.NewServer(s.gateway.SCIM())
	t.Cleanup(server.Close)
	s.url = server.URL + c.BasePath
	return s
}

// inProcess reaches a handler without a socket, in the caller's goroutine.
type inProcess struct{ handler http.Handler }

// RoundTrip serves one request. An answer that comes after the client's patience is none.
func (p inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	recorder := httptest.NewRecorder()
	p.handler.ServeHTTP(recorder, r)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	return recorder.Result(), nil
}

// answer is what a SCIM client gets.
type answer struct {
	status int
	header http.Header
	body   string
}

// do sends a request as the stage's client does. path is below the base path.
func (s *stage) do(method, path, body string) answer {
	s.t.Helper()
	return s.as(s.token, method, path, body)
}

// as sends a request with a bearer token, "" for none, and with more headers, each as name and
// value.
func (s *stage) as(token, method, path, body string, headers ...[2]string) answer {
	s.t.Helper()
	a, err := s.try(s.t.Context(), token, method, path, body, headers...)
	if err != nil {
		s.t.Fatal(err)
	}
	return a
}

// try is as for a gateway that may not answer.
func (s *stage) try(ctx context.Context, token, method, path, body string, headers ...[2]string) (answer, error) {
	req, err := http.NewRequestWithContext(ctx, method, s.url+path, strings.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/scim+json; charset=utf-8")
	}
	for _, h := range headers {
		req.Header.Set(h[0], h[1])
	}
	res, err := s.client.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	return answer{res.StatusCode, res.Header, string(text)}, err
}

// json returns the body as a tree.
func (a answer) json(t *testing.T) map[string]any {
	t.Helper()
	var tree map[string]any
	if err := json.Unmarshal([]byte(a.body), &tree); err != nil {
		t.Fatalf("answer %d is no JSON object: %v\n%s", a.status, err, a.body)
	}
	return tree
}

// get returns what stands at a path of keys in a tree: nil when it is absent.
func get(tree any, path ...string) any {
	for _, key := range path {
		m, _ := tree.(map[string]any)
		tree = m[key]
	}
	return tree
}

// user makes a user through the gateway and returns its id.
func (s *stage) user(userName string) string {
	s.t.Helper()
	a := s.do("POST", "/Users", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"`+userName+`","displayName":"`+strings.Split(userName, "@")[0]+`"}`)
	if a.status != http.StatusCreated {
		s.t.Fatalf("POST /Users %s: %d %s", userName, a.status, a.body)
	}
	id, _ := a.json(s.t)["id"].(string)
	return id
}

// group makes a group through the gateway and returns its id.
func (s *stage) group(displayName string, members ...string) string {
	s.t.Helper()
	list := make([]map[string]string, len(members))
	for i, m := range members {
		list[i] = map[string]string{"value": m}
	}
	body, err := json.Marshal(map[string]any{"displayName": displayName, "members": list})
	if err != nil {
		s.t.Fatal(err)
	}
	a := s.do("POST", "/Groups", string(body))
	if a.status != http.StatusCreated {
		s.t.Fatalf("POST /Groups %s: %d %s", displayName, a.status, a.body)
	}
	id, _ := a.json(s.t)["id"].(string)
	return id
}

// patchOf is the body of a PATCH with these operations.
func patchOf(operations ...string) string {
	return `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[` + strings.Join(operations, ",") + `]}`
}

// eq is the filter that compares an attribute, ready for a query.
func eq(attribute, value string) string {
	return url.QueryEscape(fmt.Sprintf("%s eq %q", attribute, value))
}
