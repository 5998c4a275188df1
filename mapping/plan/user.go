package plan

import (
	"errors"
	"reflect"
	"strings"
	"time"

	"tvscim/mapping/idmap"
	"tvscim/scim"
	"tvscim/tvapi"
)

// Inputs are what a plan takes from outside, since it has no clock and no random values of its own.
type Inputs struct {
	Now  time.Time
	Salt []byte // of the hash of a secret that is to be remembered; see idmap.Digest
}

// UserChange is all that a change of a user is planned from.
type UserChange struct {
	Inputs
	TV            tvapi.User   // what TeamViewer shows
	Asked         bool         // TV is TeamViewer's answer to a question of this request
	Record        idmap.Record // what is remembered
	Before, After scim.User    // as the client sees it
	Touches       func(key string) bool
	Active        *bool       // what the request says about active, nil for nothing
	Refused       *scim.Error // why the request cannot be done, nil when it can as far as is known
}

// Renames reports whether the change is to another userName.
func (c UserChange) Renames() bool {
	return c.Touches(KeyUserName) && tvapi.FoldEmail(c.After.UserName) != tvapi.FoldEmail(c.Before.UserName)
}

// AddressTakenForGranted reports whether the change names an address that would not be sent, since TeamViewer is believed
// to hold it or to wait for its confirmation. The console may have changed it since. Sending it without need might mail
// the user, so TeamViewer is asked first.
func (c UserChange) AddressTakenForGranted() bool {
	if c.Refused != nil || !c.Touches(KeyUserName) || isSoftDelete(c, c.After.UserName) {
		return false
	}
	var up tvapi.UserUpdate
	m := MemoOf(c.Record)
	return planAddress(c, &up, &m) == nil && up.Email == nil
}

// PlanUser plans the change of a user: one call at most, and what to remember. It is pure.
func (p Policy) PlanUser(c UserChange) Plan {
	m := MemoOf(c.Record)
	up := tvapi.UserUpdate{Active: c.Active}
	refused := c.Refused
	if refused == nil {
		refused = planAddress(c, &up, &m)
	}
	if refused != nil {
		return refusedUser(c, refused)
	}
	planName(c, &up, &m)
	planSSO(c, &up, &m)
	visible := p.planKept(c, &m) || c.After.UserName != c.Before.UserName || c.After.DisplayName != c.Before.DisplayName ||
		up.SSOCustomerID != nil || c.Active != nil && *c.Active != c.TV.Active
	if refused := checkRecord(c.Record, m.Record); refused != nil {
		return refusedUser(c, refused)
	}
	m.Tombstone = time.Time{} // a user who can be changed is not deleted: an old tombstone means nothing any more

	var plan Plan
	if !up.Empty() {
		plan.Steps = append(plan.Steps, UpdateUser{ID: c.TV.ID, Update: up})
	}
	if visible {
		m.Stamp(c.Now)
	}
	if visible || !SameMemory(c.Record, m.Record) {
		plan.Steps = append(plan.Steps, Remember{ID: c.TV.ID.String(), Record: m.UserRecord()})
	}
	return plan
}

// refusedUser is the plan of a request that cannot be done: nothing, but the deactivation that it asks for.
func refusedUser(c UserChange, refused *scim.Error) Plan {
	plan := Plan{Refused: refused}
	if c.Active != nil && !*c.Active {
		plan.Steps = []Step{UpdateUser{ID: c.TV.ID, Update: tvapi.UserUpdate{Active: c.Active}}}
	}
	return plan
}

// planAddress plans a change of userName.
func planAddress(c UserChange, up *tvapi.UserUpdate, m *Memo) *scim.Error {
	want := c.After.UserName
	lost := c.Record.Sent[KeyUnansweredAddress]
	another := lost != "" && tvapi.FoldEmail(lost) != tvapi.FoldEmail(want) // which may be what TeamViewer waits for
	if !c.Touches(KeyUserName) || want == c.Before.UserName && (!another || SoftDeleted(c.Record)) {
		return nil
	}
	if isSoftDelete(c, want) {
		m.SetRequested(KeyUserName, want)
		m.SetSent(KeyUserName, c.TV.Email, "")
		return nil
	}
	if tvapi.FoldEmail(want) == tvapi.FoldEmail(c.TV.Email) {
		if waits(c.Record) || another { // only another call can stop the change that waits for its confirmation
			up.Email = &want
		}
		m.Clear(KeyUserName)
		m.Clear(KeyUnansweredAddress)
		if want != c.TV.Email {
			m.SetRequested(KeyUserName, want)
			m.SetSent(KeyUserName, c.TV.Email, "")
		}
		return nil
	}
	if reason := CheckAddress(want); reason != "" {
		return RefusedAddress(want, reason)
	}
	up.Email = &want
	m.SetRequested(KeyUserName, want)
	m.SetSent(KeyUserName, want, c.TV.Email)
	m.Clear(KeyUnansweredAddress)
	return nil
}

// waits tells whether a change of address may wait for the user to confirm it.
func waits(rec idmap.Record) bool {
	was := rec.Was[KeyUserName]
	return was != "" && tvapi.FoldEmail(was) != tvapi.FoldEmail(rec.Sent[KeyUserName])
}

// isSoftDelete recognises the userName that Entra gives to a user in its recycle bin. It is nobody's address, so it is
// remembered as asked for and never sent.
func isSoftDelete(c UserChange, want string) bool {
	old, ok := softDeletedName(want)
	if !ok {
		return false
	}
	inactive := !c.TV.Active
	if c.Active != nil {
		inactive = !*c.Active
	}
	return inactive || strings.EqualFold(old, c.Before.UserName) || strings.EqualFold(old, c.TV.Email)
}

