package gateway_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tvscim/cmd/config"
	"tvscim/mapping/changelog"
	"tvscim/proxy/admin"
	"tvscim/tvapi/tvfake"
)

// heldBack reports whether an answer is the guard's.
func heldBack(a answer) bool {
	return strings.Contains(a.body, "The guard of the gateway holds back") && strings.Contains(a.body, "tvscim guard release")
}

// employees makes users in TeamViewer, beside the token's owner.
func (s *stage) employees(n int) []string {
	s.t.Helper()
	ids := make([]string, n)
	for i := range ids {
		ids[i] = s.fake.AddUser(tvfake.User{Name: fmt.Sprintf("Person %d", i), Email: fmt.Sprintf("p%d@contoso.example", i), Active: true}).ID
	}
	return ids
}

// left counts the users of TeamViewer who are there and active.
func (s *stage) left(ids []string) int {
	n := 0
	for _, id := range ids {
		if u, here := s.fake.User(id); here && u.Active {
			n++
		}
	}
	return n
}

// everyWay are the ways to end the access of a user.
func everyWay(id string, i int) (method, path, body string) {
	switch i % 5 {
	case 0:
		return "PATCH", "/Users/" + id, patchOf(inactive)
	case 1:
		return "PUT", "/Users/" + id, `{"userName":"p` + fmt.Sprint(i) + `@contoso.example","active":false}`
	case 2:
		return "DELETE", "/Users/" + id, ""
	case 3:
		return "POST", "/Bulk", bulkOf(`{"method":"DELETE","path":"/Users/` + id + `"}`)
	default:
		return "POST", "/Bulk", bulkOf(`{"method":"PATCH","path":"/Users/` + id + `","data":` + patchOf(inactive) + `}`)
	}
}

// runaway sends an end of access for each user, 25 at a time, and counts those that were held back.
// Any answer but success and the guard's is an error.
func (s *stage) runaway(t *testing.T, ids []string) (held int) {
	var mu sync.Mutex
	var workers sync.WaitGroup
	for w := range 25 {
		workers.Go(func() {
			for i := w; i < len(ids); i += 25 {
				a := s.do(everyWay(ids[i], i))
				mu.Lock()
				switch {
				case heldBack(a):
					held++
				case a.status == http.StatusNotFound, strings.Contains(a.body, `"status":"404"`): // removed before
				case a.status >= 300 || strings.Contains(a.body, `"status":"4`):
					t.Errorf("%s: %d %s", ids[i], a.status, a.body)
				}
				mu.Unlock()
			}
		})
	}
	workers.Wait()
	return held
}

// TestGuardHoldsBackARunawayClient: a client that removes a whole company of 1,000 users and its
// groups by every way, 25 at a time, with a restart in the middle, gets no further than the limit,
// however often it tries. All else is served.
func TestGuardHoldsBackARunawayClient(t *testing.T) {
	fates := []config.OnDelete{config.OnDeleteDeactivate, config.OnDeleteRemove}
	if underRace || testing.Short() {
		fates = fates[:1] // each takes a second, with the race detector minutes
	}
	tries := 3
	if testing.Short() {
		tries = 1
	}
	for _, fate := range fates {
		t.Run(string(fate), func(t *testing.T) {
			in(t, staging{}, func(t *testing.T, s *stage) {
				folder := t.TempDir()
				changes := filepath.Join(folder, "changes.jsonl")
				settings := func(c *config.Config, f *tvfake.Server) {
					storing(filepath.Join(folder, "links.db"))(c, f)
					c.Users.OnDelete, c.Changelog.Path = fate, changes
				}
				s = s.restart(t, settings)
				const limit = 200 // 20 % of 999 and the token's owner
				ids := s.employees(999)
				groups := make([]string, 40)
				for i := range groups {
					groups[i] = fmt.Sprint(s.fake.AddGroup(fmt.Sprintf("Group %d", i), ids[i*20:i*20+20]...).ID)
				}
				held := s.runaway(t, ids[:150])
				if n := 999 - s.left(ids); n != 150 {
					t.Errorf("%d users were removed, want 150: the limit is not reached", n)
				}
				s = s.restart(t, settings)
				for range tries {
					held += s.runaway(t, ids)
					if n := 999 - s.left(ids); n > limit {
						t.Fatalf("%d users were removed, the limit is %d", n, limit)
					}
				}
				if n := 999 - s.left(ids); n < limit-10 {
					t.Errorf("%d users were removed of %d that may", n, limit)
				}
				held += s.emptyGroups(t, groups, 8)
				s.servesTheRest(t, ids)
				held++
				before := s.left(ids)
				if a := s.release(`{"for":"1h","count":10}`, nil); a.status != http.StatusOK {
					t.Fatalf("release: %d %s", a.status, a.body)
				}
				held += s.runaway(t, ids)
				if n := before - s.left(ids); n != 10 {
					t.Errorf("%d users were removed after a release of 10", n)
				}
				s.logTells(t, changes, ids, groups, held)
			})
		})
	}
}

