package boltmap

import (
	"errors"
	"io/fs"
	"syscall"

	bolterrors "go.etcd.io/bbolt/errors"
)

// What [Open] finds wrong. Each text follows the path and says what to do.
var (
	// ErrLocked is the error of a file that another process uses.
	ErrLocked = errors.New("is used by another tvscim; stop that one first")
	// ErrForeign is the error of a file that no tvscim has made.
	ErrForeign = errors.New("is not a store of tvscim and was left as it is; name another file")
	// ErrNewer is the error of a file whose layout is that of a later version.
	ErrNewer = errors.New("was written by a newer tvscim; use that version, or export the links with it and import them here")
	// ErrDamaged is the error of a file that cannot be trusted.
	ErrDamaged = errors.New("is damaged and was left as it is; put a copy in its place, or move it away to begin with an empty one")
	// ErrMissing is the error of a file that does not exist where [Options.Existing] asks for one.
	ErrMissing = errors.New("does not exist; name the file that the gateway uses")

	// ErrReplaced is the error of a write after the path stopped naming the file that is open.
	ErrReplaced = errors.New("was deleted or replaced while it is open: what is written now would be lost at the next start; " +
		"restart the gateway, which then uses the file at that path, or makes one")

	errDirectory  = errors.New("is a directory; name a file in it, such as links.db")
	errDangling   = errors.New("is a symbolic link whose target does not exist; mount or restore the target, or remove the link")
	errNoFile     = errors.New("is not a regular file; name another")
	errNoFolder   = errors.New("its directory does not exist; create it (a relative path begins in the directory that tvscim is started in)")
	errNotFolder  = errors.New("a part of its path is a file, where a directory must be; name another path")
	errLongName   = errors.New("file name too long; name a shorter one")
	errPermission = errors.New("permission denied; the file and its directory must be readable and writable for the user that tvscim runs as")
	errReadOnly   = errors.New("its file system is read-only; name a file on another")
)

// explain returns what an error of the file system or of bbolt means to the operator.
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
	if path, ok := errors.AsType[*fs.PathError](err); ok { // the path stands before it already
		return path.Err
	}
	return err
}
