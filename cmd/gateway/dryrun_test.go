package gateway_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tvscim/cmd/config"
	"tvscim/mapping/changelog"
	"tvscim/tvapi/tvfake"
)

// dry is a setting of stages: a dry run.
func dry(c *config.Config) { c.DryRun = true }

// planOf returns the plan of a gateway in a dry run, as its admin listener shows it.
func (s *stage) planOf(t *testing.T) changelog.Planned {
	t.Helper()
	request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1:9090/plan", nil)
	request.RemoteAddr = "127.0.0.1:40000"
	recorder := httptest.NewRecorder()
	s.gateway.Admin().ServeHTTP(recorder, request)
	var plan changelog.Planned
	if err := json.Unmarshal(recorder.Body.Bytes(), &plan); err != nil || recorder.Code != http.StatusOK {
		t.Fatalf("/plan: %d %v %s", recorder.Code, err, recorder.Body)
	}
	return plan
}

// sent returns how often each function that changes something was called.
func (s *stage) sent() map[string]int {
	calls := s.fake.Calls()
	maps.DeleteFunc(calls, func(function string, n int) bool { return strings.HasPrefix(function, "GET ") || n == 0 })
	return calls
}

// differing are ids, times, versions and request ids.
var differing = regexp.MustCompile(`u[1-9][0-9]{2,9}|\b[1-9][0-9]{4,18}\b|\d{4}-\d\d-\d\dT[0-9:.]+Z|W/\\"[^"]*\\"|\(request [A-Z0-9]+\)`)

// namesOfIDs returns the names of all users and groups by their ids.
func (s *stage) namesOfIDs() map[string]string {
	names := map[string]string{}
	for path, attribute := range map[string]string{"/Users?count=100": "userName", "/Groups?count=100": "displayName"} {
		resources, _ := s.do("GET", path, "").json(s.t)["Resources"].([]any)
		for _, r := range resources {
			id, _ := get(r, "id").(string)
			names[id], _ = get(r, attribute).(string)
		}
	}
	return names
}

// comparableBody returns a body without what differs between two runs: ids are replaced by names,
// and arrays, which have the order of ids, are sorted.
func comparableBody(body string, names map[string]string) string {
	text := differing.ReplaceAllStringFunc(body, func(found string) string { return "#" + names[found] })
	var tree any
	if json.Unmarshal([]byte(text), &tree) != nil {
		return text
	}
	var sorted func(any)
	sorted = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			for _, each := range v {
				sorted(each)
			}
		case []any:
			for _, each := range v {
				sorted(each)
			}
			slices.SortFunc(v, func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
		}
	}
	sorted(tree)
	out, _ := json.MarshalIndent(tree, "", " ")
	return string(out)
}

// TestDryRunAnswersAsTheRealRun plays every row of the corpus for real and in a dry run: the
// answers are the same, and the plan has the calls that the real run made. TeamViewer gets no
// write.
func TestDryRunAnswersAsTheRealRun(t *testing.T) {
	t.Parallel()
	expected := expectations()
	for _, r := range corpus(t).inOrder {
		t.Run(r.Name, func(t *testing.T) {
			t.Parallel()
			play := func(how setup) (answers []string, p *play) {
				p = how.stage(t, tvfake.Options{Token: goldenToken, OwnerID: goldenOwner})
				if given := expected[r.Name].given; given != nil {
					given(p)
				}
				p.answer = p.do(r.Method, p.fill(r.Path), p.fill(r.text()))
				names := p.namesOfIDs()
				answers = append(answers, fmt.Sprint(p.answer.status))
				if !strings.Contains(r.Path, "startIndex") { // pages are in the order of ids, which differ
					answers = append(answers, comparableBody(p.answer.body, names))
				}
				for _, path := range []string{"/Users?count=100", "/Groups?count=100"} {
					answers = append(answers, comparableBody(p.do("GET", path, "").body, names))
				}
				return answers, p
			}
			want, real := play(setup{})
			got, planned := play(setup{settings: dry})
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("the dry run answers (+) otherwise than the real run (-):\n%s", diff)
			}
			if sent := planned.sent(); len(sent) > 0 {
				t.Errorf("the dry run sent %v", sent)
			}
			if diff := cmp.Diff(real.sent(), planned.planOf(t).Calls); diff != "" {
				t.Errorf("the plan has other calls (+) than the real run made (-):\n%s", diff)
			}
		})
	}
}

