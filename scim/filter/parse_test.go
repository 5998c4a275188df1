package filter_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tvscim/scim/filter"
)

const ssoUser = "urn:ietf:params:scim:schemas:extension:teamviewer:1.0:SsoUser"

// The trees of the main shapes in the types that others switch over; testdata/filter.golden has all
// the others.
func TestParse(t *testing.T) {
	t.Parallel()

	compare := func(name string, op filter.Op, v filter.Value) filter.Expr {
		return filter.Compare{Path: filter.AttrPath{Name: name}, Op: op, Value: v}
	}

	tests := map[string]struct {
		in   string
		want filter.Expr
	}{
		"comparison":                  {`userName eq "nora@contoso.example"`, compare("userName", filter.Equal, text("nora@contoso.example"))},
		"operator in capitals":        {`UserName EQ "nora"`, compare("UserName", filter.Equal, text("nora"))},
		"boolean":                     {`active ne True`, compare("active", filter.NotEqual, filter.Value{Kind: filter.Bool, Text: "true"})},
		"null":                        {`title eq NULL`, compare("title", filter.Equal, filter.Value{Kind: filter.Null, Text: "null"})},
		"number":                      {`loginCount ge 1.50e3`, compare("loginCount", filter.GreaterOrEqual, number("1.50e3"))},
		"bare word":                   {`externalId eq nora.vale`, compare("externalId", filter.Equal, text("nora.vale"))},
		"presence of a sub-attribute": {`name.givenName pr`, filter.Present{Path: filter.AttrPath{Name: "name", Sub: "givenName"}}},
		"URN with dots":               {ssoUser + `:ssoCustomerId pr`, filter.Present{Path: filter.AttrPath{URN: ssoUser, Name: "ssoCustomerId"}}},
		"precedence": {
			in: `a eq 1 or not (b eq 2) and c eq 3`,
			want: filter.Or{
				Left: compare("a", filter.Equal, number("1")),
				Right: filter.And{
					Left:  filter.Not{X: compare("b", filter.Equal, number("2"))},
					Right: compare("c", filter.Equal, number("3")),
				},
			},
		},
		"value path": {
			in: `emails[type eq "work" and value pr]`,
			want: filter.ValuePath{
				Path: filter.AttrPath{Name: "emails"},
				Inner: filter.And{
					Left:  compare("type", filter.Equal, text("work")),
					Right: filter.Present{Path: filter.AttrPath{Name: "value"}},
				},
			},
		},
		"value path and what follows": {
			in: `emails[type eq "work"].value eq "x"`,
			want: filter.ValuePath{
				Path:  filter.AttrPath{Name: "emails"},
				Inner: compare("type", filter.Equal, text("work")),
				Then:  compare("value", filter.Equal, text("x")),
			},
		},
	}

	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			got, err := filter.Parse(test.in)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", test.in, diff)
			}
		})
	}
}

func TestParsePath(t *testing.T) {
	t.Parallel()

	work := filter.Compare{Path: filter.AttrPath{Name: "type"}, Op: filter.Equal, Value: text("work")}

	tests := map[string]struct {
		in   string
		want filter.Path
		attr filter.AttrPath
	}{
		"attribute": {
			in:   `displayName`,
			want: filter.Path{Name: "displayName"},
			attr: filter.AttrPath{Name: "displayName"},
		},
		"sub-attribute": {
			in:   `name.givenName`,
			want: filter.Path{Name: "name", Sub: "givenName"},
			attr: filter.AttrPath{Name: "name", Sub: "givenName"},
		},
		"value path": {
			in:   `emails[type eq "work"].value`,
			want: filter.Path{Name: "emails", Filter: work, Sub: "value"},
			attr: filter.AttrPath{Name: "emails", Sub: "value"},
		},
		"value path in an extension": {
			in:   ssoUser + `:contacts[type eq "work"]`,
			want: filter.Path{URN: ssoUser, Name: "contacts", Filter: work},
			attr: filter.AttrPath{URN: ssoUser, Name: "contacts"},
		},
		"bare URN": {
			in:   `urn:example:2.0:User`,
			want: filter.Path{URN: "urn:example:2.0", Name: "User"},
			attr: filter.AttrPath{URN: "urn:example:2.0", Name: "User"},
		},
		"old notation": {
			in:   `urn:example:2.0:User.manager.value`,
			want: filter.Path{URN: "urn:example:2.0", Name: "User", Sub: "manager.value"},
			attr: filter.AttrPath{URN: "urn:example:2.0", Name: "User", Sub: "manager.value"},
		},
		"old notation with a value path": {
			in:   `urn:example:2.0:User.emails[type eq "work"].value`,
			want: filter.Path{URN: "urn:example:2.0", Name: "User.emails", Filter: work, Sub: "value"},
			attr: filter.AttrPath{URN: "urn:example:2.0", Name: "User", Sub: "emails.value"},
		},
	}

	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			got, err := filter.ParsePath(test.in)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", test.in, diff)
			}
			if diff := cmp.Diff(test.attr, got.Attr()); diff != "" {
				t.Errorf("%s: Attr (-want +got):\n%s", test.in, diff)
			}
		})
	}
}

