package config

import (
	"reflect"
	"strings"
)

// fileSuffix is the suffix of the key of a file that contains a secret.
const fileSuffix = "_file"

// secretFiles reads each secret whose "_file" key is set. A secret that is also set directly is a
// problem, since one of the two would be ignored.
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
			d.problem(key, from, "is set in addition to "+f.path+"; remove one of them")
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

// readSecret returns the text of a file without the newlines at its end, which editors add.
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
