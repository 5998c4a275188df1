package mapping

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"tvscim/mapping/idmap"
	"tvscim/mapping/roster"
	"tvscim/scim"
)

// Keys of a record's attributes that code names. They are keys of scim.Attributes.
const (
	keyUserName    = "userName"
	keyDisplayName = "displayName"
	keyName        = "name"
	keyEmails      = "emails"
	keyExternalID  = "externalId"
)

// keyLostAddress is the key, among what was sent, of an address whose change got no answer.
const keyLostAddress = "userName, without an answer"

// memo is a record while a plan changes it: a copy, so that a plan that is not run has changed nothing.
type memo struct{ idmap.Record }

// memoOf returns a copy of a record to write in.
func memoOf(r idmap.Record) memo {
	r.Asked, r.Sent, r.Was = maps.Clone(r.Asked), maps.Clone(r.Sent), maps.Clone(r.Was)
	return memo{r}
}

// ask remembers what was asked for, nil for an attribute that was asked to be absent.
func (m *memo) ask(key string, value any) {
	raw, err := json.Marshal(value)
	if err != nil { // a tree of JSON values always marshals
		return
	}
	if m.Asked == nil {
		m.Asked = make(map[string]json.RawMessage)
	}
	m.Asked[key] = raw
}

// send remembers what TeamViewer was given in place of what was asked for, and what it showed before if it may still be
// waiting for somebody to confirm the change.
func (m *memo) send(key, sent, was string) {
	if m.Sent == nil {
		m.Sent = make(map[string]string)
	}
	m.Sent[key] = sent
	delete(m.Was, key)
	if was != "" {
		if m.Was == nil {
			m.Was = make(map[string]string)
		}
		m.Was[key] = was
	}
}

// drop forgets an attribute: TeamViewer holds it exactly.
func (m *memo) drop(key string) {
	delete(m.Asked, key)
	delete(m.Sent, key)
	delete(m.Was, key)
}

// asked returns the remembered value of an attribute; nil with ok is an attribute asked to be absent.
func asked(r idmap.Record, key string) (value any, ok bool) {
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

// askedText returns a remembered string, "" when there is none.
func askedText(r idmap.Record, key string) string {
	v, _ := asked(r, key)
	s, _ := v.(string)
	return s
}

// sameMemory tells whether two records remember the same, whenever they were written.
func sameMemory(a, b idmap.Record) bool {
	return maps.EqualFunc(a.Asked, b.Asked, func(x, y json.RawMessage) bool { return bytes.Equal(x, y) }) &&
		maps.Equal(a.Sent, b.Sent) && maps.Equal(a.Was, b.Was) &&
		bytes.Equal(a.Secret, b.Secret) && a.Tombstone.Equal(b.Tombstone)
}

// userRecord finishes a user's record: the keys it is found by.
func (m *memo) userRecord() idmap.Record {
	m.Keys = nil
	m.key(idmap.UserExternalID, askedText(m.Record, keyExternalID))
	m.key(idmap.UserName, roster.FoldEmail(askedText(m.Record, keyUserName)))
	emails, _ := asked(m.Record, keyEmails)
	for _, e := range scim.UserOf(scim.Attributes{keyEmails: emails}).Emails {
		m.key(idmap.UserEmail, roster.FoldEmail(e.Value))
	}
	if m.Was[keyUserName] != "" {
		m.Keys = append(m.Keys, pendingAddress)
	}
	if !m.Tombstone.IsZero() {
		m.Keys = append(m.Keys, buriedUser)
	}
	return m.Record
}

// groupRecord is the same for a group.
func (m *memo) groupRecord() idmap.Record {
	m.Keys = nil
	m.key(idmap.GroupExternalID, askedText(m.Record, keyExternalID))
	m.key(idmap.GroupName, roster.FoldName(askedText(m.Record, keyDisplayName)))
	return m.Record
}

// Keys of all records that a new picture may make out of date: those whose change of address may wait for a confirmation,
// and those of deleted users.
var (
	pendingAddress = idmap.Key{Index: "user.pending", Value: keyUserName}
	buriedUser     = idmap.Key{Index: "user.pending", Value: "tombstone"}
)

func (m *memo) key(index idmap.Index, value string) {
	k := idmap.Key{Index: index, Value: value}
	if value != "" && !slices.Contains(m.Keys, k) {
		m.Keys = append(m.Keys, k)
	}
}

// stamp notes the time of a change that clients see.
func (m *memo) stamp(now time.Time) { m.LastModified = now.UTC().Truncate(time.Millisecond) }
