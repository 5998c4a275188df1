package boltmap

import (
	"fmt"
	"strconv"

	bolt "go.etcd.io/bbolt"
)

// A file has three buckets: meta says whose file it is and how it is laid out; records holds the
// encoded records by id; index holds the entries of all keys of all records, without values.
var (
	metaBucket    = []byte("meta")
	recordsBucket = []byte("records")
	indexBucket   = []byte("index")

	applicationKey = []byte("application")
	schemaKey      = []byte("schema")
)

// noteKey is the key of a note in meta. Programs of this layout that know no notes leave them as
// they are.
func noteKey(name string) []byte { return []byte("note " + name) }

// application is what a file of this program calls itself.
const application = "tvscim"

// schema is a version of the layout, and how files of older versions get there.
type schema struct {
	version int
	// steps take a file from their version to the one after it, within the transaction that they
	// are given.
	steps map[int]func(*bolt.Tx) error
}

// current is the layout of this program. A change of it counts the version up and adds a step from
// the one before. Layout 2 adds Missing to records, which those of layout 1 simply lack.
func current() schema {
	return schema{version: 2, steps: map[int]func(*bolt.Tx) error{1: func(*bolt.Tx) error { return nil }}}
}

// create lays out a new file.
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
		return 0, fmt.Errorf("%w: no version of its layout", ErrDamaged)
	}
	return version, nil
}

// accept refuses a file that this program cannot read.
func (s schema) accept(tx *bolt.Tx) error {
	version, err := versionOf(tx)
	if err != nil {
		return err
	}
	if version > s.version {
		return fmt.Errorf("%w (layout %d; this one knows up to %d)", ErrNewer, version, s.version)
	}
	return nil
}

// migrate brings a file to the schema's version, in one transaction with the checks of the result.
func (s schema) migrate(tx *bolt.Tx) error {
	version, err := versionOf(tx)
	if err != nil {
		return err
	}
	for ; version < s.version; version++ {
		step := s.steps[version]
		if step == nil {
			return fmt.Errorf("no way from layout %d to %d", version, version+1)
		}
		if err := step(tx); err != nil {
			return fmt.Errorf("from layout %d to %d: %w", version, version+1, err)
		}
	}
	return s.stamp(tx, version)
}
