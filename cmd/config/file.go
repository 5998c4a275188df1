package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"syscall"
	"unicode"
)

// maxFile is the maximum size of the settings file and of the files of secrets, in bytes, since a
// wrong path may name any file.
const maxFile = 1 << 20

var (
	errTooLarge = fmt.Errorf("larger than %v", Size(maxFile))
	errEmpty    = errors.New("empty")
)

// readFile reads a regular file or a pipe of at most [maxFile] bytes.
func readFile(path string) (_ []byte, err error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	data, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxFile {
		return nil, &fs.PathError{Op: "read", Path: path, Err: errTooLarge}
	}
	return data, nil
}

// fileProblem returns the message about a file that cannot be read: the file, the reason and the
// remedy.
func fileProblem(name string, err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		return name + " does not exist; create it, or correct the path (a relative path is relative to the directory that tvscim is started in)"
	case errors.Is(err, fs.ErrPermission):
		return name + " cannot be read: permission denied; allow the user that tvscim runs as to read it"
	case errors.Is(err, syscall.EISDIR):
		return name + " is a directory; name a file in it"
	case errors.Is(err, errTooLarge):
		return name + " is " + errTooLarge.Error() + "; correct the path"
	case errors.Is(err, errEmpty):
		return name + " is empty; write the value into it"
	}
	if pathError, ok := errors.AsType[*fs.PathError](err); ok {
		err = pathError.Err // the name precedes it
	}
	return name + " cannot be read: " + err.Error()
}

// shownPath returns the path to show in a message. A text without a separator may be the secret
// itself in the wrong key, so it is not shown.
func shownPath(path string) string {
	if !strings.ContainsAny(path, `/\`) || strings.ContainsFunc(path, unicode.IsControl) {
		return "the file that it names"
	}
	return path
}
