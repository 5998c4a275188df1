package config

import (
	"os"
	"reflect"
	"slices"
	"strings"
)

// reloadable are the keys, and the sections with a dot at the end, that a running gateway can
// change. All others need a restart: what they set up (listeners, the store, the snapshots, the
// client of the Web API) is kept while the process runs.
var reloadable = []string{
	"base_path", "public_url", "trusted_proxies", "auth.tokens", "admin.", "teamviewer.token", "teamviewer.token_file", "users.", "protect.", "guard.", "alert.", "log.level",
	"limits.max_body", "limits.request_timeout", "limits.page", "limits.max_page", "limits.bulk_operations",
}

// Reloadable reports whether a running gateway can change the setting at a path of [Keys].
func Reloadable(path string) bool {
	return slices.ContainsFunc(reloadable, func(key string) bool {
		return key == path || strings.HasSuffix(key, ".") && strings.HasPrefix(path, key)
	})
}

// Reloaded returns the settings of a gateway that runs with c and is given next: those of next that
// [Reloadable] allows, and those of c otherwise. changed and waiting are the paths of the settings
// that differ, in the order of [Config]: those that changed and those that need a restart. Settings
// that are valid in next may not be valid together with those of c, so the result must be
// validated.
func (c Config) Reloaded(next Config) (now Config, changed, waiting []string) {
	now = c
	from, to := reflect.ValueOf(next), reflect.ValueOf(&now).Elem()
	for _, f := range allFields() {
		old, value := to.FieldByIndex(f.index), from.FieldByIndex(f.index)
		switch {
		case reflect.DeepEqual(old.Interface(), value.Interface()):
		case Reloadable(f.path):
			old.Set(value)
			changed = append(changed, f.path)
		default:
			waiting = append(waiting, f.path)
		}
	}
	return now, changed, waiting
}

// Rereadable reports whether the settings file at path, if there is one, and all files of secrets
// can be read again: whether they are regular files. A pipe is empty after it was read once.
func (c Config) Rereadable(path string) bool {
	files := []string{path}
	values := reflect.ValueOf(c)
	for _, f := range allFields() {
		if secret, ok := strings.CutSuffix(f.path, fileSuffix); ok && isSecret(secret) {
			files = append(files, values.FieldByIndex(f.index).String())
		}
	}
	return !slices.ContainsFunc(files, func(file string) bool {
		info, err := os.Stat(file)
		return file != "" && err == nil && !info.Mode().IsRegular()
	})
}

// isSecret reports whether the setting at a path is a secret.
func isSecret(path string) bool {
	return slices.ContainsFunc(allFields(), func(f field) bool { return f.secret && f.path == path })
}
