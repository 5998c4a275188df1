package boltmap

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	bolt "go.etcd.io/bbolt"
)

// fileMode lets the owner alone read what is remembered of people.
const fileMode = 0o600

// defaultLockTimeout is long enough for one that is just stopping.
const defaultLockTimeout = time.Second

// Options say how a file is opened.
type Options struct {
	// LockTimeout is how long Open waits for another process to let go of the file; default 1 second.
	LockTimeout time.Duration
	// Existing refuses to make a file where there is none.
	Existing bool
	// Damaged is told of each record that cannot be read although the file was sound when it was opened. Such a record
	// counts as not there. nil: nobody is told.
	Damaged func(id string, err error)
}

// Open opens the file at a path, or makes it. Its errors begin with the path and say what to do; [errors.Is] knows
// [ErrLocked], [ErrForeign], [ErrNewer], [ErrDamaged] and [ErrMissing]. A file that is refused is left as it was. Close
// the Map when it is no longer used.
func Open(path string, o Options) (*Map, error) { return open(path, o, current()) }

func open(path string, o Options, s schema) (*Map, error) {
	if o.LockTimeout <= 0 {
		o.LockTimeout = defaultLockTimeout
	}
	if o.Damaged == nil {
		o.Damaged = func(string, error) {}
	}
	m := &Map{damaged: o.Damaged}
	err := m.open(path, o, s)
	if err != nil {
		return nil, fmt.Errorf("store %s: %w", path, err)
	}
	return m, nil
}

func (m *Map) open(path string, o Options, s schema) error {
	err := look(path)
	if errors.Is(err, ErrMissing) && !o.Existing {
		err = create(path, s)
	}
	if err != nil {
		return err
	}
	// First without a right to write: nothing of a strange file is changed before it is known to be ours and sound.
	err = guarded(path, o, true, func(db *bolt.DB) error {
		return errors.Join(inspect(db, path, s), db.Close())
	})
	if err != nil {
		return err
	}
	return guarded(path, o, false, func(db *bolt.DB) error {
		records, err := s.prepare(db)
		if err != nil {
			return errors.Join(err, db.Close())
		}
		m.db = db
		m.records.Store(int64(records))
		return nil
	})
}

// look tells what stands at a path.
func look(path string) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return ErrMissing
	case err != nil:
		return explain(err)
	case info.IsDir():
		return errDirectory
	case !info.Mode().IsRegular():
		return errNoFile
	case info.Size() == 0:
		// Files of ours are never empty, since create makes them whole. What this one held is lost.
		return fmt.Errorf("%w (it is empty)", ErrDamaged)
	}
	return nil
}

// create makes a new file under another name and gives it its own when it is complete: a process that is killed
// meanwhile leaves nothing at the path. It never takes the place of a file that is there.
func create(path string, s schema) error {
	draft, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".new-*")
	if err != nil {
		return explain(err)
	}
	defer func() { _ = os.Remove(draft.Name()) }() // gone already where it was renamed
	if err := draft.Close(); err != nil {
		return explain(err)
	}
	db, err := bolt.Open(draft.Name(), fileMode, options(Options{}))
	if err != nil {
		return explain(err)
	}
	if err := errors.Join(db.Update(s.create), db.Close()); err != nil {
		return explain(err)
	}
	if err := os.Link(draft.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		// Some file systems have no links. Between look and this moment another process would have to do the same.
		if err := look(path); !errors.Is(err, ErrMissing) {
			return err
		}
		if err := os.Rename(draft.Name(), path); err != nil {
			return explain(err)
		}
	}
	return syncDir(filepath.Dir(path))
}

// syncDir makes a new name in a directory outlive a loss of power.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return explain(err)
	}
	return errors.Join(d.Sync(), d.Close())
}

// options are those of bbolt. The list of free pages is not kept in the file but made anew when it is opened: bbolt then
// goes through all pages and finds what the checks of this package cannot see, and each commit writes less.
func options(o Options) *bolt.Options {
	return &bolt.Options{Timeout: o.LockTimeout, NoFreelistSync: true, FreelistType: bolt.FreelistMapType}
}

// guarded opens a file with bbolt and uses it. bbolt panics where it reads what it did not write, and a page that a file
// lacks is a fault; both become [ErrDamaged]. What use does not close stays open.
func guarded(path string, o Options, readOnly bool, use func(*bolt.DB) error) (err error) {
	opts := options(o)
	opts.ReadOnly = readOnly
	opts.OpenFile = func(name string, flag int, mode os.FileMode) (*os.File, error) {
		return os.OpenFile(name, flag&^os.O_CREATE, mode)
	}
	var db *bolt.DB
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if reason := recover(); reason != nil {
			err = fmt.Errorf("%w (%v)", ErrDamaged, reason)
			if db != nil { // else bbolt keeps the file locked until the process ends, which is now
				err = errors.Join(err, db.Close())
			}
		}
	}()
	if db, err = bolt.Open(path, fileMode, opts); err != nil {
		return explain(err)
	}
	return use(db)
}
