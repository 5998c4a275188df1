package scim_test

import (
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tvscim/scim"
)

func TestParseQuerySort(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, query, want string
	}{
		{"none", "", ""},
		{"empty", "sortBy=&sortOrder=", ""},
		{"an order of nothing", "sortOrder=descending", ""},
		{"ascending by default", "sortBy=userName", "userName ascending"},
		{"ascending", "sortBy=userName&sortOrder=ascending", "userName ascending"},
		{"descending, in any case", "SORTBY=name.familyName&sortorder=Descending", "name.familyName descending"},
		{"with a URN", "sortBy=" + scim.EnterpriseURN + ":department", scim.EnterpriseURN + ":department ascending"},
		{"unknown attribute", "sortBy=shoeSize", "shoeSize ascending"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			q, err := parseQuery(t, userType(), tt.query)
			if err != nil {
				t.Fatal(err)
			}
			if got := q.Sort.String(); got != tt.want {
				t.Errorf("sort = %q, want %q", got, tt.want)
			}
		})
	}
}

func TestParseQueryCursor(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, query string
		cursor      *string
		count       int
	}{
		{"by index", "count=5", nil, 5},
		{"without a value", "cursor&count=5", new(""), 5},
		{"empty", "cursor=&count=5", new(""), 5},
		{"name in any case", "CURSOR=", new(""), 100},
		{"the next page", "cursor=a-_b", new("a-_b"), 100},
		{"more than a page holds", "cursor=&count=1001", new(""), 1000},
		{"an empty startIndex is absent", "cursor=&startIndex=", new(""), 100},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			q, err := parseQuery(t, userType(), tt.query)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.cursor, q.Cursor); diff != "" || q.Count != tt.count {
				t.Errorf("count = %d, want %d; cursor (-want +got):\n%s", q.Count, tt.count, diff)
			}
		})
	}
}

// What a query asks for is what the store is asked for.
func TestQueryRequest(t *testing.T) {
	t.Parallel()
	q, err := parseQuery(t, userType(), "filter=userName+pr&sortBy=userName&startIndex=3&count=2&attributes=id")
	if err != nil {
		t.Fatal(err)
	}
	after := &scim.Position{ID: "u1"}
	want := scim.ListRequest{Filter: q.Filter, Sort: q.Sort, StartIndex: 3, After: after, Count: 2, Want: q.Want}
	if diff := cmp.Diff(want, q.Request(after), cmp.Exporter(exported)); diff != "" {
		t.Errorf("request differs (-want +got):\n%s", diff)
	}
}

// exported makes cmp compare unexported fields.
func exported(reflect.Type) bool { return true }
