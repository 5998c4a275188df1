package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"tvscim/mapping/idmap"
)

// linksFormat and linksVersion are in the first line of an export. They determine how import reads
// the rest.
const (
	linksFormat  = "tvscim-links"
	linksVersion = 1
)

// linksHeader is the first line.
type linksHeader struct {
	Format  string `json:"format"`
	Version int    `json:"version"`
}

// linkLine is each further line: one record. Fields that are empty are left out.
type linkLine struct {
	ID           string                     `json:"id"`                 // "u123" for a user, "456" for a group
	Asked        map[string]json.RawMessage `json:"asked,omitempty"`    // null: asked to be absent
	Sent         map[string]string          `json:"sent,omitempty"`     // to TeamViewer instead
	Before       map[string]string          `json:"was,omitempty"`      // before a change that is not confirmed yet
	Secret       []byte                     `json:"secret,omitempty"`   // base64 of salt and SHA-256 of ssoCustomerId
	Tombstone    time.Time                  `json:"tombstone,omitzero"` // when it was deleted by the client
	Missing      time.Time                  `json:"missing,omitzero"`   // since when TeamViewer's lists lack it
	Created      time.Time                  `json:"created,omitzero"`
	LastModified time.Time                  `json:"lastModified,omitzero"`
	Keys         []linkKey                  `json:"keys,omitempty"` // keys of the indexes
}

type linkKey struct {
	Index idmap.Index `json:"index"`
	Value string      `json:"value"`
}

func lineOf(id string, r idmap.Record) linkLine {
	l := linkLine{
		ID: id, Asked: r.Asked, Sent: r.Sent, Before: r.Before, Secret: r.Secret,
		Tombstone: r.Tombstone.UTC(), Missing: r.Missing.UTC(), Created: r.Created.UTC(), LastModified: r.LastModified.UTC(),
	}
	for _, k := range r.Keys {
		l.Keys = append(l.Keys, linkKey(k))
	}
	return l
}

func (l linkLine) record() idmap.Record {
	r := idmap.Record{
		Asked: l.Asked, Sent: l.Sent, Before: l.Before, Secret: l.Secret,
		Tombstone: l.Tombstone, Missing: l.Missing, Created: l.Created, LastModified: l.LastModified,
	}
	for _, k := range l.Keys {
		r.Keys = append(r.Keys, idmap.Key(k))
	}
	return r
}

// sameLine reports whether two records are written as the same line.
func sameLine(id string, a, b idmap.Record) bool {
	left, errLeft := json.Marshal(lineOf(id, a))
	right, errRight := json.Marshal(lineOf(id, b))
	return errLeft == nil && errRight == nil && bytes.Equal(left, right)
}

// validate refuses what export cannot have written.
func (l linkLine) validate() error {
	kind := kindOf(l.ID)
	if kind == "" {
		return fmt.Errorf("id %q: neither a user's, such as u123, nor a group's, such as 456", l.ID)
	}
	if n := len(idmap.Hash("")); len(l.Secret) != 0 && len(l.Secret) != n {
		return fmt.Errorf("secret: has %d bytes; a hash has %d", len(l.Secret), n)
	}
	for _, k := range l.Keys {
		if !strings.HasPrefix(string(k.Index), kind+".") {
			return fmt.Errorf("keys: index %q is not one of a %s", k.Index, kind)
		}
		if k.Value == "" {
			return fmt.Errorf("keys: %s without a value", k.Index)
		}
	}
	return nil
}

// readJSON reads a line that contains one JSON object, without unknown fields, and nothing after
// it.
func readJSON(line []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		if errors.Is(err, io.ErrUnexpectedEOF) {
			return errors.New("not JSON: it ends too early")
		}
		return fmt.Errorf("not what export writes: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("more than one JSON object")
	}
	return nil
}
