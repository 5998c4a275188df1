package gateway_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tvscim/tvapi/tvfake"
)

// TestGuardWithoutTheRight: a known token cannot list the users after a restart, so the size of the
// company is not known. Ends of access are carried out up to the number that is always free, by
// whatever verb, and the others are held back with 503 until the list can be loaded. Removals of
// members are carried out and do not count.
func TestGuardWithoutTheRight(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fake := tvfake.New(tvfake.Options{})
		path, ids := filledStore(t, fake, 40)
		before := ofToken(t, fake, path, fake.Token(), true)
		group := before.group("Sales", ids[30:]...)
		time.Sleep(25 * time.Hour) // what was created within the window does not count
		before.status(t, http.StatusOK, "GET", "/Users/"+ids[0], "")
		before.gateway.Close()
		fake.SetRight(tvfake.RightUsersRead, false)
		s := ofToken(t, fake, path, fake.Token(), true)

		const free = 5
		for range 2 { // the second time, as a client that sends again what failed
			for i, id := range ids[:12] {
				method, path, body := everyWay(id, i)
				if a := s.do(method, path, body); !strings.Contains(fmt.Sprint(a.status, a.body), "503") {
					t.Errorf("%s: %d %s", id, a.status, a.body)
				}
			}
			if n := len(ids) - s.left(ids); n != free {
				t.Errorf("%d users were deactivated, want %d", n, free)
			}
		}
		if a := s.do("DELETE", "/Users/"+ids[12], ""); !strings.Contains(a.body, "the guard of the") || !strings.Contains(a.body, "more than 5 removals") {
			t.Errorf("beyond the free ones: %d %s", a.status, a.body)
		}
		beside := patchOf(`{"op":"remove","path":"members","value":["`+ids[30]+`"]}`, `{"op":"add","path":"members","value":["`+ids[1]+`"]}`)
		if a := s.do("PATCH", "/Groups/"+group, beside); a.status != http.StatusServiceUnavailable || !strings.Contains(a.body, removalDone) {
			t.Errorf("a removal beside an addition: %d %s", a.status, a.body)
		}
		s.hasMembers(t, "Sales", ids[31:])
		s.status(t, http.StatusNoContent, "PATCH", "/Groups/"+group, legacy.removeMembers(ids[30:]...))
		s.hasMembers(t, "Sales", nil)

		fake.SetRight(tvfake.RightUsersRead, true)
		time.Sleep(age)
		s.status(t, http.StatusOK, "GET", "/Users/"+ids[0], "")
		const limit = 8 // 20 % of 40 and the token's owner
		for _, id := range ids[free:20] {
			s.do("PATCH", "/Users/"+id, patchOf(inactive))
		}
		if n := len(ids) - s.left(ids); n != limit {
			t.Errorf("%d users were deactivated, want %d", n, limit)
		}
		s.gateway.Close()
		s = ofToken(t, fake, path, fake.Token(), true)
		if a := s.do("PATCH", "/Users/"+ids[20], patchOf(inactive)); !heldBack(a) || !strings.Contains(a.body, "8 were removed") {
			t.Errorf("after a restart: %d %s", a.status, a.body)
		}
	})
}
