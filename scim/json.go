package scim

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
)

// maxBodyDepth is how deep the JSON of a body may nest. The deepest real shape, a sub-attribute of
// an element in an extension object of a PATCH, needs seven levels.
const maxBodyDepth = 32

// object is a JSON object as written: a pathless PATCH operation applies its members in the order
// of the body, and a duplicate name is not lost.
type object []field

// field is one member of an object. Its value is an object, []any, string, bool, [json.Number] or
// nil.
type field struct {
	name  string
	value any
}

// get returns the value of the member with that name, in any case. It refuses a duplicate name,
// since either value may be the one that the client means.
func (o object) get(name string) (value any, ok bool, err error) {
	for _, f := range o {
		if !strings.EqualFold(f.name, name) {
			continue
		}
		if ok {
			return nil, false, InvalidSyntax("%q is given twice; send it once", name)
		}
		value, ok = f.value, true
	}
	return value, ok, nil
}

// decodeOrdered decodes a JSON body, keeping the order of all objects in it.
func decodeOrdered(body []byte) (any, error) {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	v, err := orderedValue(dec, 0)
	if err != nil {
		return nil, err
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, InvalidSyntax("the body is not JSON: unexpected data after its end, at byte %d", dec.InputOffset())
	}
	return v, nil
}

// orderedValue decodes the next value.
func orderedValue(dec *json.Decoder, depth int) (any, error) {
	if depth > maxBodyDepth {
		return nil, InvalidSyntax("the body nests deeper than %d levels, at byte %d", maxBodyDepth, dec.InputOffset())
	}
	token, err := dec.Token()
	if err != nil {
		return nil, notJSON(dec, err)
	}
	switch token {
	case json.Delim('{'):
		return orderedObject(dec, depth)
	case json.Delim('['):
		return orderedList(dec, depth)
	default:
		return token, nil
	}
}

// orderedObject decodes the members of an object up to its end.
func orderedObject(dec *json.Decoder, depth int) (any, error) {
	o := object{}
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return nil, notJSON(dec, err)
		}
		v, err := orderedValue(dec, depth+1)
		if err != nil {
			return nil, err
		}
		s, _ := name.(string) // the decoder allows nothing else here
		o = append(o, field{name: s, value: v})
	}
	if _, err := dec.Token(); err != nil {
		return nil, notJSON(dec, err)
	}
	return o, nil
}

// orderedList decodes the elements of a list up to its end.
func orderedList(dec *json.Decoder, depth int) (any, error) {
	list := []any{}
	for dec.More() {
		v, err := orderedValue(dec, depth+1)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	if _, err := dec.Token(); err != nil {
		return nil, notJSON(dec, err)
	}
	return list, nil
}

// notJSON says where the body stops being JSON.
func notJSON(dec *json.Decoder, err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return InvalidSyntax("the body is not JSON: it ends too early, at byte %d", dec.InputOffset()).Because(err)
	}
	return InvalidSyntax("the body is not JSON: %v, at byte %d", err, dec.InputOffset()).Because(err)
}

// plain returns an ordered value as encoding/json would have decoded it, the form that
// [Attribute.Canonical] takes.
func plain(v any) any {
	switch v := v.(type) {
	case object:
		m := make(map[string]any, len(v))
		for _, f := range v {
			m[f.name] = plain(f.value)
		}
		return m
	case []any:
		list := make([]any, len(v))
		for i, e := range v {
			list[i] = plain(e)
		}
		return list
	default:
		return v
	}
}
