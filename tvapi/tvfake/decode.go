package tvfake

import (
	"encoding/json"
	"errors"
	"mime"
	"reflect"
	"strings"
)

// decode reads the JSON object of a POST or PUT into T, whose json tags are the fields that the
// function knows. Wrong types, unknown fields and malformed JSON are refused (manual:
// invalid_request for a parameter "missing, invalid or not known").
func decode[T any](v Variant, r *request) (T, error) {
	var into T
	if err := mediaType(v, r); err != nil {
		return into, err
	}
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(r.body, &raw); err != nil || raw == nil {
		return into, badRequest("the body is no JSON object")
	}
	known := make(map[string]json.RawMessage, len(raw))
	for name, value := range raw {
		field, ok := fieldNamed(reflect.TypeFor[T](), name, v.RequestNamesExact)
		if ok {
			known[field] = value
		} else if !v.UnknownFieldsIgnored {
			return into, badRequest("%s: the parameter is not known", name)
		}
	}
	clean, err := json.Marshal(known)
	if err != nil {
		return into, badRequest("the body is no JSON object")
	}
	if err := json.Unmarshal(clean, &into); err != nil {
		if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
			return into, badRequest("%s: the value has the wrong type", wrong.Field)
		}
		return into, badRequest("the body is no valid JSON")
	}
	return into, nil
}

// decodeList reads the bare JSON array of a member call.
func decodeList(v Variant, r *request) ([]int32, error) {
	if err := mediaType(v, r); err != nil {
		return nil, err
	}
	var list []int32
	if err := json.Unmarshal(r.body, &list); err != nil {
		return nil, badRequest("the body is no JSON array of account ids")
	}
	if len(list) == 0 {
		return nil, badRequest("the body names no account")
	}
	return list, nil
}

// mediaType refuses a body that does not say it is JSON.
func mediaType(v Variant, r *request) error {
	t, _, err := mime.ParseMediaType(r.contentType)
	if err != nil || t != "application/json" {
		return refuse(v.WrongMediaType, "invalid_request", "the body must be application/json")
	}
	return nil
}

// fieldNamed finds the json name of the field of a struct that a request names.
func fieldNamed(t reflect.Type, name string, exact bool) (string, bool) {
	for field := range t.Fields() {
		tag := field.Tag.Get("json")
		if tag == name || !exact && strings.EqualFold(tag, name) {
			return tag, true
		}
	}
	return "", false
}
