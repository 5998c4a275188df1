package config

import (
	"reflect"
	"strconv"
)

// Range is a bound as the tests of the documents see it.
type Range struct {
	Key, Text   string // such as "from 1s to 5m"
	Least, Most int64
}

// Ranges are those of all settings that have one.
func Ranges() []Range {
	var all []Range
	settings := reflect.TypeFor[Config]()
	for _, f := range allFields() {
		for _, b := range bounds() {
			if b.key == f.path {
				all = append(all, Range{b.key, b.rangeOf(settings.FieldByIndex(f.index).Type), b.least, b.most})
			}
		}
	}
	return all
}

// Numeric returns the keys of all numbers, sizes and durations.
func Numeric() (keys []string) {
	settings := reflect.TypeFor[Config]()
	for _, f := range allFields() {
		if settings.FieldByIndex(f.index).Type.ConvertibleTo(reflect.TypeFor[int64]()) {
			keys = append(keys, f.path)
		}
	}
	return keys
}

// With returns c with a number as the value of a setting.
func (c Config) With(key string, value int64) Config {
	for _, f := range allFields() {
		if f.path == key {
			reflect.ValueOf(&c).Elem().FieldByIndex(f.index).SetInt(value)
			return c
		}
	}
	panic(strconv.Quote(key))
}

// Keepable are the entries of users.keep that have an effect.
func Keepable() []string { return keepable() }
