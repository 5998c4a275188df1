package boltmap

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"hash/crc32"
	"maps"
	"slices"
	"time"

	"tvscim/mapping/idmap"
)

// A record is written as its fields in the order of idmap.Record: a text as its length and its
// bytes, a map or list as the number of its entries and these, a time as a text that is empty for
// the zero time; Missing is last, and only if it is set. Map keys are in ascending order, so that
// equal records have equal bytes. Lengths and numbers are varints. A CRC-32C of the id and all this
// follows.
//
// JSON would be shorter to program, but opening a file of 250,000 records takes three times as long
// with it, Get twice as long, and the file is half as large again.

// castagnoli is the polynomial that processors have an instruction for.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

const sumSize = crc32.Size

var (
	errSum   = errors.New("its checksum is wrong")
	errShort = errors.New("it ends too early")
	errLong  = errors.New("it has data after its end")
)

// encode returns the bytes of an id's record.
func encode(id string, r idmap.Record) []byte {
	b := make([]byte, 0, 256)
	b = appendMap(b, r.Asked)
	b = appendMap(b, r.Sent)
	b = appendMap(b, r.Before)
	b = appendText(b, r.Secret)
	for _, t := range []time.Time{r.Tombstone, r.Created, r.LastModified} {
		b = appendTime(b, t)
	}
	b = binary.AppendUvarint(b, uint64(len(r.Keys)))
	for _, k := range r.Keys {
		b = appendText(appendText(b, k.Index), k.Value)
	}
	if !r.Missing.IsZero() {
		b = appendTime(b, r.Missing)
	}
	return binary.LittleEndian.AppendUint32(b, checksum(id, b))
}

func checksum(id string, body []byte) uint32 {
	return crc32.Update(crc32.Checksum([]byte(id), castagnoli), castagnoli, body)
}

func appendText[T ~string | ~[]byte](b []byte, text T) []byte {
	return append(binary.AppendUvarint(b, uint64(len(text))), text...)
}

func appendMap[V ~string | ~[]byte](b []byte, m map[string]V) []byte {
	b = binary.AppendUvarint(b, uint64(len(m)))
	for _, key := range slices.Sorted(maps.Keys(m)) {
		b = appendText(appendText(b, key), m[key])
	}
	return b
}

// appendTime appends a time in UTC, without its location.
func appendTime(b []byte, t time.Time) []byte {
	if t.IsZero() {
		return appendText(b, "")
	}
	text, _ := t.UTC().MarshalBinary() // only odd offsets from UTC are refused
	return appendText(b, text)
}

// decode returns the record of an id from the bytes of encode. It does not retain them.
func decode(id string, value []byte) (idmap.Record, error) {
	body, err := verified(id, value)
	if err != nil {
		return idmap.Record{}, err
	}
	d := decoder{rest: body}
	r := idmap.Record{
		Asked:        decodeMap[json.RawMessage](&d),
		Sent:         decodeMap[string](&d),
		Before:       decodeMap[string](&d),
		Secret:       slices.Clone(d.text()),
		Tombstone:    d.time(),
		Created:      d.time(),
		LastModified: d.time(),
		Keys:         d.keys(),
	}
	if d.err == nil && len(d.rest) > 0 {
		if r.Missing = d.time(); r.Missing.IsZero() || len(d.rest) > 0 {
			d.err = cmp.Or(d.err, errLong)
		}
	}
	if d.err != nil {
		return idmap.Record{}, d.err
	}
	return r, nil
}

// decodeKeys returns the keys of an id's record, without the rest.
func decodeKeys(id string, value []byte) ([]idmap.Key, error) {
	body, err := verified(id, value)
	if err != nil {
		return nil, err
	}
	d := decoder{rest: body}
	for range 3 { // Asked, Sent, Before
		for range 2 * d.number() {
			d.text()
		}
	}
	for range 4 { // Secret and the times
		d.text()
	}
	keys := d.keys()
	return keys, d.err
}

// verified returns what precedes the checksum, if that is right.
func verified(id string, value []byte) ([]byte, error) {
	if len(value) < sumSize {
		return nil, errShort
	}
	body, sum := value[:len(value)-sumSize], value[len(value)-sumSize:]
	if checksum(id, body) != binary.LittleEndian.Uint32(sum) {
		return nil, errSum
	}
	return body, nil
}

// decoder reads fields from the front of rest. After the first error it returns zero values.
type decoder struct {
	rest []byte
	err  error
}

// number reads a number of bytes or entries; each entry has at least one byte.
func (d *decoder) number() int {
	n, size := binary.Uvarint(d.rest)
	if size <= 0 || n > uint64(len(d.rest)-size) {
		d.err = cmp.Or(d.err, errShort)
		d.rest = nil
		return 0
	}
	d.rest = d.rest[size:]
	return int(n)
}

// text reads a text, which shares its memory with rest.
func (d *decoder) text() []byte {
	n := d.number()
	text := d.rest[:n:n]
	d.rest = d.rest[n:]
	if n == 0 {
		return nil
	}
	return text
}

func (d *decoder) time() (t time.Time) {
	if text := d.text(); text != nil {
		d.err = cmp.Or(d.err, t.UnmarshalBinary(text))
	}
	return t
}

func (d *decoder) keys() []idmap.Key {
	n := d.number()
	if n == 0 {
		return nil
	}
	keys := make([]idmap.Key, 0, min(n, 8)) // the number may be wrong
	for range n {
		keys = append(keys, idmap.Key{Index: idmap.Index(d.text()), Value: string(d.text())})
	}
	return keys
}

func decodeMap[V ~string | ~[]byte](d *decoder) map[string]V {
	n := d.number()
	if n == 0 {
		return nil
	}
	m := make(map[string]V)
	for range n {
		key := string(d.text())
		m[key] = V(slices.Clone(d.text()))
	}
	return m
}

// prefixSize is the length of what precedes the id in an entry of the index, in bytes.
const prefixSize = 16

// indexPrefix returns the prefix of a key's entries; the ids follow it. It is a hash, since a value
// may contain any bytes and be longer than a key of bbolt. A collision takes about 2^64 attempts to
// find.
func indexPrefix(k idmap.Key) []byte {
	b := make([]byte, 0, 128) // on the stack, unless the value is long
	sum := sha256.Sum256(append(appendText(b, k.Index), k.Value...))
	return sum[:prefixSize]
}

// entries returns the entries of the index for an id's record: one for each of its keys.
func entries(id string, keys []idmap.Key) []string {
	list := make([]string, len(keys))
	for i, k := range keys {
		list[i] = string(append(indexPrefix(k), id...))
	}
	return list
}
