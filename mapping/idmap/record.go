package idmap

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"time"
)

// Record is what is remembered of one TeamViewer object. The attributes are named by the caller. An
// empty map, slice or time and a missing one mean the same.
type Record struct {
	// Asked is what the client asked for, by attribute, where TeamViewer lacks the attribute or
	// holds it otherwise. The JSON null means that it was asked to be absent.
	Asked map[string]json.RawMessage
	// Sent is what TeamViewer was sent in place of what was asked.
	Sent map[string]string
	// Was is what TeamViewer showed before a change that it may still be waiting to have confirmed.
	Was map[string]string
	// Secret is the salted hash of a value that is never kept itself; see [Hash] and [Same].
	Secret []byte
	// Tombstone is when the client deleted an object that TeamViewer still holds; zero: it did not.
	Tombstone time.Time
	// Missing is since when TeamViewer's lists have lacked the object; zero: the latest that was
	// compared had it.
	Missing time.Time
	// Created and LastModified are the times of the first and the latest change that went through
	// this process.
	Created, LastModified time.Time
	// Keys are what the object is found by with [Map.Find].
	Keys []Key
}

// Key is one value that an object is found by. Values are compared byte by byte: whoever wants
// letter case ignored folds them before Put and before Find.
type Key struct {
	Index Index
	Value string
}

// Index names the attribute that a [Key] holds a value of. Equal values under two indexes are two
// keys.
type Index string

// The indexes in use. Users and groups have separate ones for the attributes that both kinds have.
const (
	UserName        Index = "user.userName"
	UserEmail       Index = "user.email"
	UserExternalID  Index = "user.externalId"
	GroupName       Index = "group.displayName"
	GroupExternalID Index = "group.externalId"
)

// clone returns a copy that shares no memory which anybody could change.
func (r Record) clone() Record {
	r.Asked = maps.Clone(r.Asked)
	for attribute, value := range r.Asked {
		r.Asked[attribute] = bytes.Clone(value)
	}
	r.Sent, r.Was = maps.Clone(r.Sent), maps.Clone(r.Was)
	r.Secret = bytes.Clone(r.Secret)
	r.Keys = slices.Clone(r.Keys)
	return r
}
