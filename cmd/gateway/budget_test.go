package gateway_test

import (
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"tvscim/tvapi/tvfake"
)

// callCount says how often each function of TeamViewer's Web API is called.
type callCount map[string]int

// budget is one row of the table of what a request may cost.
type budget struct {
	name   string
	cold   bool           // nothing was asked before: no snapshot is loaded
	users  int            // of the company; 0: a few
	before func(b *bench) // what happens before the counting
	do     func(b *bench) // what is counted
	calls  callCount
	under  func(v tvfake.Variant) callCount // the count where it depends on TeamViewer's contract
}

// bench is a company with some users and a group that has the first two of them as members.
type bench struct {
	*stage
	d     dialect
	users []string // made in the console
	group string
}

const benchGroup = "Field Service"

func benchName(i int) string    { return fmt.Sprintf("Person %d", i) }
func benchAddress(i int) string { return fmt.Sprintf("person.%d@contoso.example", i) }

func newBench(t *testing.T, v tvfake.Variant, d dialect, users int) *bench {
	b := &bench{stage: newStage(t, staging{fake: tvfake.Options{Variant: v}, direct: true}), d: d}
	for i := range max(users, 4) {
		b.users = append(b.users, b.fake.AddUser(tvfake.User{Name: benchName(i), Email: benchAddress(i), Active: true}).ID)
	}
	b.group = fmt.Sprint(b.fake.AddGroup(benchGroup, b.users[:2]...).ID)
	return b
}

// probe is what Entra asks again and again: is the service there, and does a random name not exist?
func (b *bench) probe() {
	b.t.Helper()
	b.want(http.StatusOK, "GET", "/Users?filter="+eq("userName", "56a1e0c4-9d0b-4c55-8a53-0b7f6c1f2d11"), "")
	b.want(http.StatusOK, "GET", "/Groups?excludedAttributes=members&filter="+eq("displayName", "a9a2f9a3-52a1-4f0e-8c33-64d2f0a9a001"), "")
}

// setActive is a PATCH of active alone.
func (b *bench) setActive(user int, active bool) {
	b.t.Helper()
	b.want(http.StatusOK, "PATCH", "/Users/"+b.users[user], b.d.change(&active))
}

// patchUser is a PATCH of attributes.
func (b *bench) patchUser(user int, attrs ...attr) {
	b.t.Helper()
	b.want(http.StatusOK, "PATCH", "/Users/"+b.users[user], b.d.change(nil, attrs...))
}

// patchGroup is a PATCH of the bench's group.
func (b *bench) patchGroup(body string) {
	b.t.Helper()
	b.want(http.StatusNoContent, "PATCH", "/Groups/"+b.group, body)
}

// learnOwner has the gateway learn whose token it uses, which is asked once in the life of a
// process.
func learnOwner(b *bench) { b.setActive(3, false) }

// want sends a request that must be answered with a status.
func (b *bench) want(status int, method, path, body string) answer {
	b.t.Helper()
	a := b.do(method, path, body)
	if a.status != status {
		b.t.Errorf("%s %s: %d, want %d: %s", method, path, a.status, status, a.body)
	}
	return a
}

// wait lets time pass, the bubble's.
func wait(d time.Duration) func(*bench) { return func(*bench) { time.Sleep(d) } }

// TestBudgets counts the calls of each kind of request under every reading of TeamViewer's
// contract: in both of Entra's dialects under the likely one; under each of the others every second
// row, in either of them in turn. TVSCIM_SOAK counts all rows under all readings.
func TestBudgets(t *testing.T) {
	t.Parallel()
	rows := slices.Concat(readBudgets(), userBudgets(), oktaBudgets(), groupBudgets(), memberBudgets())
	for i, v := range variants(true) {
		t.Run(v.Name, func(t *testing.T) {
			t.Parallel()
			for j, row := range rows {
				spoken := dialects
				switch {
				case i == 0:
				case (i+j)%2 == 1 && os.Getenv("TVSCIM_SOAK") == "":
					continue
				default:
					spoken = dialects[(i+j)/2%2:][:1]
				}
				for _, d := range spoken {
					t.Run(row.name+"/"+string(d), func(t *testing.T) {
						synctest.Test(t, func(t *testing.T) { row.check(t, v, d) })
					})
				}
			}
		})
	}
}

func (row budget) check(t *testing.T, v tvfake.Variant, d dialect) {
	b := newBench(t, v, d, row.users)
	if !row.cold {
		b.probe()
	}
	if row.before != nil {
		row.before(b)
	}
	b.fake.ResetCalls()
	row.do(b)
	want := row.calls
	if row.under != nil {
		want = row.under(v)
	}
	maps.DeleteFunc(want, func(_ string, n int) bool { return n == 0 })
	if diff := cmp.Diff(map[string]int(want), b.fake.Calls(), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}

// pages is how many calls a paged list of n takes.
func pages(n int, v tvfake.Variant) int { return max(1, (n+v.PageSize-1)/v.PageSize) }
