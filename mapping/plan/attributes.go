package plan

import (
	"fmt"
	"strings"

	"tvscim/scim"
	"tvscim/scim/filter"
)

// SSOUserURN is the schema of TeamViewer's extension of the SCIM user, the one that its own SCIM service has.
const SSOUserURN = "urn:ietf:params:scim:schemas:extension:teamviewer:1.0:SsoUser"

// ssoCustomerID is the one attribute of that schema.
const ssoCustomerID = "ssoCustomerId"

// Fate says what becomes of an attribute.
type Fate string

// The fates of an attribute.
const (
	// Carried attributes live in TeamViewer.
	Carried Fate = "carried"
	// CarriedOnCreate attributes are handed to TeamViewer once and remembered here: it has no call to change them.
	CarriedOnCreate Fate = "carried on create, then kept"
	// CarriedWriteOnly attributes are handed to TeamViewer, which never shows them; nor do we.
	CarriedWriteOnly Fate = "carried, write-only"
	// CarriedIfAllowed attributes are handed to TeamViewer on create if the settings say so, else dropped.
	CarriedIfAllowed Fate = "carried on create if allowed, never kept"
	// Kept attributes are remembered here, because TeamViewer has no place for them.
	Kept Fate = "kept"
	// KeptIfNamed attributes are remembered if the setting users.keep names them, else accepted and ignored.
	KeptIfNamed Fate = "kept if users.keep names it, else ignored"
)

// Attribute is one line of the table of attributes: what becomes of a SCIM attribute in TeamViewer, and why.
type Attribute struct {
	Schema string // "" for core and common attributes
	Name   string // with its sub-attribute where only that one is meant; "*" is every attribute without a line of its own
	Fate   Fate
	Field  string // the TeamViewer field, "" when it has none
	Why    string
}

// UserAttributes is the table for users (RFC 7643 section 4.1; TeamViewer Web API: POST and PUT /users). The code reads
// it, /Schemas is built from it, and the README shows it.
var UserAttributes = []Attribute{
	{Name: "id", Fate: Carried, Field: "id", Why: "never changes"},
	{Name: "userName", Fate: Carried, Field: "email", Why: "6-100 ASCII characters; letter case does not count"},
	{Name: "displayName", Fate: Carried, Field: "name", Why: "2-50 characters; longer is cut at a word; missing: the parts of name, else the local part of userName"},
	{Name: "active", Fate: Carried, Field: "active", Why: "sent whenever a request names it"},
	{Name: "preferredLanguage", Fate: CarriedOnCreate, Field: "language", Why: "the language of the welcome mail; de-DE becomes de"},
	{Schema: SSOUserURN, Name: ssoCustomerID, Fate: CarriedWriteOnly, Field: "sso_customer_id", Why: "on create, later only if it changed; clearing it is not sent"},
	{Name: "password", Fate: CarriedIfAllowed, Field: "password", Why: "only with users.accept_password"},
	{Name: "name", Fate: Kept, Why: "TeamViewer has one name; unless the client sends a value, it is split at its first space"},
	{Name: "emails", Fate: Kept, Why: "the work address; unless the client sends a value, it is the userName"},
	{Name: "externalId", Fate: Kept, Why: "what the identity provider calls the user"},
	{Name: "*", Fate: KeptIfNamed, Why: "title, phoneNumbers, roles, manager and the like"},
}

// GroupAttributes is the table for groups (RFC 7643 section 4.2; TeamViewer Web API: POST and PUT /usergroups).
var GroupAttributes = []Attribute{
	{Name: "id", Fate: Carried, Field: "id", Why: "never changes"},
	{Name: "displayName", Fate: Carried, Field: "name", Why: "1-100 characters; longer is cut at a word; names that differ only in case count as the same"},
	{Name: "members", Fate: Carried, Field: "members", Why: "users only, 100 to a call; shown unless they are excluded"},
	{Name: "externalId", Fate: Kept, Why: "what the identity provider calls the group"},
}

// lookUp returns the line for an attribute, or the line for all others.
func lookUp(table []Attribute, schema, name string) Attribute {
	var rest Attribute
	for _, a := range table {
		switch {
		case a.Schema == schema && strings.EqualFold(a.Name, name):
			return a
		case a.Name == "*":
			rest = a
		}
	}
	return rest
}

