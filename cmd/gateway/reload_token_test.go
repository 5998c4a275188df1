package gateway_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"tvscim/cmd/config"
	"tvscim/proxy/admin"
	"tvscim/tvapi/tvfake"
)

// TestReloadOfTeamViewersToken: the gateway's own token is replaced once TeamViewer has shown that
// the new one is of the same company. Any other leaves the old one in use, and health says why; the
// rest of the settings takes effect.
func TestReloadOfTeamViewersToken(t *testing.T) {
	mend := func() {} // ends the fault of the one case that has one
	for name, test := range map[string]struct {
		before func(s *stage) // of the reload
		says   string         // "" if the new token is taken
	}{
		"of the company": {func(s *stage) { s.fake.AddToken("next") }, ""},
		"the old one is revoked": {func(s *stage) {
			s.fake.AddToken("next")
			s.fake.SetTokenState(tvfake.TokenRevoked)
			s.do("POST", "/Users", newUser("refused@contoso.example")) // from now on calls are withheld
		}, ""},
		"the old one is revoked and nothing was loaded": {func(s *stage) {
			s.fake.AddToken("next")
			s.fake.SetTokenState(tvfake.TokenRevoked)
		}, ""},
		"nothing was loaded": {func(s *stage) { s.fake.AddToken("next") }, ""},
		"refused":            {func(*stage) {}, "TeamViewer refuses it"},
		"of another company": {func(s *stage) {
			s.fake.AddCompany("next").AddUser(tvfake.User{Name: "Eve", Email: "eve@fabrikam.example", Active: true})
		}, "of another TeamViewer company"},
		"of another company and nothing was loaded": {func(s *stage) { s.fake.AddCompany("next") }, "of another TeamViewer company"},
		"without the right to view users":           {func(s *stage) { s.fake.AddToken("next", tvfake.RightAccountRead) }, "permission"},
		"TeamViewer is away":                        {func(s *stage) { mend = s.fake.Fail(tvfake.Fault{Status: 503}) }, "503 internal_error"},
	} {
		t.Run(name, func(t *testing.T) {
			core, logged := observer.New(zap.DebugLevel)
			in(t, staging{log: zap.New(core)}, func(t *testing.T, s *stage) {
				old := s.fake.Token()
				s.fake.AddUser(tvfake.User{Name: "Nora Vale", Email: "nora.vale@contoso.example", Active: true})
				if !strings.Contains(name, "nothing was loaded") {
					s.user("ola.lind@contoso.example")
					s.status(t, http.StatusOK, "GET", "/Users", "")
				}
				test.before(s)
				err := s.reload(func(c *config.Config) {
					c.TeamViewer.Token, c.Limits.Page = config.NewSecret("next"), 1
				})
				state, detail := s.component("settings")
				if test.says == "" {
					if err != nil || state != admin.StateOK {
						t.Fatalf("reload: %v; settings %s, %q", err, state, detail)
					}
					s.fake.SetTokenState(tvfake.TokenRevoked)
				} else if err == nil || !strings.Contains(err.Error(), test.says) || state != admin.StateFailing ||
					!strings.Contains(detail, "teamviewer.token: the new token is not used, the old one stays") {
					t.Errorf("reload: %v; settings %s, %q, want %q", err, state, detail, test.says)
				}
				if name == "TeamViewer is away" {
					mend()
				}
				time.Sleep(time.Minute) // the end of an outage is noticed, and the snapshot is too old
				if n := s.status(t, http.StatusOK, "GET", "/Users", "").json(t)["itemsPerPage"]; n != 1.0 {
					t.Errorf("the rest of the settings is not in effect: a page of %v", n)
				}
				s.user("new@contoso.example")
				for _, entry := range logged.All() {
					if text := entry.Message + fmt.Sprint(entry.ContextMap()); strings.Contains(text, old) || strings.Contains(text, `"next"`) {
						t.Errorf("the log shows a token: %s", text)
					}
				}
			})
		})
	}
}

// TestUnprovenTokenIsTriedAgain: a token that could not be proven is tried again, more and more
// rarely, until it is; one that TeamViewer refuses is not.
func TestUnprovenTokenIsTriedAgain(t *testing.T) {
	for name, test := range map[string]struct {
		fault tvfake.Fault
		most  int // calls in an hour
		taken bool
	}{
		"away":    {tvfake.Fault{Function: listUsers, Status: 503}, 8, true},
		"refused": {tvfake.Fault{Function: listUsers, Status: 401}, 1, false},
	} {
		t.Run(name, func(t *testing.T) {
			in(t, staging{log: zap.NewNop()}, func(t *testing.T, s *stage) {
				s.fake.AddToken("next")
				s.status(t, http.StatusOK, "GET", "/Users", "")
				lift := s.fake.Fail(test.fault)
				before := s.fake.Count(listUsers)
				s.file.write(func(c *config.Config) { c.TeamViewer.Token = config.NewSecret("next") })
				hour := func() {
					for range int(time.Hour / (5 * time.Second)) {
						s.gateway.Poll(t.Context())
						time.Sleep(5 * time.Second)
					}
				}
				hour()
				if n := s.fake.Count(listUsers) - before; n < 1 || n > test.most {
					t.Errorf("%d calls in an hour, want 1 to %d", n, test.most)
				}
				lift()
				hour()
				if state, detail := s.component("settings"); (state == admin.StateOK) != test.taken {
					t.Errorf("settings %s, %q; want taken %v", state, detail, test.taken)
				}
			})
		})
	}
}

// TestNewTokenOfAnotherOwner: with a new token, the account that made it is protected.
func TestNewTokenOfAnotherOwner(t *testing.T) {
	in(t, staging{}, func(t *testing.T, s *stage) {
		nora := s.user("nora.vale@contoso.example")
		s.status(t, http.StatusOK, "PATCH", "/Users/"+nora, patchOf(inactive))
		before := s.fake.Count("GET /account")
		s.fake.AddToken("next")
		s.mustReload(func(c *config.Config) { c.TeamViewer.Token = config.NewSecret("next") })
		s.status(t, http.StatusBadRequest, "PATCH", "/Users/"+s.fake.OwnerID(), patchOf(inactive))
		if n := s.fake.Count("GET /account") - before; n != 1 {
			t.Errorf("TeamViewer was asked %d times whose the new token is, want once", n)
		}
	})
}

// TestReloadAtTheStop: a token whose proof the end of the process has interrupted says nothing
// about the settings.
func TestReloadAtTheStop(t *testing.T) {
	in(t, staging{log: zap.NewNop()}, func(t *testing.T, s *stage) {
		s.status(t, http.StatusOK, "GET", "/Users", "")
		s.fake.AddToken("next")
		s.file.write(func(c *config.Config) { c.TeamViewer.Token = config.NewSecret("next") })
		arrived, release := s.fake.Hold(listUsers)
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- s.gateway.Reload(ctx) }()
		<-arrived
		stop()
		if err := <-ended; err == nil {
			t.Error("the interrupted reload says that it succeeded")
		}
		release()
		if state, detail := s.component("settings"); state != admin.StateOK {
			t.Errorf("settings %s, %q", state, detail)
		}
	})
}
