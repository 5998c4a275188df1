package scim

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"unicode/utf8"
)

// writer appends JSON. It escapes only the characters that JSON forbids in a string: the detail of
// an error is read by people in a log, where the escapes of encoding/json for <, > and & would be
// hard to read.
type writer struct {
	buf []byte
	err error     // the first error
	to  io.Writer // gets the output in pieces; nil: all output is in buf
}

// pieceSize is the number of bytes of a list that are written at once.
const pieceSize = 16 << 10

// hand writes the buffer to w.to if it has at least so many bytes. It reports whether there was no
// error until now; after an error it writes nothing.
func (w *writer) hand(least int) bool {
	if w.err == nil && len(w.buf) >= least {
		_, w.err = w.to.Write(w.buf)
		w.buf = w.buf[:0]
	}
	return w.err == nil
}

// raw appends JSON text.
func (w *writer) raw(text string) { w.buf = append(w.buf, text...) }

// integer appends a number.
func (w *writer) integer(n int) { w.buf = strconv.AppendInt(w.buf, int64(n), 10) }

// fail records the first error.
func (w *writer) fail(err error) {
	if w.err == nil {
		w.err = err
	}
}

// simple appends a value that is not complex.
func (w *writer) simple(v any) {
	switch v := v.(type) {
	case string:
		w.text(v)
	case bool:
		w.buf = strconv.AppendBool(w.buf, v)
	case json.Number:
		b, err := json.Marshal(v)
		if err != nil {
			w.fail(fmt.Errorf("number %q: %w", v, err))
		}
		w.buf = append(w.buf, b...)
	default:
		w.fail(fmt.Errorf("value of type %T: not part of a resource", v))
	}
}

// text appends a string. Invalid UTF-8 becomes the replacement character.
func (w *writer) text(s string) {
	w.raw(`"`)
	start := 0
	for i := 0; i < len(s); {
		if c := s[i]; c >= ' ' && c < utf8.RuneSelf && c != '"' && c != '\\' {
			i++ // the common case
			continue
		}
		escaped, size := escape(s[i:])
		if escaped != "" {
			w.raw(s[start:i])
			w.raw(escaped)
			start = i + size
		}
		i += size
	}
	w.raw(s[start:])
	w.raw(`"`)
}

// escape returns how the first character of s, which is not plain ASCII, is written, "" when as it
// is, and how many bytes it has.
func escape(s string) (escaped string, size int) {
	switch c := s[0]; {
	case c == '"':
		return `\"`, 1
	case c == '\\':
		return `\\`, 1
	case c == '\n':
		return `\n`, 1
	case c == '\r':
		return `\r`, 1
	case c == '\t':
		return `\t`, 1
	case c < ' ':
		return fmt.Sprintf(`\u%04x`, c), 1
	}
	r, size := utf8.DecodeRuneInString(s)
	if r == utf8.RuneError && size == 1 {
		return "\ufffd", 1
	}
	return "", size
}

// listHead appends a ListResponse up to its first resource.
func (w *writer) listHead(h ListHead, items int) {
	w.raw(`{"schemas":["` + ListURN + `"],"totalResults":`)
	w.integer(h.Total)
	if h.StartIndex > 0 {
		w.raw(`,"startIndex":`)
		w.integer(h.StartIndex)
	}
	w.raw(`,"itemsPerPage":`)
	w.integer(items)
	if h.NextCursor != "" {
		w.raw(`,"nextCursor":`)
		w.text(h.NextCursor)
	}
	w.raw(`,"Resources":[`)
}
