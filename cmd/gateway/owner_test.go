package gateway_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"tvscim/tvapi/tvfake"
)

// TestTheOwnerIsKnownAfterARestart: TeamViewer said once whose the token is. After a restart its
// limit for that call is used up, or the call fails: access can be ended, and the owner is still
// protected. Of another token nothing is known.
func TestTheOwnerIsKnownAfterARestart(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]tvfake.Fault{"used up": {Limit: true}, "failing": {Status: http.StatusInternalServerError}} {
		for mode, passthrough := range map[string]bool{"own token": false, "passthrough": true} {
			t.Run(name+", "+mode, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					fake := tvfake.New(tvfake.Options{})
					path, ids := filledStore(t, fake, 4)
					before := ofToken(t, fake, path, fake.Token(), passthrough)
					before.status(t, http.StatusOK, "PATCH", "/Users/"+ids[0], patchOf(inactive))
					before.gateway.Close()
					time.Sleep(time.Minute)

					failing := fault
					failing.Function = "GET /account"
					fake.Fail(failing)
					fake.AddToken("another-token", tvfake.AllRights()...)
					s := ofToken(t, fake, path, fake.Token(), passthrough)
					s.status(t, http.StatusOK, "PATCH", "/Users/"+ids[1], patchOf(inactive))
					s.status(t, http.StatusNoContent, "DELETE", "/Users/"+ids[2], "")
					s.status(t, http.StatusBadRequest, "DELETE", "/Users/"+fake.OwnerID(), "")
					s.gateway.Close()

					another := ofToken(t, fake, path, "another-token", passthrough)
					if a := another.do("PATCH", "/Users/"+ids[3], patchOf(inactive)); a.status < http.StatusTooManyRequests {
						t.Errorf("with another token: %d %s", a.status, a.body)
					}
				})
			})
		}
	}
}

// TestTheOwnerIsKnownFromTheStart: the gateway asks at start whose its token is. That counts after
// a restart, also if nobody's access was ended meanwhile; and nothing is asked twice.
func TestTheOwnerIsKnownFromTheStart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fake := tvfake.New(tvfake.Options{})
		path, ids := filledStore(t, fake, 4)
		before := ofToken(t, fake, path, fake.Token(), false)
		stop := before.gateway.Announce(t.Context())
		synctest.Wait()
		stop()
		before.gateway.Close()
		time.Sleep(time.Minute)

		fake.Fail(tvfake.Fault{Function: getAccount, Limit: true})
		s := ofToken(t, fake, path, fake.Token(), false)
		s.status(t, http.StatusOK, "PATCH", "/Users/"+ids[1], patchOf(inactive))
		s.status(t, http.StatusBadRequest, "DELETE", "/Users/"+fake.OwnerID(), "")
		if n := fake.Count(getAccount); n != 1 {
			t.Errorf("GET /account was sent %d times", n)
		}
	})
}

// TestTheOwnerMayBeNamedAnew: protect.token_owner is about the userName, with which the owner signs
// in, and not about the displayName.
func TestTheOwnerMayBeNamedAnew(t *testing.T) {
	t.Parallel()
	s := newStage(t, staging{direct: true})
	s.fake.SetRights(tvfake.AllRights()...) // the owner is an administrator
	owner := s.fake.OwnerID()
	s.status(t, http.StatusOK, "PATCH", "/Users/"+owner, patchOf(`{"op":"replace","path":"displayName","value":"Ada Root"}`))
	s.status(t, http.StatusBadRequest, "PATCH", "/Users/"+owner, patchOf(`{"op":"replace","path":"userName","value":"ada.root@contoso.example"}`))
	if u, _ := s.fake.User(owner); u.Name != "Ada Root" || u.Email == "ada.root@contoso.example" {
		t.Errorf("the owner in TeamViewer: %+v", u)
	}
}
