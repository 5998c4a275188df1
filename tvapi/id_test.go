package tvapi_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tvscim/tvapi"
)

// wrongNumbers are spellings that no id has, whatever stands before them.
var wrongNumbers = []string{
	"", "0", "00", "01", "-1", "+1", "1.0", "1e3", " 1", "1 ", "1\n", "0x1", "1_000", "١", "１", "½",
	"9223372036854775808", "18446744073709551617", "99999999999999999999", strings.Repeat("1", 10_000), "1/", "1%20", "..", "1\x00",
}

func TestParseUserID(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]tvapi.UserID{"u1": 1, "u123": 123, "u2147483647": math.MaxInt32} {
		got, err := tvapi.ParseUserID(text)
		if err != nil || got != want {
			t.Errorf("ParseUserID(%q) = %d, %v, want %d", text, got, err, want)
		}
	}
	wrong := []string{"1", "U1", "uu1", "g1", "u 1", "ù1", "u2147483648", "u4294967297", "u9223372036854775807", "1u", "u1u"}
	for _, number := range wrongNumbers {
		wrong = append(wrong, "u"+number)
	}
	for _, text := range append(wrong, wrongNumbers...) {
		if got, err := tvapi.ParseUserID(text); err == nil || got != 0 {
			t.Errorf("ParseUserID(%.40q) = %d, %v, want an error", text, got, err)
		}
	}
}

func TestParseGroupID(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]tvapi.GroupID{"1": 1, "456": 456, "2147483648": 1 << 31, "9223372036854775807": math.MaxInt64} {
		got, err := tvapi.ParseGroupID(text)
		if err != nil || got != want {
			t.Errorf("ParseGroupID(%q) = %d, %v, want %d", text, got, err, want)
		}
	}
	for _, text := range append([]string{"u1", "g1", "null"}, wrongNumbers...) {
		if got, err := tvapi.ParseGroupID(text); err == nil || got != 0 {
			t.Errorf("ParseGroupID(%.40q) = %d, %v, want an error", text, got, err)
		}
	}
}

func TestIDErrorsAreShort(t *testing.T) {
	t.Parallel()
	long := "u" + strings.Repeat("9", 10_000)
	_, userErr := tvapi.ParseUserID(long)
	_, groupErr := tvapi.ParseGroupID(long)
	for _, err := range []error{userErr, groupErr} {
		if len(err.Error()) > 120 {
			t.Errorf("error of %d bytes: %.80s", len(err.Error()), err)
		}
	}
}

func TestIDsKeepTheirSpelling(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		user := tvapi.UserID(rapid.Int32Range(1, math.MaxInt32).Draw(t, "user"))
		if got, err := tvapi.ParseUserID(user.String()); err != nil || got != user {
			t.Errorf("user %d came back as %d, %v", user, got, err)
		}
		group := tvapi.GroupID(rapid.Int64Range(1, math.MaxInt64).Draw(t, "group"))
		if got, err := tvapi.ParseGroupID(group.String()); err != nil || got != group {
			t.Errorf("group %d came back as %d, %v", group, got, err)
		}
	})
}

func TestValid(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int32().Draw(t, "n")
		if got := tvapi.UserID(n).Valid(); got != (n > 0) {
			t.Errorf("UserID(%d).Valid() = %v", n, got)
		}
		if got := tvapi.GroupID(n).Valid(); got != (n > 0) {
			t.Errorf("GroupID(%d).Valid() = %v", n, got)
		}
	})
}

func TestUserIDAsText(t *testing.T) {
	t.Parallel()
	type record struct {
		ID    tvapi.UserID            `json:"id"`
		Names map[tvapi.UserID]string `json:"names"`
	}
	text, err := json.Marshal(record{ID: 12, Names: map[tvapi.UserID]string{13: "Bo"}})
	if err != nil || string(text) != `{"id":"u12","names":{"u13":"Bo"}}` {
		t.Fatalf("marshal = %s, %v", text, err)
	}
	var back record
	if err := json.Unmarshal(text, &back); err != nil || back.ID != 12 || back.Names[13] != "Bo" {
		t.Errorf("unmarshal = %+v, %v", back, err)
	}
	if _, err := json.Marshal(record{ID: 0}); err == nil {
		t.Error("the zero id was marshalled")
	}
	for _, text := range []string{`{"id":"12"}`, `{"id":"u0"}`, `{"id":12}`, `{"id":"u4294967297"}`} {
		kept := record{ID: 7}
		if err := json.Unmarshal([]byte(text), &kept); err == nil || kept.ID != 7 {
			t.Errorf("unmarshal %s = %v, %v, want an error and nothing changed", text, kept.ID, err)
		}
	}
}

func FuzzParseID(f *testing.F) {
	for _, seed := range append([]string{"u1", "1", "u2147483647"}, wrongNumbers...) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if id, err := tvapi.ParseUserID(text); err == nil && (id.String() != text || !id.Valid()) {
			t.Errorf("%q was read as user %v", text, id)
		}
		if id, err := tvapi.ParseGroupID(text); err == nil && (id.String() != text || !id.Valid()) {
			t.Errorf("%q was read as group %v", text, id)
		}
	})
}
