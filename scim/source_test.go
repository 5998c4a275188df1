package scim_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tvscim/scim"
	"tvscim/scim/filter"
)

func TestMatchUser(t *testing.T) {
	t.Parallel()
	tests := []struct {
		filter string
		want   bool
	}{
		{`userName eq "nora@contoso.example"`, true},
		{`USERNAME Eq "NORA@Contoso.Example"`, true},
		{`userName eq "norah@contoso.example"`, false},
		{`urn:ietf:params:scim:schemas:core:2.0:User:userName sw "nora"`, true},
		{`id eq "u1"`, true},
		{`id eq "U1"`, false},
		{`externalId eq "nora.vale"`, true},
		{`externalId eq nora.vale`, true},
		{`externalId eq "Nora.Vale"`, false},
		{`active eq false`, true},
		{`active eq "False"`, true},
		{`active eq true`, false},
		{`name.familyName eq "vale"`, true},
		{`name pr`, true},
		{`nickName pr`, false},
		{`not (nickName pr)`, true},
		{`emails.value co "contoso"`, true},
		{`emails eq "n@v.example"`, true},
		{`emails[type eq "work"].value eq "nora@contoso.example"`, true},
		{`emails[type eq "work"].value eq "n@v.example"`, false},
		{`emails[type eq "work" and primary eq true]`, true},
		{`emails[type eq "home"]`, false},
		{`manager eq "u9"`, true},
		{`manager eq "U9"`, false},
		{`manager.value eq "u9"`, true},
		{`urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value eq "u9"`, true},
		{`urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department eq "r&d"`, true},
		{`id eq "u1" and manager eq "u9"`, true},
		{`manager eq "u8" and id eq "u1"`, false},
		{`urn:ietf:params:scim:schemas:extension:enterprise:2.0:User pr`, true},
		{`urn:example:params:scim:schemas:extension:badge:2.0:Owner pr`, false},
		{`urn:example:params:scim:schemas:extension:badge:2.0:number gt 6`, true},
		{`urn:example:params:scim:schemas:extension:badge:2.0:weight eq 1.5`, true},
		{`urn:example:params:scim:schemas:extension:badge:2.0:doors eq "SOUTH"`, true},
		{`meta.created gt "2026-01-02T00:00:00Z"`, true},
		{`meta.lastModified lt 2026-02-03T04:05:07Z`, true},
		{`meta.lastModified ge "2026-02-03T05:05:06+01:00"`, true},
		{`meta.resourceType eq "User"`, true},
		{`meta.resourceType eq "Group"`, false},
		{`meta.location pr`, false},
		{`schemas eq "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"`, true},
		{`schemas eq "urn:example:params:scim:schemas:extension:badge:2.0:Owner"`, false},
		{`shoeSize eq 43`, false},
		{`shoeSize ne 43`, false},
		{`userName.value eq "nora@contoso.example"`, true},
		{`emails[emails.value pr]`, false},
		{`urn:ietf:params:scim:schemas:core:2.0:User pr`, false},
		// What is never returned cannot be guessed at.
		{`password eq "hunter2"`, false},
		{`password pr`, false},
		{`urn:example:params:scim:schemas:extension:badge:2.0:pin sw "0"`, false},
		{`urn:example:params:scim:schemas:extension:badge:2.0[pin eq "0000"]`, false},
	}
	for _, tt := range tests {
		t.Run(tt.filter, func(t *testing.T) {
			t.Parallel()
			e, err := filter.Parse(tt.filter)
			if err != nil {
				t.Fatal(err)
			}
			if got := scim.Match(userType(), nora(), e); got != tt.want {
				t.Errorf("Match = %v, want %v", got, tt.want)
			}
		})
	}
}

func TestMatchGroup(t *testing.T) {
	t.Parallel()
	lab := scim.Group{Head: scim.Head{ID: "7"}, DisplayName: "Lab", Members: []scim.Member{{Value: "u1"}, {Value: "u2"}}}
	tests := []struct {
		filter string
		want   bool
	}{
		{`displayName eq "LAB"`, true},
		{`id eq "7" and members eq "u2"`, true},
		{`members.value eq "u2"`, true},
		{`members[value eq "u3"]`, false},
		{`members eq "U2"`, false},
		{`members[value eq "u2" and type eq "User"]`, true},
		{`members.type eq "group"`, false},
		{`members[type ne "User"]`, false},
		{`userName pr`, false},
		{`meta.created pr`, false},
	}
	for _, tt := range tests {
		t.Run(tt.filter, func(t *testing.T) {
			t.Parallel()
			e, err := filter.Parse(tt.filter)
			if err != nil {
				t.Fatal(err)
			}
			if got := scim.Match(groupType(), lab, e); got != tt.want {
				t.Errorf("Match = %v, want %v", got, tt.want)
			}
		})
	}
}

