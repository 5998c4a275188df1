package gateway_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/zap"

	"tvscim/cmd/config"
	"tvscim/proxy/admin"
	"tvscim/tvapi/tvfake"
)

// TestStoreIsLost: when the file is deleted or replaced while the gateway runs, /readyz and /health say so, what must be
// remembered is answered 503, and a deactivation is done and answered.
func TestStoreIsLost(t *testing.T) {
	t.Parallel()
	for name, lose := range map[string]func(path string) error{
		"deleted": os.Remove,
		"replaced": func(path string) error {
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			if err := os.WriteFile(path+".copy", text, 0o600); err != nil {
				return err
			}
			return os.Rename(path+".copy", path)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "links.db")
			s := newStage(t, staging{direct: true, log: zap.NewNop(), settings: func(c *config.Config, f *tvfake.Server) {
				c.Users.Keep = []string{"title"}
				storing(path)(c, f)
			}})
			nora, ola := s.user("nora.vale@contoso.example"), s.user("ola.berg@contoso.example")
			if state, detail := s.component("store"); state != admin.StateOK {
				t.Errorf("before: %s, %q", state, detail)
			}
			if err := lose(path); err != nil {
				t.Fatal(err)
			}
			if state, detail := s.component("store"); state != admin.StateFailing || !strings.Contains(detail, path+": was deleted or replaced") {
				t.Errorf("afterwards: %s, %q", state, detail)
			}
			a := s.do("PATCH", "/Users/"+nora, patchOf(`{"op":"Replace","path":"externalId","value":"ext-nora"}`))
			if a.status != http.StatusServiceUnavailable || !strings.Contains(a.body, "component store") || a.header.Get("Retry-After") == "" {
				t.Errorf("externalId: %d %s", a.status, a.body)
			}
			a = s.do("PATCH", "/Users/"+nora, patchOf(`{"op":"Replace","path":"active","value":"False"}`))
			if u, _ := s.fake.User(nora); a.status != http.StatusOK || u.Active {
				t.Errorf("deactivation: active %t, %d %s", u.Active, a.status, a.body)
			}
			a = s.do("PATCH", "/Users/"+ola, patchOf(`{"op":"Replace","path":"active","value":"False"}`, `{"op":"Replace","path":"title","value":"Fitter"}`))
			if u, _ := s.fake.User(ola); a.status != http.StatusServiceUnavailable || u.Active {
				t.Errorf("deactivation beside what must be remembered: active %t, %d %s", u.Active, a.status, a.body)
			}
			if a := s.do("DELETE", "/Users/"+nora, ""); a.status != http.StatusServiceUnavailable {
				t.Errorf("DELETE, whose tombstone must be remembered: %d %s", a.status, a.body)
			}
		})
	}
}
