package boltmap

import (
	"bytes"
	"fmt"
	"hash/maphash"
	"os"
	"slices"

	bolt "go.etcd.io/bbolt"
)

// inspect returns an error unless a file is complete, of this program and of a version that can be
// read. It visits every page.
func inspect(db *bolt.DB, path string, s schema) error {
	info, err := os.Stat(path)
	if err != nil {
		return explain(err)
	}
	return db.View(func(tx *bolt.Tx) error {
		if info.Size() < tx.Size() {
			return fmt.Errorf("%w (it has %d bytes of %d)", ErrDamaged, info.Size(), tx.Size())
		}
		if err := s.accept(tx); err != nil {
			return err
		}
		return tx.ForEach(func(name []byte, b *bolt.Bucket) error {
			if err := sound(b); err != nil {
				return fmt.Errorf("%w (bucket %q: %w)", ErrDamaged, name, err)
			}
			return nil
		})
	})
}

// sound returns an error unless the entries of a bucket are in order and a search finds each of
// them.
func sound(b *bolt.Bucket) error {
	var last []byte
	walk, search := b.Cursor(), b.Cursor()
	for key, value := walk.First(); key != nil; key, value = walk.Next() {
		if last != nil && bytes.Compare(last, key) >= 0 {
			return fmt.Errorf("entries %x and %x are not in order", last, key)
		}
		if k, v := search.Seek(key); !bytes.Equal(k, key) || !bytes.Equal(v, value) {
			return fmt.Errorf("entry %x is not found", key)
		}
		last = key
	}
	return nil
}

// prepare migrates a file to the schema's version, verifies it and returns the number of its
// records.
func (s schema) prepare(db *bolt.DB) (records int, err error) {
	check := func(tx *bolt.Tx) error {
		records, err = verify(tx)
		return err
	}
	var version int
	if err := db.View(func(tx *bolt.Tx) error {
		version, err = versionOf(tx)
		return err
	}); err != nil {
		return 0, err
	}
	if version == s.version {
		return records, db.View(check)
	}
	return records, db.Update(func(tx *bolt.Tx) error {
		if err := s.migrate(tx); err != nil {
			return err
		}
		return check(tx)
	})
}

// rehearse returns the error that prepare would return, without writing.
func (s schema) rehearse(db *bolt.DB) error {
	tx, err := db.Begin(true)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // nothing is written
	if version, err := versionOf(tx); err != nil {
		return err
	} else if version < s.version {
		if err := s.migrate(tx); err != nil {
			return err
		}
	}
	_, err = verify(tx)
	return err
}

// verify returns an error unless every record can be read and the index has exactly their keys. It
// returns the number of records.
func verify(tx *bolt.Tx) (records int, err error) {
	recordsOf, indexOf := tx.Bucket(recordsBucket), tx.Bucket(indexBucket)
	if recordsOf == nil || indexOf == nil {
		return 0, fmt.Errorf("%w (a bucket is missing)", ErrDamaged)
	}
	var want, found multiset
	seed := maphash.MakeSeed()
	err = recordsOf.ForEach(func(id, value []byte) error {
		keys, err := decodeKeys(string(id), value)
		if err != nil {
			return fmt.Errorf("%w (record %s: %w)", ErrDamaged, id, err)
		}
		list := entries(string(id), keys)
		slices.Sort(list) // a record may have a key twice, the index cannot
		for _, entry := range slices.Compact(list) {
			want.add(maphash.String(seed, entry))
		}
		records++
		return nil
	})
	if err != nil {
		return 0, err
	}
	if err := indexOf.ForEach(func(entry, _ []byte) error {
		found.add(maphash.Bytes(seed, entry))
		return nil
	}); err != nil {
		return 0, err
	}
	if want != found {
		return 0, fmt.Errorf("%w (its index does not match its records)", ErrDamaged)
	}
	return records, nil
}

// multiset is a checksum of a collection of hashes, whatever their order. Comparing two of them is
// faster than a look-up of every key.
type multiset struct {
	number int
	sum    uint64
}

func (s *multiset) add(hash uint64) {
	s.number++
	s.sum += hash
}
