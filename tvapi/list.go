package tvapi

import (
	"context"
	"encoding/json"
	"errors"
	"io"
)

// errErrorBody is an error body that came with the status of a success.
var errErrorBody = errors.New("the answer contains an error")

// listReader decodes {"<name>": [...]}, entry by entry, as it arrives. It holds no more than one
// entry in memory.
type listReader[W bounded] struct {
	name string             // the member that holds the list
	each func(W) bool       // receives one entry; false stops reading
	rest map[string]*string // where to store text members beside the list; null and absent leave them unchanged

	dec  *json.Decoder
	next io.Reader
	came int64 // bytes passed to the decoder
	n    int   // entries so far
}

// read decodes the whole answer and reports whether it has a list. Other members are skipped; data
// after the end is an error.
func (l *listReader[W]) read(r io.Reader) (found bool, err error) {
	l.next, l.dec = r, json.NewDecoder(l)
	if err := l.expect(json.Delim('{')); err != nil {
		return false, err
	}
	for l.dec.More() {
		key, err := l.dec.Token()
		switch {
		case err != nil:
			return false, shapeError(err)
		case key == l.name && found:
			return false, errShape
		case key == l.name:
			found = true
			if more, err := l.array(); err != nil || !more {
				return true, err
			}
		default:
			if err := l.other(key); err != nil {
				return false, err
			}
		}
	}
	if err := l.expect(json.Delim('}')); err != nil {
		return false, err
	}
	if _, err := l.dec.Token(); err != io.EOF {
		return false, shapeError(err)
	}
	return found, nil
}

// Read implements io.Reader for the decoder. The decoder reads on while it buffers an incomplete
// value, so the length of a value is limited here.
func (l *listReader[W]) Read(p []byte) (int, error) {
	if l.came-l.dec.InputOffset() > maxValue {
		return 0, errValue
	}
	n, err := l.next.Read(p)
	l.came += int64(n)
	return n, err
}

// array decodes the list itself; null is an empty list. more is false when each stopped reading.
func (l *listReader[W]) array() (more bool, err error) {
	switch start, err := l.dec.Token(); {
	case err != nil:
		return false, shapeError(err)
	case start == nil:
		return true, nil
	case start != json.Delim('['):
		return false, errShape
	}
	for l.dec.More() {
		if l.n++; l.n > maxEntries {
			return false, errEntries
		}
		var w W
		if err := l.value(&w); err != nil {
			return false, err
		}
		if err := w.fit(); err != nil {
			return false, err
		}
		if !l.each(w) {
			return false, nil
		}
	}
	return true, l.expect(json.Delim(']'))
}

// other decodes a member beside the list.
func (l *listReader[W]) other(key json.Token) error {
	name, _ := key.(string)
	if target := l.rest[name]; target != nil {
		return l.value(target)
	}
	var value json.RawMessage
	if err := l.value(&value); err != nil {
		return err
	}
	if name == "error" && string(value) != "null" {
		return errErrorBody
	}
	return nil
}

// value decodes one value.
func (l *listReader[W]) value(v any) error {
	start := l.dec.InputOffset()
	if err := l.dec.Decode(v); err != nil {
		return shapeError(err)
	}
	if l.dec.InputOffset()-start > maxValue {
		return errValue
	}
	return nil
}

// expect reads one token that must be want.
func (l *listReader[W]) expect(want json.Delim) error {
	switch got, err := l.dec.Token(); {
	case err != nil:
		return shapeError(err)
	case got != want:
		return errShape
	default:
		return nil
	}
}

// listTime returns ctx with a deadline, if it has none.
func listTime(ctx context.Context) (context.Context, context.CancelFunc) {
	if _, ok := ctx.Deadline(); ok {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, maxListTime)
}
