package boltmap

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"syscall"
	"time"

	bolt "go.etcd.io/bbolt"
)

// fileMode allows access by the owner only: the file contains personal data.
const fileMode = 0o600

// defaultLockTimeout is long enough for a process that is stopping.
const defaultLockTimeout = time.Second

// Options are the options of [Open].
type Options struct {
	// LockTimeout is how long Open waits for another process to close the file; default 1 second.
	LockTimeout time.Duration
	// Existing makes a missing file an error instead of creating it.
	Existing bool
	// Damaged is called with each record that cannot be read although the file was sound when it
	// was opened. Such a record is treated as missing. nil: ignored.
	Damaged func(id string, err error)
	// Broken is called once, with [ErrBroken], when the file turns out to be overwritten or
	// truncated while it is open. nil: ignored.
	Broken func(err error)
}

// Open opens the file at a path, or creates it. Its errors begin with the path and end with the
// remedy; [errors.Is] matches [ErrLocked], [ErrForeign], [ErrNewer], [ErrDamaged] and [ErrMissing].
// A refused file is not changed. The caller must close the Map.
func Open(path string, o Options) (*Map, error) { return open(path, o, current()) }

func open(path string, o Options, s schema) (*Map, error) {
	o.setDefaults()
	m := &Map{
		state:   state{path: path, onBroken: o.Broken, broken: make(chan struct{})},
		damaged: o.Damaged,
		turn:    make(chan struct{}, 1),
	}
	err := m.openFile(path, o, s)
	if err != nil {
		return nil, fmt.Errorf("store %s: %w", path, err)
	}
	return m, nil
}

func (o *Options) setDefaults() {
	if o.LockTimeout <= 0 {
		o.LockTimeout = defaultLockTimeout
	}
	if o.Damaged == nil {
		o.Damaged = func(string, error) {}
	}
	if o.Broken == nil {
		o.Broken = func(error) {}
	}
}

func (m *Map) openFile(path string, o Options, s schema) error {
	err := checkPath(path)
	if errors.Is(err, ErrMissing) && !o.Existing {
		err = create(path, s)
	}
	if err != nil {
		return err
	}
	return openSound(path, o, s, func(db *bolt.DB, handle *os.File) error {
		records, err := s.prepare(db)
		if err != nil {
			return errors.Join(err, db.Close())
		}
		m.db, m.handle, m.records = db, handle, records
		if m.file, err = handle.Stat(); err != nil {
			return errors.Join(err, db.Close())
		}
		m.size = m.file.Size()
		m.last, err = view(m, func(tx *bolt.Tx) (int, error) { return tx.ID(), nil })
		return err
	})
}

// Check returns the error that [Open] would return, and whether there is a file. It changes
// nothing: a missing file is created under another name and removed, a file of an older layout is
// migrated in a transaction that is not committed.
func Check(path string, o Options) (exists bool, err error) { return check(path, o, current()) }

func check(path string, o Options, s schema) (exists bool, err error) {
	o.setDefaults()
	err = checkPath(path)
	if errors.Is(err, ErrMissing) && !o.Existing {
		var made string
		if made, err = draft(path, s); err == nil {
			err = os.Remove(made)
		}
	} else if err == nil {
		exists = true
		err = openSound(path, o, s, func(db *bolt.DB, _ *os.File) error { return errors.Join(s.rehearse(db), db.Close()) })
	}
	if err != nil {
		return exists, fmt.Errorf("store %s: %w", path, err)
	}
	return exists, nil
}

// openSound opens an existing file, after checking that it is a sound file of this program, and
// passes it to use.
func openSound(path string, o Options, s schema, use func(*bolt.DB, *os.File) error) error {
	// First read-only, so that a file of another program is not changed.
	err := guarded(path, o, true, func(db *bolt.DB, _ *os.File) error {
		return errors.Join(inspect(db, path, s), db.Close())
	})
	if err != nil {
		return err
	}
	return guarded(path, o, false, use)
}

// checkPath returns an error unless there is a regular file at a path.
func checkPath(path string) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if link, err := os.Lstat(path); err == nil && link.Mode().Type() == fs.ModeSymlink {
			return errDangling // a file created at the target might be on the wrong volume
		}
		return ErrMissing
	case err != nil:
		return explain(err)
	case info.IsDir():
		return errDirectory
	case !info.Mode().IsRegular():
		return errNoFile
	case info.Size() == 0:
		// create never leaves an empty file, so the content of this one is lost.
		return fmt.Errorf("%w (it is empty)", ErrDamaged)
	}
	return nil
}

// create makes a new file under another name and renames it when it is complete: a process that is
// killed before leaves nothing at the path. It never replaces an existing file.
func create(path string, s schema) error {
	made, err := draft(path, s)
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(made) }() // it no longer exists if it was renamed
	if err := os.Link(made, path); err != nil && !errors.Is(err, fs.ErrExist) {
		// Some file systems have no links. Another process could create the file only between this
		// check and the renaming.
		if err := checkPath(path); !errors.Is(err, ErrMissing) {
			return err
		}
		if err := os.Rename(made, path); err != nil {
			return explain(err)
		}
	}
	return syncDir(filepath.Dir(path))
}

// draft creates an empty store in the directory of a path and returns its name. On error it leaves
// no file.
func draft(path string, s schema) (name string, err error) {
	file, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".new-*")
	if err != nil {
		return "", explain(err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(file.Name())
		}
	}()
	if err := file.Close(); err != nil {
		return "", explain(err)
	}
	db, err := bolt.Open(file.Name(), fileMode, options(Options{}))
	if err != nil {
		return "", explain(err)
	}
	if err := errors.Join(db.Update(s.create), db.Close()); err != nil {
		return "", explain(err)
	}
	return file.Name(), nil
}

// syncDir makes a new name in a directory durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return explain(err)
	}
	return errors.Join(d.Sync(), d.Close())
}

// options returns the options of bbolt. The list of free pages is stored in the file: see transact.
func options(o Options) *bolt.Options {
	return &bolt.Options{Timeout: o.LockTimeout, FreelistType: bolt.FreelistMapType}
}

// guarded opens a file with bbolt and calls use, which closes it unless it returns nil. bbolt
// panics when it reads an invalid page, and a missing page is a memory fault; both become
// [ErrDamaged].
func guarded(path string, o Options, readOnly bool, use func(*bolt.DB, *os.File) error) (err error) {
	opts := options(o)
	opts.ReadOnly = readOnly
	var handle *os.File
	opts.OpenFile = func(name string, flag int, mode os.FileMode) (_ *os.File, err error) {
		handle, err = os.OpenFile(name, flag&^os.O_CREATE, mode)
		return handle, err
	}
	var db *bolt.DB
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if reason := recover(); reason != nil {
			err = fmt.Errorf("%w (%v)", ErrDamaged, reason)
			if db != nil { // otherwise the file stays locked until the process ends
				err = errors.Join(err, db.Close())
			}
		}
	}()
	if db, err = bolt.Open(path, fileMode, opts); err != nil {
		return unopened(err)
	}
	return use(db, handle)
}

// unopened returns what the error of bbolt's Open means to the operator. One that is neither known
// nor of the system is about what the file holds, such as a size that is too small.
func unopened(err error) error {
	shown := explain(err)
	if _, ofSystem := errors.AsType[syscall.Errno](shown); ofSystem || shown != err { //nolint:errorlint // identity: explain knew nothing better
		return shown
	}
	return fmt.Errorf("%w (%w)", ErrDamaged, err)
}
