package gateway_test

import (
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tvscim/tvapi/tvfake"
)

// TestALateChangeIsUndone: a change whose answer was lost is carried out by TeamViewer after a
// later one was acknowledged. The gateway looks again once that can happen no more, and restores
// what was acknowledged last.
func TestALateChangeIsUndone(t *testing.T) {
	yes, no := true, false
	pending := variantNamed(t, "email-pending")
	for _, test := range []struct {
		name            string
		variant         tvfake.Variant
		function        string
		before          func(s *stage, id string)
		late, then      [2]string // method and body
		id              func(s *stage) string
		path            string
		held            func(s *stage, id string) any
		want            any
		wantAfterRepeat bool
	}{
		{name: "activation, PATCH", late: [2]string{"PATCH", legacy.change(&yes)}, then: [2]string{"PATCH", legacy.change(&no)}, want: false},
		{name: "activation, PUT", late: [2]string{"PUT", `{"userName":"nora.vale@contoso.example","displayName":"Nora","active":true}`},
			then: [2]string{"PUT", `{"userName":"nora.vale@contoso.example","displayName":"Nora","active":false}`}, want: false},
		{name: "activation, DELETE", late: [2]string{"PATCH", legacy.change(&yes)}, then: [2]string{"DELETE", ""}, want: false},
		{name: "deactivation, which is not undone, since the console's looks the same", late: [2]string{"PATCH", legacy.change(&no)}, then: [2]string{"PATCH", legacy.change(&yes)}, want: false},
		{name: "name", late: [2]string{"PATCH", legacy.change(nil, attr{"displayName", "Late"})}, then: [2]string{"PATCH", legacy.change(nil, attr{"displayName", "Nora Vale"})},
			held: func(s *stage, id string) any { u, _ := s.fake.User(id); return u.Name }, want: "Nora Vale"},
		{name: "address", late: [2]string{"PATCH", legacy.change(nil, attr{"userName", "late@contoso.example"})}, then: [2]string{"PATCH", legacy.change(nil, attr{"userName", "nora.roth@contoso.example"})},
			held: func(s *stage, id string) any { u, _ := s.fake.User(id); return u.Email }, want: "nora.roth@contoso.example"},
		{name: "address that waits for its confirmation", variant: pending, late: [2]string{"PATCH", legacy.change(nil, attr{"userName", "late@contoso.example"})},
			then: [2]string{"PATCH", legacy.change(&no)}, want: false},
		{name: "name of a group", function: "PUT /usergroups/{id}", path: "/Groups/", id: func(s *stage) string { return s.group("Sales") },
			late: [2]string{"PATCH", legacy.change(nil, attr{"displayName", "Late"})}, then: [2]string{"PATCH", legacy.change(nil, attr{"displayName", "Retail"})},
			held: func(s *stage, id string) any { g, _ := s.fake.Group(groupNumber(s.t, id)); return g.Name }, want: "Retail"},
	} {
		if test.path == "" {
			test.path, test.function = "/Users/", putUser
			test.id = func(s *stage) string { return s.user("nora.vale@contoso.example") }
		}
		if test.held == nil {
			test.held = func(s *stage, id string) any { u, _ := s.fake.User(id); return u.Active }
		}
		if test.variant.Name == "" {
			test.variant = tvfake.Default()
		}
		for way, fault := range map[string]tvfake.Fault{
			"all attempts":  {Lost: true, Times: 3, Late: 40 * time.Second},
			"first attempt": {Lost: true, Times: 1, Late: 40 * time.Second},
			"5xx":           {Status: http.StatusBadGateway, Times: 3, Late: 40 * time.Second},
		} {
			t.Run(test.name+", "+way, func(t *testing.T) {
				in(t, staging{fake: tvfake.Options{Variant: test.variant}}, func(t *testing.T, s *stage) {
					id := test.id(s)
					fault.Function = test.function
					s.fake.Fail(fault)
					s.do(test.late[0], test.path+id, test.late[1])
					time.Sleep(10 * time.Second)
					if a := s.do(test.then[0], test.path+id, test.then[1]); a.status >= http.StatusMultipleChoices {
						t.Fatalf("%d %s", a.status, a.body)
					}
					time.Sleep(time.Hour)
					if got := test.held(s, id); got != test.want {
						t.Errorf("TeamViewer holds %v, want %v", got, test.want)
					}
				})
			})
		}
	}
}

// TestALateChangeIsNotConfusedWithTheConsole: what somebody else changed meanwhile stays.
func TestALateChangeIsNotConfusedWithTheConsole(t *testing.T) {
	yes, no := true, false
	in(t, staging{}, func(t *testing.T, s *stage) {
		id := s.user("nora.vale@contoso.example")
		s.fake.Fail(tvfake.Fault{Function: putUser, Lost: true, Times: 3})
		s.do("PATCH", "/Users/"+id, legacy.change(&no))
		s.status(t, http.StatusOK, "PATCH", "/Users/"+id, legacy.change(&yes, attr{"displayName", "Nora Roth"}))
		s.fake.ChangeUser(id, func(u *tvfake.User) { u.Name = "Console" })
		time.Sleep(time.Hour)
		if u, _ := s.fake.User(id); u.Name != "Console" || !u.Active {
			t.Errorf("TeamViewer holds %+v", u)
		}
	})
}

