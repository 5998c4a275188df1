package gateway_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"tvscim/mapping/idmap/pgmap/pgtest"
	"tvscim/tvapi/tvfake"
)

// TestReplicaRestores: a call of one replica got no answer, another replica acknowledges what ends
// that access, or replaces that name, and then TeamViewer carries out the call. It is restored, for
// access even if the first replica ended in between, or the second one too.
func TestReplicaRestores(t *testing.T) {
	t.Parallel()
	yes, no := true, false
	server := pgtest.Shared(t)
	for _, test := range []struct {
		name       string
		function   string
		path       string
		id         func(s *stage, user string) string
		late, then func(user string) string
		die        int // so many replicas, the first ones, before the call is carried out
		restored   func(s *stage, user, id string) bool
	}{
		{
			"activation", putUser, "/Users/", nil,
			func(string) string { return legacy.change(&yes) }, func(string) string { return legacy.change(&no) }, 0,
			func(s *stage, user, _ string) bool { u, _ := s.fake.User(user); return !u.Active },
		},
		{
			"activation of a replica that ends", putUser, "/Users/", nil,
			func(string) string { return legacy.change(&yes) }, func(string) string { return legacy.change(&no) }, 1,
			func(s *stage, user, _ string) bool { u, _ := s.fake.User(user); return !u.Active },
		},
		{
			"activation, and the replica that ended the access ends too", putUser, "/Users/", nil,
			func(string) string { return legacy.change(&yes) }, func(string) string { return legacy.change(&no) }, 2,
			func(s *stage, user, _ string) bool { u, _ := s.fake.User(user); return !u.Active },
		},
		{
			"name", putUser, "/Users/", nil,
			func(string) string { return legacy.change(nil, attr{"displayName", "Late"}) },
			func(string) string { return legacy.change(nil, attr{"displayName", "Nora Vale"}) }, 0,
			func(s *stage, user, _ string) bool { u, _ := s.fake.User(user); return u.Name == "Nora Vale" },
		},
		{
			"address", putUser, "/Users/", nil,
			func(string) string { return legacy.change(nil, attr{"userName", "late@contoso.example"}) },
			func(string) string { return legacy.change(nil, attr{"userName", "nora.roth@contoso.example"}) }, 0,
			func(s *stage, user, _ string) bool {
				u, _ := s.fake.User(user)
				return u.Email == "nora.roth@contoso.example"
			},
		},
		{
			"addition", "POST /usergroups/{id}/members", "/Groups/", func(s *stage, _ string) string { return s.group("Sales") },
			func(user string) string { return legacy.addMembers(user) }, func(user string) string { return legacy.removeMembers(user) }, 0,
			func(s *stage, user, id string) bool {
				g, _ := s.fake.Group(groupNumber(s.t, id))
				return !slices.Contains(g.Members, user)
			},
		},
		{
			"addition of a replica that ends", "POST /usergroups/{id}/members", "/Groups/", func(s *stage, _ string) string { return s.group("Sales") },
			func(user string) string { return legacy.addMembers(user) }, func(user string) string { return legacy.removeMembers(user) }, 1,
			func(s *stage, user, id string) bool {
				g, _ := s.fake.Group(groupNumber(s.t, id))
				return !slices.Contains(g.Members, user)
			},
		},
		{
			"addition, and the replica that removed the member ends too", "POST /usergroups/{id}/members", "/Groups/", func(s *stage, _ string) string { return s.group("Sales") },
			func(user string) string { return legacy.addMembers(user) }, func(user string) string { return legacy.removeMembers(user) }, 2,
			func(s *stage, user, id string) bool {
				g, _ := s.fake.Group(groupNumber(s.t, id))
				return !slices.Contains(g.Members, user)
			},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			all := replicasOf(t, max(2, test.die+1), server.URL(t), staging{window: 12 * time.Second})
			first, second := all[0], all[1]
			user := first.user("nora.vale@contoso.example")
			id := user
			if test.id != nil {
				id = test.id(first, user)
			}
			for _, s := range all {
				s.do("GET", test.path+id, "")
			}
			first.fake.Fail(tvfake.Fault{Function: test.function, Lost: true, Times: 1, Late: time.Hour})
			if a := first.do("PATCH", test.path+id, test.late(user)); a.status >= http.StatusMultipleChoices {
				t.Fatalf("%d %s", a.status, a.body)
			}
			if test.die > 0 {
				first.gateway.Close()
			}
			if a := second.do("PATCH", test.path+id, test.then(user)); a.status >= http.StatusMultipleChoices {
				t.Fatalf("%d %s", a.status, a.body)
			}
			if !test.restored(first, user, id) {
				t.Fatal("what was acknowledged was not done")
			}
			if test.die > 1 {
				second.gateway.Close()
			}
			if n := first.fake.DoLate(); n != 1 {
				t.Fatalf("%d calls were late, want 1", n)
			}
			if test.restored(first, user, id) {
				t.Fatal("the late call changed nothing")
			}
			eventuallyStage(t, "what was acknowledged is restored", func() bool {
				all[test.die].do("GET", test.path+id, "") // shows a member who is back, before the end of the watch
				return test.restored(first, user, id)
			})
		})
	}
}
