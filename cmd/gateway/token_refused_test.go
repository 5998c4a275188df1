package gateway_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tvscim/tvapi/tvfake"
)

const ping = "GET /ping"

// TestOneRefusalOfAnAcceptedTokenIsNotBelieved: TeamViewer refuses calls for a token that it
// accepts when it is asked about it, or does not answer that question. A call that is refused once
// is done; one that is refused again, or about whose token there is no answer, is 503. The token
// stays accepted.
func TestOneRefusalOfAnAcceptedTokenIsNotBelieved(t *testing.T) {
	for _, test := range []struct {
		name, function, method, path, body string
		done                               int
	}{
		{"a deactivation", putUser, "PATCH", "/Users/{user}", patchOf(inactive), http.StatusOK},
		{"a creation", postUser, "POST", "/Users", newUser("ada.long@contoso.example"), http.StatusCreated},
		{"a list", listUsers, "GET", "/Users", "", http.StatusOK},
		{"an addition", addMembers, "PATCH", "/Groups/{group}", "", http.StatusNoContent},
	} {
		for _, blip := range []struct {
			name    string
			times   int
			noReply bool // to the question about the token
		}{{"once", 1, false}, {"twice", 2, false}, {"no reply", 1, true}} {
			t.Run(test.name+" "+blip.name, func(t *testing.T) {
				in(t, staging{settings: usePassthrough}, func(t *testing.T, s *stage) {
					s.token = s.fake.Token()
					user := s.user("nora.vale@contoso.example")
					group := s.group("Sales")
					path := strings.NewReplacer("{user}", user, "{group}", group).Replace(test.path)
					body := test.body
					if test.function == addMembers {
						body = legacy.addMembers(user)
					}
					if test.function == listUsers {
						time.Sleep(10 * time.Minute) // the proof of the token is too old, too
					}
					s.fake.ResetCalls()
					s.fake.Fail(tvfake.Fault{Function: test.function, Status: http.StatusUnauthorized, Times: blip.times})
					lift := func() {}
					if blip.noReply {
						lift = s.fake.Fail(tvfake.Fault{Function: ping, Status: http.StatusInternalServerError})
					}
					want := test.done
					if blip.name != "once" {
						want = http.StatusServiceUnavailable
					}
					a := s.status(t, want, test.method, path, body)
					if want != test.done && a.header.Get("Retry-After") == "" {
						t.Errorf("no Retry-After: %s", a.body)
					}
					if n := s.fake.Count(ping); !blip.noReply && n != 1 {
						t.Errorf("%d questions about the token, want 1", n)
					}
					lift()
					time.Sleep(30 * time.Second)
					s.status(t, http.StatusOK, "GET", "/Users/"+user, "")
					if want != test.done {
						s.status(t, test.done, test.method, path, body)
					}
				})
			})
		}
	}
}

// TestOneRefusalAfterARestartIsNotBelieved: the first list of a token that was accepted in an
// earlier run is refused once. One of an unknown token is believed, and TeamViewer is not asked
// again.
func TestOneRefusalAfterARestartIsNotBelieved(t *testing.T) {
	t.Parallel()
	for name, known := range map[string]bool{"known": true, "unknown": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				fake := tvfake.New(tvfake.Options{})
				path, _ := filledStore(t, fake, 3)
				token, want, pings := fake.Token(), http.StatusOK, 1
				if known {
					before := ofToken(t, fake, path, token, true)
					before.do("GET", "/Users", "")
					before.gateway.Close()
				} else {
					token, want, pings = "another-token", http.StatusUnauthorized, 0
					fake.AddToken(token, tvfake.AllRights()...)
				}
				time.Sleep(time.Minute)
				s := ofToken(t, fake, path, token, true)
				fake.ResetCalls()
				fake.Fail(tvfake.Fault{Function: listUsers, Status: http.StatusUnauthorized, Times: 1})
				s.status(t, want, "GET", "/Users", "")
				if n := fake.Count(ping); n != pings {
					t.Errorf("%d questions about the token, want %d", n, pings)
				}
			})
		})
	}
}
