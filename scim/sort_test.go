package scim_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tvscim/scim"
	"tvscim/scim/filter"
)

// sortBy is an order by a path that must be readable.
func sortBy(t testing.TB, path string, descending bool) scim.Sort {
	t.Helper()
	by, err := filter.ParseAttrPath(path)
	if err != nil {
		t.Fatal(err)
	}
	return scim.Sort{By: by, Descending: descending}
}

// staff are users who differ in everything that lists are sorted by. Their ids are the order of the
// list without a sort.
func staff() []scim.User {
	user := func(id string, u scim.User) scim.User {
		u.ID = id
		return u
	}
	badge := func(name string, v any) scim.Attributes { return scim.Attributes{badgeURN: map[string]any{name: v}} }
	return []scim.User{
		user("u1", scim.User{UserName: "Bea", Active: new(true), Emails: []scim.Email{{Value: "z@x"}, {Value: "a@x", Primary: new(true)}},
			Other: badge("number", json.Number("10"))}),
		user("u2", scim.User{UserName: "ann", Active: new(false), Emails: []scim.Email{{Value: "C@x", Primary: new(false)}, {Value: "a@x"}},
			Other: badge("number", json.Number("9"))}),
		user("u9", scim.User{UserName: "Cid", Password: "a", Name: scim.Name{FamilyName: "Vale"}, Other: badge("number", json.Number("1e1"))}),
		user("u10", scim.User{UserName: "ANN", Password: "b", Name: scim.Name{FamilyName: "arp"}, Emails: []scim.Email{{Value: "b@x"}},
			Other: badge("number", json.Number("-1"))}),
		user("u11", scim.User{UserName: "dan", Head: scim.Head{ExternalID: "b"}, Other: badge("issued", "2026-01-01T10:00:00+02:00")}),
		user("u12", scim.User{UserName: "eve", Head: scim.Head{ExternalID: "B"}, Other: badge("issued", "2026-01-01T09:00:00Z")}),
		user("u13", scim.User{UserName: "fay", Head: scim.Head{Meta: scim.Meta{Created: time.Unix(9, 0)}}, Other: badge("doors", []any{"south", "north"})}),
		user("u14", scim.User{UserName: "gil", Head: scim.Head{Meta: scim.Meta{Created: time.Unix(8, 0)}}, Other: badge("doors", []any{"east"})}),
	}
}

