package scim_test

import (
	"strings"
	"testing"

	"tvscim/scim"
	"tvscim/scim/filter"
)

// spelled writes what a path was resolved to: schema, attribute and sub-attribute.
func spelled(r scim.Resolved) string {
	s := r.Schema + "|"
	if r.Attr != nil {
		s += r.Attr.Name
	}
	if r.Sub != nil {
		s += "." + r.Sub.Name
	}
	return s
}

func TestResolve(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, path, want string
	}{
		{"core", "userName", "|userName"},
		{"core in another case", "USERNAME", "|userName"},
		{"sub-attribute", "name.givenName", "|name.givenName"},
		{"sub-attribute in another case", "Name.FAMILYNAME", "|name.familyName"},
		{"of a multi-valued attribute", "emails.value", "|emails.value"},
		{"reference", "manager.$ref", scim.EnterpriseURN + "|manager.$ref"},
		{"common id", "ID", "|id"},
		{"common externalId", "externalid", "|externalId"},
		{"common metadata", "Meta.LastModified", "|meta.lastModified"},
		{"common schemas", "schemas", "|schemas"},
		{"core URN", scim.UserURN + ":userName", "|userName"},
		{"core URN in another case", strings.ToUpper(scim.UserURN) + ":username", "|userName"},
		{"core URN and sub-attribute", scim.UserURN + ":name.familyName", "|name.familyName"},
		{"core URN and common attribute", scim.UserURN + ":meta.created", "|meta.created"},
		{"core URN with a dot", scim.UserURN + ".userName", "|userName"},
		{"bare core URN", scim.UserURN, "|"},
		{"bare extension URN", scim.EnterpriseURN, scim.EnterpriseURN + "|"},
		{"bare extension URN in another case", strings.ToLower(scim.EnterpriseURN), scim.EnterpriseURN + "|"},
		{"extension", scim.EnterpriseURN + ":department", scim.EnterpriseURN + "|department"},
		{"extension in another case", strings.ToUpper(scim.EnterpriseURN) + ":DEPARTMENT", scim.EnterpriseURN + "|department"},
		{"extension and sub-attribute", scim.EnterpriseURN + ":manager.value", scim.EnterpriseURN + "|manager.value"},
		{"extension with a dot", scim.EnterpriseURN + ".manager", scim.EnterpriseURN + "|manager"},
		{"extension with two dots", scim.EnterpriseURN + ".manager.value", scim.EnterpriseURN + "|manager.value"},
		{"extension without its URN", "manager", scim.EnterpriseURN + "|manager"},
		{"extension without its URN, sub-attribute", "manager.displayName", scim.EnterpriseURN + "|manager.displayName"},
		{"URN that ends in a version", badgeURN + ":number", badgeURN + "|number"},
		{"bare URN that ends in a version", badgeURN, badgeURN + "|"},
		{"URN that begins like another", badgeOwnerURN + ":deposit", badgeOwnerURN + "|deposit"},
		{"bare URN that begins like another", badgeOwnerURN, badgeOwnerURN + "|"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			path, err := filter.ParsePath(tt.path)
			if err != nil {
				t.Fatal(err)
			}
			r, ok := userType().Resolve(path.Attr())
			if got := spelled(r); !ok || got != tt.want {
				t.Errorf("Resolve(%q) = %q, %v, want %q", tt.path, got, ok, tt.want)
			}
		})
	}
}