// A path without a value filter reads the same wherever it stands.
func TestPathsAgree(t *testing.T) {
	t.Parallel()

	for _, in := range goldenInputs(t, "attrpath.golden") {
		attr, err := filter.ParseAttrPath(in)
		if err != nil {
			if attr != (filter.AttrPath{}) {
				t.Errorf("ParseAttrPath(%q) is refused and yet gives %v", in, attr)
			}
			continue
		}

		path, err := filter.ParsePath(in)
		if err != nil {
			t.Errorf("ParsePath(%q): %v", in, err)
		}
		if diff := cmp.Diff(attr, path.Attr()); diff != "" {
			t.Errorf("ParsePath(%q) (-ParseAttrPath +ParsePath):\n%s", in, diff)
		}

		e, err := filter.Parse(in + " pr")
		if err != nil {
			t.Errorf("Parse(%q): %v", in+" pr", err)
		}
		if diff := cmp.Diff(filter.Expr(filter.Present{Path: attr}), e); diff != "" {
			t.Errorf("Parse(%q) (-ParseAttrPath +Parse):\n%s", in, diff)
		}
	}
}

// Each limit is met exactly: the largest input within it is read, the next one is refused and the
// sentence says why.
func TestLimits(t *testing.T) {
	t.Parallel()

	padded := func(length int) string {
		const frame = `a eq ""`
		return `a eq "` + strings.Repeat("x", length-len(frame)) + `"`
	}
	grouped := func(depth int) string {
		return strings.Repeat("(", depth) + "a pr" + strings.Repeat(")", depth)
	}
	mixed := func(depth int) string {
		return strings.Repeat("not (a[", depth/2) + "a pr" + strings.Repeat("])", depth/2)
	}
	// n comparisons and n-1 conjunctions
	chain := func(n int) string {
		return strings.Repeat("a pr and ", n-1) + "a pr"
	}

	tests := map[string]struct {
		within, beyond string
		column         int
		message        string
	}{
		"length": {
			within: padded(filter.MaxLength), beyond: padded(filter.MaxLength + 1),
			column: 8193, message: "the filter has 8193 bytes, and at most 8192 are allowed; shorten it",
		},
		"length in characters of several bytes": {
			within: "a pr", beyond: "ab eq " + strings.Repeat("€", filter.MaxLength/3),
			column: 6 + 2728 + 1, message: "the filter has 8196 bytes, and at most 8192 are allowed; shorten it",
		},
		"groups": {
			within: grouped(filter.MaxDepth), beyond: grouped(filter.MaxDepth + 1),
			column: 65, message: "parentheses and brackets nest deeper than 64; simplify the filter",
		},
		"groups and brackets": {
			within: mixed(filter.MaxDepth), beyond: mixed(filter.MaxDepth + 2),
			column: 32*len("not (a[") + len("not ("), message: "parentheses and brackets nest deeper than 64; simplify the filter",
		},
		"nodes": {
			within: chain(filter.MaxNodes / 2), beyond: chain(filter.MaxNodes/2 + 1),
			column: 500*len("a pr and ") + len("a ") + 1, message: "the filter has more than 1000 parts; shorten it",
		},
		"nodes, with a conjunction": {
			within: "not (" + chain(500) + ")", beyond: "not (" + chain(500) + ") or a pr",
			column: len("not (") + len(chain(500)) + 3, message: "the filter has more than 1000 parts; shorten it",
		},
		"nodes, with a negation": {
			within: chain(499) + " or not (a pr)", beyond: chain(500) + " or not (a pr)",
			column: len(chain(500)) + 5, message: "the filter has more than 1000 parts; shorten it",
		},
		"nodes, with a value path": {
			within: chain(499) + " or a[b pr]", beyond: chain(500) + " or a[b pr]",
			column: len(chain(500)) + 6, message: "the filter has more than 1000 parts; shorten it",
		},
	}

	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			if _, err := filter.Parse(test.within); err != nil {
				t.Errorf("within the limit: %v", err)
			}

			_, err := filter.Parse(test.beyond)
			want := &filter.Error{Column: test.column, Message: test.message}
			got, _ := errors.AsType[*filter.Error](err)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("beyond the limit (-want +got):\n%s", diff)
			}
		})
	}
}

// The limits hold for paths too: a path is not a way around them.
func TestPathLimits(t *testing.T) {
	t.Parallel()

	tests := map[string]struct {
		in   string
		want string
	}{
		"length": {
			in:   strings.Repeat("a", filter.MaxLength+1),
			want: "column 8193: the path has 8193 bytes, and at most 8192 are allowed; shorten it",
		},
		"depth": {
			in:   "a[" + strings.Repeat("(", filter.MaxDepth),
			want: "column 66: parentheses and brackets nest deeper than 64; simplify the path",
		},
		"nodes": {
			in:   "a[" + strings.Repeat("b pr or ", 600) + "b pr]",
			want: "column 4005: the path has more than 1000 parts; shorten it",
		},
	}

	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			path, err := filter.ParsePath(test.in)
			if err == nil || err.Error() != test.want {
				t.Errorf("ParsePath gives %v, want %s", err, test.want)
			}
			if diff := cmp.Diff(filter.Path{}, path); diff != "" {
				t.Errorf("a refused path is not empty (-want +got):\n%s", diff)
			}
		})
	}
}

func TestErrorWithoutColumn(t *testing.T) {
	t.Parallel()

	err := &filter.Error{Message: "active has no order"}
	if got := err.Error(); got != "active has no order" {
		t.Errorf("Error() = %q, want the message alone", got)
	}
}
