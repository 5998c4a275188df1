package idmap

import "iter"

// Map stores records by the TeamViewer id of their object, as text: "u123" for a user, "456" for a
// group. It is safe for concurrent use. Records are copied by all methods. Package idmaptest has
// the tests that every Map must pass.
type Map interface {
	// Get returns the record of an id and counts as use.
	Get(id string) (Record, bool)
	// Peek returns the record of an id without counting as use, so that a list of everything does
	// not evict the records in use.
	Peek(id string) (Record, bool)
	// Put replaces the record of an id. An error is one of the disk; after it, either record may be
	// stored.
	Put(id string, r Record) error
	// Delete deletes the record of an id; a missing record is not an error.
	Delete(id string) error
	// Find returns the ids whose records have that key, in ascending order of their text. It does
	// not count as use.
	Find(k Key) []string
	// Len returns the number of records.
	Len() int
	// All iterates over the ids at its beginning, in ascending order of their text, and yields the
	// current record of each. The loop body may change the Map. It does not count as use.
	All() iter.Seq2[string, Record]
	// Note returns the note of a name, which is about the Map as a whole and not about one object;
	// nil: none.
	Note(name string) []byte
	// PutNote replaces a note; nil deletes it. An error is one of the disk.
	PutNote(name string, note []byte) error
	// Notes iterates over the notes whose names begin with prefix, in ascending order of the names.
	// The loop body may change the Map.
	Notes(prefix string) iter.Seq2[string, []byte]
	// Close closes the Map, which must not be used afterwards.
	Close() error
}
