package gateway_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"tvscim/cmd/config"
	"tvscim/mapping/changelog"
	"tvscim/tvapi/tvfake"
)

// soakSteps is how many random requests a law of the change log is tried with.
func soakSteps() int {
	if os.Getenv("TVSCIM_SOAK") != "" {
		return 2000
	}
	return 150
}

// randomClient sends random requests for changes.
type randomClient struct {
	*stage
	random *rand.Rand
	stays  bool // no address is given from one user to another
}

func (c randomClient) pick(from []string, otherwise string) string {
	if len(from) == 0 {
		return otherwise
	}
	return from[c.random.IntN(len(from))]
}

// next returns a random request.
func (c randomClient) next(i int) (method, path, body string) {
	var users, groups []string
	for _, u := range c.fake.Users() {
		if u.ID != c.fake.OwnerID() {
			users = append(users, u.ID)
		}
	}
	for _, g := range c.fake.Groups() {
		groups = append(groups, fmt.Sprint(g.ID))
	}
	user, other, group := c.pick(users, "u7"), c.pick(users, "u8"), c.pick(groups, "7")
	name := fmt.Sprintf("user%d@contoso.example", c.random.IntN(40))
	renamed := name
	if c.stays {
		renamed = c.address(user)
	}
	members := fmt.Sprintf(`[{"value":%q},{"value":%q}]`, user, other)
	switch c.random.IntN(14) {
	case 0, 1, 2:
		return "POST", "/Users", fmt.Sprintf(`{"userName":%q,"displayName":"User %d","externalId":"ext-%d"}`, name, i, i)
	case 3:
		return "PATCH", "/Users/" + user, patchOf(fmt.Sprintf(`{"op":"replace","path":"displayName","value":"Name %d"}`, i))
	case 4:
		return "PATCH", "/Users/" + user, patchOf(fmt.Sprintf(`{"op":"replace","path":"active","value":%t}`, c.random.IntN(2) == 0))
	case 5:
		return "DELETE", "/Users/" + user, ""
	case 6:
		return "PUT", "/Users/" + user, fmt.Sprintf(`{"userName":%q,"displayName":"Put %d","active":true}`, renamed, i)
	case 7:
		return "POST", "/Groups", fmt.Sprintf(`{"displayName":"Group %d","members":%s}`, c.random.IntN(8), members)
	case 8, 9:
		return "PATCH", "/Groups/" + group, patchOf(`{"op":"add","path":"members","value":` + members + `}`)
	case 10, 11:
		return "PATCH", "/Groups/" + group, patchOf(`{"op":"remove","path":"members","value":[{"value":"` + user + `"}]}`)
	case 12:
		return "PATCH", "/Groups/" + group, patchOf(`{"op":"replace","path":"members","value":`+members+`}`, fmt.Sprintf(`{"op":"replace","path":"displayName","value":"Renamed %d"}`, i))
	default:
		return "DELETE", "/Groups/" + group, ""
	}
}

// address is the userName of a user.
func (c randomClient) address(id string) string {
	for _, u := range c.fake.Users() {
		if u.ID == id {
			return u.Email
		}
	}
	return "nobody@contoso.example"
}

// run sends n random requests, some of them at once, while TeamViewer fails. Each call takes a
// moment, as in life: the time in a bubble would stand still.
func (c randomClient) run(n int, fault tvfake.Fault) {
	fault.Delay = time.Millisecond
	disarm := c.fake.Fail(fault)
	defer c.fake.Fail(tvfake.Fault{Delay: time.Millisecond})()
	for i := 0; i < n; {
		var wave sync.WaitGroup
		for range 1 + c.random.IntN(5) {
			method, path, body := c.next(i)
			i++
			wave.Go(func() { _, _ = c.try(c.t.Context(), c.token, method, path, body) })
		}
		wave.Wait()
		time.Sleep(time.Duration(c.random.IntN(20)) * time.Second)
	}
	disarm()
	time.Sleep(time.Hour) // what is looked at again was looked at
}

// noFault is a fault that does not happen.
var noFault = tvfake.Fault{Rate: 1e-12}

