package mapping

import (
	"reflect"
	"strings"
	"time"

	"tvscim/mapping/idmap"
	"tvscim/mapping/roster"
	"tvscim/scim"
	"tvscim/tvapi"
)

// userChange is all that a change of a user is planned from.
type userChange struct {
	tv            tvapi.User   // what TeamViewer shows
	asked         bool         // tv is TeamViewer's answer to a question of this request
	rec           idmap.Record // what we remember
	before, after scim.User    // as the client sees it
	says          func(key string) bool
	active        *bool       // what the request says about active, nil for nothing
	refused       *scim.Error // why the request cannot be done, nil when it can as far as is known
	now           time.Time
}

// renames reports whether the change is to another userName.
func (c userChange) renames() bool {
	return c.says(keyUserName) && roster.FoldEmail(c.after.UserName) != roster.FoldEmail(c.before.UserName)
}

// addressTakenForGranted reports whether the change names an address that would not be sent, since TeamViewer is believed
// to hold it or to wait for its confirmation. The console may have changed it since. Sending it without need might mail
// the user, so TeamViewer is asked first.
func (c userChange) addressTakenForGranted() bool {
	if c.refused != nil || !c.says(keyUserName) || isSoftDelete(c, c.after.UserName) {
		return false
	}
	var up tvapi.UserUpdate
	m := memoOf(c.rec)
	return planAddress(c, &up, &m) == nil && up.Email == nil
}

// planUser plans the change of a user: one call at most, and what to remember. It is pure.
func (p Policy) planUser(c userChange) Plan {
	m := memoOf(c.rec)
	up := tvapi.UserUpdate{Active: c.active}
	refused := c.refused
	if refused == nil {
		refused = planAddress(c, &up, &m)
	}
	if refused != nil {
		return refusedUser(c, refused)
	}
	planName(c, &up, &m)
	planSSO(c, &up, &m)
	visible := p.planKept(c, &m) || c.after.UserName != c.before.UserName || c.after.DisplayName != c.before.DisplayName ||
		up.SSOCustomerID != nil || c.active != nil && *c.active != c.tv.Active
	if refused := checkRecord(c.rec, m.Record); refused != nil {
		return refusedUser(c, refused)
	}
	m.Tombstone = time.Time{} // whoever is changed is not buried: an old tombstone means nothing any more

	var plan Plan
	if !up.Empty() {
		plan.Steps = append(plan.Steps, UpdateUser{ID: c.tv.ID, Update: up})
	}
	if visible {
		m.stamp(c.now)
	}
	if visible || !sameMemory(c.rec, m.Record) {
		plan.Steps = append(plan.Steps, Remember{ID: c.tv.ID.String(), Record: m.userRecord()})
	}
	return plan
}

// refusedUser is the plan of a request that cannot be done: nothing, but the deactivation that it asks for.
func refusedUser(c userChange, refused *scim.Error) Plan {
	plan := Plan{Refused: refused}
	if c.active != nil && !*c.active {
		plan.Steps = []Step{UpdateUser{ID: c.tv.ID, Update: tvapi.UserUpdate{Active: c.active}}}
	}
	return plan
}

// planAddress plans a change of userName.
func planAddress(c userChange, up *tvapi.UserUpdate, m *memo) *scim.Error {
	want := c.after.UserName
	lost := c.rec.Sent[keyLostAddress]
	another := lost != "" && roster.FoldEmail(lost) != roster.FoldEmail(want) // which may be what TeamViewer waits for
	if !c.says(keyUserName) || want == c.before.UserName && (!another || softDeleted(c.rec)) {
		return nil
	}
	if isSoftDelete(c, want) {
		m.ask(keyUserName, want)
		m.send(keyUserName, c.tv.Email, "")
		return nil
	}
	if roster.FoldEmail(want) == roster.FoldEmail(c.tv.Email) {
		if waits(c.rec) || another { // only another call can stop the change that waits for its confirmation
			up.Email = &want
		}
		m.drop(keyUserName)
		m.drop(keyLostAddress)
		if want != c.tv.Email {
			m.ask(keyUserName, want)
			m.send(keyUserName, c.tv.Email, "")
		}
		return nil
	}
	if reason := checkAddress(want); reason != "" {
		return refusedAddress(want, reason)
	}
	up.Email = &want
	m.ask(keyUserName, want)
	m.send(keyUserName, want, c.tv.Email)
	m.drop(keyLostAddress)
	return nil
}

