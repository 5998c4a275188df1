package gateway_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"tvscim/mapping/idmap/boltmap"
	"tvscim/tvapi/tvfake"
)

// TestEndsOfAccessNeedNoList: the gateway restarts while TeamViewer does not list its users, so
// that neither its memory nor a token can be proven. A deactivation and the removal of a member are
// done; nothing is shown or remembered.
func TestEndsOfAccessNeedNoList(t *testing.T) {
	t.Parallel()
	no := false
	put := `{"userName":"user0@contoso.example","active":false}`
	for name, passthrough := range map[string]bool{"own token": false, "passthrough": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				fake := tvfake.New(tvfake.Options{})
				path, ids := filledStore(t, fake, 5)
				before := ofToken(t, fake, path, fake.Token(), passthrough)
				group := before.group("Sales", ids[3], ids[4])
				before.gateway.Close()
				held := records(t, path)
				lift := fake.Fail(tvfake.Fault{Function: listUsers, Status: http.StatusServiceUnavailable})
				s := ofToken(t, fake, path, fake.Token(), passthrough)
				for i, change := range [][2]string{{"PATCH", legacy.change(&no)}, {"PUT", put}, {"DELETE", ""}} {
					if a := s.do(change[0], "/Users/"+ids[i], change[1]); a.status != http.StatusServiceUnavailable || a.header.Get("Retry-After") == "" {
						t.Errorf("%s: %d %s", change[0], a.status, a.body)
					}
					if u, _ := fake.User(ids[i]); u.Active {
						t.Errorf("%s: the user is active", change[0])
					}
				}
				s.do("PATCH", "/Groups/"+group, legacy.removeMembers(ids[3]))
				if g, _ := fake.Group(groupNumber(t, group)); slices.Contains(g.Members, ids[3]) || !slices.Contains(g.Members, ids[4]) {
					t.Errorf("members %v", g.Members)
				}
				for _, request := range [][3]string{
					{"GET", "/Users/" + ids[4], ""}, {"GET", "/Users", ""}, {"PATCH", "/Users/" + ids[4], legacy.change(nil, attr{"displayName", "X"})},
					{"POST", "/Users", `{"userName":"new@contoso.example"}`}, {"PATCH", "/Groups/" + group, legacy.addMembers(ids[0])}, {"DELETE", "/Groups/" + group, ""},
				} {
					if a := s.do(request[0], request[1], request[2]); a.status != http.StatusServiceUnavailable {
						t.Errorf("%s %s: %d %s", request[0], request[1], a.status, a.body)
					}
				}
				if g, _ := fake.Group(groupNumber(t, group)); len(g.Members) != 1 {
					t.Errorf("members %v", g.Members)
				}
				lift()
				time.Sleep(time.Hour)
				s.wantFound(t, "/Users", "externalId", "ext-4", ids[4])
				s.status(t, http.StatusNoContent, "DELETE", "/Users/"+ids[2], "") // as the client's next attempt
				s.gateway.Close()
				if after := records(t, path); after == held {
					t.Error("the deletion is not remembered")
				}
			})
		})
	}
}

// TestAGuessTakesUpNothing: the store notes an end of access that a late call may have overturned.
// A guessed token makes no call about it.
func TestAGuessTakesUpNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fake := tvfake.New(tvfake.Options{})
		path, ids := filledStore(t, fake, 4)
		m, err := boltmap.Open(path, boltmap.Options{Existing: true})
		if err != nil {
			t.Fatal(err)
		}
		note := fmt.Sprintf(`{"until":%q,"user":%q,"ended":true}`, time.Now().Add(-time.Minute).Format(time.RFC3339), ids[0])
		if err := errors.Join(m.PutNote("late "+ids[0], []byte(note)), m.Close()); err != nil {
			t.Fatal(err)
		}
		guessed := ofToken(t, fake, path, "another-token", true)
		fake.ResetCalls()
		fake.Fail(tvfake.Fault{Function: listUsers, Delay: time.Second, Token: "another-token"})
		guessed.do("GET", "/Users", "")
		time.Sleep(time.Minute)
		if n := fake.Count("GET /users/{id}"); n > 0 {
			t.Errorf("%d calls about the user", n)
		}
		guessed.gateway.Close()
		known := ofToken(t, fake, path, fake.Token(), true)
		known.do("GET", "/Users", "")
		time.Sleep(time.Minute)
		if u, _ := fake.User(ids[0]); u.Active {
			t.Error("the owner's token does not restore the end of access")
		}
	})
}

// TestAnUnknownTokenEndsNothing: while TeamViewer does not list its users, a token that was never
// accepted does nothing.
func TestAnUnknownTokenEndsNothing(t *testing.T) {
	t.Parallel()
	no := false
	synctest.Test(t, func(t *testing.T) {
		fake := tvfake.New(tvfake.Options{})
		path, ids := filledStore(t, fake, 4)
		fake.Fail(tvfake.Fault{Function: listUsers, Status: http.StatusServiceUnavailable})
		s := ofToken(t, fake, path, "another-token", true)
		s.do("PATCH", "/Users/"+ids[0], legacy.change(&no))
		if u, _ := fake.User(ids[0]); !u.Active {
			t.Error("an unknown token deactivated the user")
		}
	})
}
