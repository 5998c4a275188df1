package plan

import (
	"fmt"
	"strings"

	"tvscim/mapping/idmap"
	"tvscim/scim"
	"tvscim/tvapi"
)

// Fate is what becomes of an attribute.
type Fate string

// The fates of an attribute.
const (
	// Carried attributes are stored by TeamViewer.
	Carried Fate = "carried"
	// CarriedOnCreate attributes are sent to TeamViewer once and stored here: it has no call that
	// changes them.
	CarriedOnCreate Fate = "carried on create, then kept"
	// CarriedWriteOnly attributes are sent to TeamViewer, which never shows them. Clients never see
	// them.
	CarriedWriteOnly Fate = "carried, write-only"
	// CarriedIfAllowed attributes are sent to TeamViewer on create if the settings allow it, else
	// ignored.
	CarriedIfAllowed Fate = "carried on create if allowed, never kept"
	// Kept attributes are stored here, because TeamViewer has no field for them.
	Kept Fate = "kept"
	// KeptIfNamed attributes are stored here if the setting users.keep names them, else accepted
	// and ignored.
	KeptIfNamed Fate = "kept if users.keep names it, else ignored"
)

// Attribute is one row of a table of attributes: what becomes of a SCIM attribute in TeamViewer,
// and why. The functions are those of users; nil means that there is nothing to do.
type Attribute struct {
	Schema string // "" for core and common attributes
	Name   string // "*": all without a row of their own
	Fate   Fate
	Field  string // of TeamViewer; "" if there is none
	Why    string

	// define completes what /Schemas shows of the attribute. It gets the definition of the RFC, or
	// of an attribute that no RFC has one with only the name.
	define func(*scim.Attribute)
	// show sets the attribute of u from what TeamViewer shows, unless the value that the client
	// requested still applies. u has all values that the client requested.
	show func(u *scim.User, t tvapi.User, rec idmap.Record)
	// carry adds to a draft what TeamViewer is sent of a change, and what is remembered of it.
	carry func(c UserChange, d *draft)

	// Of an attribute that TeamViewer never shows: its field, and if it is CarriedWriteOnly the
	// value for new users without one.
	secret   func(*tvapi.UserSecrets) **string
	fallback func(Policy) string
	// hashField: the hash of the value is in Record.Secret. Others are in Record.Sent under the
	// path.
	hashField bool
}

// UserAttributes is the table for users (RFC 7643 section 4.1; TeamViewer Web API: POST and PUT
// /users). The code reads it, /Schemas is built from it, and the README shows it.
var UserAttributes = []Attribute{
	{
		Name: "id", Fate: Carried, Field: "id", Why: "never changes",
		show: func(u *scim.User, t tvapi.User, _ idmap.Record) { u.ID = t.ID.String() },
	},
	{
		Name: KeyUserName, Fate: Carried, Field: "email",
		Why:    "6-100 ASCII characters; letter case does not count",
		define: foldASCII, show: showUserName, carry: carryUserName,
	},
	{
		Name: KeyDisplayName, Fate: Carried, Field: "name",
		Why:  "2-50 characters; longer is cut at a word; missing: the parts of name, else the local part of userName",
		show: showDisplayName, carry: carryDisplayName,
	},
	{
		Name: "active", Fate: Carried, Field: "active", Why: "sent whenever a request names it",
		show:  func(u *scim.User, t tvapi.User, _ idmap.Record) { u.Active = &t.Active },
		carry: func(c UserChange, d *draft) { d.update.Active = c.Active },
	},
	{
		Name: "preferredLanguage", Fate: CarriedOnCreate, Field: "language",
		Why:   "the language of the welcome mail; de-DE becomes de",
		carry: carryLanguage,
	},
	{
		Schema: SSOUserURN, Name: "ssoCustomerId", Fate: CarriedWriteOnly, Field: "sso_customer_id",
		Why: "on create, later only if it changed; clearing it is not sent",
		define: writeOnly("The custom identifier of the single sign-on configuration in TeamViewer's " +
			"Management Console. A user who has it signs in with the identity provider and has no TeamViewer password."),
		secret:    func(s *tvapi.UserSecrets) **string { return &s.SSOCustomerID },
		fallback:  func(p Policy) string { return p.SSOCustomerID },
		hashField: true,
	},
	{
		Name: "password", Fate: CarriedIfAllowed, Field: "password",
		Why:    "only with users.accept_password",
		secret: func(s *tvapi.UserSecrets) **string { return &s.Password },
		carry:  carryPassword,
	},
	{
		Name: KeyName, Fate: Kept,
		Why:  "TeamViewer has one name; unless the client sends a value, it is split at its first space",
		show: showName,
	},
	{
		Name: KeyEmails, Fate: Kept,
		Why:    "the work address; unless the client sends a value, it is the userName",
		define: foldASCII, show: showEmails,
	},
	{Name: KeyExternalID, Fate: Kept, Why: "what the identity provider calls the user"},
	{Name: "*", Fate: KeptIfNamed, Why: "title, phoneNumbers, roles, manager and the like"},
}

// GroupAttributes is the table for groups (RFC 7643 section 4.2; TeamViewer Web API: POST and PUT
// /usergroups).
var GroupAttributes = []Attribute{
	{Name: "id", Fate: Carried, Field: "id", Why: "never changes"},
	{
		Name: KeyDisplayName, Fate: Carried, Field: "name",
		Why: "1-100 characters; longer is cut at a word; names that differ only in case count as the same",
	},
	{
		Name: KeyMembers, Fate: Carried, Field: "members",
		Why:    "users only, 100 to a call; shown unless they are excluded",
		define: defineMembers,
	},
	{Name: KeyExternalID, Fate: Kept, Why: "what the identity provider calls the group"},
}

// path is the name of the attribute with its schema (RFC 7644 section 3.10).
func (a Attribute) path() string {
	if a.Schema == "" {
		return a.Name
	}
	return a.Schema + ":" + a.Name
}

// lookUp returns the row of an attribute, or the row of all others.
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

// Handling returns the row of an attribute of users, or of groups, and whether a value of it has an
// effect under the policy. The zero row is that of an attribute without an effect.
func (p Policy) Handling(kind Kind, schema, name string) (row Attribute, effective bool) {
	if kind == KindGroup {
		row = lookUp(GroupAttributes, schema, name)
		return row, row.Fate != ""
	}
	row = lookUp(UserAttributes, schema, name)
	return row, p.supports(schema, name)
}

// supports reports whether a user attribute is carried or kept, so that a value from a client has
// an effect.
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

// stores reports whether the value of a user attribute is stored here.
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
		name := code(a.path())
		if a.Name == "*" {
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
