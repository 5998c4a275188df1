package plan

import (
	"strings"
)

// OnDelete is what a SCIM DELETE of a user does in TeamViewer.
type OnDelete string

// The values of the setting users.on_delete.
const (
	Deactivate OnDelete = "deactivate" // the account stays in the company, inactive
	Remove     OnDelete = "remove"     // the account leaves the company and lives on
	Delete     OnDelete = "delete"     // the account is deleted for good
)

// Policy has the settings of users. The zero Policy deactivates, protects no user and stores no
// attribute beyond the table of attributes.
type Policy struct {
	OnDelete       OnDelete
	Language       string   // of users whose preferredLanguage TeamViewer does not have; "" = "en"
	SSOCustomerID  string   // of new users whose request has none; secret
	AcceptPassword bool     // the password of a create request is sent
	Keep           []string // names of attributes or URNs of schemas to store here; "*" = all
	ProtectOwner   bool     // the owner of the token is never deactivated, removed or renamed
	ProtectEmails  []string // globs: nor are users whose address or userName one of them matches
	Guard          Guard
	ProtectGroups  []string // names of user groups: nor are their members, nor does one of the groups lose members
}

// Keeps reports whether Keep names an attribute. schema is "" for a core attribute.
func (p Policy) Keeps(schema, attr string) bool {
	for _, k := range p.Keep {
		switch {
		case k == "*":
			return true
		case schema == "" && strings.EqualFold(k, attr):
			return true
		case schema != "" && (strings.EqualFold(k, schema) || strings.EqualFold(k, schema+":"+attr)):
			return true
		}
	}
	return false
}

func (p Policy) language() string {
	if p.Language == "" {
		return "en"
	}
	return p.Language
}
