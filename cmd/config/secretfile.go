package config

import (
	"reflect"
	"strings"
)

// fileSuffix makes the key of a secret the key of the file that holds it.
const fileSuffix = "_file"

// secretFiles fills each secret whose "_file" key names a file. A secret that was also given
// directly is a problem: one of the two would be silently unused.
func (d *decoder) secretFiles(readFile func(string) ([]byte, error), root reflect.Value) {
	fields := allFields()
	paths := make(map[string]reflect.Value, len(fields))
	for _, f := range fields {
		paths[f.path] = root.FieldByIndex(f.index)
	}
	for _, f := range fields {
		key := f.path + fileSuffix
		file, ok := paths[key]
		if !f.secret || !ok || file.String() == "" {
			continue
		}
		from := d.origin(key)
		if secret := paths[f.path]; !secret.IsZero() {
			d.problem(key, from, "stands beside "+f.path+"; keep one of them")
			continue
		}
		text, err := readSecret(readFile, file.String())
		if err != nil {
			d.problem(key, from, fileProblem(shownPath(file.String()), err))
			continue
		}
		d.origins[f.path] = from
		paths[f.path].Set(reflect.ValueOf(NewSecret(text)))
	}
}

// readSecret returns the text of a file without the newlines that editors and "kubectl create
// secret" leave at its end.
func readSecret(readFile func(string) ([]byte, error), path string) (string, error) {
	data, err := readFile(path)
	if err != nil {
		return "", err
	}
	text := strings.TrimRight(string(data), "\r\n")
	if text == "" {
		return "", errEmpty
	}
	return text, nil
}
