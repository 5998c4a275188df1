package gateway_test

import (
	"net/http"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"tvscim/mapping/idmap/pgmap/pgtest"
	"tvscim/tvapi/tvfake"
)

// TestReturnBesideAnAddition: a user is deleted and returns while a call that adds it to a group is
// under way, or may be carried out later, as far as a restarted gateway knows too. The user is in no
// group after the return, and the return is acknowledged in the end.
func TestReturnBesideAnAddition(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ underWay, restarted bool }{
		"under way":                          {underWay: true},
		"without an answer":                  {},
		"without an answer before a restart": {restarted: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				settings := storing(filepath.Join(t.TempDir(), "links.db"))
				s := newStage(t, staging{direct: true, settings: settings})
				to := s.accesses()["member"]
				user, returns := s.foundBy(t, "/Users", "userName", "nora.vale@contoso.example")[0], hire("nora.vale@contoso.example", "again")
				s.change(t, to.path, to.end)
				s.fake.Fail(tvfake.Fault{Function: to.function, Lost: !test.underWay, Times: 3, Late: 100 * time.Second})
				if test.underWay {
					go s.do("PATCH", to.path, to.give)
					synctest.Wait()
				} else {
					s.unavailable("PATCH", to.path, to.give)
				}
				if test.restarted {
					s = s.restart(t, settings)
				}
				s.status(t, http.StatusNoContent, "DELETE", "/Users/"+user, "")
				left := 100
				for s.do("POST", "/Users", returns).status != http.StatusCreated && left > 0 {
					s.do("GET", to.read, "") // which may be remembered
					time.Sleep(5 * time.Second)
					left--
				}
				if left == 0 {
					t.Error("the user does not return")
				}
				time.Sleep(10 * time.Minute)
				if u, _ := s.fake.User(user); !u.Active || to.given() {
					t.Errorf("active: %t; member of the former group: %t", u.Active, to.given())
				}
			})
		})
	}
}

// TestReturnBesideAnAdditionOfAnotherReplica is TestReturnBesideAnAddition for a call of another
// replica.
func TestReturnBesideAnAdditionOfAnotherReplica(t *testing.T) {
	t.Parallel()
	all := replicasOf(t, 2, pgtest.Shared(t).URL(t), staging{lag: 10 * time.Millisecond})
	first, second := all[0], all[1]
	to := first.accesses()["member"]
	user := first.foundBy(t, "/Users", "userName", "nora.vale@contoso.example")[0]
	first.change(t, to.path, to.end)
	answered, goOn := to.held(first)
	second.status(t, http.StatusNoContent, "DELETE", "/Users/"+user, "")
	returned := make(chan answer, 1)
	go func() { returned <- second.do("POST", "/Users", hire("nora.vale@contoso.example", "again")) }()
	select {
	case a := <-returned:
		t.Errorf("the user returned while it may be added to a group: %d %s", a.status, a.body)
		returned <- a
	case <-time.After(200 * time.Millisecond):
	}
	goOn()
	<-answered
	if a := <-returned; a.status != http.StatusCreated {
		t.Errorf("%d %s", a.status, a.body)
	}
	if u, _ := first.fake.User(user); !u.Active || to.given() {
		t.Errorf("active: %t; member of the former group: %t", u.Active, to.given())
	}
}
