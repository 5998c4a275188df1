package scim_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"runtime"
	"slices"
	"strings"
	"testing"

	"tvscim/scim"
	"tvscim/scim/filter"
)

// crowd yields n users.
func crowd(n int) iter.Seq[scim.User] {
	return func(yield func(scim.User) bool) {
		for i := range n {
			name := fmt.Sprintf("user%d@contoso.example", i)
			u := scim.User{Head: scim.Head{ID: fmt.Sprintf("u%06d", i)}, UserName: name, Emails: []scim.Email{{Value: name, Type: "work"}}}
			if !yield(u) {
				return
			}
		}
	}
}

// longFilter is a filter of 8 KiB that matches no user.
func longFilter(t testing.TB) filter.Expr {
	t.Helper()
	const term = `emails.value co "nobody"`
	text := strings.Repeat(term+" or ", 8<<10/(len(term)+4)-1) + term
	return parse(t, text)
}

// The evaluation of a list stops when the client closes the connection.
func TestSelectPageEndsWithItsContext(t *testing.T) {
	t.Parallel()
	for name, req := range map[string]scim.ListRequest{
		"all":      {Count: 10},
		"filtered": {Count: 10, Filter: longFilter(t)},
		"sorted":   {Count: 10, Sort: scim.Sort{By: filter.AttrPath{Name: "userName"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			seen := 0
			all := func(yield func(scim.User) bool) {
				for u := range crowd(100_000) {
					if seen++; seen == 100 {
						cancel()
					}
					if !yield(u) {
						return
					}
				}
			}
			page, err := scim.SelectPage(ctx, userType(), all, req)
			if !errors.Is(err, context.Canceled) || page.Items != nil {
				t.Errorf("%d items, error %v, want the context's", len(page.Items), err)
			}
			if seen > 101 {
				t.Errorf("%d users were looked at after 100", seen-100)
			}
		})
	}
}

// The sort itself ends too: the context is over when the last resource is read.
func TestSortEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	all := func(yield func(scim.User) bool) {
		for u := range crowd(5000) {
			if !yield(u) {
				return
			}
		}
		cancel()
	}
	_, err := scim.SelectPage(ctx, userType(), all, scim.ListRequest{Count: 1, Sort: scim.Sort{By: filter.AttrPath{Name: "userName"}, Descending: true}})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want the context's", err)
	}
}

// The work of one evaluation has an end, which an honest list of 100,000 users is far from.
func TestSelectPageHasABudget(t *testing.T) {
	if testing.Short() {
		t.Skip("filters 100,000 users; not in short mode")
	}
	t.Parallel()
	const users = 100_000
	refused := func(t *testing.T, e filter.Expr) {
		t.Helper()
		seen := 0
		all := func(yield func(scim.User) bool) {
			for u := range crowd(users) {
				if seen++; !yield(u) {
					return
				}
			}
		}
		_, err := scim.SelectPage(t.Context(), userType(), all, scim.ListRequest{Count: 10, Filter: e})
		if p, ok := errors.AsType[*scim.Error](err); !ok || p.Status != 400 || p.Type != scim.TypeTooMany {
			t.Errorf("error %v, want 400 tooMany", err)
		}
		if seen > users/2 {
			t.Errorf("%d users were looked at", seen)
		}
	}
	t.Run("many terms", func(t *testing.T) { refused(t, longFilter(t)) })
	t.Run("many terms in brackets", func(t *testing.T) {
		inner := strings.Repeat(`value co "nobody" or `, 300) + `type eq "nothing"`
		refused(t, parse(t, "emails["+inner+"]"))
	})
	for _, text := range []string{
		`userName sw "user1"`,
		`emails[type eq "work" and value co "@contoso"]`,
		`active eq true and (userName ew ".example" or displayName pr or name.familyName co "x") and not (externalId pr)`,
	} {
		t.Run(text, func(t *testing.T) {
			if _, err := scim.SelectPage(t.Context(), userType(), crowd(users), scim.ListRequest{Count: 10, Filter: parse(t, text)}); err != nil {
				t.Errorf("an honest filter: %v", err)
			}
		})
	}
}

// All evaluations of one request have one budget together.
func TestBudgetOfARequest(t *testing.T) {
	t.Parallel()
	work := scim.MostWork - 100
	req := scim.ListRequest{Count: 1, Filter: parse(t, `userName pr`), Work: &work}
	if _, err := scim.SelectPage(t.Context(), userType(), crowd(30), req); err != nil {
		t.Fatalf("the first: %v", err)
	}
	_, err := scim.SelectPage(t.Context(), userType(), crowd(30), req)
	if p, ok := errors.AsType[*scim.Error](err); !ok || p.Type != scim.TypeTooMany {
		t.Errorf("the second: %v, want tooMany", err)
	}
}

// What a matcher has stopped for, nothing matches.
func TestMatcher(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	for _, e := range []filter.Expr{nil, parse(t, `userName pr`)} {
		m := scim.NewMatcher(ctx, userType(), e, nil)
		users := slices.Collect(crowd(1))
		if !scim.Matches(m, users[0]) || m.Err() != nil {
			t.Errorf("%v: no match: %v", e, m.Err())
		}
		t.Cleanup(func() {
			if scim.Matches(m, users[0]) || !errors.Is(m.Err(), context.Canceled) {
				t.Errorf("%v: a match after the end: %v", e, m.Err())
			}
		})
	}
	cancel()
}

// A sorted list holds the keys of all and the resources of its page, not all of them. Not parallel:
// it measures the process.
func TestSortedListHoldsItsPage(t *testing.T) {
	const users, size = 2000, 64 << 10 // 125 MiB together
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before, after := heap(), uint64(0)
	all := func(yield func(scim.User) bool) {
		for i := range users {
			name := fmt.Sprintf("user%04d", users-i)
			u := scim.User{Head: scim.Head{ID: name}, UserName: name, DisplayName: strings.Repeat("x", size)}
			if !yield(u) {
				return
			}
		}
		after = max(after, heap())
	}
	page, err := scim.SelectPage(t.Context(), userType(), all, scim.ListRequest{Count: 3, StartIndex: 2, Sort: scim.Sort{By: filter.AttrPath{Name: "userName"}}})
	if err != nil {
		t.Fatal(err)
	}
	for i, u := range page.Items {
		if want := fmt.Sprintf("user%04d", i+2); u.UserName != want || len(u.DisplayName) != size {
			t.Errorf("item %d is %s with %d characters, want %s", i, u.UserName, len(u.DisplayName), want)
		}
	}
	if grown := int64(after-before) >> 20; len(page.Items) != 3 || grown > 30 {
		t.Errorf("%d items, and %d MiB were held", len(page.Items), grown)
	}
}

// A resource that is removed before the page is filled is left out.
func TestSortedListWithoutWhatIsGone(t *testing.T) {
	t.Parallel()
	passes := 0
	all := func(yield func(scim.User) bool) {
		passes++
		for u := range crowd(4) {
			if (passes == 1 || u.ID != "u000001") && !yield(u) {
				return
			}
		}
	}
	page, err := scim.SelectPage(t.Context(), userType(), all, scim.ListRequest{Count: 3, Sort: scim.Sort{By: filter.AttrPath{Name: "userName"}}})
	if err != nil || len(page.Items) != 2 || page.Items[0].ID != "u000000" || page.Items[1].ID != "u000002" {
		t.Errorf("items %v, error %v", page.Items, err)
	}
}
