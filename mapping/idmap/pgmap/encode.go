package pgmap

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"

	"tvscim/mapping/idmap"
)

// stored is the JSON form of a record. The column is text and not jsonb, which has no U+0000 and
// changes the order of keys and numbers.
type stored struct {
	Asked        map[string]json.RawMessage `json:"asked,omitempty"`
	Sent         map[string]string          `json:"sent,omitempty"`
	Before       map[string]string          `json:"before,omitempty"`
	Secret       []byte                     `json:"secret,omitempty"`
	Tombstone    time.Time                  `json:"tombstone,omitzero"`
	Missing      time.Time                  `json:"missing,omitzero"`
	Created      time.Time                  `json:"created,omitzero"`
	LastModified time.Time                  `json:"lastModified,omitzero"`
	Keys         [][2]string                `json:"keys,omitempty"`
}

func encode(r idmap.Record) (string, error) {
	s := stored{
		Asked: r.Asked, Sent: r.Sent, Before: r.Before, Secret: r.Secret,
		Tombstone: r.Tombstone.UTC(), Missing: r.Missing.UTC(), Created: r.Created.UTC(), LastModified: r.LastModified.UTC(),
	}
	for _, k := range r.Keys {
		s.Keys = append(s.Keys, [2]string{string(k.Index), k.Value})
	}
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false) // escapes would change the bytes of a value
	err := e.Encode(s)
	return strings.TrimSuffix(text.String(), "\n"), err
}

func decode(text string) (idmap.Record, error) {
	var s stored
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		return idmap.Record{}, err
	}
	r := idmap.Record{
		Asked: s.Asked, Sent: s.Sent, Before: s.Before, Secret: s.Secret,
		Tombstone: s.Tombstone, Missing: s.Missing, Created: s.Created, LastModified: s.LastModified,
	}
	for _, k := range s.Keys {
		r.Keys = append(r.Keys, idmap.Key{Index: idmap.Index(k[0]), Value: k[1]})
	}
	return r, nil
}
