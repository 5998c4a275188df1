package gateway_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tvscim/cmd/config"
	"tvscim/tvapi/tvfake"
)

// bulk sends a bulk request and returns the status of each operation, and the answer.
func (s *stage) bulk(operations ...string) ([]string, answer) {
	s.t.Helper()
	a := s.do("POST", "/Bulk", `{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":[`+strings.Join(operations, ",")+`]}`)
	var body struct{ Operations []struct{ Status string } }
	if err := json.Unmarshal([]byte(a.body), &body); err != nil || a.status != http.StatusOK {
		s.t.Fatalf("bulk: %d %v %s", a.status, err, a.body)
	}
	statuses := make([]string, len(body.Operations))
	for i, o := range body.Operations {
		statuses[i] = o.Status
	}
	return statuses, a
}

// bulkUser is the operation that makes a user.
func bulkUser(bulkID, userName string) string {
	return fmt.Sprintf(`{"method":"POST","bulkId":%q,"path":"/Users","data":{"userName":%q,"displayName":%q}}`, bulkID, userName, bulkID+" Vale")
}

// bulkMember is the operation that changes one member of a group.
func bulkMember(op, group, user string) string {
	return fmt.Sprintf(`{"method":"PATCH","path":"/Groups/%s","data":%s}`, group,
		patchOf(fmt.Sprintf(`{"op":%q,"path":"members","value":[{"value":%q}]}`, op, user)))
}

// bulkPatch is the operation that patches a user.
func bulkPatch(id, operation string) string {
	return fmt.Sprintf(`{"method":"PATCH","path":"/Users/%s","data":%s}`, id, patchOf(operation))
}

// wantStatuses compares the statuses of a bulk answer.
func wantStatuses(t *testing.T, got []string, a answer, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("statuses %q, want %q: %s", got, want, a.body)
	}
}

// TestBulkFirstCycle makes people and their groups in one request, in the least handy order, under
// every reading of TeamViewer's contract.
func TestBulkFirstCycle(t *testing.T) {
	t.Parallel()
	onEveryVariant(t, func(t *testing.T, o tvfake.Options) {
		s := newStage(t, staging{fake: o, direct: true})
		statuses, a := s.bulk(
			`{"method":"POST","bulkId":"g","path":"/Groups","data":{"displayName":"TV Field Service","members":[{"value":"bulkId:nora"},{"value":"bulkId:ola"}]}}`,
			bulkMember("add", "bulkId:g", "bulkId:pia"),
			bulkUser("nora", "nora.vale@contoso.example"), bulkUser("ola", "ola.lind@contoso.example"),
			bulkUser("pia", "pia.berg@contoso.example"), bulkUser("again", "NORA.vale@contoso.example"),
			bulkPatch("bulkId:ola", `{"op":"Replace","path":"active","value":"False"}`),
		)
		wantStatuses(t, statuses, a, "201", "204", "201", "201", "201", "409", "204")
		ids := a.made(t)
		want := []string{ids["nora"], ids["ola"], ids["pia"]}
		if o.Variant.DeactivatedLeavesGroups {
			want = []string{ids["nora"], ids["pia"]}
		}
		s.hasMembers(t, "TV Field Service", want)
		if u, ok := s.fake.User(ids["ola"]); !ok || u.Active {
			t.Errorf("ola is still active: %+v", u)
		}
	})
}

// made returns the ids that a bulk answer tells, by bulkId.
func (a answer) made(t *testing.T) map[string]string {
	t.Helper()
	var body struct {
		Operations []struct{ BulkID, Location string }
	}
	if err := json.Unmarshal([]byte(a.body), &body); err != nil {
		t.Fatal(err)
	}
	ids := map[string]string{}
	for _, o := range body.Operations {
		if o.BulkID != "" {
			ids[o.BulkID] = o.Location[strings.LastIndexByte(o.Location, '/')+1:]
		}
	}
	return ids
}