// UserType returns the SCIM resource type User: it reads every attribute of RFC 7643, and advertises those that the
// table carries or keeps under the policy.
func UserType(p Policy) *scim.ResourceType {
	return &scim.ResourceType{
		Name: "User", Endpoint: "/Users", Description: "A user of the TeamViewer company",
		Schema: withLimits(userSchema(), func(name string) bool {
			return name == KeyDisplayName || p.stores("", name)
		}),
		Extensions: []scim.Schema{
			withLimits(scim.EnterpriseSchema(), func(name string) bool { return p.stores(scim.EnterpriseURN, name) }),
			ssoUserSchema(),
		},
		Advertised: func(schema string, attr scim.Attribute) bool {
			whole, _, _ := strings.Cut(attr.Name, ".") // a sub-attribute shares the fate of its attribute
			// What only the service writes (groups of a user) cannot be kept, and TeamViewer would have to be asked for it
			// group by group.
			return attr.Mutability != scim.ReadOnly && p.supports(shortURN(schema, scim.UserURN), whole)
		},
	}
}

// userSchema returns the core schema with TeamViewer's rule for addresses: only ASCII letters are the same in any case, in
// filters as in look-ups.
func userSchema() scim.Schema {
	s := scim.UserSchema()
	for i := range s.Attributes {
		a := &s.Attributes[i]
		a.FoldASCII = a.Name == KeyUserName
		for j := range a.Sub {
			a.Sub[j].FoldASCII = a.Name == KeyEmails && a.Sub[j].Name == "value"
		}
	}
	return s
}

// GroupType returns the SCIM resource type Group.
func GroupType() *scim.ResourceType {
	return &scim.ResourceType{
		Name: "Group", Endpoint: "/Groups", Description: "A user group of the TeamViewer company",
		Schema: withLimits(groupSchema(), func(name string) bool { return name == KeyDisplayName }),
	}
}

// groupSchema returns the core schema with what is true of members in TeamViewer: they are users, since a user group holds
// no groups, and are shown with their names as users. What a client says of a member beside its id is accepted and ignored.
func groupSchema() scim.Schema {
	s := scim.GroupSchema()
	for i := range s.Attributes {
		if s.Attributes[i].Name == KeyMembers {
			s.Attributes[i].Description = "The users in the group, as TeamViewer listed them at most cache.groups_max_age ago, " +
				"with the changes that were made through this service since."
		}
		for j := range s.Attributes[i].Sub {
			switch sub := &s.Attributes[i].Sub[j]; sub.Name {
			case "display":
				sub.Mutability = scim.ReadOnly
			case "type":
				sub.CanonicalValues = []string{"User"}
			case "$ref":
				sub.ReferenceTypes = []string{"User"}
			}
		}
	}
	return s
}

func ssoUserSchema() scim.Schema {
	return scim.Schema{
		ID: SSOUserURN, Name: "TeamViewer SSO user",
		Description: "Ties a user to the company's single sign-on in TeamViewer",
		Attributes: []scim.Attribute{{
			Name: ssoCustomerID, Type: filter.TypeString, CaseExact: true,
			Mutability: scim.WriteOnly, Returned: scim.ReturnedNever,
			Description: "The custom identifier of the single sign-on configuration in TeamViewer's Management Console. " +
				"A user who has it signs in with the identity provider and has no TeamViewer password.",
		}},
	}
}

// shortURN is the schema as the table writes it: "" for the core schema.
func shortURN(schema, core string) string {
	if schema == core {
		return ""
	}
	return schema
}

// supports reports whether a user attribute is carried or kept, so that what a client writes has an effect.
func (p Policy) supports(schema, name string) bool {
	switch lookUp(UserAttributes, schema, name).Fate {
	case KeptIfNamed:
		return p.Keeps(schema, name)
	case CarriedIfAllowed:
		return p.AcceptPassword
	default:
		return true
	}
}

// stores reports whether the value of a user attribute is kept here.
func (p Policy) stores(schema, name string) bool {
	switch lookUp(UserAttributes, schema, name).Fate {
	case Kept, CarriedOnCreate:
		return true
	case KeptIfNamed:
		return p.Keeps(schema, name)
	default:
		return false
	}
}

// AttributeTable prints a table of attributes in Markdown, as the README shows it.
func AttributeTable(table []Attribute) string {
	var b strings.Builder
	b.WriteString("| SCIM | handling | TeamViewer | |\n|---|---|---|---|\n")
	for _, a := range table {
		name := a.Name
		if a.Schema != "" {
			name = a.Schema + ":" + a.Name
		}
		if name = code(name); a.Name == "*" {
			name = "any other core or enterprise attribute"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", name, a.Fate, code(a.Field), a.Why)
	}
	return b.String()
}

// code marks a name as code in Markdown.
func code(name string) string {
	if name == "" {
		return ""
	}
	return "`" + name + "`"
}
