package gateway_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tvscim/cmd/config"
	"tvscim/tvapi/tvfake"
)

// TestChangeLogHoldsNoSecret: no token, password or ssoCustomerId of a request or of the settings
// is in the change log, however the request ends.
func TestChangeLogHoldsNoSecret(t *testing.T) {
	if testing.Short() {
		t.Skip("repeats calls in real time; not in short mode")
	}
	t.Parallel()
	const password, sso, preset = "Planted-Passw0rd!", "planted-sso-customer", "planted-sso-of-settings"
	dir := t.TempDir()
	for _, mode := range []config.AuthMode{config.AuthToken, config.AuthPassthrough} {
		path := filepath.Join(dir, string(mode))
		s := newStage(t, staging{direct: true, settings: func(c *config.Config, _ *tvfake.Server) {
			c.Changelog.Path, c.Users.AcceptPassword, c.Users.SSOCustomerID = path, true, config.NewSecret(preset)
			if c.Auth.Mode = mode; mode == config.AuthPassthrough {
				c.Auth.Tokens, c.TeamViewer.Token = nil, config.Secret{}
			}
		}})
		if mode == config.AuthPassthrough {
			s.token = s.fake.Token()
		}
		const extension = `"urn:ietf:params:scim:schemas:extension:teamviewer:1.0:SsoUser":{"ssoCustomerId":"` + sso + `"}`
		create := `{"userName":"ada@contoso.example","displayName":"Ada","password":"` + password + `",` + extension + `}`
		id, _ := s.do("POST", "/Users", create).json(t)["id"].(string)
		s.user("bob@contoso.example")
		s.do("POST", "/Users", create) // 409
		s.do("POST", "/Users", create+"}")
		s.do("PUT", "/Users/"+id, strings.Replace(create, sso, sso+"2", 1))
		s.do("PATCH", "/Users/"+id, patchOf(`{"op":"replace","path":"password","value":"`+password+`"}`))
		s.do("DELETE", "/Users/"+id, "")
		s.do("POST", "/Users", create)
		for _, status := range []int{400, 500} { // and TeamViewer repeats what it got
			fault := func(secret string) func() {
				return s.fake.Fail(tvfake.Fault{Status: status, Body: `{"error":"invalid","error_description":"` + secret + " " + s.fake.Token() + `"}`})
			}
			disarm := fault(password + " " + sso)
			s.do("POST", "/Users", strings.Replace(create, "ada", "eve", 1))
			disarm()
			disarm = fault(sso + "3")
			s.do("PUT", "/Users/"+id, strings.Replace(create, sso, sso+"3", 1))
			disarm()
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(text), "\n"); n < 9 {
			t.Errorf("%s: %d lines", mode, n)
		}
		for _, secret := range []string{password, sso, preset, s.fake.Token(), stageToken} {
			for line := range strings.SplitSeq(string(text), "\n") {
				if strings.Contains(line, secret) {
					t.Errorf("%s: %q is in the change log: %s", mode, secret, line)
				}
			}
		}
		if mode == config.AuthPassthrough && !strings.Contains(string(text), `"caller":"token-`) {
			t.Errorf("no caller in %s", text)
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
	}
}
