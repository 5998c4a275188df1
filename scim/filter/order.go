package filter

import (
	"encoding/binary"
	"time"
)

// maxOrder is how many bytes of a string, or digits of a number, count for its order, so that keys
// fit into cursors. No name, address or date is longer.
const maxOrder = 256

// The first byte of an order key: values that are invalid for the attribute's type sort after the
// others.
const (
	readable   = 'a'
	unreadable = 'b'
)

// OrderKey returns the sort key of a simple value of the attribute (RFC 7644 section 3.4.2.3): keys
// compare, byte by byte, as the values do under "lt". Texts without caseExact compare without
// regard to case, dates as moments, numbers by value and exactly, false before true; binary values,
// which have no order, by their base64. No locale is implied: the order of texts is that of code
// points.
//
// Two strings with the same first 256 bytes have the same key. It reports false for an empty value
// and one that is not simple.
func OrderKey(a Attribute, v any) (key string, ok bool) {
	if _, isTime := v.(time.Time); !isTime && textOf(v) == "" {
		return "", false
	}
	switch a.Type {
	case TypeDateTime:
		if t, ok := timeOf(v); ok {
			return timeKey(t), true
		}
		return unreadableKey(textOf(v)), true
	case TypeDecimal, TypeInteger:
		if d, ok := parseDecimal(textOf(v)); ok {
			return d.key(), true
		}
		return unreadableKey(textOf(v)), true
	case TypeBoolean, TypeBinary, TypeReference:
		return string(readable) + cut(textOf(v)), true
	default:
		return string(readable) + cut(a.fold(textOf(v))), true
	}
}

// unreadableKey is the key of a value that is invalid for its type.
func unreadableKey(text string) string { return string(unreadable) + cut(text) }

// cut returns the part of a string that counts.
func cut(text string) string { return text[:min(len(text), maxOrder)] }

// timeKey writes a moment as seconds and nanoseconds, most significant byte first.
func timeKey(t time.Time) string {
	b := []byte{readable}
	b = binary.BigEndian.AppendUint64(b, ascending(t.Unix()))
	b = binary.BigEndian.AppendUint32(b, uint32(t.Nanosecond()))
	return string(b)
}

// key writes a number as its sign, its magnitude and its digits. Of negative numbers the larger
// magnitude comes first, so their bits are inverted; the end mark makes 0.12 and 0.123 differ in a
// byte and not only in length.
func (d decimal) key() string {
	b := []byte{readable, byte('1' + d.sign())}
	start := len(b)
	if d.digits == "" {
		return string(b)
	}
	b = binary.BigEndian.AppendUint64(b, ascending(d.point))
	b = append(b, cut(d.digits)...)
	b = append(b, 0)
	if d.negative {
		for i := start; i < len(b); i++ {
			b[i] = ^b[i]
		}
	}
	return string(b)
}

// ascending maps signed numbers to unsigned ones in the same order.
func ascending(n int64) uint64 { return uint64(n) ^ 1<<63 }