// changeLogFaults are how TeamViewer fails in the laws of the change log.
func changeLogFaults() map[string]tvfake.Fault {
	return map[string]tvfake.Fault{
		"none":                 noFault,
		"refused":              {Rate: 0.15, Status: http.StatusBadRequest},
		"failed before":        {Rate: 0.3, Status: http.StatusBadGateway},
		"failed after":         {Rate: 0.3, Status: http.StatusBadGateway, After: true},
		"lost before the work": {Rate: 0.3, Lost: true},
		"lost after the work":  {Rate: 0.3, Lost: true, After: true},
	}
}

// TestChangeLogRebuildsTheCompany: from the change log alone it is known who is in the company and
// in which group, whatever clients do at once and however TeamViewer fails. What the log says to be
// open may be either way, and nothing else.
func TestChangeLogRebuildsTheCompany(t *testing.T) {
	t.Parallel()
	for name, fault := range changeLogFaults() {
		for _, onDelete := range []config.OnDelete{config.OnDeleteDeactivate, config.OnDeleteRemove} {
			t.Run(fmt.Sprint(name, ", ", onDelete), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					s, path := logged(t, staging{direct: true, settings: func(c *config.Config, _ *tvfake.Server) {
						c.Guard.Enabled = false // the requests remove most of a small company
						c.Users.OnDelete, c.Changelog.MaxSize = onDelete, config.MiB
					}})
					randomClient{stage: s, random: rand.New(rand.NewPCG(1, 2))}.run(soakSteps(), fault)
					compareRebuilt(t, s, linesOf(t, path))
				})
			})
		}
	}
}

// TestChangeLogRebuildsUnderEveryVariant is TestChangeLogRebuildsTheCompany for each reading of
// TeamViewer's contract.
func TestChangeLogRebuildsUnderEveryVariant(t *testing.T) {
	t.Parallel()
	onEveryVariant(t, func(t *testing.T, o tvfake.Options) {
		synctest.Test(t, func(t *testing.T) {
			s, path := logged(t, staging{fake: o, direct: true})
			randomClient{stage: s, random: rand.New(rand.NewPCG(7, 8))}.run(60, noFault)
			compareRebuilt(t, s, linesOf(t, path))
		})
	})
}

// compareRebuilt compares what the lines say with what TeamViewer holds.
func compareRebuilt(t *testing.T, s *stage, lines []changelog.Line) {
	t.Helper()
	state := changelog.NewState()
	outcomes := map[changelog.Outcome]int{}
	unseen := map[string]int{} // creations without an answer, by kind
	for _, l := range lines {
		state.Apply(l)
		outcomes[l.Outcome]++
		if l.Outcome == changelog.Unknown && l.ID == "" {
			unseen[l.Kind]++
		}
	}
	t.Logf("%d lines: %v", len(lines), outcomes)
	there := map[string]bool{}
	for _, u := range s.fake.Users() {
		there[u.ID] = true
		said := state.Users[u.ID]
		switch {
		case u.ID == s.fake.OwnerID():
		case said == nil:
			if unseen["user"]--; unseen["user"] < 0 {
				t.Errorf("user %s is in the company and not in the log", u.ID)
			}
		case !said.Open && (said.Active() != u.Active || said.Attributes["displayName"] != u.Name):
			t.Errorf("user %s: %+v, the log says %+v", u.ID, u, said)
		}
	}
	for id, u := range state.Users {
		if !there[id] && !u.Open {
			t.Errorf("user %s is in the log and not in the company", id)
		}
	}
	groups := map[string]bool{}
	for _, g := range s.fake.Groups() {
		id := fmt.Sprint(g.ID)
		groups[id] = true
		if said := state.Groups[id]; said != nil {
			compareMembers(t, g, said, there)
		} else if unseen["group"]--; unseen["group"] < 0 {
			t.Errorf("group %s is in the company and not in the log", id)
		}
	}
	for id, g := range state.Groups {
		if !groups[id] && !g.Open {
			t.Errorf("group %s is in the log and not in the company", id)
		}
	}
}

