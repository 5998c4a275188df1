package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"tvscim/tvapi/tvfake"
)

// emulated serves an emulated TeamViewer and returns it with the variables of a gateway in
// auth.mode token before it.
func emulated(t *testing.T, o tvfake.Options) (*tvfake.Server, []string) {
	t.Helper()
	o.Token = "tv-script-token"
	fake := tvfake.New(o)
	fake.AddUser(tvfake.User{Name: "Nora Vale", Email: "nora.vale@contoso.example", Active: true})
	api, err := serveLoopback(t.Context(), "127.0.0.1:0", fake.Handler())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(api.Close)
	return fake, inTokenMode(api.url())
}

// inTokenMode are the variables of a gateway in auth.mode token whose callers present
// "entra-token".
func inTokenMode(api string) []string {
	return anyPort("TVSCIM_AUTH_MODE=token", "TVSCIM_TEAMVIEWER_TOKEN=tv-script-token", "TVSCIM_TEAMVIEWER_BASE_URL="+api,
		"TVSCIM_AUTH_TOKENS=[{name: entra, sha256: "+mistakeHash+"}]", "TVSCIM_PUBLIC_URL=https://tv.example.com")
}

// lineWith returns the line of a JSON log that holds a text, once there is one.
func lineWith(t *testing.T, log *transcript, text string) map[string]any {
	t.Helper()
	line := log.wait(t, `(?m)^.*`+text+`.*$`)[0]
	var fields map[string]any
	if err := json.Unmarshal([]byte(line), &fields); err != nil {
		t.Fatalf("%v: %s", err, line)
	}
	return fields
}

// TestAnnounce: one line says what is served, and the list of users that it counts is the one of
// the first request.
func TestAnnounce(t *testing.T) {
	t.Parallel()
	fake, environ := emulated(t, tvfake.Options{})
	g := start(t, environ, "serve")
	address := g.err.wait(t, `"scim":"([^"]+)"`)[1]
	line := lineWith(t, g.err, "paste the Tenant URL")
	for key, want := range map[string]any{"level": "info", "tenant_url": "https://tv.example.com/scim/v2", "auth": "token", "users": 2.0} {
		if line[key] != want {
			t.Errorf("%s: %v, want %v", key, line[key], want)
		}
	}
	if owner, _ := line["token_owner"].(string); !strings.HasPrefix(owner, "u") || line["company"] == "" {
		t.Errorf("owner and company: %v", line)
	}
	if status, body := fetch(t, "http://"+address+"/scim/v2/Users", "entra-token"); status != http.StatusOK {
		t.Errorf("GET /Users: %d %s", status, body)
	}
	for function, want := range map[string]int{"GET /ping": 1, "GET /account": 1, "GET /users": 1} {
		if n := fake.Count(function); n != want {
			t.Errorf("%s: %d calls, want %d", function, n, want)
		}
	}
	g.stop()
	for _, personal := range []string{"tv-script-token", "entra-token", "contoso.example"} {
		if strings.Contains(g.err.String(), personal) {
			t.Errorf("the log at level info shows %q:\n%s", personal, g.err)
		}
	}
}

