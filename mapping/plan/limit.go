package plan

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"unicode/utf8"

	"tvscim/mapping/idmap"
	"tvscim/scim"
	"tvscim/scim/filter"
)

// Limits of the record of one user or group. Text that is neither carried nor kept has no limit.
const (
	maxText   = 1024     // of one text, in characters
	maxRecord = 16 << 10 // of all of them with their names, in bytes of JSON
)

// checkRecord returns why a record cannot replace an older one; nil if it can. Values that the
// older record has are not checked: a limit that is newer than the value must not refuse every
// later change.
func checkRecord(before, after idmap.Record) *scim.Error {
	for _, key := range slices.Sorted(maps.Keys(after.Asked)) {
		if bytes.Equal(before.Asked[key], after.Asked[key]) {
			continue
		}
		value, _ := requested(after, key)
		if attr := tooLong(key, value); attr != "" {
			return scim.InvalidValue("%s: longer than %d characters, the limit of a text that the gateway stores. "+
				"Map a shorter value to it, or none.", attr, maxText)
		}
	}
	if size := recordSize(after); size > maxRecord && size > recordSize(before) {
		return scim.InvalidValue("%s: with this value, the gateway would have to store more than %d bytes for this one resource. "+
			"Map fewer or shorter values to it.", largest(before, after), maxRecord)
	}
	return nil
}

// tooLong returns the name of the first attribute in a value that is a text above the limit; "" if
// there is none.
func tooLong(name string, value any) string {
	switch v := value.(type) {
	case string:
		if utf8.RuneCountInString(v) > maxText {
			return name
		}
	case json.Number:
		if len(v) > maxText {
			return name
		}
	case []any:
		for _, e := range v {
			if found := tooLong(name, e); found != "" {
				return found
			}
		}
	case map[string]any:
		for _, sub := range slices.Sorted(maps.Keys(v)) {
			if found := tooLong(subName(name, sub), v[sub]); found != "" {
				return found
			}
		}
	}
	return ""
}

// subName names a part of an attribute, or of an extension, whose name is a URN (RFC 7644 section
// 3.10).
func subName(name, sub string) string {
	if isExtension(name) {
		return name + ":" + sub
	}
	return name + "." + sub
}

// recordSize returns the approximate size of a record, in bytes.
func recordSize(r idmap.Record) int {
	size := 0
	for key, raw := range r.Asked {
		size += len(key) + len(raw)
	}
	for _, texts := range []map[string]string{r.Sent, r.Before} {
		for key, text := range texts {
			size += len(key) + len(text)
		}
	}
	return size
}

// largest returns the name of the largest attribute that a change adds to a record.
func largest(before, after idmap.Record) string {
	found := ""
	for _, key := range slices.Sorted(maps.Keys(after.Asked)) {
		if !bytes.Equal(before.Asked[key], after.Asked[key]) && len(after.Asked[key]) > len(after.Asked[found]) {
			found = key
		}
	}
	return found
}

// withLimits adds to the descriptions of a schema, as /Schemas shows them, how long a text that is
// stored here may be.
func withLimits(s scim.Schema, remembered func(name string) bool) scim.Schema {
	s.Description += fmt.Sprintf(". externalId and every other text that is remembered: at most %d characters; "+
		"all that is remembered of one resource: at most %d KiB", maxText, maxRecord>>10)
	limited := func(a *scim.Attribute) {
		if a.Type == filter.TypeString || a.Type == filter.TypeReference || a.Type == filter.TypeBinary {
			a.Description += fmt.Sprintf(" At most %d characters.", maxText)
		}
	}
	for i := range s.Attributes {
		a := &s.Attributes[i]
		if !remembered(a.Name) {
			continue
		}
		limited(a)
		for j := range a.Sub {
			limited(&a.Sub[j])
		}
	}
	return s
}
