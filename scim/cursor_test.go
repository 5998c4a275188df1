package scim_test

import (
	"errors"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tvscim/scim"
)

func cursors(t testing.TB) *scim.Cursors {
	t.Helper()
	c, err := scim.NewCursors(time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// byCursor is a query with a cursor beside the given parameters.
func byCursor(t testing.TB, query, cursor string) scim.Query {
	t.Helper()
	q, err := parseQuery(t, userType(), query+"&cursor="+cursor)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

const pageOfJ = "filter=userName+sw+%22J%22&sortBy=userName&count=10"

// What was sealed is opened, for any position, and is made of unreserved characters alone (RFC 9865
// section 2).
func TestCursorRoundTrip(t *testing.T) {
	t.Parallel()
	c := cursors(t)
	unreserved := regexp.MustCompile(`^[A-Za-z0-9._~-]+$`)
	rapid.Check(t, func(rt *rapid.T) {
		want := scim.Position{Key: rapid.String().Draw(rt, "key"), ID: rapid.String().Draw(rt, "id")}
		cursor := c.Seal("/Users", byCursor(t, pageOfJ, ""), want)
		if !unreserved.MatchString(cursor) {
			rt.Fatalf("cursor = %q, want unreserved characters only", cursor)
		}
		got, err := c.Open("/Users", byCursor(t, pageOfJ, cursor))
		if err != nil {
			rt.Fatal(err)
		}
		if diff := cmp.Diff(&want, got); diff != "" {
			rt.Fatalf("position differs (-want +got):\n%s", diff)
		}
	})
}

// A cursor can be written to logs: the values in it cannot be read.
func TestCursorHidesValues(t *testing.T) {
	t.Parallel()
	c := cursors(t)
	p := scim.Position{Key: "0aNORA@CONTOSO.EXAMPLE", ID: "u1"}
	one, other := c.Seal("/Users", scim.Query{}, p), c.Seal("/Users", scim.Query{}, p)
	if one == other {
		t.Error("two cursors of one position are equal")
	}
	if strings.Contains(one, "Tk9SQ") { // "NORA" in base64
		t.Errorf("cursor %q shows what is in it", one)
	}
}

func TestCursorFirstPage(t *testing.T) {
	t.Parallel()
	for _, query := range []scim.Query{{}, byCursor(t, pageOfJ, "")} {
		if p, err := cursors(t).Open("/Users", query); p != nil || err != nil {
			t.Errorf("Open = %v, %v, want neither", p, err)
		}
	}
}

func TestCursorErrors(t *testing.T) {
	t.Parallel()
	c := cursors(t)
	good := c.Seal("/Users", byCursor(t, pageOfJ, ""), scim.Position{Key: "0aJ", ID: "u1"})
	last := "A"
	if strings.HasSuffix(good, last) {
		last = "Q"
	}
	const invalid = "cursor: not valid for this query; change nothing but the cursor between pages, or start again with an empty cursor"
	tests := []struct {
		name, scope, query, cursor string
		typ                        scim.ErrorType
		detail                     string
	}{
		{"not base64", "/Users", pageOfJ, "!", scim.TypeInvalidCursor, invalid},
		{"nothing in it", "/Users", pageOfJ, "AAAA", scim.TypeInvalidCursor, invalid},
		{"changed", "/Users", pageOfJ, "B" + good[1:], scim.TypeInvalidCursor, invalid},
		{"changed at its end", "/Users", pageOfJ, good[:len(good)-4] + "AAA" + last, scim.TypeInvalidCursor, invalid},
		{"cut", "/Users", pageOfJ, good[:len(good)-4], scim.TypeInvalidCursor, invalid},
		{"too long", "/Users", pageOfJ, strings.Repeat("A", 5000), scim.TypeInvalidCursor, invalid},
		{"another list", "/Groups", pageOfJ, good, scim.TypeInvalidCursor, invalid},
		{"another filter", "/Users", "filter=userName+sw+%22K%22&sortBy=userName&count=10", good, scim.TypeInvalidCursor, invalid},
		{"no filter", "/Users", "sortBy=userName&count=10", good, scim.TypeInvalidCursor, invalid},
		{"another sort", "/Users", "filter=userName+sw+%22J%22&sortBy=title&count=10", good, scim.TypeInvalidCursor, invalid},
		{"another order", "/Users", pageOfJ + "&sortOrder=descending", good, scim.TypeInvalidCursor, invalid},
		{"another count", "/Users", "filter=userName+sw+%22J%22&sortBy=userName&count=11", good, scim.TypeInvalidCount,
			"count: the previous pages had a count of 10; use the same count for all pages of a query"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p, err := c.Open(tt.scope, byCursor(t, tt.query, tt.cursor))
			wantError(t, err, 400, tt.typ, tt.detail)
			if p != nil {
				t.Errorf("position beside an error: %v", p)
			}
		})
	}
}

// A query that is only written differently is the same query.
func TestCursorOfTheSameQuery(t *testing.T) {
	t.Parallel()
	c := cursors(t)
	cursor := c.Seal("/Users", byCursor(t, pageOfJ, ""), scim.Position{ID: "u1"})
	for _, query := range []string{
		"filter=userName+++sw+%22%5Cu004A%22&sortBy=userName&sortOrder=ASCENDING&count=10",
		pageOfJ + "&attributes=id",
	} {
		if _, err := c.Open("/Users", byCursor(t, query, cursor)); err != nil {
			t.Errorf("%s: %v", query, err)
		}
	}
}

// A cursor of another process is invalid: it has another key.
func TestCursorOfAnotherProcess(t *testing.T) {
	t.Parallel()
	cursor := cursors(t).Seal("/Users", scim.Query{}, scim.Position{ID: "u1"})
	_, err := cursors(t).Open("/Users", scim.Query{Cursor: &cursor})
	if e, ok := errors.AsType[*scim.Error](err); !ok || e.Type != scim.TypeInvalidCursor {
		t.Errorf("error = %v, want invalidCursor", err)
	}
}

func TestCursorExpires(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := cursors(t)
		cursor := c.Seal("/Users", scim.Query{Count: 1}, scim.Position{ID: "u1"})
		query := scim.Query{Count: 1, Cursor: &cursor}
		time.Sleep(c.Timeout())
		if _, err := c.Open("/Users", query); err != nil {
			t.Errorf("after its timeout, not before: %v", err)
		}
		time.Sleep(time.Second)
		_, err := c.Open("/Users", query)
		wantError(t, err, 400, scim.TypeExpiredCursor, "cursor: expired after 3600 seconds; start again with an empty cursor")
	})
}

