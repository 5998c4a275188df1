package plan

import (
	"cmp"
	"errors"
	"maps"
	"reflect"
	"strings"
	"time"

	"tvscim/mapping/idmap"
	"tvscim/scim"
	"tvscim/tvapi"
)

// Inputs are the time and the random values of a plan: the package has no clock and no random
// values of its own.
type Inputs struct {
	Now  time.Time
	Salt []byte // of the hash of a value that TeamViewer never shows; see idmap.Digest
}

// UserChange is the input of the plan of a change of a user.
type UserChange struct {
	Inputs
	TV            tvapi.User   // what TeamViewer shows
	Fresh         bool         // TV is TeamViewer's answer to a GET of this request
	Record        idmap.Record // what is remembered
	Before, After scim.User    // as the client sees it
	Touches       func(key string) bool
	New           bool        // the account is created or a deleted user returns; Before is empty
	Active        *bool       // the requested value of active; nil if the request has none
	Refused       *scim.Error // why the request is refused; nil if no reason is known yet
	// Other processes use the records. What is sent is recorded even if the record stays as it is, so
	// that a process that missed the message about it learns that the user was changed. A deactivation
	// is not: nobody restores access.
	Shared bool
}

// Renames reports whether the change is to another userName.
func (c UserChange) Renames() bool {
	return c.Touches(KeyUserName) && tvapi.FoldEmail(c.After.UserName) != tvapi.FoldEmail(c.Before.UserName)
}

// SkipsAddress reports whether the change has an address that would not be sent, because TeamViewer
// showed it already or because its confirmation is pending. Somebody may have changed it in the
// console since. Sending it again might send a mail to the user, so TeamViewer is asked first.
func (c UserChange) SkipsAddress() bool {
	if c.Refused != nil || !c.Touches(KeyUserName) || isSoftDelete(c, c.After.UserName) {
		return false
	}
	d := draft{memo: MemoOf(c.Record)}
	carryUserName(c, &d)
	return d.refused == nil && d.update.Email == nil
}

// PlanUser plans the change of a user: one call at most, and the record.
func (p Policy) PlanUser(c UserChange) Plan {
	if c.Refused != nil {
		return refusedUser(c, c.Refused)
	}
	d := draft{policy: p, memo: MemoOf(c.Record)}
	d.carry(c)
	m := &d.memo
	visible := p.planStored(c, m) ||
		c.After.UserName != c.Before.UserName || c.After.DisplayName != c.Before.DisplayName ||
		d.update.UserSecrets != tvapi.UserSecrets{} || c.Active != nil && *c.Active != c.TV.Active
	if refused := cmp.Or(d.refused, checkRecord(c.Record, m.Record)); refused != nil {
		return refusedUser(c, refused)
	}
	if ends := c.Active != nil && !*c.Active; !ends || !Tombstoned(c.TV, c.Record) {
		m.Tombstone = time.Time{} // a user who can be changed is not deleted: an old tombstone is void
	}

	var plan Plan
	if !d.update.Empty() {
		plan.Steps = append(plan.Steps, UpdateUser{ID: c.TV.ID, Update: d.update})
	}
	if visible {
		m.Stamp(c.Now)
	}
	traced := c.Shared && len(plan.Steps) > 0 && (c.Active == nil || *c.Active)
	if visible || traced || !SameMemory(c.Record, m.Record) {
		plan.Steps = append(plan.Steps, Remember{ID: c.TV.ID.String(), Record: m.UserRecord()})
	}
	return plan
}

// Unanswered returns the record of a user after a change whose answer was lost. The next GET finds
// what TeamViewer shows. What it does not show is no longer known: whether a change of address is
// pending, the values that TeamViewer never shows, and, if the change may have activated a deleted
// user, what was requested before the deletion.
func Unanswered(rec idmap.Record, up tvapi.UserUpdate) idmap.Record {
	m := MemoOf(rec)
	if up.Active != nil && *up.Active && !rec.Tombstone.IsZero() {
		m = Memo{Record: idmap.Record{
			Created: rec.Created, LastModified: rec.LastModified, Tombstone: rec.Tombstone, Version: rec.Version,
		}}
	}
	if up.Email != nil {
		m.SetSent(KeyUnansweredAddress, *up.Email, "")
	}
	for _, row := range UserAttributes {
		if row.sends(up) {
			m.setHash(row, nil)
		}
	}
	return m.UserRecord()
}

// refusedUser returns the plan of a refused request: only its deactivation, if it has one.
func refusedUser(c UserChange, refused *scim.Error) Plan {
	plan := Plan{Refused: refused}
	if c.Active != nil && !*c.Active {
		plan.Steps = []Step{UpdateUser{ID: c.TV.ID, Update: tvapi.UserUpdate{Active: c.Active}}}
	}
	return plan
}

// planStored records the attributes that TeamViewer lacks, and reports whether clients will see a
// difference. If a new user has no name or no e-mail address, that is recorded: otherwise they
// would be derived from what TeamViewer shows.
func (p Policy) planStored(c UserChange, m *Memo) (visible bool) {
	before, after := p.stored(c.Before), p.stored(c.After)
	all := maps.Clone(before)
	maps.Copy(all, after)
	for key := range all {
		if c.Touches(key) {
			m.SetRequested(key, after[key])
		}
	}
	for _, key := range []string{KeyName, KeyEmails} {
		if c.New && after[key] == nil {
			m.SetRequested(key, nil)
		}
	}
	return !reflect.DeepEqual(before, after)
}

// stored returns the attributes of a user that are stored here, extensions attribute by attribute.
func (p Policy) stored(u scim.User) scim.Attributes {
	all := u.Attributes()
	stored := make(scim.Attributes)
	for key, value := range all {
		extension, isMap := value.(map[string]any)
		if strings.Contains(key, ":") && isMap {
			for attr := range extension {
				if !p.stores(key, attr) {
					delete(extension, attr)
				}
			}
			if len(extension) > 0 {
				stored[key] = extension
			}
		} else if p.stores("", key) {
			stored[key] = value
		}
	}
	if emails, ok := stored[KeyEmails].([]any); ok && !p.Keeps("", KeyEmails) {
		stored[KeyEmails] = workEmail(emails)
	}
	return stored
}

// NoteIgnored adds to ignored that e-mail addresses of a user have no effect: all but one, unless
// the policy keeps them.
func (p Policy) NoteIgnored(u scim.User, ignored *scim.Ignored) {
	if len(u.Emails) > 1 && !p.Keeps("", KeyEmails) {
		ignored.Add(KeyEmails)
	}
}

// workEmail returns the one address that is stored: of type work, else of any type; of several the
// primary one, else the first.
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

// orAbsent returns the value of a record for a string; nil if it is absent.
func orAbsent(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// PlanDelete plans a SCIM DELETE of a user.
func (p Policy) PlanDelete(t tvapi.User, rec idmap.Record, now time.Time) Plan {
	m := MemoOf(rec)
	m.Tombstone = now.UTC()
	m.Stamp(now)
	switch p.OnDelete {
	case Remove, Delete:
		return Plan{Steps: []Step{
			RemoveUser{ID: t.ID, ForGood: p.OnDelete == Delete, Record: m.UserRecord()},
		}}
	default:
		inactive := false
		return Plan{Steps: []Step{
			UpdateUser{ID: t.ID, Update: tvapi.UserUpdate{Active: &inactive}},
			Remember{ID: t.ID.String(), Record: m.UserRecord()},
		}}
	}
}

// Refuse sets why a change is refused, so that its deactivation is carried out nevertheless. It
// returns the error if it is not a scim.Error, and if the change does not deactivate.
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