// TestBulkMembersShareCalls counts what it costs to add 250 people one by one, and to remove them.
func TestBulkMembersShareCalls(t *testing.T) {
	t.Parallel()
	s := newStage(t, staging{direct: true})
	people, group := s.people(250), s.group("TV Field Service")
	for _, step := range []struct{ op, function string }{
		{"add", "POST /usergroups/{id}/members"}, {"remove", "DELETE /usergroups/{id}/members"},
	} {
		operations := make([]string, len(people))
		for i, id := range people {
			operations[i] = bulkMember(step.op, group, id)
		}
		before := s.fake.TotalCalls()
		statuses, a := s.bulk(operations...)
		if slices.ContainsFunc(statuses, func(status string) bool { return status != "204" }) || len(statuses) != len(people) {
			t.Errorf("%s: %s", step.op, a.body)
		}
		if n := s.fake.TotalCalls() - before; n != 3 {
			t.Errorf("%s: %d calls for 250 members, want 3", step.op, n)
		}
		if n := s.fake.Count(step.function); n != 3 {
			t.Errorf("%s: %s was called %d times, want 3", step.op, step.function, n)
		}
	}
	s.hasMembers(t, "TV Field Service", nil)
}

// TestBulkMembersFailAlone: one person whom nobody knows fails alone, among others who are added.
func TestBulkMembersFailAlone(t *testing.T) {
	t.Parallel()
	onEveryVariant(t, func(t *testing.T, o tvfake.Options) {
		s := newStage(t, staging{fake: o, direct: true})
		people, group := s.people(3), s.group("TV Field Service")
		statuses, a := s.bulk(bulkMember("add", group, people[0]), bulkMember("add", group, "u999999"),
			bulkMember("add", group, people[1]), bulkMember("remove", group, people[0]), bulkMember("remove", group, "u999999"),
			bulkMember("add", group, people[2]))
		wantStatuses(t, statuses, a, "204", "400", "204", "204", "204", "204")
		s.hasMembers(t, "TV Field Service", people[1:])
	})
}

// TestBulkCircle: a user and a group that refer to each other are resolved, since a group can be
// filled later; two groups cannot be members of each other in TeamViewer, and the answer says so.
func TestBulkCircle(t *testing.T) {
	t.Parallel()
	s := newStage(t, staging{direct: true})
	statuses, a := s.bulk(
		`{"method":"POST","bulkId":"nora","path":"/Users","data":{"userName":"nora.vale@contoso.example","displayName":"Nora","groups":[{"value":"bulkId:g"}]}}`,
		`{"method":"POST","bulkId":"g","path":"/Groups","data":{"displayName":"TV Field Service","members":[{"value":"bulkId:nora"}]}}`,
	)
	wantStatuses(t, statuses, a, "201", "201")
	s.hasMembers(t, "TV Field Service", []string{a.made(t)["nora"]})

	group := func(id, member string) string {
		return fmt.Sprintf(`{"method":"POST","bulkId":%q,"path":"/Groups","data":{"displayName":%q,"members":[{"value":%q}]}}`, id, id, member)
	}
	statuses, a = s.bulk(group("A", "bulkId:B"), group("B", "bulkId:A"))
	wantStatuses(t, statuses, a, "400", "400")
	if strings.Count(a.body, "The group was created") != 2 || strings.Contains(a.body, "Nothing was changed") {
		t.Errorf("the answer does not say that the groups are there: %s", a.body)
	}
	if n := len(s.fake.Groups()); n != 3 {
		t.Errorf("%d groups, want 3", n)
	}
	for _, g := range s.fake.Groups() {
		if g.Name != "TV Field Service" && len(g.Members) != 0 {
			t.Errorf("group %+v has members", g)
		}
	}
}

// TestDeactivationInBulk: every way to lose a deactivation, in a bulk request between operations
// that fail.
func TestDeactivationInBulk(t *testing.T) {
	t.Parallel()
	const failing = `{"method":"DELETE","path":"/Users/u999999"}`
	for _, operation := range []string{
		`{"op":"Replace","path":"active","value":"False"}`, `{"op":"add","value":{"active":false}}`,
		`{"op":"Replace","path":"userName","value":"nörä@contoso.example"},{"op":"Replace","path":"active","value":"False"}`,
		`{"op":"Replace","path":"active","value":false},{"op":"Replace","path":"userName","value":"` + softDeletedName + `"}`,
	} {
		t.Run(operation, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, staging{direct: true})
			id := s.user("nora.vale@contoso.example")
			_, a := s.bulk(failing, bulkPatch(id, operation), failing, bulkUser("bad", "no address"))
			if u, ok := s.fake.User(id); !ok || u.Active {
				t.Errorf("the user is still active in TeamViewer: %s", a.body)
			}
		})
	}
}

