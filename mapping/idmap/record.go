package idmap

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"time"
)

// Record is what is stored of one TeamViewer object. The caller defines the names of the
// attributes. An empty map, slice or time means the same as a missing one.
type Record struct {
	// Asked is what the client asked for, by attribute, where TeamViewer lacks the attribute or
	// stores another value. JSON null means that the client asked for no value.
	Asked map[string]json.RawMessage
	// Sent is what was sent to TeamViewer instead of what was asked.
	Sent map[string]string
	// Before is what TeamViewer showed before a change that may still be pending confirmation.
	Before map[string]string
	// Secret is the salted hash of a value that is never stored itself; see [Hash] and [Matches].
	Secret []byte
	// Tombstone is the time when the client deleted an object that still exists at TeamViewer;
	// zero: it did not.
	Tombstone time.Time
	// Missing is the time since when TeamViewer's lists lack the object; zero: the latest compared
	// list had it.
	Missing time.Time
	// Created and LastModified are the times of the first and the latest change by this process.
	Created, LastModified time.Time
	// Keys are the keys that [Map.Find] finds the object by.
	Keys []Key
	// Version is the number of the change that stored the record, which a [Shared] sets when it is
	// read and compares when it is written. It is not stored by other Maps. 0: there was none.
	Version int64
}

// Key is one value that an object is found by. Values are compared byte by byte: to ignore letter
// case, fold them before Put and before Find.
type Key struct {
	Index Index
	Value string
}

// Index names the attribute of a [Key]. Equal values under two indexes are two keys.
type Index string

// The indexes in use. Users and groups have separate ones for the attributes that both kinds have.
const (
	UserName        Index = "user.userName"
	UserEmail       Index = "user.email"
	UserExternalID  Index = "user.externalId"
	GroupName       Index = "group.displayName"
	GroupExternalID Index = "group.externalId"
)

// clone returns a deep copy.
func (r Record) clone() Record {
	r.Asked = maps.Clone(r.Asked)
	for attribute, value := range r.Asked {
		r.Asked[attribute] = bytes.Clone(value)
	}
	r.Sent, r.Before = maps.Clone(r.Sent), maps.Clone(r.Before)
	r.Secret = bytes.Clone(r.Secret)
	r.Keys = slices.Clone(r.Keys)
	return r
}
