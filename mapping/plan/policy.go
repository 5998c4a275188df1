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

// Policy is what the admin decided about users; the zero Policy deactivates, protects nobody and keeps nothing beyond
// the table of attributes.
type Policy struct {
	OnDelete       OnDelete
	Language       string   // for users whose preferredLanguage TeamViewer does not have; "" is "en"
	SSOCustomerID  string   // given to new users whose request has none; secret
	AcceptPassword bool     // whether the password of a create request is handed on
	Keep           []string // attribute names or schema URNs to remember; "*" is all
	ProtectOwner   bool     // the token's owner is never deactivated, removed or renamed
}

// Keeps reports whether an attribute that TeamViewer lacks is remembered: schema is "" for a core attribute.
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
