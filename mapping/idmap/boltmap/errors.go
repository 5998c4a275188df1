package boltmap

import (
	"errors"
	"io/fs"
	"syscall"

	bolterrors "go.etcd.io/bbolt/errors"
)

// The errors of [Open]. Each text follows the path and ends with the remedy.
var (
	// ErrLocked means that another process uses the file.
	ErrLocked = errors.New("is in use by another tvscim process; stop that process first")
	// ErrForeign means that the file is not one of this program.
	ErrForeign = errors.New("is not a store of tvscim and was not changed; name another file")
	// ErrNewer means that a later version wrote the file.
	ErrNewer = errors.New("was written by a newer version of tvscim; use that version, or " +
		"export the links with it and import them with this one")
	// ErrDamaged means that the file is damaged.
	ErrDamaged = errors.New("is damaged and was not changed; replace it with a backup, or move it away to start with an empty store")
	// ErrMissing means that the file does not exist and [Options.Existing] is set.
	ErrMissing = errors.New("does not exist; name the file of store.path")

	// ErrReplaced is the error of a write when the path no longer names the open file.
	ErrReplaced = errors.New("was deleted or replaced while in use, so nothing more is written to it; " +
		"restart the gateway, which then opens the file at that path or creates it")

	// ErrBroken is the error of all reads and writes once the open file was overwritten or
	// truncated.
	ErrBroken = errors.New("was overwritten or truncated while in use, so it is neither read nor written any more; " +
		"stop the gateway, restore the file from a backup or move it away to start with an empty store, and start the gateway")

	errDirectory = errors.New("is a directory; name a file in it, such as links.db")
	errDangling  = errors.New("is a symbolic link whose target does not exist; mount or restore the target, or remove the link")
	errNoFile    = errors.New("is not a regular file; name another file")
	errNoFolder  = errors.New("cannot be created, since its directory does not exist; create " +
		"the directory (a relative path begins in the directory that tvscim is started in)")
	errNotFolder  = errors.New("is below a file instead of a directory; name another path")
	errLongName   = errors.New("has too long a name; use a shorter one")
	errPermission = errors.New("cannot be opened: permission denied; the user that tvscim runs " +
		"as must be able to read and write the file and its directory")
	errReadOnly = errors.New("is on a read-only file system; name a file on another one")
)

// explain returns the error to show for an error of the file system or of bbolt.
func explain(err error) error {
	switch {
	case errors.Is(err, bolterrors.ErrTimeout):
		return ErrLocked
	case errors.Is(err, bolterrors.ErrInvalid), errors.Is(err, bolterrors.ErrVersionMismatch), errors.Is(err, bolterrors.ErrChecksum):
		return ErrForeign
	case errors.Is(err, fs.ErrNotExist):
		return errNoFolder
	case errors.Is(err, syscall.ENOTDIR):
		return errNotFolder
	case errors.Is(err, syscall.ENAMETOOLONG):
		return errLongName
	case errors.Is(err, syscall.EROFS):
		return errReadOnly
	case errors.Is(err, fs.ErrPermission):
		return errPermission
	}
	if path, ok := errors.AsType[*fs.PathError](err); ok { // the caller adds the path
		return path.Err
	}
	return err
}
