package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"reflect"
	"slices"
	"time"
)

// maxFile bounds the settings file and the files of secrets, in bytes. A path typed
// wrong may name anything.
const maxFile = 1 << 20

var errTooLarge = fmt.Errorf("larger than %v", Size(maxFile))

// Load returns the settings of the file at path and of environ, whose entries are
// "NAME=value" as os.Environ gives them. An empty path means no file. The
// environment wins over the file, and both over [Default].
//
// The error is [Problems] when settings are wrong, and any other error when the file
// cannot be read. With an error the returned Config is the zero Config.
func Load(path string, environ []string) (Config, error) {
	var data []byte
	if path != "" {
		var err error
		if data, err = readFile(path); err != nil {
			return Config{}, fmt.Errorf("settings file: %w", err)
		}
	}
	return loader{environ: environ, now: time.Now(), readFile: readFile}.load(data)
}

// loader holds what loading takes from outside, so that tests can hand in their own.
type loader struct {
	environ  []string
	now      time.Time
	readFile func(path string) ([]byte, error)
}

func (l loader) load(data []byte) (Config, error) {
	cfg := Default()
	root := reflect.ValueOf(&cfg).Elem()
	d := decoder{origins: make(map[string]origin)}
	readable := d.document(data, root)
	d.environment(l.environ, root)
	d.secretFiles(l.readFile, root)
	if readable { // Else what the file may have set would be reported as missing.
		d.check(cfg.problems(l.now))
	}
	d.problems.sort()
	if err := d.problems.err(); err != nil {
		return Config{}, err
	}
	return cfg, nil
}

// check adds the problems of the finished settings, with the origin of each. Where a
// value could not be read the check saw a default, so what it says there is left out.
func (d *decoder) check(found Problems) {
	unread := make(map[string]bool, len(d.problems))
	for _, p := range d.problems {
		unread[p.Key] = true
	}
	for _, p := range found {
		if slices.ContainsFunc(lineage(p.Key), func(key string) bool { return unread[key] }) {
			continue
		}
		from := d.origin(p.Key)
		p.Line, p.Env = from.line, from.env
		d.problems = append(d.problems, p)
	}
}

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