// TestAnnounceInTrouble: whatever TeamViewer does, the gateway starts, is ready at once, says what
// is wrong, and stops.
func TestAnnounceInTrouble(t *testing.T) {
	t.Parallel()
	refused := func(f *tvfake.Server) { f.SetTokenState(tvfake.TokenRevoked) }
	pingOK, ping401 := tvfake.Default(), tvfake.Default()
	pingOK.PingBadToken, ping401.PingBadToken = http.StatusOK, http.StatusUnauthorized
	for name, test := range map[string]struct {
		variant tvfake.Variant
		spoil   func(*tvfake.Server) // nil: nobody listens
		says    string               // in the log
		state   string               // of teamviewer in /readyz, then
	}{
		"away":                         {pingOK, nil, "TeamViewer could not be asked at start", "failing"},
		"token refused":                {ping401, refused, "does not accept the gateway's token. Put a valid script token where", "failing"},
		"token refused by a ping's ok": {pingOK, refused, "does not accept the gateway's token. Put a valid script token where", "failing"},
		"no account":                   {pingOK, func(f *tvfake.Server) { f.SetRights(tvfake.RightUsersRead) }, "not shown by TeamViewer", "ok"},
		"no users":                     {pingOK, func(f *tvfake.Server) { f.SetRights(tvfake.RightAccountRead) }, "refuses the gateway's token a right that it needs", "failing"},
		"does not answer":              {pingOK, func(f *tvfake.Server) { f.Fail(tvfake.Fault{Delay: time.Hour}) }, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			environ := inTokenMode("http://127.0.0.1:1")
			if test.spoil != nil {
				var fake *tvfake.Server
				fake, environ = emulated(t, tvfake.Options{Variant: test.variant})
				test.spoil(fake)
			}
			g := start(t, environ, "serve")
			admin := g.err.wait(t, `"admin":"([^"]+)"`)[1]
			if status, body := fetch(t, "http://"+admin+"/readyz", ""); status != http.StatusOK {
				t.Errorf("/readyz: %d %s", status, body)
			}
			if test.says != "" {
				g.err.wait(t, test.says)
			}
			if _, body := fetch(t, "http://"+admin+"/readyz", ""); !strings.Contains(body, `"state": "`+test.state) {
				t.Errorf("/readyz: %s", body)
			}
			if code := g.stop(); code != exitOK {
				t.Errorf("exit %d: %s", code, g.err)
			}
		})
	}
}

// TestAnnounceOfPassthrough calls nobody: the gateway has no token.
func TestAnnounceOfPassthrough(t *testing.T) {
	t.Parallel()
	g := start(t, anyPort(), "serve")
	line := lineWith(t, g.err, "paste the Tenant URL")
	if url, _ := line["tenant_url"].(string); line["auth"] != "passthrough" || !strings.HasSuffix(url, "/scim/v2 (set public_url to see the whole address)") {
		t.Errorf("%v", line)
	}
	admin := g.err.wait(t, `"admin":"([^"]+)"`)[1]
	if status, body := fetch(t, "http://"+admin+"/health", ""); status != http.StatusOK || !strings.Contains(body, `"state": "unknown"`) {
		t.Errorf("/health: %d %s", status, body)
	}
}

// TestHangup: at SIGHUP the settings are read again. A file that is wrong leaves those in use, and
// SIGHUP never ends the gateway.
func TestHangup(t *testing.T) {
	t.Parallel()
	file := t.TempDir() + "/config.yaml"
	hangup := func(settings string) {
		if err := os.WriteFile(file, []byte(settings), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	g := start(t, anyPort(), "serve", "--config", file)
	address := g.err.wait(t, `"scim":"([^"]+)"`)[1]
	hangup("log: {level: debug}\ncache: {ids: 1000}\n")
	g.err.wait(t, `"settings reloaded","changed":\["log.level"\]`)
	g.err.wait(t, `need a restart of the gateway","keys":\["cache.ids"\]`)
	hangup("log: {lvl: info}\n")
	g.err.wait(t, `"reload failed","reason":"the new settings are not used, the old ones stay: log.lvl: line 1: unknown key`)
	if connection, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address); err != nil {
		t.Errorf("it does not serve any more: %v", err)
	} else {
		_ = connection.Close()
	}
	if code := g.stop(); code != exitOK {
		t.Errorf("exit %d", code)
	}
}

// TestServe starts the emulator and the gateway as an admin would, in auth.mode token, and uses
// both addresses.
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
	g := start(t, environ, "serve")
	scimAddress := g.err.wait(t, `"scim":"([^"]+)"`)[1]
	adminAddress := g.err.wait(t, `"admin":"([^"]+)"`)[1]

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
	if code := g.stop(); code != exitOK {
		t.Errorf("exit %d: %s", code, g.err)
	}
	for _, secret := range []string{"tv-script-token", "entra-token"} {
		if strings.Contains(g.err.String(), secret) {
			t.Errorf("the log shows %q", secret)
		}
	}
}
