package plan

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"tvscim/mapping/idmap"
	"tvscim/scim"
	"tvscim/tvapi"
)

// Keys of a record's attributes that code names. They are keys of scim.Attributes.
const (
	KeyUserName    = "userName"
	KeyDisplayName = "displayName"
	KeyName        = "name"
	KeyEmails      = "emails"
	KeyExternalID  = "externalId"
)

// KeyUnansweredAddress is the key, among what was sent, of an address whose change got no answer.
const KeyUnansweredAddress = "userName, without an answer"

// Memo is a record while a plan changes it: a copy, so that a plan that is not run has changed nothing.
type Memo struct{ idmap.Record }

// MemoOf returns a copy of a record to write in.
func MemoOf(r idmap.Record) Memo {
	r.Asked, r.Sent, r.Before = maps.Clone(r.Asked), maps.Clone(r.Sent), maps.Clone(r.Before)
	return Memo{Record: r}
}

// SetRequested remembers what was asked for, nil for an attribute that was asked to be absent.
func (m *Memo) SetRequested(key string, value any) {
	raw, err := json.Marshal(value)
	if err != nil { // a tree of JSON values always marshals
		return
	}
	if m.Asked == nil {
		m.Asked = make(map[string]json.RawMessage)
	}
	m.Asked[key] = raw
}

// SetSent remembers what TeamViewer was given in place of what was asked for, and what it showed before if it may still be
// waiting for somebody to confirm the change.
func (m *Memo) SetSent(key, sent, was string) {
	if m.Sent == nil {
		m.Sent = make(map[string]string)
	}
	m.Sent[key] = sent
	delete(m.Before, key)
	if was != "" {
		if m.Before == nil {
			m.Before = make(map[string]string)
		}
		m.Before[key] = was
	}
}

// Clear forgets an attribute: TeamViewer holds it exactly.
func (m *Memo) Clear(key string) {
	delete(m.Asked, key)
	delete(m.Sent, key)
	delete(m.Before, key)
}

// requested returns the remembered value of an attribute; nil with ok is an attribute asked to be absent.
func requested(r idmap.Record, key string) (value any, ok bool) {
	raw, ok := r.Asked[key]
	if !ok {
		return nil, false
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if d.Decode(&value) != nil { // not ours: as if never remembered
		return nil, false
	}
	return value, true
}

// RequestedText returns a remembered string, "" when there is none.
func RequestedText(r idmap.Record, key string) string {
	v, _ := requested(r, key)
	s, _ := v.(string)
	return s
}

// SameMemory tells whether two records remember the same, whenever they were written.
func SameMemory(a, b idmap.Record) bool {
	return maps.EqualFunc(a.Asked, b.Asked, func(x, y json.RawMessage) bool { return bytes.Equal(x, y) }) &&
		maps.Equal(a.Sent, b.Sent) && maps.Equal(a.Before, b.Before) &&
		bytes.Equal(a.Secret, b.Secret) && a.Tombstone.Equal(b.Tombstone)
}

// UserRecord finishes a user's record: the keys it is found by.
func (m *Memo) UserRecord() idmap.Record {
	m.Keys = nil
	m.key(idmap.UserExternalID, RequestedText(m.Record, KeyExternalID))
	m.key(idmap.UserName, tvapi.FoldEmail(RequestedText(m.Record, KeyUserName)))
	emails, _ := requested(m.Record, KeyEmails)
	for _, e := range scim.UserOf(scim.Attributes{KeyEmails: emails}).Emails {
		m.key(idmap.UserEmail, tvapi.FoldEmail(e.Value))
	}
	if m.Before[KeyUserName] != "" {
		m.Keys = append(m.Keys, PendingAddress)
	}
	if !m.Tombstone.IsZero() {
		m.Keys = append(m.Keys, TombstonedUser)
	}
	return m.Record
}

// GroupRecord is the same for a group.
func (m *Memo) GroupRecord() idmap.Record {
	m.Keys = nil
	m.key(idmap.GroupExternalID, RequestedText(m.Record, KeyExternalID))
	m.key(idmap.GroupName, tvapi.FoldName(RequestedText(m.Record, KeyDisplayName)))
	return m.Record
}

// Keys of all records that a new snapshot may make out of date: those whose change of address may wait for a confirmation,
// and those of deleted users.
var (
	PendingAddress = idmap.Key{Index: "user.pending", Value: KeyUserName}
	TombstonedUser = idmap.Key{Index: "user.pending", Value: "tombstone"}
)

func (m *Memo) key(index idmap.Index, value string) {
	k := idmap.Key{Index: index, Value: value}
	if value != "" && !slices.Contains(m.Keys, k) {
		m.Keys = append(m.Keys, k)
	}
}

// Stamp notes the time of a change that clients see.
func (m *Memo) Stamp(now time.Time) { m.LastModified = now.UTC().Truncate(time.Millisecond) }
