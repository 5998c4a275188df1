package config

import (
	"encoding"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"time"
)

var (
	errDuration = errors.New(`not a duration; write a number with ms, s, m or h, such as 20s`)
	errTime     = errors.New(`not a time; write it as 2027-06-30T00:00:00Z`)
	errBool     = errors.New(`must be true or false`)
	errInt      = errors.New(`must be a whole number, such as 8`)
)

// setText parses text into v by v's type. Its errors do not contain the text.
func setText(v reflect.Value, text string) error {
	switch target := v.Addr().Interface().(type) {
	case *time.Time: // Its UnmarshalText has errors that quote the text.
		return assign(target, text, errTime, parseTime)
	case *time.Duration:
		return assign(target, text, errDuration, time.ParseDuration)
	case encoding.TextUnmarshaler:
		return target.UnmarshalText([]byte(text))
	case *bool:
		return assign(target, text, errBool, parseBool)
	case *int:
		return assign(target, text, errInt, strconv.Atoi)
	}
	if v.Kind() != reflect.String {
		return fmt.Errorf("no way to read a %v", v.Type())
	}
	v.SetString(text)
	return nil
}

// assign sets target to the result of parse; refusal replaces the error of parse.
func assign[T any](target *T, text string, refusal error, parse func(string) (T, error)) error {
	value, err := parse(text)
	if err != nil {
		return refusal
	}
	*target = value
	return nil
}

// parseTime parses a time of RFC 3339.
func parseTime(text string) (time.Time, error) { return time.Parse(time.RFC3339, text) }

// parseBool accepts these two words only: the meaning of "yes", "on" and "1" depends on the version
// of YAML.
func parseBool(text string) (bool, error) {
	switch text {
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	return false, errBool
}
