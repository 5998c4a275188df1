package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"

	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"tvscim/tvapi/tvfake"
)

// transcript is a writer whose text can be waited for.
type transcript struct {
	mu      sync.Mutex
	text    bytes.Buffer
	changed chan struct{} // closed and replaced at each write
}

func newTranscript() *transcript { return &transcript{changed: make(chan struct{})} }

func (b *transcript) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	n, err := b.text.Write(p)
	close(b.changed)
	b.changed = make(chan struct{})
	return n, err
}

func (b *transcript) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// wait returns the submatches of a pattern once the text has it.
func (b *transcript) wait(t *testing.T, pattern string) []string {
	t.Helper()
	re := regexp.MustCompile(pattern)
	deadline := time.After(20 * time.Second)
	for {
		b.mu.Lock()
		found, changed := re.FindStringSubmatch(b.text.String()), b.changed
		b.mu.Unlock()
		if found != nil {
			return found
		}
		select {
		case <-changed:
		case <-deadline:
			t.Fatalf("no %q in:\n%s", pattern, b)
		}
	}
}

// command runs a command line in the background.
type command struct {
	out, err *transcript
	stop     func() int // ends it and returns its exit code
}

func start(t *testing.T, environ []string, args ...string) command {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	c := command{out: newTranscript(), err: newTranscript()}
	code := make(chan int, 1)
	go func() { code <- run(ctx, args, world{environ: environ, out: c.out, err: c.err}) }()
	c.stop = sync.OnceValue(func() int { cancel(); return <-code })
	t.Cleanup(func() { c.stop() })
	return c
}

// once runs a command line that ends by itself.
func once(t *testing.T, environ []string, args ...string) (code int, out, err string) {
	t.Helper()
	var o, e bytes.Buffer
	code = run(t.Context(), args, world{environ: environ, out: &o, err: &e})
	return code, o.String(), e.String()
}

func TestVersion(t *testing.T) {
	t.Parallel()
	for _, asked := range []string{"version", "--version"} {
		code, out, _ := once(t, nil, asked)
		if code != exitOK || !regexp.MustCompile(`^tvscim dev\ncommit \S+.*\ngo1\.\S+ \w+/\w+\n$`).MatchString(out) {
			t.Errorf("%s: exit %d: %q", asked, code, out)
		}
	}
}

func TestCommandLine(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		environ []string
		args    []string
		code    int
		says    string // on either output
	}{
		{"help", nil, []string{"--help"}, exitOK, "A self-hosted SCIM 2.0 gateway"},
		{"no command", nil, nil, exitOK, "A self-hosted SCIM 2.0 gateway"},
		{"part of a command", nil, []string{"token"}, exitSettings, `expected "new"`},
		{"token without a good name", nil, []string{"token", "new", "--name", "two words"}, exitSettings, "--name"},
		{"unknown command", nil, []string{"fly"}, exitSettings, "unexpected argument fly"},
		{"unknown flag", nil, []string{"serve", "--fast"}, exitSettings, "unknown flag --fast"},
		{"no such file", nil, []string{"serve", "--config", "/nonexistent/config.yaml"}, exitSettings, "/nonexistent/config.yaml"},
		{"all problems at once", []string{"TVSCIM_LIMITS_PAGE=0", "TVSCIM_USERS_ON_DELETE=explode", "TVSCIM_NONSENSE=1"}, []string{"check"}, exitSettings,
			"users.on_delete"},
		{"unknown variable", []string{"TVSCIM_NONSENSE=1"}, []string{"check"}, exitSettings, "TVSCIM_NONSENSE"},
		{"defaults are good", anyPort(), []string{"check"}, exitOK, "settings  ok (auth.mode passthrough"},
		{"online without a token", anyPort(), []string{"check", "--online"}, exitFailed, "TVSCIM_CHECK_TOKEN"},
		{"a token with its scheme", anyPort(), []string{"check", "--online", "--token", "Bearer hunter2"}, exitFailed, `remove the word "Bearer"`},
		{"variants", nil, []string{"emulate", "--variant", "list"}, exitOK, "default\n"},
		{"unknown variant", nil, []string{"emulate", "--variant", "odd"}, exitFailed, `variant "odd"`},
		{"emulator for everybody", nil, []string{"emulate", "--listen", "0.0.0.0:0"}, exitFailed, "only loopback"},
		{"demo for everybody", nil, []string{"demo", "--exit", "--listen", "192.0.2.1:0"}, exitFailed, "only loopback"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			code, out, err := once(t, test.environ, test.args...)
			if code != test.code || !strings.Contains(out+err, test.says) {
				t.Errorf("exit %d, want %d, saying %q:\n%s%s", code, test.code, test.says, out, err)
			}
		})
	}
}