func TestMatchWithoutFilter(t *testing.T) {
	t.Parallel()
	if !scim.Match(userType(), scim.User{}, nil) {
		t.Error("no filter matches all")
	}
}

// Source hands values over as they are, typed by the schema.
func TestSourceLookup(t *testing.T) {
	t.Parallel()
	u := nora()
	src := scim.Source(userType(), u.Attributes(), u.Common())
	tests := []struct {
		path string
		want filter.Attribute
	}{
		{"userName", filter.Attribute{Type: filter.TypeString, Values: []any{"nora@contoso.example"}}},
		{"id", filter.Attribute{Type: filter.TypeString, CaseExact: true, Values: []any{"u1"}}},
		{"nickName", filter.Attribute{Type: filter.TypeString}},
		{"active", filter.Attribute{Type: filter.TypeBoolean, Values: []any{false}}},
		{"emails.primary", filter.Attribute{Type: filter.TypeBoolean, Values: []any{true}}},
		{"emails.display", filter.Attribute{Type: filter.TypeString}},
		{"meta.created", filter.Attribute{Type: filter.TypeDateTime, Values: []any{u.Meta.Created.Truncate(time.Millisecond)}}},
		{badgeURN + ":number", filter.Attribute{Type: filter.TypeInteger, Values: []any{json.Number("7")}}},
		{badgeURN + ":doors", filter.Attribute{Type: filter.TypeString, Values: []any{"north", "south"}}},
		{"shoeSize", filter.Attribute{}},
	}
	for _, tt := range tests {
		t.Run(tt.path, func(t *testing.T) {
			t.Parallel()
			path, err := filter.ParsePath(tt.path)
			if err != nil {
				t.Fatal(err)
			}
			got := src.Lookup(path.Attr())
			if diff := cmp.Diff(tt.want, got, cmp.Comparer(func(a, b time.Time) bool { return a.Equal(b) })); diff != "" {
				t.Errorf("Lookup differs (-want +got):\n%s", diff)
			}
		})
	}
}

// The elements of a complex attribute are sources of their own.
func TestSourceElements(t *testing.T) {
	t.Parallel()
	u := nora()
	emails := scim.Source(userType(), u.Attributes(), u.Common()).Lookup(filter.AttrPath{Name: "emails"})
	if emails.Type != filter.TypeComplex || len(emails.Values) != 2 {
		t.Fatalf("emails = %+v, want two complex values", emails)
	}
	first, ok := emails.Values[0].(filter.Source)
	if !ok {
		t.Fatalf("element = %T, want a filter.Source", emails.Values[0])
	}
	want := filter.Attribute{Type: filter.TypeString, Values: []any{"work"}}
	if diff := cmp.Diff(want, first.Lookup(filter.AttrPath{Name: "Type"})); diff != "" {
		t.Errorf("type differs (-want +got):\n%s", diff)
	}
	for _, path := range []filter.AttrPath{{Name: "x"}, {Name: "type", Sub: "y"}, {URN: scim.UserURN, Name: "type"}} {
		if diff := cmp.Diff(filter.Attribute{}, first.Lookup(path)); diff != "" {
			t.Errorf("Lookup(%+v) differs (-want +got):\n%s", path, diff)
		}
	}
}

// TestVersionIsWorkedOutOnce: a filter may name the version in a thousand terms, and each would
// hash the resource. The tree is changed behind the source, so that a second read shows that.
func TestVersionIsWorkedOutOnce(t *testing.T) {
	t.Parallel()
	u := nora()
	tree := u.Attributes()
	src := scim.Source(userType(), tree, u.Common())
	version := filter.AttrPath{Name: "meta", Sub: "version"}
	want := filter.Attribute{Type: filter.TypeString, CaseExact: true, Values: []any{string(scim.VersionOf(userType(), u))}}
	if diff := cmp.Diff(want, src.Lookup(version)); diff != "" {
		t.Fatalf("version (-want +got):\n%s", diff)
	}
	tree["displayName"] = "Another"
	if diff := cmp.Diff(want, src.Lookup(version)); diff != "" {
		t.Errorf("the version was worked out again (-want +got):\n%s", diff)
	}
}