func TestSort(t *testing.T) {
	t.Parallel()
	byID := []string{"u1", "u2", "u9", "u10", "u11", "u12", "u13", "u14"}
	tests := []struct {
		name, by   string
		descending bool
		first      []string // the first ones; those without a value, in the order of ids, are left out
		last       []string // in descending order: the last ones
	}{
		{name: "without regard to case, ties by id", by: "userName", first: []string{"u2", "u10", "u1", "u9", "u11", "u12", "u13", "u14"}},
		{name: "descending, ties still by id", by: "userName", descending: true, last: []string{"u14", "u13", "u12", "u11", "u9", "u1", "u2", "u10"}},
		{name: "any spelling", by: "USERNAME", first: []string{"u2", "u10", "u1", "u9", "u11", "u12", "u13", "u14"}},
		{name: "with the URN", by: scim.UserURN + ":userName", first: []string{"u2", "u10", "u1", "u9", "u11", "u12", "u13", "u14"}},
		{name: "caseExact", by: "externalId", first: []string{"u12", "u11"}},
		{name: "sub-attribute", by: "name.familyName", first: []string{"u10", "u9"}},
		{name: "no value is last", by: "name.familyName", first: []string{"u10", "u9"}},
		{name: "no value is first in descending order", by: "name.familyName", descending: true, last: []string{"u9", "u10"}},
		{name: "the primary value, else the first", by: "emails", first: []string{"u1", "u10", "u2"}},
		{name: "the same as value", by: "emails.value", first: []string{"u1", "u10", "u2"}},
		{name: "false before true", by: "active", first: []string{"u2", "u1"}},
		{name: "numbers by value", by: badgeURN + ":number", first: []string{"u10", "u2", "u1", "u9"}},
		{name: "dates as moments", by: badgeURN + ":issued", first: []string{"u11", "u12"}},
		{name: "plain lists by their first value", by: "doors", first: []string{"u14", "u13"}},
		{name: "metadata", by: "meta.created", first: []string{"u14", "u13"}},
		{name: "id as text", by: "id", first: []string{"u1", "u10", "u11", "u12", "u13", "u14", "u2", "u9"}},
		{name: "never returned", by: "password"},
		{name: "never returned, of an extension", by: badgeURN + ":pin"},
		{name: "unknown", by: "shoeSize"},
		{name: "unknown, descending", by: "shoeSize", descending: true},
		{name: "unknown sub-attribute", by: "name.shoeSize"},
		{name: "complex without value", by: "name"},
		{name: "an extension", by: badgeURN},
		{name: "no user has one", by: "title"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			rest := slices.DeleteFunc(slices.Clone(byID), func(id string) bool {
				return slices.Contains(tt.first, id) || slices.Contains(tt.last, id)
			})
			want := slices.Concat(tt.first, rest, tt.last)
			req := scim.ListRequest{Sort: sortBy(t, tt.by, tt.descending), StartIndex: 1, Count: 100}
			page, _ := scim.SelectPage(t.Context(), userType(), slices.Values(staff()), req)
			if diff := cmp.Diff(want, userIDs(page.Items)); diff != "" {
				t.Errorf("order differs (-want +got):\n%s", diff)
			}
			if page.Total != len(byID) || page.Next != nil {
				t.Errorf("total, next = %d, %v, want %d and none", page.Total, page.Next, len(byID))
			}
		})
	}
}

func userIDs(users []scim.User) []string {
	ids := make([]string, len(users))
	for i, u := range users {
		ids[i] = u.ID
	}
	return ids
}

// Groups are not sorted by their members, which a list does not read.
func TestSortByMembers(t *testing.T) {
	t.Parallel()
	groups := numbered(3)
	groups[0].Members = []scim.Member{{Value: "u3"}}
	groups[1].Members = []scim.Member{{Value: "u2"}}
	groups[2].Members = []scim.Member{{Value: "u1"}}
	for _, by := range []string{"members", "members.value", scim.GroupURN + ":members.display"} {
		req := scim.ListRequest{Sort: sortBy(t, by, false), StartIndex: 1, Count: 10}
		page, _ := scim.SelectPage(t.Context(), groupType(), slices.Values(groups), req)
		if diff := cmp.Diff([]string{"1", "2", "3"}, idsOf(page.Items)); diff != "" {
			t.Errorf("sortBy %s (-want +got):\n%s", by, diff)
		}
	}
}

func TestSortString(t *testing.T) {
	t.Parallel()
	got := []string{
		scim.Sort{}.String(), scim.Sort{Descending: true}.String(),
		sortBy(t, "name.familyName", false).String(), sortBy(t, "meta.created", true).String(),
	}
	if diff := cmp.Diff([]string{"", "", "name.familyName ascending", "meta.created descending"}, got); diff != "" {
		t.Errorf("texts differ (-want +got):\n%s", diff)
	}
}

// CompareIDs is the order of numbers for ids that are numbers behind one prefix.
func TestCompareIDs(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		prefix := rapid.SampledFrom([]string{"", "u", "user-"}).Draw(rt, "prefix")
		a, b := rapid.Int64Range(0, 1<<40).Draw(rt, "a"), rapid.Int64Range(0, 1<<40).Draw(rt, "b")
		want := 0
		switch {
		case a < b:
			want = -1
		case a > b:
			want = 1
		}
		if got := scim.CompareIDs(fmt.Sprint(prefix, a), fmt.Sprint(prefix, b)); got != want {
			rt.Fatalf("CompareIDs of %d and %d = %d, want %d", a, b, got, want)
		}
	})
}
