package filter_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"tvscim/scim/filter"
)

// attributes is a source whose keys are paths in lower case: what a schema-aware source does,
// without a schema.
type attributes map[string]filter.Attribute

func (a attributes) Lookup(path filter.AttrPath) filter.Attribute {
	return a[strings.ToLower(path.String())]
}

func attribute(typ filter.Type, values ...any) filter.Attribute {
	return filter.Attribute{Type: typ, Values: values}
}

func exact(values ...any) filter.Attribute {
	return filter.Attribute{Type: filter.TypeString, CaseExact: true, Values: values}
}

func email(typ, value string, primary any) attributes {
	return attributes{
		"type":    attribute(filter.TypeString, typ),
		"value":   attribute(filter.TypeString, value),
		"primary": attribute(filter.TypeBoolean, primary),
		"display": attribute(filter.TypeString),
	}
}

// nora is a user with an attribute of every type, single and multi-valued, present and absent.
func nora() attributes {
	return attributes{
		"id":          exact("u17"),
		"externalid":  exact("Nora.Vale"),
		"username":    attribute(filter.TypeString, "Nora.Vale@contoso.example"),
		"title":       attribute(filter.TypeString),
		"nickname":    attribute(filter.TypeString, ""),
		"displayname": attribute(filter.TypeString, nil),
		"language":    attribute(filter.TypeString, "de-DE"),
		"name":        attribute(filter.TypeComplex, attributes{"familyname": attribute(filter.TypeString, "Straße")}),
		"name.familyname": attribute(filter.TypeString,
			"Straße"),
		"active":            attribute(filter.TypeBoolean, true),
		"locked":            attribute(filter.TypeBoolean, "False"),
		"verified":          attribute(filter.TypeBoolean),
		"logins":            attribute(filter.TypeInteger, 10),
		"ratio":             attribute(filter.TypeDecimal, json.Number("0.30")),
		"weight":            attribute(filter.TypeDecimal, 2.5),
		"huge":              attribute(filter.TypeInteger, json.Number("9007199254740993")),
		"count":             attribute(filter.TypeInteger, "7"),
		"broken":            attribute(filter.TypeInteger, "seven"),
		"meta.created":      attribute(filter.TypeDateTime, time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)),
		"meta.lastmodified": attribute(filter.TypeDateTime, "2026-03-01T13:00:00.5+01:00"),
		"hired":             attribute(filter.TypeDateTime, "last spring"),
		"profileurl":        attribute(filter.TypeReference, "https://example.com/Nora"),
		"certificate":       attribute(filter.TypeBinary, "AbC="),
		"manager":           attribute(filter.TypeComplex, attributes{"value": exact("u2")}),
		"emails": attribute(filter.TypeComplex,
			email("work", "nora@contoso.example", true),
			email("home", "vale@fabrikam.example", false)),
		"emails.value": attribute(filter.TypeString, "nora@contoso.example", "vale@fabrikam.example"),
		"emails.type":  attribute(filter.TypeString, "work", "home"),
		"phonenumbers": attribute(filter.TypeComplex),
		"schemas":      exact("urn:example:2.0:User", "urn:example:2.0:Extra"),
		"urn:example:2.0:extra:grade": attribute(filter.TypeString,
			"A"),
	}
}

// truths maps filters to whether they are true.
type truths map[string]bool

// check evaluates every filter, and its negation.
func (want truths) check(t *testing.T, src filter.Source) {
	t.Helper()

	for in, truth := range want {
		t.Run(in, func(t *testing.T) {
			t.Parallel()

			e, err := filter.Parse(in)
			if err != nil {
				t.Fatal(err)
			}
			if got := filter.Eval(e, src); got != truth {
				t.Errorf("Eval = %t, want %t", got, truth)
			}
			if got := filter.Eval(filter.Not{X: e}, src); got == truth {
				t.Errorf("Eval of the negation = %t, want %t", got, !truth)
			}
		})
	}
}
