package gateway_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"tvscim/cmd/config"
	"tvscim/proxy/admin"
	"tvscim/tvapi/tvfake"
)

// TestHealthWithoutTheRightToViewUsers: in auth.mode token, every request is 503 then. The
// component fails and names the right, until it is given.
func TestHealthWithoutTheRightToViewUsers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, staging{direct: true})
		s.fake.SetRight(tvfake.RightUsersRead, false)
		s.status(t, http.StatusServiceUnavailable, "GET", "/Users", "")
		if state, detail := s.component("teamviewer"); state != admin.StateFailing || !strings.Contains(detail, `"User management: view users"`) {
			t.Errorf("%s, %q", state, detail)
		}
		s.fake.SetRight(tvfake.RightUsersRead, true)
		time.Sleep(2 * time.Minute) // a refused list is asked for again after a pause
		s.status(t, http.StatusOK, "GET", "/Users", "")
		if state, detail := s.component("teamviewer"); state != admin.StateOK || detail != "" {
			t.Errorf("after the right was given: %s, %q", state, detail)
		}
	})
}

// TestHealthAfterATokenThatIsNotUsed: that a new token lacks the right is no fault of the one in
// use. A new token with the right ends the failure.
func TestHealthAfterATokenThatIsNotUsed(t *testing.T) {
	t.Parallel()
	s := newStage(t, staging{direct: true, log: zap.NewNop()})
	s.status(t, http.StatusOK, "GET", "/Users", "")
	s.fake.AddToken("poor", tvfake.RightAccountRead)
	if err := s.reload(func(c *config.Config) { c.TeamViewer.Token = config.NewSecret("poor") }); err == nil {
		t.Error("the poor token is used")
	}
	if state, detail := s.component("teamviewer"); state != admin.StateOK {
		t.Errorf("%s, %q", state, detail)
	}
}

// TestHealthAfterRefusedCallers: in auth.mode passthrough the detail has the latest refusals, and
// TeamViewer does not fail.
func TestHealthAfterRefusedCallers(t *testing.T) {
	t.Parallel()
	s := newStage(t, staging{settings: usePassthrough})
	s.as("wrong", "GET", "/Users", "")
	s.fake.AddToken("poor", tvfake.RightAccountRead)
	s.as("poor", "GET", "/Users", "")
	state, detail := s.component("teamviewer")
	for _, says := range []string{"did not know the callers' tokens (401, 1, latest at ", `lacked the right "User management: view users" (403, 1, latest at `} {
		if state != admin.StateUnknown || !strings.Contains(detail, says) {
			t.Errorf("%s, %q, want %q", state, detail, says)
		}
	}
}

// TestReloadSaysInWhichOrder: wrong settings are corrected before the restart that others need.
func TestReloadSaysInWhichOrder(t *testing.T) {
	t.Parallel()
	s := newStage(t, staging{direct: true, log: zap.NewNop()})
	s.mustReload(func(c *config.Config) { c.Cache.IDs = 7 })
	if err := s.reload(func(c *config.Config) { c.Auth.Tokens = nil }); err == nil {
		t.Fatal("settings without tokens are used")
	}
	_, detail := s.component("settings")
	first, then := strings.Index(detail, "first correct this"), strings.Index(detail, "; then restart the gateway to apply what has changed: cache.ids")
	if first != 0 || then < strings.Index(detail, "auth.tokens") {
		t.Errorf("settings: %q", detail)
	}
}

// TestReloadWithARefusedTokenAlone logs that it failed, and not that it succeeded.
func TestReloadWithARefusedTokenAlone(t *testing.T) {
	t.Parallel()
	core, logged := observer.New(zap.InfoLevel)
	s := newStage(t, staging{direct: true, log: zap.New(core)})
	if err := s.reload(func(c *config.Config) { c.TeamViewer.Token = config.NewSecret("refused") }); err == nil {
		t.Fatal("the token is used")
	}
	if n := logged.FilterMessage("settings reloaded").Len(); n != 0 {
		t.Errorf("\"settings reloaded\" was logged %d times", n)
	}
	if n := logged.FilterMessage("reload failed").Len(); n != 1 {
		t.Errorf("\"reload failed\" was logged %d times", n)
	}
}