func TestResolveUnknown(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		path filter.AttrPath
	}{
		{"empty", filter.AttrPath{}},
		{"unknown attribute", filter.AttrPath{Name: "shoeSize"}},
		{"unknown sub-attribute", filter.AttrPath{Name: "name", Sub: "nick"}},
		{"sub-attribute of a simple attribute", filter.AttrPath{Name: "userName", Sub: "text"}},
		{"unknown schema", filter.AttrPath{URN: "urn:example:none", Name: "userName"}},
		{"unknown attribute of an extension", filter.AttrPath{URN: scim.EnterpriseURN, Name: "userName"}},
		{"unknown attribute of the core", filter.AttrPath{URN: scim.UserURN, Name: "department"}},
		{"another type's URN", filter.AttrPath{URN: scim.GroupURN, Name: "displayName"}},
		{"longer than a URN", filter.AttrPath{URN: scim.EnterpriseURN + "s", Name: "department"}},
		{"shorter than a URN", filter.AttrPath{URN: "urn", Name: "ietf"}},
		{"enterprise URN without its last colon", filter.AttrPath{
			URN: "urn:ietf:params:scim:schemas:extension:enterprise", Name: "2", Sub: "0User"}},
		{"not an ASCII letter that folds to one", filter.AttrPath{Name: "di\u017fplayName"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if r, ok := userType().Resolve(tt.path); ok {
				t.Errorf("Resolve(%+v) = %q, want nothing", tt.path, spelled(r))
			}
		})
	}
}

func TestResolvedKey(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, path, key, definition string
	}{
		{"core", "userName", "userName", "userName"},
		{"core sub-attribute", "emails.type", "emails", "type"},
		{"extension", scim.EnterpriseURN + ":department", scim.EnterpriseURN, "department"},
		{"extension's sub-attribute", scim.EnterpriseURN + ":manager.value", scim.EnterpriseURN, "value"},
		{"whole extension", scim.EnterpriseURN, scim.EnterpriseURN, ""},
		{"core schema", scim.UserURN, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			path, err := filter.ParsePath(tt.path)
			if err != nil {
				t.Fatal(err)
			}
			r, ok := userType().Resolve(path.Attr())
			if !ok {
				t.Fatalf("Resolve(%q) found nothing", tt.path)
			}
			if r.Key() != tt.key {
				t.Errorf("Key() = %q, want %q", r.Key(), tt.key)
			}
			definition := ""
			if a := r.Definition(); a != nil {
				definition = a.Name
			}
			if definition != tt.definition {
				t.Errorf("Definition() = %q, want %q", definition, tt.definition)
			}
		})
	}
}

func TestExtension(t *testing.T) {
	t.Parallel()
	typ := userType()
	for _, urn := range []string{scim.EnterpriseURN, strings.ToUpper(scim.EnterpriseURN)} {
		if s, ok := typ.Extension(urn); !ok || s.ID != scim.EnterpriseURN {
			t.Errorf("Extension(%q) = %v, %v", urn, s, ok)
		}
	}
	for _, urn := range []string{"", scim.UserURN, scim.EnterpriseURN + ":manager"} {
		if s, ok := typ.Extension(urn); ok {
			t.Errorf("Extension(%q) = %q, want none", urn, s.ID)
		}
	}
}

// Every attribute of every schema is found by each of its spellings, and as itself.
func TestResolveFindsAllThatIsDefined(t *testing.T) {
	t.Parallel()
	typ := userType()
	for i, s := range append([]scim.Schema{typ.Schema}, typ.Extensions...) {
		key := s.ID
		if i == 0 {
			key = ""
		}
		for _, a := range s.Attributes {
			for _, path := range []filter.AttrPath{
				{URN: s.ID, Name: a.Name},
				{URN: strings.ToUpper(s.ID), Name: strings.ToUpper(a.Name)},
				{Name: strings.ToLower(a.Name)},
			} {
				if r, ok := typ.Resolve(path); !ok || spelled(r) != key+"|"+a.Name {
					t.Errorf("Resolve(%+v) = %q, %v, want %q", path, spelled(r), ok, key+"|"+a.Name)
				}
			}
			for _, sub := range a.Sub {
				path := filter.AttrPath{URN: s.ID, Name: a.Name, Sub: strings.ToUpper(sub.Name)}
				if r, ok := typ.Resolve(path); !ok || r.Sub.Name != sub.Name {
					t.Errorf("Resolve(%+v) = %q, %v, want %q", path, spelled(r), ok, sub.Name)
				}
			}
		}
	}
}
