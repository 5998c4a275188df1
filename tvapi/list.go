package tvapi

import (
	"context"
	"encoding/json"
	"errors"
	"io"
)

// errErrorBody is an error body that came with the status of a success.
var errErrorBody = errors.New("the answer holds an error")

// listReader decodes {"<name>": [...]}, entry by entry, as it arrives. No more than one entry of it
// is in memory.
type listReader[W bounded] struct {
	name string             // the member that holds the list
	each func(W) bool       // takes one entry; false ends the reading early
	rest map[string]*string // texts beside the list that are wanted; null and absent leave them as they are

	dec  *json.Decoder
	next io.Reader
	came int64 // bytes that the decoder was given
	n    int   // entries so far
}

// read decodes the whole answer and reports whether it had a list. Members that nobody wants are
// passed over, the end is checked.
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
			if goOn, err := l.array(); err != nil || !goOn {
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

// Read is the decoder's source. The decoder asks for more while it holds a value that is not whole:
// it must not hold too much of one.
func (l *listReader[W]) Read(p []byte) (int, error) {
	if l.came-l.dec.InputOffset() > maxValue {
		return 0, errValue
	}
	n, err := l.next.Read(p)
	l.came += int64(n)
	return n, err
}

// array decodes the list itself; null is an empty one.
func (l *listReader[W]) array() (goOn bool, err error) {
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
	if wanted := l.rest[name]; wanted != nil {
		return l.value(wanted)
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