// TestTheConsolesEndOfAccessStays: an access that the console ends after a change without an answer
// and an acknowledged one is not given back.
func TestTheConsolesEndOfAccessStays(t *testing.T) {
	yes, no := true, false
	in(t, staging{}, func(t *testing.T, s *stage) {
		id := s.user("nora.vale@contoso.example")
		group := s.group("Sales", s.user("ola.lind@contoso.example"))
		s.fake.Fail(tvfake.Fault{Function: putUser, Lost: true, Times: 3})
		s.do("PATCH", "/Users/"+id, legacy.change(&no))
		s.status(t, http.StatusOK, "PATCH", "/Users/"+id, legacy.change(&yes))
		s.fake.Fail(tvfake.Fault{Function: "DELETE /usergroups/{id}/members", Lost: true, Times: 3})
		s.do("PATCH", "/Groups/"+group, legacy.removeMembers(id))
		s.status(t, http.StatusNoContent, "PATCH", "/Groups/"+group, legacy.addMembers(id))
		s.fake.ChangeUser(id, func(u *tvfake.User) { u.Active = false })
		s.fake.ChangeGroup(groupNumber(t, group), func(g *tvfake.Group) { g.Members = nil })
		time.Sleep(time.Hour)
		if u, _ := s.fake.User(id); u.Active {
			t.Error("the user is active again")
		}
		if g, _ := s.fake.Group(groupNumber(t, group)); len(g.Members) > 0 {
			t.Errorf("members again: %v", g.Members)
		}
	})
}

// TestALateChangeIsUndoneAfterARestart: the gateway restarts before TeamViewer carries out an
// activation or an addition whose answer was lost. An end of access that was acknowledged meanwhile
// is restored.
func TestALateChangeIsUndoneAfterARestart(t *testing.T) {
	t.Parallel()
	yes, no := true, false
	for name, test := range map[string]struct {
		function       string
		late, end      [2]string // method and body; %s is the user
		group, deleted bool
	}{
		"deactivation": {function: putUser, late: [2]string{"PATCH", legacy.change(&yes)}, end: [2]string{"PATCH", legacy.change(&no)}},
		"deletion":     {function: putUser, late: [2]string{"PATCH", legacy.change(&yes)}, end: [2]string{"DELETE", ""}, deleted: true},
		"member":       {function: "POST /usergroups/{id}/members", group: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				settings := storing(filepath.Join(t.TempDir(), "links.db"))
				s := newStage(t, staging{direct: true, settings: settings})
				id := s.user("nora.vale@contoso.example")
				group := s.group("Sales", s.user("ola.lind@contoso.example"))
				path := "/Users/" + id
				if test.group {
					path, test.late, test.end = "/Groups/"+group, [2]string{"PATCH", legacy.addMembers(id)}, [2]string{"PATCH", legacy.removeMembers(id)}
				}
				s.fake.Fail(tvfake.Fault{Function: test.function, Lost: true, Times: 3, Late: 40 * time.Second})
				s.do(test.late[0], path, test.late[1])
				time.Sleep(5 * time.Second)
				if a := s.do(test.end[0], path, test.end[1]); a.status >= http.StatusMultipleChoices {
					t.Fatalf("%d %s", a.status, a.body)
				}
				again := s.restart(t, settings)
				again.do("GET", "/Users", "")
				time.Sleep(time.Minute) // the late change is done
				again.do("GET", "/Users", "")
				time.Sleep(time.Hour)
				if u, _ := s.fake.User(id); u.Active != test.group {
					t.Errorf("active %v, want %v", u.Active, test.group)
				}
				if g, _ := s.fake.Group(groupNumber(t, group)); slices.Contains(g.Members, id) {
					t.Errorf("members %v", g.Members)
				}
				if a := again.do("GET", "/Users/"+id, ""); test.deleted != (a.status == http.StatusNotFound) {
					t.Errorf("GET: %d %s", a.status, a.body)
				}
			})
		})
	}
}

