package boltmap

import (
	"fmt"
	"strconv"

	bolt "go.etcd.io/bbolt"
)

// A file has three buckets: meta has the name of the program, the layout and the notes; records has
// the encoded records by id; index has the entries of all keys of all records, without values.
var (
	metaBucket    = []byte("meta")
	recordsBucket = []byte("records")
	indexBucket   = []byte("index")

	applicationKey = []byte("application")
	schemaKey      = []byte("schema")
)

// noteKey returns the key of a note in meta. Versions of this layout without notes do not change
// them.
func noteKey(name string) []byte { return []byte("note " + name) }

// application is the name of the program in a file.
const application = "tvscim"

// schema is a version of the layout, with the migrations of older versions.
type schema struct {
	version int
	// steps migrate a file from their version to the next one, within a transaction.
	steps map[int]func(*bolt.Tx) error
}

// current returns the layout of this program. A change of it increments the version and adds a step
// from the previous one. Layout 2 adds Missing to records, which records of layout 1 do not have.
func current() schema {
	return schema{version: 2, steps: map[int]func(*bolt.Tx) error{1: func(*bolt.Tx) error { return nil }}}
}

// create creates the buckets of a new file.
func (s schema) create(tx *bolt.Tx) error {
	for _, name := range [][]byte{metaBucket, recordsBucket, indexBucket} {
		if _, err := tx.CreateBucket(name); err != nil {
			return err
		}
	}
	if err := tx.Bucket(metaBucket).Put(applicationKey, []byte(application)); err != nil {
		return err
	}
	return s.stamp(tx, s.version)
}

func (s schema) stamp(tx *bolt.Tx, version int) error {
	return tx.Bucket(metaBucket).Put(schemaKey, strconv.AppendInt(nil, int64(version), 10))
}

// versionOf returns the version of a file's layout; [ErrForeign] for a file of another program.
func versionOf(tx *bolt.Tx) (int, error) {
	meta := tx.Bucket(metaBucket)
	if meta == nil || string(meta.Get(applicationKey)) != application {
		return 0, ErrForeign
	}
	version, err := strconv.Atoi(string(meta.Get(schemaKey)))
	if err != nil || version < 1 {
		return 0, fmt.Errorf("%w (it has no layout version)", ErrDamaged)
	}
	return version, nil
}

// accept returns an error for a file that this program cannot read.
func (s schema) accept(tx *bolt.Tx) error {
	version, err := versionOf(tx)
	if err != nil {
		return err
	}
	if version > s.version {
		return fmt.Errorf("%w (layout %d; this version supports up to %d)", ErrNewer, version, s.version)
	}
	return nil
}

// migrate migrates a file to the schema's version, within a transaction.
func (s schema) migrate(tx *bolt.Tx) error {
	version, err := versionOf(tx)
	if err != nil {
		return err
	}
	for ; version < s.version; version++ {
		step := s.steps[version]
		if step == nil {
			return fmt.Errorf("no migration from layout %d to %d", version, version+1)
		}
		if err := step(tx); err != nil {
			return fmt.Errorf("migration from layout %d to %d: %w", version, version+1, err)
		}
	}
	return s.stamp(tx, version)
}
