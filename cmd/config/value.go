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
	errInt      = errors.New(`not a whole number`)
)

// setText reads text into v by v's type. Its errors do not show the text.
func setText(v reflect.Value, text string) error {
	switch target := v.Addr().Interface().(type) {
	case *time.Time: // It is a TextUnmarshaler, but one whose errors quote the text.
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

// assign sets target to what parse makes of text; refusal replaces parse's error.
func assign[T any](target *T, text string, refusal error, parse func(string) (T, error)) error {
	value, err := parse(text)
	if err != nil {
		return refusal
	}
	*target = value
	return nil
}

// parseTime reads a time of RFC 3339.
func parseTime(text string) (time.Time, error) { return time.Parse(time.RFC3339, text) }

// parseBool takes the two words only: "yes", "on" and "1" mean different things to different YAML
// readers.
func parseBool(text string) (bool, error) {
	switch text {
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	return false, errBool
}
