package mapping

import (
	"fmt"
	"time"

	"tvscim/mapping/idmap"
	"tvscim/mapping/plan"
	"tvscim/tvapi"
)

// RememberedUser is what the memory has of a user, as far as a report needs it.
type RememberedUser struct {
	ID      tvapi.UserID `json:"id"`
	Deleted time.Time    `json:"deleted,omitzero"` // when a client deleted the user; zero: none did
	// OldAddress and NewAddress are those of a change that the user has to confirm. It is pending
	// while TeamViewer shows the old one. Empty: there is none.
	OldAddress string `json:"old_address,omitempty"`
	NewAddress string `json:"new_address,omitempty"`
}

// RememberedUsers returns the users of the memory. It is never nil.
func RememberedUsers(m idmap.Map) []RememberedUser {
	users := []RememberedUser{}
	for text, record := range m.All() {
		id, err := tvapi.ParseUserID(text)
		if err != nil {
			continue // a group
		}
		u := RememberedUser{ID: id, Deleted: record.Tombstone}
		u.OldAddress, u.NewAddress = plan.AddressChange(record)
		users = append(users, u)
	}
	return users
}

// FindingKind is a reason why an account is in a report.
type FindingKind string

// The kinds of findings, in the order of a report.
const (
	Unmanaged      FindingKind = "unmanaged"       // no client has named the account, as far as is remembered
	Deactivated    FindingKind = "deactivated"     // the account is not active
	LongUnused     FindingKind = "long_unused"     // the last access is too long ago
	NeverUsed      FindingKind = "never_used"      // TeamViewer shows no last access
	SSOInactive    FindingKind = "sso_not_active"  // the SSO state is another one than active
	AddressPending FindingKind = "address_pending" // a change of the address waits for the user's confirmation
)

// FindingKinds are all kinds, in the order of a report.
var FindingKinds = []FindingKind{Unmanaged, Deactivated, LongUnused, NeverUsed, SSOInactive, AddressPending}

// Finding is one reason with its details in words.
type Finding struct {
	Kind   FindingKind `json:"kind"`
	Detail string      `json:"detail"`
}

// Review is what accounts are compared with.
type Review struct {
	Now      time.Time
	Unused   time.Duration                    // a last access that is longer ago is a finding
	Memory   map[tvapi.UserID]*RememberedUser // nil: not known
	NoAccess bool                             // TeamViewer shows no last access
	NoSSO    bool                             // SSO is active for no user
}

// ssoStates are the values of sso_status in TeamViewer's OpenAPI document, without 0 (unknown) and
// 1 (active).
var ssoStates = map[int]string{
	2: "the e-mail address is excluded", 3: "not validated", 4: "the company is excluded", 5: "a user group of the user is excluded",
	6: "not included",
}

const ssoActive = 1 // sso_status

// SSOActive reports whether single sign-on is active for a user of TeamViewer.
func SSOActive(u tvapi.User) bool { return u.SSOStatus == ssoActive }

// Find returns why an account is in a report; nothing if it is not.
func (v Review) Find(u tvapi.UserAccess) (found []Finding) {
	add := func(kind FindingKind, detail string) { found = append(found, Finding{kind, detail}) }
	known := v.Memory[u.ID]
	if v.Memory != nil && known == nil {
		add(Unmanaged, "no client has named it")
	}
	switch {
	case u.Active:
	case known != nil && !known.Deleted.IsZero():
		add(Deactivated, "deactivated; a client deleted the user on "+known.Deleted.UTC().Format(time.DateOnly))
	default:
		add(Deactivated, "deactivated")
	}
	switch {
	case v.NoAccess:
	case u.LastAccess.IsZero():
		add(NeverUsed, "no access is recorded")
	case v.Now.Sub(u.LastAccess) > v.Unused:
		add(LongUnused, fmt.Sprintf("last access on %s, %d days ago", u.LastAccess.UTC().Format(time.DateOnly), v.Now.Sub(u.LastAccess)/(24*time.Hour)))
	}
	if !v.NoSSO && u.SSOStatus != 0 && !SSOActive(u.User) {
		add(SSOInactive, "SSO is not active: "+ssoText(u.SSOStatus))
	}
	if known != nil && known.NewAddress != "" && tvapi.FoldEmail(u.Email) == tvapi.FoldEmail(known.OldAddress) {
		add(AddressPending, fmt.Sprintf("the change of the address to %s waits for the user's confirmation", known.NewAddress))
	}
	return found
}

func ssoText(status int) string {
	if text, ok := ssoStates[status]; ok {
		return text
	}
	return fmt.Sprintf("sso_status %d", status)
}
