package config

import (
	"encoding"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
)

// envPrefix is the prefix of all environment variables of the gateway.
const envPrefix = "TVSCIM_"

// Key describes one setting.
type Key struct {
	// Path is the key in the file, such as "teamviewer.base_url".
	Path string
	// Env is the variable that sets it, such as "TVSCIM_TEAMVIEWER_BASE_URL".
	Env string
	// Default is the default value, as it would be written.
	Default string
	// Secret reports whether the value is a secret, which is never shown.
	Secret bool
}

// Keys lists every setting in the order of [Config].
func Keys() []Key {
	defaults := reflect.ValueOf(Default())
	fields := allFields()
	keys := make([]Key, len(fields))
	for i, f := range fields {
		keys[i] = Key{
			Path:    f.path,
			Env:     f.env(),
			Default: formatValue(defaults.FieldByIndex(f.index)),
			Secret:  f.secret,
		}
	}
	return keys
}

// field is one setting: a leaf of [Config].
type field struct {
	path   string
	index  []int
	secret bool
}

// env returns the name of the variable that sets the field.
func (f field) env() string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(f.path, ".", "_"))
}

// allFields returns the leaves of [Config].
func allFields() []field { return appendFields(nil, reflect.TypeFor[Config](), "", nil) }

func appendFields(fields []field, section reflect.Type, path string, index []int) []field {
	for i := range section.NumField() {
		f := section.Field(i)
		at := join(path, yamlName(f))
		to := append(slices.Clone(index), i) // Siblings must not share an array.
		if isSection(f.Type) {
			fields = appendFields(fields, f.Type, at, to)
			continue
		}
		fields = append(fields, field{path: at, index: to, secret: f.Type == reflect.TypeFor[Secret]()})
	}
	return fields
}

// isSection reports whether t is a section of the file. A struct with UnmarshalText, such as Secret
// and time.Time, is a value.
func isSection(t reflect.Type) bool {
	return t.Kind() == reflect.Struct && !reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]())
}

// yamlName returns the key of a struct field.
func yamlName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
	return name
}

// join returns the path of name inside section; the top level has no path.
func join(section, name string) string {
	if section == "" {
		return name
	}
	return section + "." + name
}

// formatValue returns a default value in the form of the environment.
func formatValue(v reflect.Value) string {
	switch value := v.Interface().(type) {
	case time.Duration:
		return formatDuration(value)
	case []string:
		return strings.Join(value, ",")
	case []Token:
		return "[]"
	default:
		return fmt.Sprint(value)
	}
}

// formatDuration omits the zero units of Duration.String: "1m", not "1m0s".
func formatDuration(d time.Duration) string {
	text := d.String()
	if d != 0 && d%time.Minute == 0 {
		text = strings.TrimSuffix(text, "0s")
	}
	if d != 0 && d%time.Hour == 0 {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}
