package scim_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tvscim/scim"
)

// word generates a value that is present.
func word() *rapid.Generator[string] { return rapid.StringMatching(`[a-zA-Z0-9 ü"<]{1,8}`) }

// maybe generates a value or "", the absent one.
func maybe() *rapid.Generator[string] { return rapid.OneOf(rapid.Just(""), word()) }

// said generates a boolean, or nil for an absent one.
func said() *rapid.Generator[*bool] { return rapid.Ptr(rapid.Bool(), true) }

// head generates what all resources have, but for the metadata, which is no part of a tree.
func head() *rapid.Generator[scim.Head] {
	return rapid.Custom(func(t *rapid.T) scim.Head {
		return scim.Head{ID: maybe().Draw(t, "id"), ExternalID: maybe().Draw(t, "externalId")}
	})
}

// user generates users as Decode makes them.
func user() *rapid.Generator[scim.User] {
	return rapid.Custom(func(t *rapid.T) scim.User {
		u := scim.User{
			Head:              head().Draw(t, "head"),
			UserName:          word().Draw(t, "userName"),
			DisplayName:       maybe().Draw(t, "displayName"),
			Active:            said().Draw(t, "active"),
			PreferredLanguage: maybe().Draw(t, "preferredLanguage"),
			Password:          maybe().Draw(t, "password"),
			Name: scim.Name{
				Formatted:       maybe().Draw(t, "formatted"),
				FamilyName:      maybe().Draw(t, "familyName"),
				GivenName:       maybe().Draw(t, "givenName"),
				MiddleName:      maybe().Draw(t, "middleName"),
				HonorificPrefix: maybe().Draw(t, "honorificPrefix"),
				HonorificSuffix: maybe().Draw(t, "honorificSuffix"),
			},
			Other: other().Draw(t, "other"),
		}
		for range rapid.IntRange(0, 3).Draw(t, "emails") {
			u.Emails = append(u.Emails, scim.Email{
				Value:   word().Draw(t, "value"),
				Display: maybe().Draw(t, "display"),
				Type:    maybe().Draw(t, "type"),
				Primary: said().Draw(t, "primary"),
			})
			if last := len(u.Emails) - 1; slices.ContainsFunc(u.Emails[:last], isPrimary) {
				u.Emails[last].Primary = nil // one at most
			}
		}
		return u
	})
}

// isPrimary reports whether an e-mail is the primary one.
func isPrimary(e scim.Email) bool { return e.Primary != nil && *e.Primary }

// other generates the attributes in Other, nil if there are none.
func other() *rapid.Generator[scim.Attributes] {
	return rapid.Custom(func(t *rapid.T) scim.Attributes {
		a := make(scim.Attributes)
		if s := maybe().Draw(t, "title"); s != "" {
			a["title"] = s
		}
		if s := maybe().Draw(t, "role"); s != "" {
			a["roles"] = []any{map[string]any{"value": s, "primary": rapid.Bool().Draw(t, "primary")}}
		}
		if s := maybe().Draw(t, "manager"); s != "" {
			a[scim.EnterpriseURN] = map[string]any{"manager": map[string]any{"value": s}}
		}
		if n := rapid.Int().Draw(t, "number"); n != 0 {
			text, _ := json.Marshal(n)
			a[badgeURN] = map[string]any{"number": json.Number(text), "doors": []any{"north", "south"}}
		}
		if len(a) == 0 {
			return nil
		}
		return a
	})
}

// A user is its tree.
func TestUserOfAttributes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		u := user().Draw(rt, "user")
		if diff := cmp.Diff(u, scim.UserOf(u.Attributes())); diff != "" {
			rt.Fatalf("UserOf(u.Attributes()) differs (-u +got):\n%s", diff)
		}
		if diff := cmp.Diff(u, scim.Of[scim.User](u.Attributes())); diff != "" {
			rt.Fatalf("Of[User](u.Attributes()) differs (-u +got):\n%s", diff)
		}
	})
}

func TestUserAttributes(t *testing.T) {
	t.Parallel()
	u := scim.User{
		Head:        scim.Head{ID: "u1", ExternalID: "x"},
		UserName:    "nora",
		DisplayName: "Nora Vale",
		Active:      new(false),
		Name:        scim.Name{GivenName: "Nora"},
		Emails:      []scim.Email{{Value: "n@v.example", Primary: new(true)}},
		Password:    "hunter2",
		Other:       scim.Attributes{"title": "Dr."},
	}
	want := scim.Attributes{
		"id": "u1", "externalId": "x", "userName": "nora", "displayName": "Nora Vale", "active": false,
		"name":     map[string]any{"givenName": "Nora"},
		"emails":   []any{map[string]any{"value": "n@v.example", "primary": true}},
		"password": "hunter2", "title": "Dr.",
	}
	if diff := cmp.Diff(want, u.Attributes()); diff != "" {
		t.Errorf("attributes differ (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(scim.Attributes{}, scim.User{}.Attributes()); diff != "" {
		t.Errorf("attributes of the zero user (-want +got):\n%s", diff)
	}
}

// What is not canonical is absent, and never a panic.
func TestUserOfOddTrees(t *testing.T) {
	t.Parallel()
	odd := scim.Attributes{
		"id": 7, "userName": true, "active": "false", "name": "Nora", "emails": "n@v.example",
		"roles": []any{}, "title": "", "x": map[string]any{}, "y": nil, "meta": "m", "schemas": []any{"s"}, "nickName": "N",
	}
	want := scim.User{Other: scim.Attributes{"nickName": "N"}}
	if diff := cmp.Diff(want, scim.UserOf(odd)); diff != "" {
		t.Errorf("user differs (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(scim.User{}, scim.UserOf(nil)); diff != "" {
		t.Errorf("user of no tree (-want +got):\n%s", diff)
	}
	lists := scim.Attributes{"emails": []any{"text", map[string]any{"value": 7, "primary": "x"}, map[string]any{"value": "a"}}}
	if diff := cmp.Diff([]scim.Email{{}, {Value: "a"}}, scim.UserOf(lists).Emails); diff != "" {
		t.Errorf("e-mails differ (-want +got):\n%s", diff)
	}
}

// A tree and its resource share nothing.
func TestUserTreeIsACopy(t *testing.T) {
	t.Parallel()
	build := func() scim.User {
		return scim.User{
			Active: new(true),
			Emails: []scim.Email{{Value: "a", Primary: new(true)}},
			Other:  scim.Attributes{"roles": []any{map[string]any{"value": "r"}}, badgeURN: map[string]any{"number": "1"}},
		}
	}
	spoil := func(a scim.Attributes) {
		a["active"] = false
		a["emails"].([]any)[0].(map[string]any)["value"] = "spoilt"
		a["roles"].([]any)[0].(map[string]any)["value"] = "spoilt"
		a[badgeURN].(map[string]any)["number"] = "spoilt"
	}
	u := build()
	spoil(u.Attributes())
	if diff := cmp.Diff(build(), u); diff != "" {
		t.Errorf("the user changed with its tree (-want +got):\n%s", diff)
	}
	a := build().Attributes()
	u = scim.UserOf(a)
	spoil(a)
	if diff := cmp.Diff(build(), u); diff != "" {
		t.Errorf("the user changed with the tree that it came from (-want +got):\n%s", diff)
	}
	u = scim.UserOf(build().Attributes())
	*u.Emails[0].Primary = false
	if !*build().Emails[0].Primary {
		t.Error("a flag is shared")
	}
}
