package plan

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"tvscim/mapping/idmap"
	"tvscim/scim"
	"tvscim/tvapi"
)

// Keys of attributes in a record, as in scim.Attributes.
const (
	KeyUserName    = "userName"
	KeyDisplayName = "displayName"
	KeyName        = "name"
	KeyEmails      = "emails"
	KeyExternalID  = "externalId"
)

// KeyUnansweredAddress is the key in Record.Sent of an address whose change got no answer.
const KeyUnansweredAddress = "userName, without an answer"

// Memo is the copy of a record that a plan changes. The record itself is not changed.
type Memo struct{ idmap.Record }

// MemoOf returns a copy of a record.
func MemoOf(r idmap.Record) Memo {
	r.Asked, r.Sent, r.Before = maps.Clone(r.Asked), maps.Clone(r.Sent), maps.Clone(r.Before)
	return Memo{Record: r}
}

// SetRequested records the value that the client requested; nil if it requested that the attribute
// is absent.
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

// SetSent records what TeamViewer was sent instead of the requested value, and in was what it
// showed before if the change may be pending confirmation.
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

// Clear removes an attribute: TeamViewer stores it exactly.
func (m *Memo) Clear(key string) {
	delete(m.Asked, key)
	delete(m.Sent, key)
	delete(m.Before, key)
}

// requested returns the requested value of an attribute; nil with ok if the client requested that
// it is absent.
func requested(r idmap.Record, key string) (value any, ok bool) {
	raw, ok := r.Asked[key]
	if !ok {
		return nil, false
	}
	if len(raw) > 0 && raw[0] == '"' { // most values are strings, which need no buffer of a Decoder
		var text string
		if json.Unmarshal(raw, &text) != nil {
			return nil, false
		}
		return text, true
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if d.Decode(&value) != nil { // written by another program: as if it was not there
		return nil, false
	}
	return value, true
}

// RequestedText returns a requested string; "" if there is none.
func RequestedText(r idmap.Record, key string) string {
	v, _ := requested(r, key)
	s, _ := v.(string)
	return s
}

// isRequested reports whether a record has a requested value of an attribute, or its absence.
func isRequested(r idmap.Record, key string) bool {
	_, ok := r.Asked[key]
	return ok
}

// sends reports whether an update sets an attribute that TeamViewer never shows.
func (a Attribute) sends(up tvapi.UserUpdate) bool {
	return a.secret != nil && *a.secret(&up.UserSecrets) != nil
}

// hash returns the hash of the value that was sent last of an attribute that TeamViewer never
// shows; nil if it is not known.
func (a Attribute) hash(r idmap.Record) []byte {
	switch {
	case a.secret == nil:
		return nil
	case a.hashField:
		return r.Secret
	}
	hash, _ := base64.StdEncoding.DecodeString(r.Sent[a.path()])
	return hash
}

// setHash records the hash of what was sent of an attribute that TeamViewer never shows; nil
// removes it.
func (m *Memo) setHash(a Attribute, hash []byte) {
	switch {
	case a.hashField:
		m.Secret = hash
	case len(hash) == 0:
		delete(m.Sent, a.path())
	default:
		m.SetSent(a.path(), base64.StdEncoding.EncodeToString(hash), "")
	}
}

// SameMemory reports whether two records are equal apart from their times and keys.
func SameMemory(a, b idmap.Record) bool {
	return maps.EqualFunc(a.Asked, b.Asked, func(x, y json.RawMessage) bool { return bytes.Equal(x, y) }) &&
		maps.Equal(a.Sent, b.Sent) && maps.Equal(a.Before, b.Before) &&
		bytes.Equal(a.Secret, b.Secret) && a.Tombstone.Equal(b.Tombstone)
}

// UserRecord returns the record of a user with the keys that it is found by.
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

// GroupRecord returns the record of a group with the keys that it is found by.
func (m *Memo) GroupRecord() idmap.Record {
	m.Keys = nil
	m.key(idmap.GroupExternalID, RequestedText(m.Record, KeyExternalID))
	m.key(idmap.GroupName, tvapi.FoldName(RequestedText(m.Record, KeyDisplayName)))
	return m.Record
}

// Keys of the records that a new snapshot may invalidate: those whose change of address may be
// pending confirmation, and those of deleted users.
var (
	PendingAddress = idmap.Key{Index: "user.pending", Value: KeyUserName}
	TombstonedUser = idmap.Key{Index: "user.pending", Value: "tombstone"}
)

// Gone returns the key of the records of a kind, "user" or "group", about whose id TeamViewer
// answered that there is no such object, which a list has not confirmed yet.
func Gone(kind string) idmap.Key { return idmap.Key{Index: "gone", Value: kind} }

func (m *Memo) key(index idmap.Index, value string) {
	k := idmap.Key{Index: index, Value: value}
	if value != "" && !slices.Contains(m.Keys, k) {
		m.Keys = append(m.Keys, k)
	}
}

// Stamp records the time of a change that clients see.
func (m *Memo) Stamp(now time.Time) { m.LastModified = now.UTC().Truncate(time.Millisecond) }
