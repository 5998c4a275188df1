package config

import (
	"reflect"
	"testing"
)

// A field of a type that setText does not support is a mistake in Config. It must be an error, not
// keep its default.
func TestSetTextKnowsEveryField(t *testing.T) {
	t.Parallel()
	cfg := Default()
	root := reflect.ValueOf(&cfg).Elem()
	for _, f := range allFields() {
		v := root.FieldByIndex(f.index)
		if v.Kind() == reflect.Slice {
			continue // Read entry by entry.
		}
		if err := setText(v, formatValue(v)); err != nil {
			t.Errorf("%s: %v", f.path, err)
		}
	}
	var unknown float64
	if err := setText(reflect.ValueOf(&unknown).Elem(), "1.5"); err == nil {
		t.Error("a type that cannot be read was read")
	}
}

func TestBooleansAreTwoWords(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{"true": true, "false": false} {
		if got, err := parseBool(text); err != nil || got != want {
			t.Errorf("%q is %t (%v)", text, got, err)
		}
	}
	for _, text := range []string{"", "True", "TRUE", "yes", "no", "on", "off", "1", "0", "t", "y", " true"} {
		if got, err := parseBool(text); err == nil {
			t.Errorf("%q is read as %t", text, got)
		}
	}
}
