package config

import (
	"io/fs"
	"os"
	"reflect"
	"runtime"
	"slices"
	"strings"
)

// worldReadable is the read permission of all users of the machine.
const worldReadable fs.FileMode = 0o004

// publicFiles are the settings of files without a secret.
var publicFiles = []string{"tls.cert_file", "tls.client_ca_file"}

// FileWarnings returns a line, key first, for each file that all users of the machine can read and
// that contains secrets or personal data: the settings file at path, if it contains a secret, the
// files of secrets, and the store. It ignores errors: opening the file reports them.
func (c Config) FileWarnings(path string) []string {
	var found Problems
	if holdsSecret(path) {
		warnReadable(&found, "settings file", path, "it contains a secret; set mode 640 with the group of the user that tvscim runs as, or move the secret to a separate file")
	}
	const remedy = "set mode 640 with the group of the user that tvscim runs as, with systemd hand it over by LoadCredential, or in Kubernetes set defaultMode: 0440 for the volume"
	values := reflect.ValueOf(c)
	for _, f := range allFields() {
		if strings.HasSuffix(f.path, "_file") && !slices.Contains(publicFiles, f.path) {
			warnReadable(&found, f.path, values.FieldByIndex(f.index).String(), remedy)
		}
	}
	warnReadable(&found, "store.path", c.Store.Path, "if it is a store, it contains personal data: set mode 600")
	return found.lines()
}

// warnReadable adds a warning if the file exists and all users can read it. Windows has no such
// permission.
func warnReadable(found *Problems, key, path, remedy string) {
	if path == "" || runtime.GOOS == "windows" {
		return
	}
	if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() && info.Mode()&worldReadable != 0 {
		found.add(key, "every user of this machine can read %s (mode %04o); %s", path, info.Mode().Perm(), remedy)
	}
}

// holdsSecret reports whether the settings file itself contains a secret. Secrets of the
// environment do not count.
func holdsSecret(path string) bool {
	if path == "" {
		return false
	}
	data, err := readFile(path)
	if err != nil {
		return false
	}
	var c Config
	root := reflect.ValueOf(&c).Elem()
	d := decoder{origins: make(map[string]origin)}
	d.document(data, root)
	for _, f := range allFields() {
		if f.secret && !root.FieldByIndex(f.index).IsZero() {
			return true
		}
	}
	return false
}
