package scim_test

import (
	"errors"
	"fmt"
	"math"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tvscim/scim"
)

var limits = scim.Limits{Page: 100, MaxPage: 1000}

// parseQuery reads a query as in a URL.
func parseQuery(t testing.TB, typ *scim.ResourceType, query string) (scim.Query, error) {
	t.Helper()
	values, err := url.ParseQuery(query)
	if err != nil {
		t.Fatal(err)
	}
	return scim.ParseQuery(typ, values, limits)
}

func TestParseQueryPaging(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, query  string
		start, count int
	}{
		{"nothing", "", 1, 100},
		{"both", "startIndex=6&count=5", 6, 5},
		{"names in any case", "startindex=6&COUNT=5", 6, 5},
		{"below", "startIndex=0&count=-1", 1, 0},
		{"only the total", "count=0", 1, 0},
		{"more than a page holds", "count=1001", 1, 1000},
		{"beyond int", "startIndex=99999999999999999999&count=99999999999999999999", math.MaxInt, 1000},
		{"below int", "startIndex=-99999999999999999999&count=-99999999999999999999", 1, 0},
		{"empty", "startIndex=&count=", 1, 100},
		{"blanks", "startIndex=+6+&count=%205", 6, 5},
		{"sign", "startIndex=%2B6", 6, 100},
		{"twice the same", "count=5&count=5&Count=5", 1, 5},
		{"unknown, and without value", "aadOptscim062020&x=1&sort=y", 1, 100},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			q, err := parseQuery(t, userType(), tt.query)
			if err != nil {
				t.Fatal(err)
			}
			if q.StartIndex != tt.start || q.Count != tt.count {
				t.Errorf("startIndex, count = %d, %d, want %d, %d", q.StartIndex, q.Count, tt.start, tt.count)
			}
			if q.Filter != nil || !q.Want.Default() {
				t.Errorf("filter, default = %v, %v, want none and the default set", q.Filter, q.Want.Default())
			}
		})
	}
}

func TestParseQueryFilter(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, query, want string
	}{
		{"none", "filter=", ""},
		{"blank", "filter=+", ""},
		{"plus and percent", "filter=userName+eq+%22a%40b.example%22", `userName eq "a@b.example"`},
		{"name in another case", "Filter=id%20eq%20%22u1%22", `id eq "u1"`},
		{"value path", "filter=emails%5Btype+eq+%22work%22%5D.value+eq+%22a%22", `emails[type eq "work"].value eq "a"`},
		{"unknown attribute", "filter=shoeSize+eq+43", `shoeSize eq 43`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			q, err := parseQuery(t, userType(), tt.query)
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			if q.Filter != nil {
				got = q.Filter.String()
			}
			if got != tt.want {
				t.Errorf("filter = %s, want %s", got, tt.want)
			}
		})
	}
}

func TestParseQueryErrors(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, query string
		typ         scim.ErrorType
		want        string
	}{
		{"startIndex", "startIndex=one", scim.TypeInvalidValue, "startIndex: expected a whole number"},
		{"count", "count=1.5", scim.TypeInvalidValue, "count: expected a whole number"},
		{"count, twice", "count=5&Count=6", scim.TypeInvalidValue, "count: given 2 times with different values; send it once"},
		{"sortOrder", "sortBy=userName&sortOrder=up", scim.TypeInvalidValue, "sortOrder: expected ascending or descending"},
		{"sortOrder without sortBy", "sortOrder=up", scim.TypeInvalidValue, "sortOrder: expected ascending or descending"},
		{"sortBy, twice", "sortBy=userName&sortBy=title", scim.TypeInvalidValue, "sortBy: given 2 times with different values; send it once"},
		{"sortOrder, twice", "sortOrder=ascending&sortOrder=descending", scim.TypeInvalidValue, "sortOrder: given 2 times with different values; send it once"},
		{"cursor, twice", "cursor=a&cursor=b", scim.TypeInvalidValue, "cursor: given 2 times with different values; send it once"},
		{"cursor and startIndex", "cursor&startIndex=1", scim.TypeInvalidValue,
			"startIndex: cannot be combined with cursor; send one of the two"},
		{"cursor, no page", "cursor=&count=0", scim.TypeInvalidCount, "count: with a cursor, expected a whole number from 1 to 1000"},
		{"cursor, less than a page", "cursor=&count=-1", scim.TypeInvalidCount, "count: with a cursor, expected a whole number from 1 to 1000"},
		{"cursor, count is no number", "cursor=x&count=ten", scim.TypeInvalidCount, "count: with a cursor, expected a whole number from 1 to 1000"},
		{"order of a boolean", "filter=active+gt+true", scim.TypeInvalidFilter,
			`filter: "active" has no order, so it cannot be compared with "gt"; use eq, ne or pr`},
		{"order of a boolean in brackets", "filter=userName+pr+and+emails[primary+le+true]", scim.TypeInvalidFilter,
			`filter: "emails.primary" has no order, so it cannot be compared with "le"; use eq, ne or pr`},
		{"order of a binary, in any spelling", "filter=not(X509certificates.VALUE+ge+%22A%22)", scim.TypeInvalidFilter,
			`filter: "X509certificates.VALUE" has no order, so it cannot be compared with "ge"; use eq, ne or pr`},
		{"order of a binary, complex", "filter=x509Certificates+lt+%22A%22", scim.TypeInvalidFilter,
			`filter: "x509Certificates" has no order, so it cannot be compared with "lt"; use eq, ne or pr`},
		{"filter, twice", "filter=id+pr&filter=userName+pr", scim.TypeInvalidValue, "filter: given 2 times with different values; send it once"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			q, err := parseQuery(t, userType(), tt.query)
			wantError(t, err, 400, tt.typ, tt.want)
			if diff := cmp.Diff(scim.Query{}, q, cmp.AllowUnexported(scim.Projection{})); diff != "" {
				t.Errorf("query beside an error (-want +got):\n%s", diff)
			}
		})
	}
}