// TestBulkOfAThousand makes as many users as a request may hold: one call each, and one list.
func TestBulkOfAThousand(t *testing.T) {
	t.Parallel()
	s := newStage(t, staging{direct: true})
	operations := make([]string, 1000)
	for i := range operations {
		operations[i] = bulkUser(fmt.Sprint("u", i), fmt.Sprintf("user%d@contoso.example", i))
	}
	statuses, _ := s.bulk(operations...)
	if n := len(slices.DeleteFunc(statuses, func(status string) bool { return status != "201" })); n != 1000 {
		t.Errorf("%d users were made", n)
	}
	if posts, all := s.fake.Count("POST /users"), s.fake.TotalCalls(); posts != 1000 || all != 1001 {
		t.Errorf("%d calls of POST /users, %d in all; want 1000 and a list", posts, all)
	}
}

// TestBulkRunsOutOfTime: TeamViewer hangs. What was not begun is told apart from what was done, and
// was not done.
func TestBulkRunsOutOfTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, staging{direct: true, settings: func(c *config.Config, _ *tvfake.Server) {
			c.TeamViewer.Timeout, c.Limits.RequestTimeout = 15*time.Second, 10*time.Second
		}})
		first := s.user("first@contoso.example")
		s.fake.Fail(tvfake.Fault{Function: "POST /users", Delay: time.Hour})
		operations := []string{bulkPatch(first, `{"op":"Replace","path":"active","value":"False"}`)}
		for i := range 20 {
			operations = append(operations, bulkUser(fmt.Sprint("u", i), fmt.Sprintf("user%d@contoso.example", i)))
		}
		began := time.Now()
		statuses, a := s.bulk(operations...)
		if took := time.Since(began); took > 3*time.Minute {
			t.Errorf("it took %v", took)
		}
		if statuses[0] != "204" || statuses[1] != "503" || statuses[20] != "503" || len(statuses) != 21 {
			t.Errorf("statuses %q", statuses)
		}
		if !strings.Contains(a.body, "not done: the time limit of the whole bulk request was reached") {
			t.Errorf("the answer does not say what was not begun: %s", a.body)
		}
	})
}

// TestBulkWhileTeamViewerIsDown: every operation says so, with 503, and nothing is guessed.
func TestBulkWhileTeamViewerIsDown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, staging{direct: true})
		id := s.user("nora.vale@contoso.example")
		s.fake.Fail(tvfake.Fault{Status: http.StatusServiceUnavailable})
		statuses, a := s.bulk(bulkPatch(id, `{"op":"Replace","path":"active","value":"False"}`), bulkUser("ola", "ola.lind@contoso.example"),
			bulkMember("add", "7", id), bulkMember("add", "7", "u1"))
		if slices.ContainsFunc(statuses, func(status string) bool { return status != "503" }) {
			t.Errorf("statuses %q, want 503 everywhere: %s", statuses, a.body)
		}
	})
}

// TestBulkCallersToken: in passthrough the caller's token is proven before anything is done, and a
// refused one is 401.
func TestBulkCallersToken(t *testing.T) {
	t.Parallel()
	s := newStage(t, staging{direct: true, settings: func(c *config.Config, fake *tvfake.Server) {
		c.Auth = config.Auth{Mode: config.AuthPassthrough}
		c.TeamViewer.Token = config.Secret{}
	}})
	const body = `{"Operations":[{"method":"DELETE","path":"/Users/u1"}]}`
	if a := s.as("wrong", "POST", "/Bulk", body); a.status != http.StatusUnauthorized {
		t.Errorf("a token that TeamViewer refuses: %d %s", a.status, a.body)
	}
	if a := s.as(s.fake.Token(), "POST", "/Bulk", body); a.status != http.StatusOK {
		t.Errorf("the token: %d %s", a.status, a.body)
	}
}