func TestNewCursorsRefuses(t *testing.T) {
	t.Parallel()
	if _, err := scim.NewCursors(time.Millisecond); err == nil || err.Error() != "cursors: timeout 1ms: less than a second" {
		t.Errorf("error = %v, want one about the timeout", err)
	}
}

// FuzzCursor: any string that is not made by Seal is invalidCursor.
func FuzzCursor(f *testing.F) {
	c := cursors(f)
	f.Add("AAAA")
	f.Add("")
	f.Add(cursors(f).Seal("/Users", scim.Query{}, scim.Position{Key: "k", ID: "u1"}))
	f.Fuzz(func(t *testing.T, cursor string) {
		p, err := c.Open("/Users", scim.Query{Cursor: &cursor})
		if cursor == "" {
			if p != nil || err != nil {
				t.Errorf("Open = %v, %v, want neither", p, err)
			}
			return
		}
		if e, ok := errors.AsType[*scim.Error](err); !ok || e.Type != scim.TypeInvalidCursor || p != nil {
			t.Errorf("Open(%q) = %v, %v, want invalidCursor", cursor, p, err)
		}
	})
}

func BenchmarkCursor(b *testing.B) {
	c, q := cursors(b), byCursor(b, pageOfJ, "")
	b.ReportAllocs()
	for b.Loop() {
		cursor := c.Seal("/Users", q, scim.Position{Key: "0aJULIA@CONTOSO.EXAMPLE", ID: "u123456789"})
		q.Cursor = &cursor
		if _, err := c.Open("/Users", q); err != nil {
			b.Fatal(err)
		}
	}
}
