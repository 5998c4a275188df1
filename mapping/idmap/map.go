package idmap

import "iter"

// Map keeps records by the TeamViewer id of their object, as text: "u123" for a user, "456" for a
// group. It is safe for concurrent use. Records are copied on their way in and out. Package
// idmaptest has the tests that every Map passes.
type Map interface {
	// Get returns the record of an id, and counts as use of it.
	Get(id string) (Record, bool)
	// Peek returns the record of an id without counting as use, so that a listing of everything
	// does not push out what is in use.
	Peek(id string) (Record, bool)
	// Put replaces the record of an id. The error is that of a disk; after one, either record may
	// be kept.
	Put(id string, r Record) error
	// Delete forgets an id; one that is not there is no error.
	Delete(id string) error
	// Find returns the ids whose records have that key, in ascending order of their text. It does
	// not count as use.
	Find(k Key) []string
	// Len returns the number of records.
	Len() int
	// All walks over the records that are there when the walk begins, in ascending order of their
	// ids' text, each as it is when it is reached. The Map may be changed meanwhile. It does not
	// count as use.
	All() iter.Seq2[string, Record]
	// Note returns what is kept under a name about the memory as a whole, and not about one object;
	// nil: nothing.
	Note(name string) []byte
	// PutNote replaces a note. The error is that of a disk.
	PutNote(name string, note []byte) error
	// Close frees what the Map holds open. It must not be used afterwards.
	Close() error
}
