package boltmap

import (
	"bytes"
	"encoding/json"
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tvscim/mapping/idmap"
	"tvscim/mapping/idmap/idmaptest"
)

// drawRecord draws any record, also such as no gateway makes.
func drawRecord(t *rapid.T) idmap.Record {
	text := rapid.OneOf(rapid.String(), rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }))
	texts := rapid.MapOfN(text, text, 0, 4)
	at := func(name string) time.Time {
		if rapid.Bool().Draw(t, name+" is zero") {
			return time.Time{}
		}
		zone := time.FixedZone("", rapid.IntRange(-14*3600, 14*3600).Draw(t, name+" zone"))
		return time.Unix(rapid.Int64Range(math.MinInt32*100, math.MaxInt32*100).Draw(t, name), rapid.Int64Range(0, 999_999_999).Draw(t, name+" ns")).In(zone)
	}
	r := idmap.Record{
		Sent: texts.Draw(t, "sent"), Before: texts.Draw(t, "was"), Secret: rapid.SliceOf(rapid.Byte()).Draw(t, "secret"),
		Tombstone: at("tombstone"), Created: at("created"), LastModified: at("modified"), Missing: at("missing"),
	}
	for attribute, value := range texts.Draw(t, "asked") {
		if r.Asked == nil {
			r.Asked = map[string]json.RawMessage{}
		}
		r.Asked[attribute] = json.RawMessage(value)
	}
	for range rapid.IntRange(0, 20).Draw(t, "keys") {
		r.Keys = append(r.Keys, idmap.Key{Index: idmap.Index(text.Draw(t, "index")), Value: text.Draw(t, "value")})
	}
	return r
}

// TestEncodeRoundTrip: a record comes back as it was, and equal records have equal bytes.
func TestEncodeRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		id, want := rapid.String().Draw(t, "id"), drawRecord(t)
		value := encode(id, want)
		got, err := decode(id, value)
		if err != nil {
			t.Fatal(err)
		}
		if diff := idmaptest.Diff(want, got); diff != "" {
			t.Fatalf("record (-want +got):\n%s", diff)
		}
		if again := encode(id, got); !bytes.Equal(value, again) {
			t.Fatalf("encoded as %x and as %x", value, again)
		}
		keys, err := decodeKeys(id, value)
		if err != nil || !slices.Equal(keys, want.Keys) {
			t.Fatalf("keys = %v, %v; want %v", keys, err, want.Keys)
		}
	})
}

// TestDecodeSharesNothing: the bytes belong to bbolt, which gives them to others when the
// transaction ends.
func TestDecodeSharesNothing(t *testing.T) {
	t.Parallel()
	value := encode("u1", idmaptest.Full(1))
	r, err := decode("u1", value)
	if err != nil {
		t.Fatal(err)
	}
	clear(value)
	if diff := idmaptest.Diff(idmaptest.Full(1), r); diff != "" {
		t.Errorf("record (-want +got):\n%s", diff)
	}
}

func TestDecodeRefuses(t *testing.T) {
	t.Parallel()
	good := encode("u1", idmaptest.Full(1))
	sealed := func(body ...byte) []byte { return sealedAs("u1", body) }
	for name, test := range map[string]struct {
		value []byte
		want  error
	}{
		"nothing":            {nil, errShort},
		"half a checksum":    {good[:3], errShort},
		"a changed byte":     {append([]byte{good[0] + 1}, good[1:]...), errSum},
		"the end cut off":    {good[:len(good)-1], errSum},
		"another's record":   {encode("u2", idmaptest.Full(1)), errSum},
		"no field":           {sealed(), errShort},
		"a missing field":    {sealed(0, 0, 0, 0, 0, 0, 0), errShort},
		"a field too many":   {sealed(0, 0, 0, 0, 0, 0, 0, 0, 0), errLong},
		"a text too long":    {sealed(0, 0, 0, 9, 1), errShort},
		"a length too large": {sealed(0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1), errShort},
		"a length cut off":   {sealed(0xff), errShort},
	} {
		if _, err := decode("u1", test.value); err != test.want {
			t.Errorf("%s: %v, want %v", name, err, test.want)
		}
	}
	if r, err := decode("u1", sealed(0, 0, 0, 0, 0, 0, 0, 0)); err != nil || idmaptest.Diff(idmap.Record{}, r) != "" {
		t.Errorf("the empty record: %+v, %v", r, err)
	}
	if _, err := decode("u1", sealed(0, 0, 0, 0, 1, 99, 0, 0, 0)); err == nil {
		t.Error("a time of an unknown version is taken")
	}
}

// sealedAs appends the checksum that makes bytes worth decoding.
func sealedAs(id string, body []byte) []byte {
	sum := checksum(id, body)
	return append(slices.Clone(body), byte(sum), byte(sum>>8), byte(sum>>16), byte(sum>>24))
}

// FuzzDecode decodes anything that has a good checksum. What is taken is encoded and decoded to the
// same again.
func FuzzDecode(f *testing.F) {
	for _, r := range []idmap.Record{{}, idmaptest.Full(1)} {
		value := encode("u1", r)
		f.Add(value[:len(value)-sumSize])
	}
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0x0f})
	f.Fuzz(func(t *testing.T, body []byte) {
		value := sealedAs("u1", body)
		r, err := decode("u1", value)
		keys, errKeys := decodeKeys("u1", value)
		if err != nil {
			return
		}
		if errKeys != nil || !slices.Equal(keys, r.Keys) {
			t.Errorf("keys = %v, %v; want %v", keys, errKeys, r.Keys)
		}
		again, err := decode("u1", encode("u1", r))
		if diff := idmaptest.Diff(r, again); err != nil || diff != "" {
			t.Errorf("%v, record (-want +got):\n%s", err, diff)
		}
	})
}

// TestEntries: no two keys share entries, however their parts are divided, and an entry has room in
// bbolt.
func TestEntries(t *testing.T) {
	t.Parallel()
	long := string(make([]byte, 1<<20))
	keys := []idmap.Key{{Index: "a", Value: "b"}, {Index: "ab"}, {Value: "ab"}, {Index: "a\x00b"}, {Index: "a", Value: "\x00b"}, {}, {Value: long}, {Value: long[1:]}}
	seen := map[string]idmap.Key{}
	for i, entry := range entries("u1", keys) {
		if len(entry) != prefixSize+2 || entry[prefixSize:] != "u1" {
			t.Errorf("entry %x does not end in the id", entry)
		}
		if other, ok := seen[entry]; ok {
			t.Errorf("%.20v and %.20v share an entry", keys[i], other)
		}
		seen[entry] = keys[i]
	}
}