// waits tells whether a change of address may wait for the user to confirm it.
func waits(rec idmap.Record) bool {
	was := rec.Was[keyUserName]
	return was != "" && roster.FoldEmail(was) != roster.FoldEmail(rec.Sent[keyUserName])
}

// isSoftDelete recognises the userName that Entra gives to a user in its recycle bin. It is nobody's address, so it is
// remembered as asked for and never sent.
func isSoftDelete(c userChange, want string) bool {
	old, ok := softDeletedName(want)
	if !ok {
		return false
	}
	inactive := !c.tv.Active
	if c.active != nil {
		inactive = !*c.active
	}
	return inactive || strings.EqualFold(old, c.before.UserName) || strings.EqualFold(old, c.tv.Email)
}

func refusedAddress(userName, reason string) *scim.Error {
	return scim.InvalidValue("userName %q cannot be a TeamViewer account: %s. Map userName to an attribute that holds such an address, "+
		"for example the mail address.", userName, reason)
}

// planName plans a change of the one name that TeamViewer has. A name that the request names, or that is made of what it
// names, is sent unless TeamViewer has just shown it: the console may have changed the name since the snapshot.
func planName(c userChange, up *tvapi.UserUpdate, m *memo) {
	derived := c.after.DisplayName == "" && (c.says(keyName) || c.says(keyUserName))
	if !c.says(keyDisplayName) && !derived {
		return
	}
	name := tvUserName(c.after)
	if !c.asked || name != c.tv.Name {
		up.Name = &name
	}
	rememberName(m, c.after.DisplayName, name)
}

// rememberName remembers a displayName that TeamViewer cannot hold as it is.
func rememberName(m *memo, displayName, sent string) {
	m.drop(keyDisplayName)
	if displayName == sent {
		return
	}
	m.ask(keyDisplayName, orAbsent(displayName))
	m.send(keyDisplayName, sent, "")
}

// planSSO plans a change of ssoCustomerId, which TeamViewer never shows: what we sent last is known by its hash.
func planSSO(c userChange, up *tvapi.UserUpdate, m *memo) {
	id, _ := c.after.Other.Get(SSOUserURN, ssoCustomerID).(string)
	if id == "" || !c.says(SSOUserURN) || idmap.Same(m.Secret, id) {
		return
	}
	up.SSOCustomerID = &id
	m.Secret = idmap.Hash(id)
}

// planKept plans what to remember of the attributes that TeamViewer lacks, and tells whether the client will see a
// difference.
func (p Policy) planKept(c userChange, m *memo) (visible bool) {
	before, after := p.kept(c.before), p.kept(c.after)
	for key := range union(before, after) {
		if c.says(key) {
			m.ask(key, after[key])
		}
	}
	return !reflect.DeepEqual(before, after)
}

// kept returns the attributes of a user that are remembered here, extensions attribute by attribute.
func (p Policy) kept(u scim.User) scim.Attributes {
	all := u.Attributes()
	kept := make(scim.Attributes)
	for key, value := range all {
		extension, isMap := value.(map[string]any)
		if strings.Contains(key, ":") && isMap {
			for attr := range extension {
				if !p.remembers(key, attr) {
					delete(extension, attr)
				}
			}
			if len(extension) > 0 {
				kept[key] = extension
			}
		} else if p.remembers("", key) {
			kept[key] = value
		}
	}
	if emails, ok := kept[keyEmails].([]any); ok && !p.keeps("", keyEmails) {
		kept[keyEmails] = workEmail(emails)
	}
	return kept
}

// noteDropped notes that e-mail addresses of a user have no effect: all but one, unless the policy keeps them.
func (p Policy) noteDropped(u scim.User, ignored *scim.Ignored) {
	if len(u.Emails) > 1 && !p.keeps("", keyEmails) {
		ignored.Add(keyEmails)
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
