package plan

import (
	"slices"
	"strings"

	"tvscim/scim"
	"tvscim/scim/filter"
)

// SSOUserURN is the schema of TeamViewer's extension of the SCIM user, as in its own SCIM service.
const SSOUserURN = "urn:ietf:params:scim:schemas:extension:teamviewer:1.0:SsoUser"

// userExtensions are the schemas of users that no RFC has. Their attributes are the rows of
// UserAttributes with that schema.
var userExtensions = []scim.Schema{{
	ID: SSOUserURN, Name: "TeamViewer SSO user",
	Description: "Ties a user to the company's single sign-on in TeamViewer",
}}

// isExtension reports whether a key of a user's attributes is the URN of an extension.
func isExtension(key string) bool {
	return key == scim.EnterpriseURN ||
		slices.ContainsFunc(userExtensions, func(s scim.Schema) bool { return s.ID == key })
}

// UserType returns the SCIM resource type User. It accepts every attribute of RFC 7643, and
// advertises those that are carried or kept under the policy.
func UserType(p Policy) *scim.ResourceType {
	extensions := []scim.Schema{withLimits(scim.EnterpriseSchema(), func(name string) bool {
		return p.stores(scim.EnterpriseURN, name)
	})}
	for _, s := range userExtensions {
		extensions = append(extensions, defined(s, s.ID, UserAttributes))
	}
	return &scim.ResourceType{
		Name: "User", Endpoint: "/Users", Description: "A user of the TeamViewer company",
		Schema: withLimits(defined(scim.UserSchema(), "", UserAttributes), func(name string) bool {
			return name == KeyDisplayName || p.stores("", name)
		}),
		Extensions: extensions,
		Advertised: func(schema string, attr scim.Attribute) bool {
			if schema == scim.UserURN {
				schema = "" // as in the table
			}
			// A sub-attribute has the fate of its attribute.
			whole, _, _ := strings.Cut(attr.Name, ".")
			// What only the service writes (groups of a user) cannot be kept, and TeamViewer would
			// have to be asked for it group by group.
			return attr.Mutability != scim.ReadOnly && p.supports(schema, whole)
		},
	}
}

// GroupType returns the SCIM resource type Group.
func GroupType() *scim.ResourceType {
	return &scim.ResourceType{
		Name: "Group", Endpoint: "/Groups", Description: "A user group of the TeamViewer company",
		Schema: withLimits(defined(scim.GroupSchema(), "", GroupAttributes), func(name string) bool {
			return name == KeyDisplayName
		}),
	}
}

// defined completes a schema with what the rows of a table define; urn is the schema in the table.
func defined(s scim.Schema, urn string, table []Attribute) scim.Schema {
	for _, row := range table {
		if row.Schema != urn || row.define == nil {
			continue
		}
		i := slices.IndexFunc(s.Attributes, func(a scim.Attribute) bool { return a.Name == row.Name })
		if i < 0 {
			i = len(s.Attributes)
			s.Attributes = append(s.Attributes, scim.Attribute{Name: row.Name})
		}
		row.define(&s.Attributes[i])
	}
	return s
}

// writeOnly defines an attribute that TeamViewer never shows.
func writeOnly(description string) func(*scim.Attribute) {
	return func(a *scim.Attribute) {
		a.Type, a.CaseExact = filter.TypeString, true
		a.Mutability, a.Returned = scim.WriteOnly, scim.ReturnedNever
		a.Description = description
	}
}

// foldASCII defines that only ASCII letters of an address are the same in any case, as TeamViewer
// compares addresses.
func foldASCII(a *scim.Attribute) {
	a.FoldASCII = len(a.Sub) == 0
	for i := range a.Sub {
		a.Sub[i].FoldASCII = a.Sub[i].Name == "value"
	}
}

// defineMembers says what is true of members in TeamViewer: they are users, since a user group has
// no groups, and have the names of the users. Other values that a client sends are accepted and
// ignored.
func defineMembers(a *scim.Attribute) {
	a.Description = "The users in the group, as TeamViewer listed them at most cache.groups_max_age ago, " +
		"with the changes that were made through this service since."
	for i := range a.Sub {
		switch sub := &a.Sub[i]; sub.Name {
		case "display":
			sub.Mutability = scim.ReadOnly
		case "type":
			sub.CanonicalValues = []string{"User"}
		case "$ref":
			sub.ReferenceTypes = []string{"User"}
		}
	}
}
