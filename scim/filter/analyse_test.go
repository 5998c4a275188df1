package filter_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tvscim/scim/filter"
)

func TestConjuncts(t *testing.T) {
	t.Parallel()

	tests := map[string]struct {
		in   string
		want []string
	}{
		"one comparison":        {`a pr`, []string{`a pr`}},
		"chain":                 {`a pr and b pr and c pr`, []string{`a pr`, `b pr`, `c pr`}},
		"nested to the right":   {`a pr and (b pr and (c pr and d pr))`, []string{`a pr`, `b pr`, `c pr`, `d pr`}},
		"nested on both sides":  {`(a pr and b pr) and (c pr and d pr)`, []string{`a pr`, `b pr`, `c pr`, `d pr`}},
		"disjunction":           {`a pr or b pr and c pr`, []string{`a pr or b pr and c pr`}},
		"disjunction in a part": {`a pr and (b pr or c pr and d pr)`, []string{`a pr`, `b pr or c pr and d pr`}},
		"negation":              {`not (a pr and b pr) and c pr`, []string{`not (a pr and b pr)`, `c pr`}},
		"inside a value path":   {`a[b pr and c pr]`, []string{`a[b pr and c pr]`}},
	}

	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			var got []string
			for _, part := range filter.Conjuncts(mustParse(t, test.in)) {
				got = append(got, part.String())
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("Conjuncts (-want +got):\n%s", diff)
			}
		})
	}
}

func TestConjunctsOfNothing(t *testing.T) {
	t.Parallel()

	if parts := filter.Conjuncts(nil); len(parts) != 0 {
		t.Errorf("Conjuncts(nil) = %v, want none", parts)
	}
}

func TestPaths(t *testing.T) {
	t.Parallel()

	tests := map[string]struct {
		in   string
		want []string
	}{
		"comparison": {`userName eq "x"`, []string{"userName"}},
		"presence":   {`name.givenName pr`, []string{"name.givenName"}},
		"in order":   {`a pr and not (b eq 1 or c ne 2) and a pr`, []string{"a", "b", "c", "a"}},
		"value path": {`emails[type eq "work" and value co "x"]`, []string{"emails", "emails.type", "emails.value"}},
		"what follows": {
			`members[display pr].value eq "u1"`, []string{"members", "members.display", "members.value"},
		},
		"extension": {
			`urn:example:2.0:Extra:contacts[primary eq true].value pr`,
			[]string{"urn:example:2.0:Extra:contacts", "urn:example:2.0:Extra:contacts.primary", "urn:example:2.0:Extra:contacts.value"},
		},
		"old notation": {
			`urn:example:2.0:User.emails[type eq "work"]`,
			[]string{"urn:example:2.0:User.emails", "urn:example:2.0:User.emails.type"},
		},
	}

	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			e := mustParse(t, test.in)
			var got []string
			for path := range filter.Paths(e) {
				got = append(got, path.String())
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("Paths (-want +got):\n%s", diff)
			}

			for n := range test.want {
				var first []string
				for path := range filter.Paths(e) {
					if first = append(first, path.String()); len(first) == n+1 {
						break
					}
				}
				if diff := cmp.Diff(test.want[:n+1], first); diff != "" {
					t.Errorf("Paths, left after %d (-want +got):\n%s", n+1, diff)
				}
			}
		})
	}
}

func TestPathsOfNothing(t *testing.T) {
	t.Parallel()

	if paths := slices.Collect(filter.Paths(nil)); len(paths) != 0 {
		t.Errorf("Paths(nil) = %v, want none", paths)
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()

	types := func(path filter.AttrPath) filter.Type {
		return map[string]filter.Type{
			"active":                 filter.TypeBoolean,
			"emails":                 filter.TypeComplex,
			"emails.primary":         filter.TypeBoolean,
			"emails.value":           filter.TypeString,
			"x509certificates":       filter.TypeComplex,
			"x509certificates.value": filter.TypeBinary,
			"username":               filter.TypeString,
			"meta.created":           filter.TypeDateTime,
		}[strings.ToLower(path.String())]
	}

	const remedy = `, so it cannot be compared with `
	tests := map[string]struct {
		in   string
		want string // "" when the filter passes
	}{
		"boolean, eq":              {in: `active eq true`},
		"boolean, co":              {in: `active co "tr"`}, // the RFC refuses only the order
		"boolean, pr":              {in: `active pr`},
		"boolean, gt":              {in: `active gt false`, want: `"active" has no order` + remedy + `"gt"; use eq, ne or pr`},
		"boolean, ge":              {in: `userName pr and not (Active ge true)`, want: `"Active" has no order` + remedy + `"ge"; use eq, ne or pr`},
		"boolean, lt":              {in: `userName pr or active lt true`, want: `"active" has no order` + remedy + `"lt"; use eq, ne or pr`},
		"boolean, le":              {in: `active le 1`, want: `"active" has no order` + remedy + `"le"; use eq, ne or pr`},
		"boolean in a value path":  {in: `emails[primary gt false]`, want: `"emails.primary" has no order` + remedy + `"gt"; use eq, ne or pr`},
		"boolean after value path": {in: `emails[value pr].primary gt false`, want: `"emails.primary" has no order` + remedy + `"gt"; use eq, ne or pr`},
		"binary":                   {in: `x509Certificates.value gt "A"`, want: `"x509Certificates.value" has no order` + remedy + `"gt"; use eq, ne or pr`},
		"complex of binary":        {in: `x509Certificates gt "A"`, want: `"x509Certificates" has no order` + remedy + `"gt"; use eq, ne or pr`},
		"complex of text":          {in: `emails gt "A"`},
		"text":                     {in: `userName gt "A"`},
		"dateTime":                 {in: `meta.created gt "2026-01-01T00:00:00Z"`},
		"unknown":                  {in: `costCentre gt 7`},
	}

	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			err := filter.Check(mustParse(t, test.in), types)
			if test.want == "" {
				if err != nil {
					t.Errorf("Check = %v, want nil", err)
				}
				return
			}

			got, _ := errors.AsType[*filter.Error](err)
			if diff := cmp.Diff(&filter.Error{Message: test.want}, got); diff != "" {
				t.Errorf("Check (-want +got):\n%s", diff)
			}
		})
	}
}
