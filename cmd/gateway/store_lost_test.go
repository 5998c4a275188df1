package gateway_test

import (
	"bytes"
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

// TestStoreIsLost: when the file is deleted, replaced, overwritten or truncated while the gateway
// runs, /readyz and /health say so, what must be remembered is answered 503, a deactivation is done
// and answered, and the gateway can be closed.
func TestStoreIsLost(t *testing.T) {
	t.Parallel()
	type loss struct {
		lose func(path string) error
		want string // of the component
	}
	const broken = ": was overwritten or truncated"
	for name, loss := range map[string]loss{
		"overwritten": {func(path string) error { return os.WriteFile(path, bytes.Repeat([]byte("garbage "), 32<<10), 0o600) }, broken},
		"emptied":     {func(path string) error { return os.Truncate(path, 0) }, broken},
		"truncated":   {func(path string) error { return os.Truncate(path, 8192) }, broken},
		"deleted":     {os.Remove, ": was deleted or replaced"},
		"replaced": {func(path string) error {
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			if err := os.WriteFile(path+".copy", text, 0o600); err != nil {
				return err
			}
			return os.Rename(path+".copy", path)
		}, ": was deleted or replaced"},
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
			if err := loss.lose(path); err != nil {
				t.Fatal(err)
			}
			if state, detail := s.component("store"); state != admin.StateFailing || !strings.Contains(detail, path+loss.want) {
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
			if a := s.do("GET", "/Users/"+nora, ""); a.status != http.StatusOK {
				t.Errorf("GET: %d %s", a.status, a.body)
			}
			s.gateway.Close() // ends
		})
	}
}
