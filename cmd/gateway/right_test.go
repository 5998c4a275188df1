package gateway_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tvscim/tvapi/tvfake"
)

// TestAKnownTokenWithoutTheRightEndsAccess: a token that was accepted before loses the right to
// view users. Ends of access are carried out, nothing is shown, and no answer is 401 or 403, which
// would stop the client's whole job. Another token of the company is not affected. When the right
// is given back, everything works again.
func TestAKnownTokenWithoutTheRightEndsAccess(t *testing.T) {
	t.Parallel()
	for refusal, status := range map[string]int{"403": http.StatusForbidden, "400": http.StatusBadRequest} {
		for _, restart := range []bool{true, false} {
			for _, beside := range []bool{true, false} {
				t.Run(strings.Join([]string{refusal, named("restart", restart), named("other token", beside)}, " "), func(t *testing.T) {
					t.Parallel()
					synctest.Test(t, func(t *testing.T) {
						v := tvfake.Default()
						v.NoPermission = status
						testLostRight(t, tvfake.New(tvfake.Options{Variant: v}), restart, beside)
					})
				})
			}
		}
	}
}

func named(what string, yes bool) string {
	if yes {
		return what
	}
	return "no " + what
}

func testLostRight(t *testing.T, fake *tvfake.Server, restart, beside bool) {
	path, ids := filledStore(t, fake, 6)
	fake.AddToken("other", tvfake.DefaultRights()...)
	s := ofToken(t, fake, path, fake.Token(), true)
	group := s.group("Sales", ids[3], ids[4])
	fake.SetRight(tvfake.RightUsersRead, false)
	if restart {
		s.gateway.Close()
		s = ofToken(t, fake, path, fake.Token(), true)
	} else {
		time.Sleep(age)
	}
	find := "/Users?filter=externalId+eq+%22ext-5%22"
	other := func() {
		if a := s.as("other", "GET", find, ""); a.status != http.StatusOK || !strings.Contains(a.body, ids[5]) {
			t.Errorf("the other token: %d %s", a.status, a.body)
		}
	}
	if beside {
		other()
	}
	no := false
	for i, change := range [][2]string{{"PATCH", legacy.change(&no)}, {"PUT", `{"userName":"user1@contoso.example","active":false}`}, {"DELETE", ""}} {
		s.lacksRight(t, change[0], "/Users/"+ids[i], change[1])
		if u, _ := fake.User(ids[i]); u.Active {
			t.Errorf("%s: the user is active", change[0])
		}
	}
	s.do("PATCH", "/Groups/"+group, legacy.removeMembers(ids[3]))
	if g, _ := fake.Group(groupNumber(t, group)); slices.Contains(g.Members, ids[3]) || !slices.Contains(g.Members, ids[4]) {
		t.Errorf("members %v", g.Members)
	}
	for _, request := range [][3]string{
		{"GET", "/Users/" + ids[4], ""}, {"GET", find, ""}, {"POST", "/Users", newUser("new@contoso.example")},
		{"PATCH", "/Users/" + ids[4], legacy.change(nil, attr{"displayName", "X"})}, {"PATCH", "/Groups/" + group, legacy.addMembers(ids[5])},
	} {
		s.lacksRight(t, request[0], request[1], request[2])
	}
	if n := fake.Count("POST /users"); n != 6 {
		t.Errorf("%d users were created", n-6)
	}
	if beside {
		time.Sleep(age)
		other()
	}
	fake.SetRight(tvfake.RightUsersRead, true)
	time.Sleep(age)
	s.wantFound(t, "/Users", "externalId", "ext-5", ids[5])
	s.status(t, http.StatusNoContent, "DELETE", "/Users/"+ids[2], "")
}

// lacksRight makes a request of which the answer is 503 and names the right to view users.
func (s *stage) lacksRight(t *testing.T, method, path, body string) {
	t.Helper()
	a := s.do(method, path, body)
	if a.status != http.StatusServiceUnavailable || a.header.Get("Retry-After") == "" || !strings.Contains(a.body, "User management: view users") {
		t.Errorf("%s %s: %d, Retry-After %q: %s", method, path, a.status, a.header.Get("Retry-After"), a.body)
	}
}

// TestAKnownTokenWithoutTheListEndsAccess: in whatever form TeamViewer refuses the list of users to
// a token that was accepted before, ends of access are carried out, and no answer is 401 or 403.
func TestAKnownTokenWithoutTheListEndsAccess(t *testing.T) {
	t.Parallel()
	for name, refusal := range map[string]tvfake.Fault{
		"403 of another category": {Status: http.StatusForbidden, Body: `{"error":"access_denied"}`},
		"403 without a body":      {Status: http.StatusForbidden, Body: " "},
		"403 as a page":           {Status: http.StatusForbidden, Body: "<html>Forbidden</html>", ContentType: "text/html"},
		"403 for the licence":     {Status: http.StatusForbidden, Body: `{"error":"license_required"}`},
		"403 for the address":     {Status: http.StatusForbidden, Body: `{"error":"blocked"}`},
		"401 for the right":       {Status: http.StatusUnauthorized, Body: `{"error":"invalid_permission"}`},
		"400":                     {Status: http.StatusBadRequest, Body: `{"error":"invalid_request"}`},
		"an empty list":           {Status: http.StatusOK, Body: `{"users":[]}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				fake := tvfake.New(tvfake.Options{})
				path, ids := filledStore(t, fake, 5)
				refusal.Function = listUsers
				lift := fake.Fail(refusal)
				s := ofToken(t, fake, path, fake.Token(), true)
				no := false
				for i, change := range [][2]string{{"PATCH", legacy.change(&no)}, {"DELETE", ""}} {
					a := s.do(change[0], "/Users/"+ids[i], change[1])
					if u, _ := fake.User(ids[i]); u.Active || a.status != http.StatusServiceUnavailable && a.status != http.StatusBadRequest {
						t.Errorf("%s: active %t, %d %s", change[0], u.Active, a.status, a.body)
					}
				}
				if a := s.do("GET", "/Users/"+ids[4], ""); a.status != http.StatusServiceUnavailable && a.status != http.StatusBadRequest {
					t.Errorf("GET: %d %s", a.status, a.body)
				}
				lift()
				time.Sleep(time.Hour)
				s.wantFound(t, "/Users", "externalId", "ext-4", ids[4])
			})
		})
	}
}

// TestAFurtherTokenLosesTheRight: a token beside the one that reads for all loses the right to view
// users. It is not shown them for longer than the proof of a token counts.
func TestAFurtherTokenLosesTheRight(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fake := tvfake.New(tvfake.Options{})
		path, ids := filledStore(t, fake, 5)
		fake.AddToken("other", tvfake.DefaultRights()...)
		s := ofToken(t, fake, path, fake.Token(), true)
		s.status(t, http.StatusOK, "GET", "/Users/"+ids[0], "")
		if a := s.as("other", "GET", "/Users/"+ids[0], ""); a.status != http.StatusOK {
			t.Fatalf("the other token: %d %s", a.status, a.body)
		}
		fake.Fail(tvfake.Fault{Function: listUsers, Token: "other", Status: http.StatusForbidden, Body: `{"error":"invalid_permission"}`})
		time.Sleep(6 * time.Minute)
		if a := s.as("other", "GET", "/Users/"+ids[0], ""); a.status != http.StatusServiceUnavailable || !strings.Contains(a.body, "User management: view users") {
			t.Errorf("without the right: %d %s", a.status, a.body)
		}
		s.status(t, http.StatusOK, "GET", "/Users/"+ids[0], "")
	})
}
