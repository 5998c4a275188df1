package gateway_test

import (
	"net/http"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"tvscim/cmd/config"
	"tvscim/tvapi/tvfake"
)

// TestADeletionOutlivesALateActivation: an activation whose answer was lost is carried out after
// the user was deleted and the gateway was started again. With or without requests meanwhile, the
// user is deactivated again and stays deleted.
func TestADeletionOutlivesALateActivation(t *testing.T) {
	t.Parallel()
	yes, no := true, false
	for name, passthrough := range map[string]bool{"token": false, "passthrough": true} {
		for pause, wait := range map[string]time.Duration{"at once": time.Second, "late": 3 * time.Minute} {
			t.Run(name+", "+pause, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					path := filepath.Join(t.TempDir(), "links.db")
					settings := func(c *config.Config, fake *tvfake.Server) {
						c.Store.Path = path
						if passthrough {
							c.Auth = config.Auth{Mode: config.AuthPassthrough}
							c.TeamViewer.Token = config.Secret{}
						}
					}
					s := newStage(t, staging{direct: true, settings: settings})
					if passthrough {
						s.token = s.fake.Token()
					}
					const address = "nora.vale@contoso.example"
					id := s.user(address)
					s.group("Admins", id)
					s.status(t, http.StatusOK, "PATCH", "/Users/"+id, legacy.change(&no))
					time.Sleep(time.Minute)
					s.fake.Fail(tvfake.Fault{Function: putUser, Lost: true, Times: 1, Late: 20 * time.Second})
					s.status(t, http.StatusOK, "PATCH", "/Users/"+id, legacy.change(&yes))
					s.status(t, http.StatusNoContent, "DELETE", "/Users/"+id, "")
					s.gateway.Close()
					time.Sleep(30 * time.Second) // it is carried out
					again := newStage(t, staging{direct: true, network: s.fake.Transport(), settings: func(c *config.Config, _ *tvfake.Server) {
						c.TeamViewer.Token = config.NewSecret(s.fake.Token())
						settings(c, s.fake)
					}})
					again.fake, again.token = s.fake, s.token
					s.fake.Fail(tvfake.Fault{Delay: 50 * time.Millisecond})
					time.Sleep(wait)
					for range 3 {
						again.do("GET", "/Users?filter=userName+eq+%22"+address+"%22", "")
						time.Sleep(2 * time.Minute)
					}
					if u, _ := s.fake.User(id); u.Active {
						t.Error("the user is active")
					}
					if found := again.foundBy(t, "/Users", "userName", address); found != nil {
						t.Errorf("the deleted user is found: %v", found)
					}
					again.status(t, http.StatusNotFound, "PATCH", "/Users/"+id, legacy.change(&yes))
				})
			})
		}
	}
}
