package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestHealthCommand asks a gateway in front of the emulator, and what is no gateway.
func TestHealthCommand(t *testing.T) {
	t.Parallel()
	emulator := start(t, nil, "emulate", "--listen", "127.0.0.1:0", "--control", "127.0.0.1:0", "--token", "tv-script-token")
	api := emulator.out.wait(t, `Web API\s+(\S+)`)[1]
	emulator.out.wait(t, `variant`)
	hash := sha256.Sum256([]byte("entra-token"))
	gateway := start(t, anyPort("TVSCIM_AUTH_MODE=token", "TVSCIM_TEAMVIEWER_TOKEN=tv-script-token", "TVSCIM_TEAMVIEWER_BASE_URL="+api,
		fmt.Sprintf("TVSCIM_AUTH_TOKENS=[{name: entra, sha256: %s}]", hex.EncodeToString(hash[:]))), "serve")
	tenant := "http://" + gateway.err.wait(t, `"scim":"([^"]+)"`)[1] + "/scim/v2"
	private := gateway.err.wait(t, `"admin":"([^"]+)"`)[1]
	_, port, _ := strings.Cut(private, ":")

	down := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/health":
			w.WriteHeader(http.StatusServiceUnavailable)
		case "/moved/Users":
			http.Redirect(w, r, tenant, http.StatusFound)
		}
		fmt.Fprintln(w, `{"ready":true}`)
	}))
	t.Cleanup(down.Close)
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	t.Cleanup(secure.Close)
	failing := strings.TrimPrefix(down.URL, "http://")
	token := healthTokenVariable + "=entra-token"

	for _, test := range []struct {
		name    string
		environ []string
		args    []string
		code    int
		says    string // on either output
	}{
		{"ready", nil, []string{"--admin", private}, exitOK, `"ready": true`},
		{"the address of the settings", []string{"TVSCIM_ADMIN_LISTEN=0.0.0.0:" + port}, nil, exitOK, `"ready": true`},
		{"a port alone", []string{"TVSCIM_ADMIN_LISTEN=:" + port}, nil, exitOK, `"ready": true`},
		{"a component fails", nil, []string{"--admin", failing}, exitOK, `{"ready":true}`},
		{"a component fails, strictly", nil, []string{"--admin", failing, "--strict"}, exitFailed, "/health answers 503"},
		{"nobody listens", nil, []string{"--admin", freeAddress(t)}, exitFailed, "nothing listens at that address"},
		{"token with a newline", []string{token + "\n"}, []string{"--tenant-url", tenant}, exitOK, "accepts the token"},
		{"token of two lines", []string{token + "\nentra-token"}, []string{"--tenant-url", tenant}, exitFailed, healthTokenVariable + ": "},
		{"Tenant URL with its resource", []string{token}, []string{"--tenant-url", tenant + "/Users"}, exitFailed, "ends before /Users: write " + tenant},
		{"unknown name", []string{token}, []string{"--tenant-url", "https://tv.invalid/scim/v2"}, exitFailed, "the name tv.invalid is not found"},
		{"https to a port without TLS", []string{token}, []string{"--tenant-url", strings.Replace(tenant, "http:", "https:", 1)}, exitFailed, "speaks HTTP without TLS"},
		{"http to a port with TLS", []string{token}, []string{"--tenant-url", strings.Replace(secure.URL, "https:", "http:", 1)}, exitFailed, "write https"},
		{"certificate of an unknown authority", []string{token}, []string{"--tenant-url", secure.URL}, exitFailed, "not of an authority that this machine trusts"},
		{"tenant URL", []string{token}, []string{"--tenant-url", tenant + "/"}, exitOK, "accepts the token"},
		{"wrong token", []string{healthTokenVariable + "=wrong-token"}, []string{"--tenant-url", tenant}, exitFailed, "answers 401"},
		{"no token", nil, []string{"--tenant-url", tenant}, exitFailed, healthTokenVariable + " is empty"},
		{"no URL", []string{token}, []string{"--tenant-url", "tv.example.com/scim/v2"}, exitFailed, "--tenant-url"},
		{"another path", []string{token}, []string{"--tenant-url", strings.TrimSuffix(tenant, "/v2")}, exitFailed, "answers 404"},
		{"no gateway", []string{token}, []string{"--tenant-url", down.URL}, exitFailed, "not with a SCIM list"},
		{"a redirect", []string{token}, []string{"--tenant-url", down.URL + "/moved"}, exitFailed, "answers 302"},
	} {
		t.Run(test.name, func(t *testing.T) {
			code, out, err := once(t, test.environ, append([]string{"health"}, test.args...)...)
			if code != test.code || !strings.Contains(out+err, test.says) {
				t.Errorf("exit %d, want %d, saying %q:\n%s%s", code, test.code, test.says, out, err)
			}
			if strings.Contains(out+err, "-token\"") || strings.Contains(out+err, "entra-token") || strings.Contains(out+err, "wrong-token") {
				t.Errorf("the token is printed:\n%s%s", out, err)
			}
		})
	}
}

func TestReachable(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"0.0.0.0:9090": "127.0.0.1:9090", "[::]:9090": "[::1]:9090", ":9090": "127.0.0.1:9090",
		"127.0.0.1:9090": "127.0.0.1:9090", "[::1]:9090": "[::1]:9090", "localhost:9090": "localhost:9090", "10.1.2.3:1": "10.1.2.3:1",
	} {
		if got := reachable(address); got != want {
			t.Errorf("reachable(%q) = %q, want %q", address, got, want)
		}
	}
}