// TestDemo plays the whole rehearsal and reads what it says.
func TestDemo(t *testing.T) {
	t.Parallel()
	code, out, errText := once(t, nil, "demo", "--exit")
	if code != exitOK {
		t.Fatalf("exit %d: %s%s", code, out, errText)
	}
	for _, want := range []string{
		"Test Connection", "First cycle: users", "First cycle: groups", "Changes, legacy dialect", "Changes, compliant dialect", "Leaving",
		"POST /api/v1/users → 200", "What TeamViewer now holds", "Nora Vale-Roth", "POST /users                      3",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("the demo does not show %q:\n%s", want, out)
		}
	}
	for _, line := range strings.Split(out, "\n") {
		if n := len([]rune(line)); n > plainWidth {
			t.Errorf("a line of %d characters: %s", n, line)
		}
	}
}

// TestDemoStaysUp: the curl line that it prints works.
func TestDemoStaysUp(t *testing.T) {
	t.Parallel()
	demo := start(t, nil, "demo")
	found := demo.out.wait(t, `curl -s -H 'Authorization: Bearer ([^']+)' \\\n\s+'([^']+)'`)
	status, body := fetch(t, found[2], found[1])
	if status != http.StatusOK || !strings.Contains(body, `"userName":"nora.vale@contoso.example"`) {
		t.Errorf("%d %s", status, body)
	}
	if code := demo.stop(); code != exitOK {
		t.Errorf("exit %d", code)
	}
}

// TestServe starts the emulator and the gateway as an admin would, in auth.mode token, and uses both addresses.
func TestServe(t *testing.T) {
	t.Parallel()
	emulator := start(t, nil, "emulate", "--listen", "127.0.0.1:0", "--control", "127.0.0.1:0", "--token", "tv-script-token", "--users", "3")
	api := emulator.out.wait(t, `Web API\s+(\S+)`)[1]
	control := emulator.out.wait(t, `control\s+(\S+)`)[1]
	emulator.out.wait(t, `variant`)

	hash := sha256.Sum256([]byte("entra-token"))
	environ := []string{
		"TVSCIM_LISTEN=127.0.0.1:0", "TVSCIM_ADMIN_LISTEN=" + freeAddress(t), "TVSCIM_AUTH_MODE=token", "TVSCIM_TEAMVIEWER_TOKEN=tv-script-token",
		"TVSCIM_TEAMVIEWER_BASE_URL=" + api, fmt.Sprintf("TVSCIM_AUTH_TOKENS=[{name: entra, sha256: %s}]", hex.EncodeToString(hash[:])),
	}
	gateway := start(t, environ, "serve")
	scimAddress := gateway.err.wait(t, `"scim":"([^"]+)"`)[1]
	adminAddress := gateway.err.wait(t, `"admin":"([^"]+)"`)[1]

	status, body := fetch(t, "http://"+scimAddress+"/scim/v2/Users", "entra-token")
	var list struct{ TotalResults int }
	if err := json.Unmarshal([]byte(body), &list); err != nil || status != http.StatusOK || list.TotalResults != 4 {
		t.Errorf("GET /Users: %d %s", status, body)
	}
	for path, want := range map[string]string{
		"/livez": "", "/readyz": `"teamviewer"`, "/metrics": `tvscim_teamviewer_calls_total{function="GET /users",outcome="ok"} 1`,
	} {
		if status, body := fetch(t, "http://"+adminAddress+path, ""); status != http.StatusOK || !strings.Contains(body, want) {
			t.Errorf("GET %s: %d, without %q:\n%s", path, status, want, body)
		}
	}
	if status, body := fetch(t, control+"/", ""); status != http.StatusOK || !strings.Contains(body, "curl "+control+"/faults -d '{") {
		t.Errorf("the control address does not explain itself: %d %s", status, body)
	}
	if status, body := fetch(t, control+"/calls", ""); status != http.StatusOK || !strings.Contains(body, `"GET /users":1`) {
		t.Errorf("calls: %d %s", status, body)
	}
	if code := gateway.stop(); code != exitOK {
		t.Errorf("exit %d: %s", code, gateway.err)
	}
	for _, secret := range []string{"tv-script-token", "entra-token"} {
		if strings.Contains(gateway.err.String(), secret) {
			t.Errorf("the log shows %q", secret)
		}
	}
}