func compareMembers(t *testing.T, g tvfake.Group, said *changelog.Group, there map[string]bool) {
	t.Helper()
	if name := said.Attributes["displayName"]; !said.Open && name != nil && name != g.Name {
		t.Errorf("group %d is %q, the log says %q", g.ID, g.Name, name)
	}
	for _, id := range g.Members {
		if m := said.Members[id]; !m.In && !m.Open {
			t.Errorf("group %d has %s, not in the log", g.ID, id)
		}
	}
	for _, id := range said.MemberIDs() {
		if there[id] && !slices.Contains(g.Members, id) {
			t.Errorf("group %d lacks %s, who is in the log", g.ID, id)
		}
	}
}

// visible is the company as SCIM clients see it, without ids: users by userName, and groups by name
// with the userNames of their members.
func (s *stage) visible() map[string]any {
	s.t.Helper()
	names, all := map[string]string{}, map[string]any{}
	for _, r := range s.everything("/Users") {
		names[r["id"].(string)] = r["userName"].(string)
		all[r["userName"].(string)] = map[string]any{"displayName": r["displayName"], "active": r["active"], "externalId": r["externalId"]}
	}
	for _, r := range s.everything("/Groups") {
		var members []string
		list, _ := r["members"].([]any)
		for _, m := range list {
			members = append(members, names[get(m, "value").(string)])
		}
		slices.Sort(members)
		all["group "+r["displayName"].(string)] = map[string]any{"members": members, "externalId": r["externalId"]}
	}
	return all
}

// everything returns all resources of an endpoint.
func (s *stage) everything(endpoint string) (all []map[string]any) {
	s.t.Helper()
	list, _ := s.do("GET", endpoint+"?count=1000", "").json(s.t)["Resources"].([]any)
	for _, r := range list {
		all = append(all, r.(map[string]any))
	}
	return all
}

// TestChangeLogTakesBack: the requests that take changes back, from the latest change to the first,
// restore what clients see.
func TestChangeLogTakesBack(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]tvfake.Fault{"none": noFault, "failed before": {Rate: 0.3, Status: http.StatusBadGateway}} {
		// With users.on_delete remove, TeamViewer does not give the address of a removed account to
		// another one.
		for _, onDelete := range []config.OnDelete{config.OnDeleteDeactivate, config.OnDeleteDelete} {
			t.Run(fmt.Sprint(name, ", ", onDelete), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					s, path := logged(t, staging{direct: true, settings: func(c *config.Config, _ *tvfake.Server) { c.Users.OnDelete, c.Guard.Enabled = onDelete, false }})
					// An account whose creation is taken back by a deactivation keeps its address.
					random := randomClient{stage: s, random: rand.New(rand.NewPCG(3, 4)), stays: onDelete == config.OnDeleteDeactivate}
					random.run(60, noFault)
					before, first := s.visible(), len(linesOf(t, path))
					random.run(soakSteps()/2, fault)
					s.takeBack(linesOf(t, path), first)
					time.Sleep(time.Hour)
					if diff := cmp.Diff(before, s.visible()); diff != "" {
						t.Errorf("company before (-) and after its changes were taken back (+):\n%s", diff)
					}
				})
			})
		}
	}
}

// takeBack sends the requests that take the lines from first on back.
func (s *stage) takeBack(lines []changelog.Line, first int) {
	s.t.Helper()
	from := lines[first].Time
	undos := changelog.TakeBack(lines, func(l changelog.Line) bool { return !l.Time.Before(from) })
	ids := map[string]string{} // of what was created anew
	for _, u := range undos {
		for _, r := range u.Requests {
			body := ""
			if r.Body != nil {
				text, err := json.Marshal(r.Body)
				if err != nil {
					s.t.Fatal(err)
				}
				body = string(text)
			}
			path := r.Path
			for old, now := range ids {
				body = strings.ReplaceAll(body, `"`+old+`"`, `"`+now+`"`)
				if strings.HasSuffix(path, "/"+old) {
					path = strings.TrimSuffix(path, old) + now
				}
			}
			a := s.do(r.Method, path, body)
			if a.status >= 300 {
				s.t.Errorf("%s %s %s: %d %s", r.Method, path, body, a.status, a.body)
			}
			if r.Makes != "" && a.status == http.StatusCreated {
				made := a.json(s.t)["id"].(string)
				for old, now := range ids {
					if now == r.Makes {
						ids[old] = made
					}
				}
				if made != r.Makes {
					ids[r.Makes] = made
				}
			}
		}
	}
}
