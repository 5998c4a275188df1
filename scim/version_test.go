package scim_test

import (
	"encoding/json"
	"regexp"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tvscim/scim"
	"tvscim/scim/filter"
)

// weakTag is the form of a version (RFC 9110 section 8.8.3).
var weakTag = regexp.MustCompile(`^W/"[A-Za-z0-9_-]{20}"$`)

// TestVersionIsPinned: two processes, and two releases, show the same version of the same content.
func TestVersionIsPinned(t *testing.T) {
	t.Parallel()
	if got, want := scim.VersionOf(userType(), nora()), scim.Version(`W/"DU198nDUuAPpL6V9HnXa"`); got != want {
		t.Errorf("version %s, want %s", got, want)
	}
}

// TestVersionTellsContents changes one thing after the other: what clients may see makes another
// version, and nothing else does.
func TestVersionTellsContents(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change func(*scim.User)
		same   bool
	}{
		"nothing":                      {func(*scim.User) {}, true},
		"metadata":                     {func(u *scim.User) { u.Meta = scim.Meta{LastModified: time.Unix(1, 0)} }, true},
		"password":                     {func(u *scim.User) { u.Password = "other" }, true},
		"write-only attribute":         {func(u *scim.User) { badge(u)["pin"] = "1111" }, true},
		"id":                           {func(u *scim.User) { u.ID = "u2" }, false},
		"externalId":                   {func(u *scim.User) { u.ExternalID = "" }, false},
		"userName, by its case":        {func(u *scim.User) { u.UserName = "Nora@contoso.example" }, false},
		"active":                       {func(u *scim.User) { u.Active = new(true) }, false},
		"active, not said":             {func(u *scim.User) { u.Active = nil }, false},
		"part of the name":             {func(u *scim.User) { u.Name.GivenName = "N." }, false},
		"order of the emails":          {func(u *scim.User) { u.Emails[0], u.Emails[1] = u.Emails[1], u.Emails[0] }, false},
		"attribute of an extension":    {func(u *scim.User) { badge(u)["number"] = json.Number("8") }, false},
		"what is returned on request":  {func(u *scim.User) { badge(u)["history"] = "Moritz" }, false},
		"an extension that disappears": {func(u *scim.User) { delete(u.Other, badgeURN) }, false},
	}
	before := scim.VersionOf(userType(), nora())
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u := nora()
			tt.change(&u)
			got := scim.VersionOf(userType(), u)
			if !weakTag.MatchString(string(got)) {
				t.Errorf("version %q is no weak entity tag", got)
			}
			if (got == before) != tt.same {
				t.Errorf("version %s, before %s; want the same: %t", got, before, tt.same)
			}
		})
	}
}

// badge returns the attributes of a user's badge.
func badge(u *scim.User) map[string]any { return u.Other[badgeURN].(map[string]any) }

// TestVersionOfGroup: members are part of it, and without them there is none.
func TestVersionOfGroup(t *testing.T) {
	t.Parallel()
	seen := map[scim.Version]string{}
	for name, members := range map[string][]scim.Member{
		"none": {}, "one": {{Value: "u1"}}, "another": {{Value: "u2"}}, "two": {{Value: "u1"}, {Value: "u2"}},
		"display": {{Value: "u1", Display: "Nora"}},
	} {
		v := scim.VersionOf(groupType(), scim.Group{Head: scim.Head{ID: "7"}, DisplayName: "Lab", Members: members})
		if other, taken := seen[v]; taken || !weakTag.MatchString(string(v)) {
			t.Errorf("%s: version %q, which %q has too", name, v, other)
		}
		seen[v] = name
	}
	if v := scim.VersionOf(groupType(), scim.Group{Head: scim.Head{ID: "7"}, DisplayName: "Lab"}); v != "" {
		t.Errorf("version %q of a group whose members are not known", v)
	}
}

// TestVersionOfForeignValues: what cannot be encoded has no version, rather than that of something
// else.
func TestVersionOfForeignValues(t *testing.T) {
	t.Parallel()
	if v := scim.VersionOf(userType(), scim.User{Other: scim.Attributes{"title": 1.5}}); v != "" {
		t.Errorf("version %q, want none", v)
	}
}

// TestVersionFollowsContent: a patch changes the version if and only if it changes the resource.
func TestVersionFollowsContent(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		before := nora()
		value := rapid.SampledFrom([]string{"Nora Vale", "Dr.", "x"}).Draw(t, "value")
		path := rapid.SampledFrom([]string{"displayName", "title", "name.givenName", `emails[type eq "work"].display`}).Draw(t, "path")
		body, _ := json.Marshal(map[string]any{"Operations": []any{map[string]any{"op": "replace", "path": path, "value": value}}})
		patch, err := scim.DecodePatch(userType(), "u1", body)
		if err != nil {
			t.Fatal(err)
		}
		after, err := scim.Apply(userType(), before, patch)
		if err != nil {
			t.Fatal(err)
		}
		a, _ := json.Marshal(before.Attributes())
		b, _ := json.Marshal(after.Attributes())
		changed := string(a) != string(b)
		if moved := scim.VersionOf(userType(), before) != scim.VersionOf(userType(), after); moved != changed {
			t.Fatalf("%s: version moved %t, content changed %t", body, moved, changed)
		}
	})
}

// TestFilterByVersion: meta.version can be asked for like any metadata.
func TestFilterByVersion(t *testing.T) {
	t.Parallel()
	v, _ := json.Marshal(scim.VersionOf(userType(), nora()))
	for text, want := range map[string]bool{
		`meta.version eq ` + string(v):       true,
		`meta.version eq "W/\"other\""`:      false,
		`meta.version pr`:                    true,
		`meta[version eq ` + string(v) + `]`: true,
	} {
		e := parse(t, text)
		if got := scim.Match(userType(), nora(), e); got != want {
			t.Errorf("%s: %t, want %t", text, got, want)
		}
	}
	if scim.Match(groupType(), scim.Group{DisplayName: "Lab"}, parse(t, "meta.version pr")) {
		t.Error("a group whose members are not known has a version")
	}
}

// parse reads a filter.
func parse(t testing.TB, text string) filter.Expr {
	t.Helper()
	e, err := filter.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// BenchmarkVersionOf is what every shown resource costs more than without versions.
func BenchmarkVersionOf(b *testing.B) {
	typ, u := userType(), nora()
	for b.Loop() {
		scim.VersionOf(typ, u)
	}
}
