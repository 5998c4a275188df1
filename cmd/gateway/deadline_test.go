package gateway_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tvscim/cmd/config"
	"tvscim/tvapi/tvfake"
)

// TestOneDeadline: a request that has waited for another one about the same user has no whole
// deadline of its own left. A deactivation that has begun is given the time to come to its end;
// what takes longer is answered, and no answer claims what is not known.
func TestOneDeadline(t *testing.T) {
	const deadline, finish = 10 * time.Second, 5 * time.Second
	for _, test := range []struct {
		name        string
		before      int           // requests about the same user before this one
		first, next time.Duration // of the calls
		status      int
		inactive    bool
	}{
		{"a deactivation is finished", 1, 9 * time.Second, 4 * time.Second, http.StatusOK, true},
		{"and not waited for without end", 1, 9 * time.Second, 15 * time.Second, http.StatusServiceUnavailable, true},
		{"nothing is begun too late", 2, 9 * time.Second, 15 * time.Second, http.StatusServiceUnavailable, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			in(t, staging{settings: func(c *config.Config, fake *tvfake.Server) {
				c.TeamViewer.Token = config.NewSecret(fake.Token())
				c.Limits.RequestTimeout = deadline
			}}, func(t *testing.T, s *stage) {
				id, other := s.user("nora.vale@contoso.example"), s.user("ola.nord@contoso.example")
				s.status(t, http.StatusOK, "PATCH", "/Users/"+other, patchOf(inactive)) // whose the token is is known then
				s.fake.Fail(tvfake.Fault{Function: putUser, Delay: test.first, Times: 1})
				s.fake.Fail(tvfake.Fault{Function: putUser, Delay: test.next, After: true})
				for i := range test.before {
					go s.do("PATCH", "/Users/"+id, patchOf(fmt.Sprintf(`{"op":"replace","path":"displayName","value":"Nora %d"}`, i)))
					synctest.Wait()
				}
				start := time.Now()
				a := s.status(t, test.status, "PATCH", "/Users/"+id, patchOf(inactive))
				if took := time.Since(start); took > deadline+finish {
					t.Errorf("answered after %v", took)
				}
				if a.status != http.StatusOK && test.inactive != strings.Contains(a.body, "as far as is known") {
					t.Errorf("answer: %s", a.body)
				}
				time.Sleep(time.Minute)
				if u, _ := s.fake.User(id); u.Active == test.inactive {
					t.Errorf("active = %t", u.Active)
				}
			})
		})
	}
}
