package config

import (
	"io/fs"
	"os"
	"reflect"
	"runtime"
)

// worldReadable is the permission of every user of the machine to read a file.
const worldReadable fs.FileMode = 0o004

// FileWarnings returns a line, key first, for each file that every user of the machine can read and
// that holds secrets or personal data: the settings file at path, if a secret stands in it, the
// files of secrets, and the store. A file that cannot be looked at is left to who opens it.
func (c Config) FileWarnings(path string) []string {
	var found Problems
	if holdsSecret(path) {
		warnReadable(&found, "settings file", path, "it holds a secret; chmod 600, or put the secret into a file of its own")
	}
	const remedy = "chmod 600, or in Kubernetes defaultMode: 0440 for the volume"
	warnReadable(&found, "teamviewer.token_file", c.TeamViewer.TokenFile, remedy)
	warnReadable(&found, "users.sso_customer_id_file", c.Users.SSOCustomerIDFile, remedy)
	warnReadable(&found, "store.path", c.Store.Path, "it holds personal data; chmod 600")
	return found.lines()
}

// warnReadable warns of a file, if there is one, that everybody can read. Windows has no such
// permission.
func warnReadable(found *Problems, key, path, remedy string) {
	if path == "" || runtime.GOOS == "windows" {
		return
	}
	if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() && info.Mode()&worldReadable != 0 {
		found.add(key, "every user of this machine can read %s (mode %04o); %s", path, info.Mode().Perm(), remedy)
	}
}

// holdsSecret reports whether a secret stands in the settings file itself. Secrets of the
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
