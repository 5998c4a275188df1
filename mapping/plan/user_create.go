package plan

import (
	"time"

	"tvscim/mapping/idmap"
	"tvscim/scim"
	"tvscim/tvapi"
)

// PlanCreate plans a new user: one call, and a second one for a user who is created inactive, since TeamViewer's create
// call knows no such thing.
func (p Policy) PlanCreate(u scim.User, in Inputs) Plan {
	create := tvapi.UserCreate{Email: u.UserName, Name: tvUserName(u), Language: tvLanguage(u.PreferredLanguage, p.language())}
	m := Memo{Record: idmap.Record{Created: in.Now.UTC().Truncate(time.Millisecond)}}
	m.Stamp(in.Now)
	sso, _ := u.Other.Get(SSOUserURN, ssoCustomerID).(string)
	if sso == "" {
		sso = p.SSOCustomerID
	}
	if sso != "" {
		create.SSOCustomerID = &sso
		m.Secret = idmap.Digest(in.Salt, sso)
	}
	if u.Password != "" && p.AcceptPassword {
		create.Password = &u.Password
	}
	p.rememberNew(&m, u, create.Name)
	plan := Plan{Steps: []Step{CreateUser{User: create}, Remember{Record: m.UserRecord()}}}
	if u.Active != nil && !*u.Active {
		plan.Steps = append(plan.Steps, UpdateUser{Update: tvapi.UserUpdate{Active: u.Active}})
	}
	return plan
}

// rememberNew remembers all that TeamViewer will not hold of a new user.
func (p Policy) rememberNew(m *Memo, u scim.User, tvName string) {
	rememberName(m, u.DisplayName, tvName)
	if u.UserName != tvapi.FoldEmail(u.UserName) { // TeamViewer may store addresses in lower case
		m.SetRequested(KeyUserName, u.UserName)
		m.SetSent(KeyUserName, u.UserName, "")
	}
	kept := p.stored(u)
	for key, value := range kept {
		m.SetRequested(key, value)
	}
	for _, key := range []string{KeyName, KeyEmails} { // else they would be made up from what TeamViewer holds
		if kept[key] == nil {
			m.SetRequested(key, nil)
		}
	}
}

// CheckNew refuses a new user of whom too much would have to be remembered.
func (p Policy) CheckNew(u scim.User) *scim.Error {
	var m Memo
	p.rememberNew(&m, u, tvUserName(u))
	return checkRecord(idmap.Record{}, m.Record)
}

// Link returns what is remembered of a user whom clients see by the userName of a refused create request: the externalId
// of the request, by which the client may search, if none is known of the user.
func Link(rec idmap.Record, u scim.User) idmap.Record {
	m := MemoOf(rec)
	if RequestedText(rec, KeyExternalID) == "" && u.ExternalID != "" {
		m.SetRequested(KeyExternalID, u.ExternalID)
	}
	return m.UserRecord()
}

// PlanRevive plans the return of a deleted user. A password that the policy accepts is set, as it would be of a new account.
func (p Policy) PlanRevive(t tvapi.User, old idmap.Record, u scim.User, in Inputs) Plan {
	create := p.PlanCreate(u, in).Steps[0].(CreateUser).User
	m := Memo{Record: idmap.Record{Created: in.Now.UTC().Truncate(time.Millisecond), Secret: old.Secret}}
	m.Stamp(in.Now)
	active := u.Active == nil || *u.Active
	up := tvapi.UserUpdate{Active: &active, Password: create.Password}
	if create.Name != t.Name {
		up.Name = &create.Name
	}
	if tvapi.FoldEmail(u.UserName) != tvapi.FoldEmail(t.Email) || waits(old) || old.Sent[KeyUnansweredAddress] != "" { // the address shown may be given up already
		up.Email = &u.UserName
	}
	if id := create.SSOCustomerID; id != nil && !idmap.Matches(old.Secret, *id) {
		up.SSOCustomerID = id
		m.Secret = idmap.Digest(in.Salt, *id)
	}
	p.rememberNew(&m, u, create.Name)
	switch {
	case up.Email != nil: // the old address may go on being shown until the new one is confirmed
		m.SetRequested(KeyUserName, u.UserName)
		m.SetSent(KeyUserName, u.UserName, t.Email)
	case u.UserName != t.Email: // another letter case alone is not sent
		m.SetRequested(KeyUserName, u.UserName)
		m.SetSent(KeyUserName, t.Email, "")
	}
	return Plan{Steps: []Step{UpdateUser{ID: t.ID, Update: up}, Remember{ID: t.ID.String(), Record: m.UserRecord()}}}
}