// logTells checks that the change log has each removal of users and groups and no other, each of
// the held refusals, and the release.
func (s *stage) logTells(t *testing.T, path string, ids, groups []string, held int) {
	t.Helper()
	removed := make(map[string]bool)
	var refusals, releases int
	for _, l := range linesOf(t, path) {
		switch {
		case l.Cause == "guard":
			releases++
			if l.Caller != "admin listener" || l.Address != "127.0.0.1" || len(l.Steps) != 1 || !strings.HasPrefix(l.Steps[0], "let 10 removals beyond the limit") {
				t.Errorf("the release: %+v", l)
			}
		case strings.Contains(l.Reason, "The guard of the gateway holds back"):
			if refusals++; l.Outcome != changelog.Refused || l.Caller == "" || l.ID == "" || len(l.Calls) > 0 || len(l.Removed) > 0 {
				t.Errorf("a refusal: %+v", l)
			}
		case l.Outcome != changelog.Done:
		case l.Gone(), l.Deleted, l.Kind == changelog.KindUser && l.After["active"] == false, l.Kind == changelog.KindGroup && len(l.Removed) > 10:
			removed[l.ID] = true
		}
	}
	if refusals != held || releases != 1 {
		t.Errorf("%d refusals and %d releases in the log, want %d and 1", refusals, releases, held)
	}
	for _, id := range ids {
		if u, here := s.fake.User(id); removed[id] == (here && u.Active) {
			t.Errorf("user %s: in TeamViewer %+v, removed in the log: %t", id, u, removed[id])
		}
	}
	for i, id := range groups {
		g, here := s.fake.GroupByName(fmt.Sprintf("Group %d", i))
		if removed[id] == (here && len(g.Members) > 0) {
			t.Errorf("group %s: in TeamViewer %+v, removed in the log: %t", id, g, removed[id])
		}
	}
}

// emptyGroups has each group lose its members at once, by the ways there are, and checks that no
// more than limit did. At the limit a few may be held back too early; it returns how many were held
// back.
func (s *stage) emptyGroups(t *testing.T, groups []string, limit int) int {
	t.Helper()
	a := s.together(len(groups), func(i int) answer {
		switch i % 4 {
		case 0:
			return s.do("PATCH", "/Groups/"+groups[i], patchOf(`{"op":"replace","path":"members","value":[]}`))
		case 1:
			return s.do("PUT", "/Groups/"+groups[i], fmt.Sprintf(`{"displayName":"Group %d","members":[]}`, i))
		case 2:
			return s.do("PATCH", "/Groups/"+groups[i], patchOf(`{"op":"remove","path":"members"}`))
		default:
			return s.do("DELETE", "/Groups/"+groups[i], "")
		}
	})
	done := a[http.StatusOK] + a[http.StatusNoContent]
	if done > limit || done < limit-3 || a[http.StatusBadRequest] != len(groups)-done {
		t.Errorf("answers %v, want %d done and the others held back", a, limit)
	}
	return a[http.StatusBadRequest]
}

// servesTheRest checks that what removes nobody is done while removals are held back.
func (s *stage) servesTheRest(t *testing.T, ids []string) {
	t.Helper()
	staying := ids[slices.IndexFunc(ids, func(id string) bool { u, here := s.fake.User(id); return here && u.Active })]
	if a := s.do("PATCH", "/Users/"+staying, patchOf(inactive)); a.status != http.StatusBadRequest || !heldBack(a) {
		t.Errorf("%d, want the guard's 400: %s", a.status, a.body)
	}
	s.status(t, http.StatusOK, "PATCH", "/Users/"+staying, patchOf(`{"op":"replace","path":"displayName","value":"New Name"}`))
	s.status(t, http.StatusOK, "PATCH", "/Users/"+staying, patchOf(`{"op":"replace","path":"active","value":true}`))
	created := s.user("new.one@contoso.example")
	group := s.group("New Group", created, staying)
	s.status(t, http.StatusNoContent, "PATCH", "/Groups/"+group, patchOf(`{"op":"remove","path":"members","value":[{"value":"`+staying+`"}]}`))
	s.status(t, http.StatusNoContent, "DELETE", "/Groups/"+group, "")  // created within the window
	s.status(t, http.StatusNoContent, "DELETE", "/Users/"+created, "") // the same
}

