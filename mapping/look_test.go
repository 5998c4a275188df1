package mapping

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tvscim/mapping/plan"
	"tvscim/scim"
	"tvscim/tvapi"
	"tvscim/tvapi/tvfake"
)

// TestLook: what TeamViewer holds is shown beside what a client asked for, with the reason, and
// without a call.
func TestLook(t *testing.T) {
	t.Parallel()
	fake := tvfake.New(tvfake.Options{})
	lee := fake.AddUser(tvfake.User{Name: "Lee", Email: "lee@contoso.example", Active: false}).ID
	c := newTestCompany(t, fake)
	if _, found := c.LookAt(lee); found {
		t.Error("a user is found before a snapshot was loaded")
	}
	long := strings.Repeat("Long Name ", 8) + "End"
	made, err := c.Users().Create(t.Context(), scim.CreateRequest[scim.User]{Resource: scim.User{
		Head: scim.Head{ExternalID: "e-1"}, UserName: "nora.vale@contoso.example", DisplayName: long,
	}})
	if err != nil {
		t.Fatal(err)
	}
	team, err := c.Groups().Create(t.Context(), scim.CreateRequest[scim.Group]{Resource: scim.Group{DisplayName: "Team", Members: []scim.Member{{Value: made.ID}}}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.roster.Users.View(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := c.roster.Groups.View(t.Context()); err != nil {
		t.Fatal(err)
	}
	before := fake.Calls()
	look, found := c.LookAt(made.ID)
	want := []plan.Held{
		{Attribute: "userName", TeamViewer: "nora.vale@contoso.example"},
		{Attribute: "displayName", TeamViewer: strings.TrimSpace(strings.Repeat("Long Name ", 5)), Shown: long, Why: "TeamViewer takes at most 50 characters: the name was cut at a word"},
		{Attribute: "active", TeamViewer: "true"},
		{Attribute: "externalId", Shown: "e-1", Why: "TeamViewer has no field for it: the gateway keeps it"},
	}
	if diff := cmp.Diff(want, look.Attributes); diff != "" || !found {
		t.Errorf("found: %t, attributes (-want +got):\n%s", found, diff)
	}
	for text, want := range map[string][]string{
		"LEE": {lee}, "vale": {made.ID}, "name end": {made.ID}, "e-1": {made.ID}, made.ID: {made.ID}, "tea": {team.ID}, "nobody": nil,
	} {
		all, more := c.LookFor(text, 10)
		var ids []string
		for _, l := range all {
			ids = append(ids, l.ID)
		}
		if diff := cmp.Diff(want, ids); diff != "" || more {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	}
	if all, more := c.LookFor("", 1); len(all) != 1 || !more {
		t.Errorf("one of several: %d, more: %t", len(all), more)
	}
	if diff := cmp.Diff(before, fake.Calls()); diff != "" {
		t.Errorf("calls (-before +after):\n%s", diff)
	}
	for id, want := range map[string]string{made.ID: team.ID, team.ID: made.ID} {
		if all, err := c.MembershipsOf(t.Context(), id); err != nil || len(all) != 1 || all[0].ID != want {
			t.Errorf("memberships of %s: %v, %v, want %s", id, all, err, want)
		}
	}
}

// TestHeldUserSaysWhy: each reason for which clients see another value than TeamViewer's.
func TestHeldUserSaysWhy(t *testing.T) {
	t.Parallel()
	const tv = "old@x.example"
	for name, test := range map[string]struct {
		asked, sent, was string
		want             string // a part of the reason
	}{
		"waiting":     {"new@x.example", "new@x.example", tv, "confirmed"},
		"recycle bin": {"0f8b6a2c4d1e4b7a9c3d5e6f708192a3old@x.example", tv, "", "recycle bin"},
		"letter case": {"Old@x.example", tv, "", "letter case"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := plan.Memo{}
			m.SetRequested(plan.KeyUserName, test.asked)
			m.SetSent(plan.KeyUserName, test.sent, test.was)
			got := plan.HeldUser(tvapi.User{Email: tv, Name: "Old"}, m.UserRecord())[0]
			if got.Shown != test.asked || !strings.Contains(got.Why, test.want) {
				t.Errorf("%+v", got)
			}
		})
	}
}
