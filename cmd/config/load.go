package config

import (
	"reflect"
	"regexp"
	"slices"
	"time"
)

// Load returns the settings of the file at path and of environ, whose entries are "NAME=value" as
// os.Environ gives them. An empty path means no file. The environment overrides the file, and both
// override [Default].
//
// The error is [Problems] when settings are wrong, and any other error when the file cannot be
// read. With an error the returned Config is the zero Config.
func Load(path string, environ []string) (Config, error) {
	var data []byte
	if path != "" {
		var err error
		if data, err = readFile(path); err != nil {
			return Config{}, fileError{path, err}
		}
	}
	return loader{environ: environ, now: time.Now(), readFile: readFile}.load(data)
}

// fileError is the error of a settings file that cannot be read.
type fileError struct {
	path  string
	cause error
}

// Error names the file, the reason and the remedy.
func (e fileError) Error() string { return "settings file: " + fileProblem(e.path, e.cause) }

// Unwrap returns the error of the file system.
func (e fileError) Unwrap() error { return e.cause }

// loader has the inputs of loading, so that tests can replace them.
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
	if readable { // Otherwise the settings of the file would be reported as missing.
		d.check(cfg.problems(l.now))
	}
	d.nameVariables()
	d.problems.sort()
	if err := d.problems.err(); err != nil {
		return Config{}, err
	}
	return cfg, nil
}

// check adds the problems of the complete settings, with the origin of each. A problem of a value
// that could not be read is omitted, since the check was made on its default.
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

// keyInText matches the path of a setting in a message.
var keyInText = regexp.MustCompile(`[a-z_]+(\.[a-z_]+)+`)

// nameVariables adds to each other setting that a message names the variable that it comes from:
// it is in no file, so it would be looked for in vain.
func (d *decoder) nameVariables() {
	for i, p := range d.problems {
		d.problems[i].Message = keyInText.ReplaceAllStringFunc(p.Message, func(key string) string {
			if env := d.origins[key].env; env != "" && env != p.Env && key != p.Key {
				return key + " (" + env + ")"
			}
			return key
		})
	}
}