// RefusedAddress is the error for a userName that no TeamViewer account can have, and why.
func RefusedAddress(userName, reason string) *scim.Error {
	return scim.InvalidValue("userName %q cannot be the address of a TeamViewer account: %s. Map userName to an attribute with such an address, "+
		"for example mail.", userName, scim.Safe(reason))
}

// planName plans a change of the one name that TeamViewer has. A name that the request names, or that is made of what it
// names, is sent unless TeamViewer has just shown it: the console may have changed the name since the snapshot.
func planName(c UserChange, up *tvapi.UserUpdate, m *Memo) {
	derived := c.After.DisplayName == "" && (c.Touches(KeyName) || c.Touches(KeyUserName))
	if !c.Touches(KeyDisplayName) && !derived {
		return
	}
	name := tvUserName(c.After)
	if !c.Asked || name != c.TV.Name {
		up.Name = &name
	}
	rememberName(m, c.After.DisplayName, name)
}

// rememberName remembers a displayName that TeamViewer cannot hold as it is.
func rememberName(m *Memo, displayName, sent string) {
	m.Clear(KeyDisplayName)
	if displayName == sent {
		return
	}
	m.SetRequested(KeyDisplayName, orAbsent(displayName))
	m.SetSent(KeyDisplayName, sent, "")
}

// planSSO plans a change of ssoCustomerId, which TeamViewer never shows: what we sent last is known by its hash.
func planSSO(c UserChange, up *tvapi.UserUpdate, m *Memo) {
	id, _ := c.After.Other.Get(SSOUserURN, ssoCustomerID).(string)
	if id == "" || !c.Touches(SSOUserURN) || idmap.Same(m.Secret, id) {
		return
	}
	up.SSOCustomerID = &id
	m.Secret = idmap.Digest(c.Salt, id)
}

// planKept plans what to remember of the attributes that TeamViewer lacks, and tells whether the client will see a
// difference.
func (p Policy) planKept(c UserChange, m *Memo) (visible bool) {
	before, after := p.stored(c.Before), p.stored(c.After)
	for key := range union(before, after) {
		if c.Touches(key) {
			m.SetRequested(key, after[key])
		}
	}
	return !reflect.DeepEqual(before, after)
}

// stored returns the attributes of a user that are remembered here, extensions attribute by attribute.
func (p Policy) stored(u scim.User) scim.Attributes {
	all := u.Attributes()
	kept := make(scim.Attributes)
	for key, value := range all {
		extension, isMap := value.(map[string]any)
		if strings.Contains(key, ":") && isMap {
			for attr := range extension {
				if !p.stores(key, attr) {
					delete(extension, attr)
				}
			}
			if len(extension) > 0 {
				kept[key] = extension
			}
		} else if p.stores("", key) {
			kept[key] = value
		}
	}
	if emails, ok := kept[KeyEmails].([]any); ok && !p.Keeps("", KeyEmails) {
		kept[KeyEmails] = workEmail(emails)
	}
	return kept
}

// NoteDropped notes that e-mail addresses of a user have no effect: all but one, unless the policy keeps them.
func (p Policy) NoteDropped(u scim.User, ignored *scim.Ignored) {
	if len(u.Emails) > 1 && !p.Keeps("", KeyEmails) {
		ignored.Add(KeyEmails)
	}
}

// workEmail picks the one address that is kept: of type work, else any; and of those the primary one, else the first.
func workEmail(emails []any) []any {
	best, rank := 0, 0
	for i, e := range emails {
		m, _ := e.(map[string]any)
		typ, _ := m["type"].(string)
		primary, _ := m["primary"].(bool)
		r := 1
		if primary {
			r++
		}
		if strings.EqualFold(typ, "work") {
			r += 2
		}
		if r > rank {
			best, rank = i, r
		}
	}
	return emails[best : best+1]
}

func union(a, b scim.Attributes) map[string]bool {
	keys := make(map[string]bool, len(a)+len(b))
	for k := range a {
		keys[k] = true
	}
	for k := range b {
		keys[k] = true
	}
	return keys
}

// orAbsent is how a record says that a string was asked to be absent.
func orAbsent(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// PlanDelete plans what a SCIM DELETE of a user does.
func (p Policy) PlanDelete(t tvapi.User, rec idmap.Record, now time.Time) Plan {
	m := MemoOf(rec)
	m.Tombstone = now.UTC()
	m.Stamp(now)
	switch p.OnDelete {
	case Remove, Delete:
		return Plan{Steps: []Step{RemoveUser{ID: t.ID, ForGood: p.OnDelete == Delete, Kept: m.UserRecord()}}}
	default:
		inactive := false
		return Plan{Steps: []Step{
			UpdateUser{ID: t.ID, Update: tvapi.UserUpdate{Active: &inactive}},
			Remember{ID: t.ID.String(), Record: m.UserRecord()},
		}}
	}
}

// Refuse notes why a change is refused, so that its deactivation is still carried out. An error that is not the
// client's, and one of a change that does not deactivate, is returned.
func (c *UserChange) Refuse(err error) error {
	e, ok := errors.AsType[*scim.Error](err)
	if !ok || c.Active == nil || *c.Active {
		return err
	}
	if c.Refused == nil {
		c.Refused = e
	}
	return nil
}
