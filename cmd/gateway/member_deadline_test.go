package gateway_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"tvscim/cmd/config"
	"tvscim/tvapi/tvfake"
)

// TestMemberPatchesKeepTheirDeadline: sixty requests at once, each adding one member to the same
// group, one of them a user who has just left the company, through a TeamViewer that is slow. Each
// is answered within its own time, and none is told anything that is not so, whether the time
// suffices for all of them or not.
func TestMemberPatchesKeepTheirDeadline(t *testing.T) {
	const requests = 60
	for _, test := range []struct {
		name    string
		slow    time.Duration // of a call
		lists   bool          // TeamViewer lists the users
		refused int           // answered 400
		done    int           // answered 204, at least
	}{
		{"time for all", 800 * time.Millisecond, true, 1, requests - 1},
		{"no list of users", 800 * time.Millisecond, false, 0, requests / 3},
		{"time for little", 2 * time.Second, true, 0, 1},
	} {
		for _, variant := range []string{"default", "bad-member-partial-400", "member-again-409"} {
			t.Run(test.name+"/"+variant, func(t *testing.T) {
				v := variantNamed(t, variant)
				v.PageSize = 100
				in(t, staging{fake: tvfake.Options{Variant: v}, settings: func(c *config.Config, fake *tvfake.Server) {
					c.TeamViewer.Token = config.NewSecret(fake.Token())
					c.Limits.RequestTimeout = 5 * time.Second
				}}, func(t *testing.T, s *stage) {
					users := s.people(requests)
					group := s.group("TV Field Service")
					time.Sleep(15 * time.Second)
					s.fake.DropUser(users[7])
					if !test.lists {
						s.fake.Fail(tvfake.Fault{Function: listUsers, Status: http.StatusInternalServerError})
					}
					s.fake.Fail(tvfake.Fault{Delay: test.slow})
					s.fake.ResetCalls()
					answers := make([]answer, requests)
					took := make([]time.Duration, requests)
					var all sync.WaitGroup
					for i := range requests {
						all.Go(func() {
							start := time.Now()
							answers[i] = s.do("PATCH", "/Groups/"+group, addMember(users[i]))
							took[i] = time.Since(start)
						})
						if i == 0 {
							synctest.Wait() // it is sent alone, and the others together
						}
					}
					all.Wait()
					if slowest := slices.Max(took); slowest > 5*time.Second {
						t.Errorf("the slowest answer took %v", slowest)
					}
					time.Sleep(time.Minute) // what is under way ends
					statuses := s.checkAnswers(t, "TV Field Service", users, answers)
					if statuses[http.StatusBadRequest] < test.refused || statuses[http.StatusNoContent] < test.done {
						t.Errorf("statuses = %v, want at least %d times 204 and %d times 400", statuses, test.done, test.refused)
					}
					if n := s.fake.Count(addMembers); n > 20 {
						t.Errorf("%d calls add members", n)
					}
				})
			})
		}
	}
}

// checkAnswers compares answers with what TeamViewer holds: what is answered 204 is done, what is
// answered 400 is not, and of what is answered 503 nothing is claimed. It counts the answers by
// status.
func (s *stage) checkAnswers(t *testing.T, group string, users []string, answers []answer) map[int]int {
	t.Helper()
	g, _ := s.fake.GroupByName(group)
	statuses := map[int]int{}
	for i, a := range answers {
		statuses[a.status]++
		member := slices.Contains(g.Members, users[i])
		switch {
		case a.status == http.StatusNoContent && member, a.status == http.StatusBadRequest && !member:
		case a.status == http.StatusServiceUnavailable && a.header.Get("Retry-After") != "" &&
			(!member || strings.Contains(a.body, "as far as is known")):
		default:
			t.Errorf("user %d is a member: %t, yet the answer is %d %s", i, member, a.status, a.body)
		}
	}
	return statuses
}