// TestAnEndOfAccessAfterALostOne: an activation or an addition gets no answer; what ends the access
// after that, in whatever form and even after a restart, is restored once TeamViewer has carried
// the call out.
func TestAnEndOfAccessAfterALostOne(t *testing.T) {
	t.Parallel()
	yes, no := true, false
	type request = [3]string // method, path with %u and %g, body with %u
	activation := func(s *stage, id string) {
		s.fake.ChangeUser(id, func(u *tvfake.User) { u.Active = false })
		time.Sleep(2 * time.Minute)
		s.do("PATCH", "/Users/"+id, legacy.change(&yes))
	}
	revival := func(s *stage, id string) {
		s.do("DELETE", "/Users/"+id, "")
		time.Sleep(2 * time.Minute)
		s.do("POST", "/Users", newUser("nora.vale@contoso.example"))
	}
	for name, test := range map[string]struct {
		lose func(s *stage, id string) // nil: an addition
		end  request
	}{
		"PATCH":                  {activation, request{"PATCH", "/Users/%u", legacy.change(&no)}},
		"DELETE":                 {activation, request{"DELETE", "/Users/%u", ""}},
		"revival, PATCH":         {revival, request{"PATCH", "/Users/%u", legacy.change(&no)}},
		"revival, DELETE":        {revival, request{"DELETE", "/Users/%u", ""}},
		"member, remove":         {nil, request{"PATCH", "/Groups/%g", legacy.removeMembers("%u")}},
		"member, remove all":     {nil, request{"PATCH", "/Groups/%g", patchOf(`{"op":"Remove","path":"members"}`)}},
		"member, replace":        {nil, request{"PATCH", "/Groups/%g", patchOf(`{"op":"Replace","path":"members","value":[]}`)}},
		"member, PUT with fewer": {nil, request{"PUT", "/Groups/%g", `{"displayName":"Sales","members":[]}`}},
	} {
		for restarts, restarted := range map[string]bool{"": false, ", restart": true} {
			t.Run(name+restarts, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					settings := storing(filepath.Join(t.TempDir(), "links.db"))
					s := newStage(t, staging{direct: true, settings: settings})
					id := s.user("nora.vale@contoso.example")
					group := s.group("Sales", s.user("ola.lind@contoso.example"))
					ids := strings.NewReplacer("%u", id, "%g", group)
					lose, function := test.lose, putUser
					if lose == nil {
						function = "POST /usergroups/{id}/members"
						lose = func(s *stage, id string) { s.do("PATCH", "/Groups/"+group, legacy.addMembers(id)) }
					}
					if test.lose == nil {
						s.fake.Fail(tvfake.Fault{Function: function, Lost: true, Times: 3, Late: 40 * time.Second})
					} else { // the deactivation before it is answered
						s.do("GET", "/Users", "")
						time.AfterFunc(time.Minute, func() {
							s.fake.Fail(tvfake.Fault{Function: function, Lost: true, Times: 3, Late: 40 * time.Second})
						})
					}
					lose(s, id)
					time.Sleep(5 * time.Second)
					if restarted {
						s = s.restart(t, settings)
					}
					if a := s.do(test.end[0], ids.Replace(test.end[1]), ids.Replace(test.end[2])); a.status >= http.StatusMultipleChoices && a.status != http.StatusNotFound {
						t.Fatalf("%d %s", a.status, a.body)
					}
					time.Sleep(time.Hour)
					if u, _ := s.fake.User(id); u.Active && test.lose != nil {
						t.Error("the user is active")
					}
					if g, _ := s.fake.Group(groupNumber(t, group)); slices.Contains(g.Members, id) {
						t.Errorf("members %v", g.Members)
					}
				})
			})
		}
	}
}

// TestALateMembershipIsUndone: the same for the members of a group.
func TestALateMembershipIsUndone(t *testing.T) {
	for _, test := range []struct {
		name, function string
		in             bool // the user is in the group at first
		late, then     func(id string) string
	}{
		{"addition", "POST /usergroups/{id}/members", false, func(id string) string { return legacy.addMembers(id) }, func(id string) string { return legacy.removeMembers(id) }},
		{"removal", "DELETE /usergroups/{id}/members", true, func(id string) string { return legacy.removeMembers(id) }, func(id string) string { return legacy.addMembers(id) }},
	} { // a removal is not undone, since the console's looks the same
		for way, fault := range map[string]tvfake.Fault{
			"all attempts":  {Lost: true, Times: 3, Late: 40 * time.Second},
			"first attempt": {Lost: true, Times: 1, Late: 40 * time.Second},
		} {
			t.Run(test.name+", "+way, func(t *testing.T) {
				in(t, staging{}, func(t *testing.T, s *stage) {
					id, other := s.user("nora.vale@contoso.example"), s.user("ola.lind@contoso.example")
					group := s.group("Sales", other)
					if test.in {
						s.status(t, http.StatusNoContent, "PATCH", "/Groups/"+group, legacy.addMembers(id))
					}
					fault.Function = test.function
					s.fake.Fail(fault)
					s.do("PATCH", "/Groups/"+group, test.late(id))
					time.Sleep(10 * time.Second)
					s.status(t, http.StatusNoContent, "PATCH", "/Groups/"+group, test.then(id))
					time.Sleep(time.Hour)
					g, _ := s.fake.Group(groupNumber(t, group))
					if slices.Contains(g.Members, id) || !slices.Contains(g.Members, other) {
						t.Errorf("members %v, want %s alone", g.Members, other)
					}
				})
			})
		}
	}
}
