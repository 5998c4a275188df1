package scim

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"time"
)

// Cursors turns positions into the cursors that clients hand back (RFC 9865 section 2), and these
// into positions.
//
// A cursor holds all that the next page needs, so no state is stored between pages. It is encrypted
// with a key of this process, so clients can neither read nor forge it. It is invalid in another
// process, after the timeout, and with another filter, order or page size; the client then starts
// again with an empty cursor.
type Cursors struct {
	aead    cipher.AEAD
	timeout time.Duration
}

// NewCursors returns cursors that end after timeout, counted in whole seconds from the page that
// they came with.
func NewCursors(timeout time.Duration) (*Cursors, error) {
	if timeout < time.Second {
		return nil, fmt.Errorf("cursors: timeout %s: less than a second", timeout)
	}
	key := make([]byte, 32)
	rand.Read(key) // never fails: the process would end
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("cursors: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fmt.Errorf("cursors: %w", err)
	}
	return &Cursors{aead: aead, timeout: timeout}, nil
}

// Timeout is how long a cursor can be used.
func (c *Cursors) Timeout() time.Duration { return c.timeout }

// cursorEncoding has none but the unreserved characters of RFC 3986 section 2.3, as RFC 9865
// section 2 asks.
var cursorEncoding = base64.RawURLEncoding

// maxCursor is the longest cursor that is opened, in bytes. No position needs as much.
const maxCursor = 4096

// Seal returns the cursor of a position in the list that a query asks for. scope identifies the
// list and the caller, which the query does not.
func (c *Cursors) Seal(scope string, q Query, p Position) string {
	plain := binary.AppendVarint(nil, time.Now().Unix())
	plain = binary.AppendUvarint(plain, uint64(q.Count))
	plain = appendText(plain, p.Key)
	plain = appendText(plain, p.ID)
	sealed := c.aead.Seal(nil, nil, plain, fingerprint(scope, q)) //nolint:gosec // this AEAD generates a random nonce for each call
	return cursorEncoding.EncodeToString(sealed)
}

// Open returns the position that the query's cursor names; nil for a query without one, and for the
// first page. What is no cursor of this scope and query is invalidCursor, one that is too old
// expiredCursor, and one that came with another count invalidCount.
func (c *Cursors) Open(scope string, q Query) (*Position, error) {
	if q.Cursor == nil || *q.Cursor == "" {
		return nil, nil
	}
	invalid := InvalidCursor("cursor: not valid for this query; change nothing but the cursor between pages, " +
		"or start again with an empty cursor")
	if len(*q.Cursor) > maxCursor {
		return nil, invalid
	}
	sealed, err := cursorEncoding.DecodeString(*q.Cursor)
	if err != nil {
		return nil, invalid.Because(err)
	}
	plain, err := c.aead.Open(nil, nil, sealed, fingerprint(scope, q))
	if err != nil {
		return nil, invalid.Because(err)
	}
	r := reader{rest: plain}
	made, count := r.varint(), r.uvarint()
	p := Position{Key: r.text(), ID: r.text()}
	switch {
	case r.short:
		return nil, invalid
	case time.Since(time.Unix(made, 0)) > c.timeout:
		return nil, ExpiredCursor("cursor: expired after %d seconds; start again with an empty cursor", int(c.timeout.Seconds()))
	case count != uint64(q.Count):
		return nil, InvalidCount("count: the previous pages had a count of %d; use the same count for all pages of a query", count)
	}
	return &p, nil
}

// fingerprint is all that must be the same for every page. The count is checked separately, since
// its change is another error.
func fingerprint(scope string, q Query) []byte {
	filter := ""
	if q.Filter != nil {
		filter = q.Filter.String()
	}
	b := appendText(nil, scope)
	b = appendText(b, filter)
	return appendText(b, q.Sort.String())
}

// appendText appends a text with its length.
func appendText(b []byte, text string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(text))), text...)
}

// reader reads what was appended.
type reader struct {
	rest  []byte
	short bool // something was missing
}

// varint reads a signed number.
func (r *reader) varint() int64 {
	v, n := binary.Varint(r.rest)
	r.skip(n)
	return v
}

// uvarint reads a number.
func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.rest)
	r.skip(n)
	return v
}

// text reads a text.
func (r *reader) text() string {
	n := r.uvarint()
	if n > uint64(len(r.rest)) {
		r.short = true
		return ""
	}
	text := string(r.rest[:n])
	r.rest = r.rest[n:]
	return text
}

// skip drops what was read, n bytes.
func (r *reader) skip(n int) {
	if n <= 0 {
		r.short = true
		return
	}
	r.rest = r.rest[n:]
}