// TestDryRunLeavesTheStore: a dry run begins with what the store holds, and does not change the
// file.
func TestDryRunLeavesTheStore(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "links.db")
	fake := tvfake.New(tvfake.Options{Token: goldenToken})
	open := func(dryRun bool) *stage {
		return newStage(t, staging{direct: true, network: fake.Transport(), lag: time.Nanosecond, settings: func(c *config.Config, _ *tvfake.Server) {
			c.Store.Path, c.DryRun, c.TeamViewer.Token = path, dryRun, config.NewSecret(goldenToken)
		}})
	}
	real := open(false)
	id, _ := real.do("POST", "/Users", `{"userName":"ada@contoso.example","displayName":"Ada","externalId":"ext-ada"}`).json(t)["id"].(string)
	real.gateway.Close()
	planned := open(true)
	search := "/Users?filter=" + eq("externalId", "ext-ada")
	if found := planned.do("GET", search, "").json(t); found["totalResults"] != 1.0 {
		t.Errorf("the dry run does not know the link of the store: %v", found)
	}
	planned.status(t, http.StatusOK, "PATCH", "/Users/"+id, patchOf(`{"op":"replace","path":"externalId","value":"ext-eva"}`))
	planned.status(t, http.StatusNoContent, "DELETE", "/Users/"+id, "")
	planned.status(t, http.StatusNotFound, "GET", "/Users/"+id, "")
	planned.gateway.Close()
	again := open(false)
	if found := again.do("GET", search, "").json(t); found["totalResults"] != 1.0 {
		t.Errorf("after the dry run the store lacks the link: %v", found)
	}
	if u, _ := fake.User(id); !u.Active {
		t.Error("the dry run deactivated the user")
	}
}

// TestDryRunIDsEndWithIt: an id that a dry run invented is unknown to a real run, without a call.
func TestDryRunIDsEndWithIt(t *testing.T) {
	t.Parallel()
	planned := newStage(t, staging{direct: true, settings: func(c *config.Config, _ *tvfake.Server) { dry(c) }})
	user, _ := planned.do("POST", "/Users", newUser("ada@contoso.example")).json(t)["id"].(string)
	group, _ := planned.do("POST", "/Groups", `{"displayName":"Field Service","members":[{"value":"`+user+`"}]}`).json(t)["id"].(string)
	real := newStage(t, staging{direct: true})
	someone := real.user("bob@contoso.example")
	team, _ := real.do("POST", "/Groups", `{"displayName":"Team","members":[{"value":"`+someone+`"}]}`).json(t)["id"].(string)
	real.do("GET", "/Users", "")
	real.fake.ResetCalls()
	for _, call := range [][3]string{
		{"GET", "/Users/" + user, ""}, {"PATCH", "/Users/" + user, patchOf(`{"op":"replace","path":"active","value":false}`)}, {"DELETE", "/Users/" + user, ""},
		{"PUT", "/Users/" + user, newUser("ada@contoso.example")},
		{"GET", "/Groups/" + group, ""}, {"PATCH", "/Groups/" + group, patchOf(`{"op":"replace","path":"displayName","value":"X"}`)}, {"DELETE", "/Groups/" + group, ""},
	} {
		real.status(t, http.StatusNotFound, call[0], call[1], call[2])
	}
	real.status(t, http.StatusBadRequest, "PATCH", "/Groups/"+team, patchOf(`{"op":"add","path":"members","value":[{"value":"`+user+`"}]}`))
	real.status(t, http.StatusNoContent, "PATCH", "/Groups/"+team, patchOf(`{"op":"remove","path":"members[value eq \"`+user+`\"]"}`))
	for function, n := range real.fake.Calls() {
		if function != "GET /users" && function != "GET /usergroups" {
			t.Errorf("%d calls of %s for invented ids", n, function)
		}
	}
}

// TestDryRunJudgesByTheGuard: removals past the limit are refused as in a real run, and the plan
// tells how many there would be.
func TestDryRunJudgesByTheGuard(t *testing.T) {
	t.Parallel()
	s := newStage(t, staging{direct: true, settings: func(c *config.Config, fake *tvfake.Server) {
		dry(c)
		for i := range 39 {
			fake.AddUser(tvfake.User{Name: fmt.Sprint("User ", i), Email: fmt.Sprintf("user%d@contoso.example", i), Active: true})
		}
	}})
	refused := 0
	for _, u := range s.fake.Users() {
		if u.ID == s.fake.OwnerID() || refused == 5 {
			continue
		}
		if s.do("PATCH", "/Users/"+u.ID, patchOf(`{"op":"replace","path":"active","value":false}`)).status == http.StatusBadRequest {
			refused++
		}
	}
	plan := s.planOf(t)
	if plan.Totals[changelog.Deactivated] != 8 || plan.Totals[changelog.HeldBack] != 5 || plan.HeldUsers != 5 || plan.Calls["PUT /users/{id}"] != 8 {
		t.Errorf("plan: %v %v, %d users held back; want 8 deactivated and 5 held back", plan.Totals, plan.Calls, plan.HeldUsers)
	}
	if active := slices.IndexFunc(s.fake.Users(), func(u tvfake.User) bool { return !u.Active }); active >= 0 {
		t.Error("a user was deactivated")
	}
}