// TestFilterWithoutURIs: stores do not know the URIs of responses, so a filter on one is refused
// rather than answered wrongly. What else is a reference is a value like any other.
func TestFilterWithoutURIs(t *testing.T) {
	t.Parallel()
	const location, ref = "filter: meta.location cannot be filtered on; use id", "filter: members.$ref cannot be filtered on; use members.value, the id of the member"
	tests := []struct {
		typ          *scim.ResourceType
		filter, want string // want: "" is accepted
	}{
		{userType(), `meta.location eq "https://tv.example/Users/1"`, location},
		{userType(), `userName pr and not (META[Location pr])`, location},
		{groupType(), scim.GroupURN + `:meta.location ne "x"`, location},
		{groupType(), `members.$ref pr`, ref},
		{groupType(), `displayName pr or Members[value pr and $REF ew "1"]`, ref},
		{groupType(), strings.ToLower(scim.GroupURN) + `:members.$ref co "Users"`, ref},
		{groupType(), `meta pr and meta.resourceType eq "Group"`, ""},
		{groupType(), `members pr and members[type eq "User"]`, ""},
		{userType(), `members.$ref pr`, ""}, // a user has none
		{userType(), `manager.$ref pr or groups.$ref pr or photos pr`, ""},
	}
	for _, tt := range tests {
		t.Run(tt.filter, func(t *testing.T) {
			t.Parallel()
			_, err := parseQuery(t, tt.typ, url.Values{"filter": {tt.filter}}.Encode())
			if tt.want != "" {
				wantError(t, err, 400, scim.TypeInvalidFilter, tt.want)
			} else if err != nil {
				t.Error(err)
			}
		})
	}
}

// The parsers of filters and paths say the column; the sentence is theirs.
func TestParseQueryErrorsWithColumn(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, query string
		typ         scim.ErrorType
		begins      string
	}{
		{"filter", "filter=userName+eq", scim.TypeInvalidFilter, "filter: column 12: "},
		{"attributes", "attributes=emails[type", scim.TypeInvalidValue, "attributes: column "},
		{"sortBy", "sortBy=name.", scim.TypeInvalidValue, "sortBy: column "},
		{"sortBy with a value filter", "sortBy=emails[type+eq+%22work%22].value", scim.TypeInvalidValue, "sortBy: column 7: "},
		{"excludedAttributes", "excludedAttributes=a..b", scim.TypeInvalidValue, "excludedAttributes: column "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := parseQuery(t, userType(), tt.query)
			if err == nil {
				t.Fatal("no error")
			}
			wantError(t, err, 400, tt.typ, err.Error())
			if got := err.Error(); len(got) <= len(tt.begins) || got[:len(tt.begins)] != tt.begins {
				t.Errorf("error = %q, want %q and a sentence", got, tt.begins)
			}
		})
	}
}