// TestMembersRefusedForAnotherReason: TeamViewer refuses every change of a group's members, and
// neither the members nor the users explain it. That costs no call for each of the requests, and
// none of them is told that it was done.
func TestMembersRefusedForAnotherReason(t *testing.T) {
	v := tvfake.Default()
	v.PageSize = 100
	in(t, staging{fake: tvfake.Options{Variant: v}}, func(t *testing.T, s *stage) {
		users := s.people(60)
		group := s.group("TV Field Service")
		time.Sleep(15 * time.Second)
		s.fake.ResetCalls()
		s.fake.Fail(tvfake.Fault{Function: addMembers, Status: http.StatusBadRequest})
		answers := make([]answer, len(users))
		arrived, release := s.fake.Hold(addMembers)
		s.behind(arrived, release, len(users), func(i int) answer {
			answers[i] = s.do("PATCH", "/Groups/"+group, addMember(users[i]))
			return answers[i]
		})
		for i, a := range answers {
			if a.status != http.StatusBadRequest && a.status != http.StatusServiceUnavailable {
				t.Errorf("request %d: %d %s", i, a.status, a.body)
			}
		}
		if calls, reads := s.fake.Count(addMembers), s.fake.Count(listMembers); calls > 34 || reads > 3 || s.fake.Count(listUsers) > 1 {
			t.Errorf("%d calls, %d reads of the members and %d lists, want 34, 3 and 1 at most", calls, reads, s.fake.Count(listUsers))
		}
	})
}

// TestNoRemovalWaitsForOthers: every second of the members to be removed is one whose removal
// TeamViewer refuses, and with it that of all who are named in the same call. The others are
// removed.
func TestNoRemovalWaitsForOthers(t *testing.T) {
	v := tvfake.Default()
	v.PageSize = 100
	in(t, staging{fake: tvfake.Options{Variant: v}}, func(t *testing.T, s *stage) {
		users := s.people(40)
		group := s.group("TV Field Service", users...)
		time.Sleep(15 * time.Second)
		refusing := &refuser{next: s.fake.Transport(), method: http.MethodDelete, path: "/members"}
		for i := 0; i < len(users); i += 2 {
			refusing.ids = append(refusing.ids, strings.TrimPrefix(users[i], "u"))
		}
		behind := newStage(t, staging{direct: true, network: refusing, settings: func(c *config.Config, _ *tvfake.Server) {
			c.TeamViewer.Token = config.NewSecret(s.fake.Token())
		}})
		answers := make([]answer, len(users))
		var all sync.WaitGroup
		for i := range users {
			all.Go(func() { answers[i] = behind.do("PATCH", "/Groups/"+group, removeMember(users[i])) })
		}
		all.Wait()
		for i, a := range answers {
			if want := []int{http.StatusBadRequest, http.StatusNoContent}[i%2]; a.status != want {
				t.Errorf("removal %d: %d, want %d: %s", i, a.status, want, a.body)
			}
		}
		s.hasMembers(t, "TV Field Service", slices.Collect(func(yield func(string) bool) {
			for i := 0; i < len(users) && yield(users[i]); i += 2 {
			}
		}))
	})
}

// refuser answers 400 to calls whose body names one of some accounts.
type refuser struct {
	next         http.RoundTripper
	method, path string
	ids          []string
}

// RoundTrip refuses a call or hands it on.
func (r *refuser) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Method != r.method || !strings.HasSuffix(req.URL.Path, r.path) {
		return r.next.RoundTrip(req)
	}
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	named := strings.FieldsFunc(string(body), func(c rune) bool { return c < '0' || c > '9' })
	if slices.ContainsFunc(named, func(id string) bool { return slices.Contains(r.ids, id) }) {
		recorder := httptest.NewRecorder()
		recorder.Header().Set("Content-Type", "application/json")
		recorder.WriteHeader(http.StatusBadRequest)
		_, _ = recorder.WriteString(`{"error":"invalid_request","error_description":"not this account"}`)
		return recorder.Result(), nil
	}
	req.Body = io.NopCloser(bytes.NewReader(body))
	return r.next.RoundTrip(req)
}