// TestGuardCountsWhatWasDone: what TeamViewer refused does not count, what changes nothing does
// not, a retry counts once, and a lost answer counts.
func TestGuardCountsWhatWasDone(t *testing.T) {
	in(t, staging{settings: func(c *config.Config, _ *tvfake.Server) { c.Guard.MaxRemovals = 6 }}, func(t *testing.T, s *stage) {
		ids := s.employees(100)
		off := func(id string) answer { return s.do("PATCH", "/Users/"+id, patchOf(inactive)) }
		disarm := s.fake.Fail(tvfake.Fault{Function: "PUT /users/{id}", Status: http.StatusBadRequest})
		for _, id := range ids[:20] {
			if a := off(id); a.status != http.StatusBadRequest || heldBack(a) {
				t.Fatalf("refused by TeamViewer: %d %s", a.status, a.body)
			}
		}
		disarm()
		for range 3 {
			for _, id := range ids[:6] {
				if a := off(id); a.status != http.StatusOK {
					t.Fatalf("within the limit: %d %s", a.status, a.body)
				}
			}
		}
		if a := off(ids[6]); !heldBack(a) || !strings.Contains(a.body, "6 were removed within 24h") {
			t.Errorf("past the limit: %d %s", a.status, a.body)
		}
		time.Sleep(25 * time.Hour)
		for _, id := range ids[6:12] {
			if a := off(id); a.status != http.StatusOK {
				t.Errorf("a day later: %d %s", a.status, a.body)
			}
		}
		if a := off(ids[12]); !heldBack(a) {
			t.Errorf("past the limit again: %d %s", a.status, a.body)
		}
		s.mustReload(func(c *config.Config) { c.Guard.Enabled = false })
		if a := off(ids[12]); a.status != http.StatusOK {
			t.Errorf("switched off: %d %s", a.status, a.body)
		}
	})
}

// TestGuardCountsALostAnswer: a removal whose answer was lost may have been done, so it counts.
func TestGuardCountsALostAnswer(t *testing.T) {
	in(t, staging{settings: func(c *config.Config, _ *tvfake.Server) { c.Guard.MaxRemovals = 5 }}, func(t *testing.T, s *stage) {
		ids := s.employees(50)
		disarm := s.fake.Fail(tvfake.Fault{Function: "PUT /users/{id}", Lost: true, After: true})
		for _, id := range ids[:5] {
			s.do("PATCH", "/Users/"+id, patchOf(inactive))
		}
		disarm()
		time.Sleep(5 * time.Minute)
		if a := s.do("PATCH", "/Users/"+ids[5], patchOf(inactive)); !heldBack(a) {
			t.Errorf("%d %s", a.status, a.body)
		}
	})
}

// TestGuardLetsFiveGo: in a small company a share is less than what happens on any day.
func TestGuardLetsFiveGo(t *testing.T) {
	in(t, staging{}, func(t *testing.T, s *stage) {
		ids := s.employees(7)
		var statuses []int
		for _, id := range ids {
			statuses = append(statuses, s.do("DELETE", "/Users/"+id, "").status)
		}
		if want := []int{204, 204, 204, 204, 204, 400, 400}; !slices.Equal(statuses, want) {
			t.Errorf("%v, want %v", statuses, want)
		}
	})
}

// release posts a release to the admin listener, as the command does.
func (s *stage) release(body string, change func(*http.Request)) answer {
	s.t.Helper()
	req := httptest.NewRequestWithContext(s.t.Context(), "POST", "http://127.0.0.1:9090/guard", strings.NewReader(body))
	req.RemoteAddr = "127.0.0.1:40000"
	req.Header.Set("Tvscim-Guard", "release")
	if change != nil {
		change(req)
	}
	recorder := httptest.NewRecorder()
	s.gateway.Admin().ServeHTTP(recorder, req)
	return answer{recorder.Code, recorder.Header(), recorder.Body.String()}
}

