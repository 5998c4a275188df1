package plan

import (
	"time"

	"tvscim/mapping/idmap"
	"tvscim/scim"
	"tvscim/tvapi"
)

// newUser returns the draft of an account that is created, or whose deleted user returns. Of the
// old record, only the hashes of what TeamViewer never shows still apply.
func (p Policy) newUser(c UserChange) draft {
	c.New, c.Touches = true, func(string) bool { return true }
	d := draft{policy: p}
	d.memo.Version = c.Record.Version // it replaces the record of a user who returns
	d.memo.Created = c.Now.UTC().Truncate(time.Millisecond)
	d.memo.Stamp(c.Now)
	for _, row := range UserAttributes {
		d.memo.setHash(row, row.hash(c.Record))
	}
	d.carry(c)
	p.planStored(c, &d.memo)
	return d
}

// PlanCreate plans a new user: one call, and a second one for a user who is created inactive, since
// TeamViewer's create call has no such field.
func (p Policy) PlanCreate(u scim.User, in Inputs) Plan {
	d := p.newUser(UserChange{Inputs: in, After: u, Active: u.Active})
	create := tvapi.UserCreate{
		Email: *d.update.Email, Name: *d.update.Name, Language: d.language,
		UserSecrets: d.update.UserSecrets,
	}
	plan := Plan{Steps: []Step{CreateUser{User: create}, Remember{Record: d.memo.UserRecord()}}}
	if active := d.update.Active; active != nil && !*active {
		plan.Steps = append(plan.Steps, UpdateUser{Update: tvapi.UserUpdate{Active: active}})
	}
	return plan
}

// CheckNew returns why the record of a new user would be too large; nil if it would not.
func (p Policy) CheckNew(u scim.User) *scim.Error {
	return checkRecord(idmap.Record{}, p.newUser(UserChange{After: u}).memo.Record)
}

// Link returns the record of a user whom clients see by the userName of a refused create request:
// with the externalId of the request, by which the client may search, if the user has none.
func Link(rec idmap.Record, u scim.User) idmap.Record {
	m := MemoOf(rec)
	if RequestedText(rec, KeyExternalID) == "" && u.ExternalID != "" {
		m.SetRequested(KeyExternalID, u.ExternalID)
	}
	return m.UserRecord()
}

// PlanRevive plans the return of a deleted user. A password that the policy accepts is set, as for
// a new account.
func (p Policy) PlanRevive(t tvapi.User, old idmap.Record, u scim.User, in Inputs) Plan {
	active := u.Active == nil || *u.Active
	d := p.newUser(UserChange{Inputs: in, TV: t, Fresh: true, Record: old, After: u, Active: &active})
	return Plan{Steps: []Step{
		UpdateUser{ID: t.ID, Update: d.update},
		Remember{ID: t.ID.String(), Record: d.memo.UserRecord()},
	}}
}
