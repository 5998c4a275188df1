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
	o.setDefaults()
	m := &Map{path: path, damaged: o.Damaged}
	err := m.open(path, o, s)
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
}

func (m *Map) open(path string, o Options, s schema) error {
	err := look(path)
	if errors.Is(err, ErrMissing) && !o.Existing {
		err = create(path, s)
	}
	if err != nil {
		return err
	}
	return openSound(path, o, s, func(db *bolt.DB, file fs.FileInfo) error {
		records, err := s.prepare(db)
		if err != nil {
			return errors.Join(err, db.Close())
		}
		m.db, m.file = db, file
		m.records.Store(int64(records))
		m.view(func(tx *bolt.Tx) { m.last = tx.ID() })
		return nil
	})
}

// Check reports what [Open] would say of a path, and whether there is a file. It changes nothing: a missing file is made
// under another name and removed, a file of an older layout is brought to this one in a transaction that is not committed.
func Check(path string, o Options) (exists bool, err error) { return check(path, o, current()) }

func check(path string, o Options, s schema) (exists bool, err error) {
	o.setDefaults()
	err = look(path)
	if errors.Is(err, ErrMissing) && !o.Existing {
		var made string
		if made, err = draft(path, s); err == nil {
			err = os.Remove(made)
		}
	} else if err == nil {
		exists = true
		err = openSound(path, o, s, func(db *bolt.DB, _ fs.FileInfo) error { return errors.Join(s.rehearse(db), db.Close()) })
	}
	if err != nil {
		return exists, fmt.Errorf("store %s: %w", path, err)
	}
	return exists, nil
}

// openSound opens a file that is there, once it is known to be ours and sound, and hands it on with its identity.
func openSound(path string, o Options, s schema, use func(*bolt.DB, fs.FileInfo) error) error {
	// First without a right to write: nothing of a strange file is changed.
	err := guarded(path, o, true, func(db *bolt.DB, _ fs.FileInfo) error {
		return errors.Join(inspect(db, path, s), db.Close())
	})
	if err != nil {
		return err
	}
	return guarded(path, o, false, use)
}

// look tells what stands at a path.
func look(path string) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if link, err := os.Lstat(path); err == nil && link.Mode().Type() == fs.ModeSymlink {
			return errDangling // a file made at the target might be on the wrong volume
		}
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
	made, err := draft(path, s)
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(made) }() // gone already where it was renamed
	if err := os.Link(made, path); err != nil && !errors.Is(err, fs.ErrExist) {
		// Some file systems have no links. Between look and this moment another process would have to do the same.
		if err := look(path); !errors.Is(err, ErrMissing) {
			return err
		}
		if err := os.Rename(made, path); err != nil {
			return explain(err)
		}
	}
	return syncDir(filepath.Dir(path))
}

// draft makes an empty store beside a path, under another name, which it returns. On error nothing is left.
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
func guarded(path string, o Options, readOnly bool, use func(*bolt.DB, fs.FileInfo) error) (err error) {
	opts := options(o)
	opts.ReadOnly = readOnly
	var info fs.FileInfo
	opts.OpenFile = func(name string, flag int, mode os.FileMode) (*os.File, error) {
		file, err := os.OpenFile(name, flag&^os.O_CREATE, mode)
		if err != nil {
			return nil, err
		}
		if info, err = file.Stat(); err != nil {
			return nil, errors.Join(err, file.Close())
		}
		return file, nil
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
		return unopened(err)
	}
	return use(db, info)
}

// unopened returns what the error of bbolt's Open means to the operator. One that is neither known nor of the system is
// about what the file holds, such as a size that is too small.
func unopened(err error) error {
	said := explain(err)
	if _, ofSystem := errors.AsType[syscall.Errno](said); ofSystem || said != err { //nolint:errorlint // identity: explain knew nothing better
		return said
	}
	return fmt.Errorf("%w (%w)", ErrDamaged, err)
}