// TestGuardRelease: a release lets removals through for a time or for a number of them, ends by
// itself, outlives a restart, and is refused while nothing is held back.
func TestGuardRelease(t *testing.T) {
	path := filepath.Join(t.TempDir(), "links.db")
	settings := func(c *config.Config, f *tvfake.Server) {
		storing(path)(c, f)
		c.Guard.MaxRemovals = 5
	}
	in(t, staging{settings: settings}, func(t *testing.T, s *stage) {
		ids := s.employees(60)
		next := 0
		off := func(n int) (statuses []int) {
			for range n {
				statuses = append(statuses, s.do("PATCH", "/Users/"+ids[next], patchOf(inactive)).status)
				next++
			}
			return statuses
		}
		want := func(what string, got []int, status int) {
			t.Helper()
			if slices.ContainsFunc(got, func(s int) bool { return s != status }) {
				t.Errorf("%s: %v, want %d", what, got, status)
			}
		}
		want("within the limit", off(5), http.StatusOK)
		if a := s.release(`{"for":"1h"}`, nil); a.status != http.StatusConflict || !strings.Contains(a.body, "nothing is held back") {
			t.Errorf("release without need: %d %s", a.status, a.body)
		}
		want("past the limit", off(2), http.StatusBadRequest)
		if state, detail := s.component("guard"); state != admin.StateOK || !strings.Contains(detail, "holds back removals of users: 5 within 24h0m0s, and the limit is 5") {
			t.Errorf("component: %s %q", state, detail)
		}
		if a := s.admin("/metrics"); !strings.Contains(a.body, `tvscim_guard_held_total{kind="user"} 2`) || !strings.Contains(a.body, `tvscim_guard_limit{kind="user"} 5`) {
			t.Error("the metrics do not tell")
		}
		s = s.restart(t, settings)
		if a := s.release(`{"for":"1h","count":3}`, nil); a.status != http.StatusOK {
			t.Fatalf("release: %d %s", a.status, a.body)
		}
		want("released", off(2), http.StatusOK)
		s = s.restart(t, settings)
		want("released, after a restart", off(1), http.StatusOK)
		want("used up", off(2), http.StatusBadRequest)
		if a := s.release(`{"for":"1h"}`, nil); a.status != http.StatusOK {
			t.Fatalf("release: %d %s", a.status, a.body)
		}
		want("released for an hour", off(20), http.StatusOK)
		time.Sleep(time.Hour)
		want("an hour later", off(1), http.StatusBadRequest)
	})
}

// TestGuardIsReleasedFromTheMachineAlone: who cannot run a command where the gateway runs does not
// release the guard; nor does a page in a browser there.
func TestGuardIsReleasedFromTheMachineAlone(t *testing.T) {
	in(t, staging{settings: func(c *config.Config, _ *tvfake.Server) { c.Guard.MaxRemovals = 5 }}, func(t *testing.T, s *stage) {
		for _, id := range s.employees(7) {
			s.do("DELETE", "/Users/"+id, "")
		}
		for name, change := range map[string]func(*http.Request){
			"from elsewhere":         func(r *http.Request) { r.RemoteAddr = "192.0.2.7:40000" },
			"through a proxy":        func(r *http.Request) { r.Header.Set("X-Forwarded-For", "192.0.2.7") },
			"by a form of a page":    func(r *http.Request) { r.Header.Del("Tvscim-Guard") },
			"by a script of a page":  func(r *http.Request) { r.Header.Set("Origin", "https://evil.example") },
			"by a name of a page":    func(r *http.Request) { r.Host = "evil.example:9090" },
			"with a wrong header":    func(r *http.Request) { r.Header.Set("Tvscim-Guard", "1") },
			"from no address at all": func(r *http.Request) { r.RemoteAddr = "@" },
		} {
			if a := s.release(`{"for":"1h"}`, change); a.status != http.StatusForbidden {
				t.Errorf("%s: %d %s", name, a.status, a.body)
			}
		}
		for _, body := range []string{"", "{}", `{"for":"forever"}`, `{"for":"-1h"}`, `{"for":"169h"}`, `{"for":"1h","count":-1}`} {
			if a := s.release(body, nil); a.status != http.StatusBadRequest {
				t.Errorf("%s: %d %s", body, a.status, a.body)
			}
		}
		if a := s.release(`{"for":"1h"}`, func(r *http.Request) { r.Method = "PUT" }); a.status != http.StatusMethodNotAllowed {
			t.Errorf("PUT: %d", a.status)
		}
		if a := s.release(`{"for":"1h"}`, nil); a.status != http.StatusOK {
			t.Errorf("%d %s", a.status, a.body)
		}
	})
}