func TestProjection(t *testing.T) {
	t.Parallel()
	const enterprise = scim.EnterpriseURN
	tests := []struct {
		name, query         string
		wants, wonts, named []string
		isDefault           bool
	}{
		{name: "default", wants: []string{"userName", "emails", enterprise}, isDefault: true},
		{name: "empty list is no list", query: "attributes=&excludedAttributes=,", wants: []string{"userName"}, isDefault: true},
		{name: "one", query: "attributes=userName", wants: []string{"userName"}, named: []string{"userName"},
			wonts: []string{"emails", enterprise}},
		{name: "several", query: "attributes=USERNAME,%20emails.value&Attributes=title", wants: []string{"userName", "emails", "title"},
			named: []string{"userName", "emails", "title"}, wonts: []string{"name"}},
		{name: "unknown", query: "attributes=shoeSize", wonts: []string{"userName", "emails"}},
		{name: "extension", query: "attributes=" + enterprise + ":department", wants: []string{enterprise},
			named: []string{enterprise}, wonts: []string{"userName"}},
		{name: "extension without its URN", query: "attributes=department", wants: []string{enterprise}, named: []string{enterprise}},
		{name: "value filter with comma", query: `attributes=emails[value eq "a,]\",b"].type,title`, wants: []string{"emails", "title"},
			named: []string{"emails", "title"}, wonts: []string{"name"}},
		{name: "core schema", query: "attributes=" + scim.UserURN, wants: []string{"userName", "emails"},
			named: []string{"userName", "emails", "title", "name"}, wonts: []string{enterprise}},
		{name: "excluded", query: "excludedAttributes=emails," + enterprise, wants: []string{"userName"}, wonts: []string{"emails", enterprise}},
		{name: "part excluded", query: "excludedAttributes=emails.type," + enterprise + ":manager", wants: []string{"emails", enterprise, "userName"}},
		{name: "both", query: "attributes=userName,emails&excludedAttributes=emails", wants: []string{"userName"},
			named: []string{"userName", "emails"}, wonts: []string{"emails", "title"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			q, err := parseQuery(t, userType(), tt.query)
			if err != nil {
				t.Fatal(err)
			}
			for _, key := range tt.wants {
				if !q.Want.Wants(key) {
					t.Errorf("Wants(%q) = false", key)
				}
			}
			for _, key := range tt.wonts {
				if q.Want.Wants(key) {
					t.Errorf("Wants(%q) = true", key)
				}
			}
			for _, key := range []string{"userName", "emails", "title", "name", enterprise} {
				if got, want := q.Want.Named(key), slices.Contains(tt.named, key); got != want {
					t.Errorf("Named(%q) = %v, want %v", key, got, want)
				}
			}
			if got := q.Want.Default(); got != tt.isDefault {
				t.Errorf("Default() = %v, want %v", got, tt.isDefault)
			}
			if q.Want.IsNothing() {
				t.Error("IsNothing() = true")
			}
		})
	}
}

func TestProjectionNothing(t *testing.T) {
	t.Parallel()
	p := scim.Nothing()
	got := fmt.Sprint(p.IsNothing(), p.Default(), p.Wants("userName"), p.Named("userName"))
	if want := "true false false false"; got != want {
		t.Errorf("IsNothing, Default, Wants, Named = %s, want %s", got, want)
	}
}

// FuzzParseQuery: no parameters make it panic or answer anything but a 400.
func FuzzParseQuery(f *testing.F) {
	f.Add("startIndex=1&count=5&filter=userName+eq+%22a%22")
	f.Add(`attributes=emails[type eq "work"],name.givenName&excludedAttributes=members`)
	f.Add("cursor&count=10&sortBy=name.familyName&sortOrder=descending")
	f.Add("attributes=urn:ietf:params:scim:schemas:core:2.0:User:userName,\\,\"]")
	f.Fuzz(func(t *testing.T, query string) {
		values, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		q, err := scim.ParseQuery(userType(), values, limits)
		if err != nil {
			if e, ok := errors.AsType[*scim.Error](err); !ok || e.Status != 400 {
				t.Fatalf("error = %v (%T), want a 400", err, err)
			}
			return
		}
		if q.StartIndex < 1 || q.Count < 0 || q.Count > limits.MaxPage {
			t.Errorf("startIndex, count = %d, %d", q.StartIndex, q.Count)
		}
	})
}

// TestPathsAreKeptOnce: each attribute of each resource is looked up in the lists, so that they
// must not grow with what the client repeats.
func TestPathsAreKeptOnce(t *testing.T) {
	t.Parallel()
	for _, parameter := range []string{"attributes", "excludedAttributes"} {
		names := strings.Repeat("userName,USERNAME,emails.value,urn:ietf:params:scim:schemas:core:2.0:User:userName,", 500) + "title"
		q, err := parseQuery(t, userType(), parameter+"="+names+"&"+parameter+"=title,emails.value")
		if err != nil {
			t.Fatal(err)
		}
		if got := scim.Paths(q.Want); got != 3 {
			t.Errorf("%s: %d paths, want userName, emails.value and title", parameter, got)
		}
	}
}