// TestCheckOnline asks the emulator what its token may do.
func TestCheckOnline(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		token string
		spoil func(*tvfake.Server)
		code  int
		says  string
	}{
		{"good", "good-token-7", nil, exitOK, "users     ok: 3 users can be viewed"},
		{"wrong token", "wrong-token-7", nil, exitFailed, "TeamViewer does not accept it"},
		{"no right to groups", "good-token-7", func(f *tvfake.Server) {
			f.SetRights(tvfake.RightUsersRead, tvfake.RightAccountRead)
		}, exitFailed, "groups    NOT ok"},
		{"no predefined role", "good-token-7", nil, exitOK, "the company has no predefined role"},
		{"predefined role", "good-token-7", predefine("AllowGroupSharing"), exitOK, `predefined role "New", which cannot administer`},
		{"predefined role that can administer", "good-token-7", predefine("AllowGroupSharing", "ManageUsers", "ManageUserGroups"), exitOK,
			`new users WARNING: every user whom the gateway creates gets the company's predefined role "New", which can administer (ManageUserGroups, ManageUsers)`},
		{"no right to roles", "good-token-7", func(f *tvfake.Server) {
			f.Fail(tvfake.Fault{Function: "GET /userroles/predefined", Status: 403, Body: `{"error":"invalid_permission"}`})
		}, exitOK, "new users not known"},
		{"no right to users", "good-token-7", func(f *tvfake.Server) { f.SetRights(tvfake.RightGroupsRead) }, exitFailed, "2 of 3 questions were refused"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			fake := tvfake.New(tvfake.Options{Token: "good-token-7"})
			fake.AddUser(tvfake.User{})
			fake.AddUser(tvfake.User{})
			if test.spoil != nil {
				test.spoil(fake)
			}
			api, err := serveLoopback(t.Context(), "127.0.0.1:0", fake.Handler())
			if err != nil {
				t.Fatal(err)
			}
			defer api.Close()
			environ := anyPort("TVSCIM_TEAMVIEWER_BASE_URL=" + api.url())
			code, out, errText := once(t, environ, "check", "--online", "--token", test.token)
			if code != test.code || !strings.Contains(out+errText, test.says) {
				t.Errorf("exit %d, want %d, saying %q:\n%s%s", code, test.code, test.says, out, errText)
			}
			if strings.Contains(out+errText, test.token) {
				t.Errorf("the token is printed:\n%s%s", out, errText)
			}
		})
	}
}

// anyPort is an environ that listens where nobody else does, with more variables.
func anyPort(more ...string) []string {
	return append([]string{"TVSCIM_LISTEN=127.0.0.1:0", "TVSCIM_ADMIN_LISTEN=127.0.0.1:0"}, more...)
}

// freeAddress returns a loopback address that nobody listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func fetch(t *testing.T, url, token string) (status int, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(text)
}

// predefine makes a role with these permissions that all new users get.
func predefine(permissions ...string) func(*tvfake.Server) {
	return func(f *tvfake.Server) { f.SetPredefinedRole(f.AddRole("New", permissions...).ID) }
}

// TestCheckOnlineWithoutNetwork: what is wrong on the way to TeamViewer is said in words, with what to do.
func TestCheckOnlineWithoutNetwork(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	code, out, errText := once(t, []string{"TVSCIM_TEAMVIEWER_BASE_URL=http://" + l.Addr().String()}, "check", "--online", "--token", "a-token-7")
	for _, says := range []string{"ping: " + l.Addr().String() + " refuses connections. Check the address and the port in the setting teamviewer.base_url"} {
		if code != exitFailed || !strings.Contains(out+errText, says) {
			t.Errorf("exit %d, want %d, saying %q:\n%s%s", code, exitFailed, says, out, errText)
		}
	}
}
