package certificate

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// prepareCache creates the directory, for the process alone, and checks that it can be written. In
// a rehearsal it checks only what can be checked without a change.
func prepareCache(path string, rehearsal bool) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return createCache(path, rehearsal)
	case err != nil:
		return errors.New(readProblem(path, err))
	case !info.IsDir():
		return errors.New(path + " is a file; name a directory")
	case rehearsal:
		return nil
	}
	probe, err := os.CreateTemp(path, ".write-*")
	if err != nil {
		return errors.New(path + " cannot be written; allow the user that tvscim runs as to write to it")
	}
	return errors.Join(probe.Close(), os.Remove(probe.Name()))
}

// createCache creates the directory. The one above it must exist: a wrong path must not be created.
func createCache(path string, rehearsal bool) error {
	above := filepath.Dir(filepath.Clean(path))
	if info, err := os.Stat(above); err != nil || !info.IsDir() {
		return errors.New(path + " cannot be created: there is no directory " + above + "; create it, or correct the path")
	}
	if rehearsal {
		return nil
	}
	if err := os.Mkdir(path, 0o700); err != nil {
		return errors.New(path + " cannot be created; allow the user that tvscim runs as to write to " + above + ", or create it for that user with mode 700")
	}
	return nil
}
