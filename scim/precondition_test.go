package scim_test

import (
	"errors"
	"testing"

	"pgregory.net/rapid"

	"tvscim/scim"
)

// precondition reads two header fields; "" is absent.
func precondition(t testing.TB, match, noneMatch string) scim.Precondition {
	t.Helper()
	p, err := scim.ParsePrecondition(field(match), field(noneMatch))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// field is a header field as net/http has it.
func field(value string) []string {
	if value == "" {
		return nil
	}
	return []string{value}
}

func TestPreconditionOfWrites(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		match, noneMatch string
		version          scim.Version
		refused, reads   bool
	}{
		"nothing":                         {version: `W/"a"`},
		"nothing, version not known":      {},
		"the version":                     {match: `W/"a"`, version: `W/"a"`, reads: true},
		"the version, marked strong":      {match: `"a"`, version: `W/"a"`, reads: true},
		"a strong version, marked weak":   {match: `W/"a"`, version: `"a"`, reads: true},
		"one of several":                  {match: `W/"b" , "c",W/"a"`, version: `W/"a"`, reads: true},
		"another":                         {match: `W/"b"`, version: `W/"a"`, refused: true, reads: true},
		"another by its case":             {match: `W/"A"`, version: `W/"a"`, refused: true, reads: true},
		"none of several":                 {match: `W/"b", W/"c"`, version: `W/"a"`, refused: true, reads: true},
		"a version that is not known":     {match: `W/"a"`, refused: true, reads: true},
		"any":                             {match: "*", version: `W/"a"`},
		"any, version not known":          {match: "*"},
		"any, among others":               {match: `W/"b", *`, version: `W/"a"`, reads: true},
		"not the version":                 {noneMatch: `W/"a"`, version: `W/"a"`, refused: true, reads: true},
		"not another":                     {noneMatch: `W/"b"`, version: `W/"a"`, reads: true},
		"not any":                         {noneMatch: "*", version: `W/"a"`, refused: true},
		"not any, version not known":      {noneMatch: "*", refused: true},
		"not what is not known":           {noneMatch: `W/"a"`, reads: true},
		"the version, and not it":         {match: `W/"a"`, noneMatch: `W/"a"`, version: `W/"a"`, refused: true, reads: true},
		"tag with a comma in it":          {match: `W/"a,b"`, version: `W/"a,b"`, reads: true},
		"tag with a star in it":           {match: `"*"`, version: `W/"a"`, refused: true, reads: true},
		"empty tag":                       {match: `""`, version: `W/""`, reads: true},
		"tag beyond ASCII":                {match: `"é"`, version: `"é"`, reads: true},
		"empty elements and odd spacing ": {match: ",,\tW/\"a\" ,", version: `W/"a"`, reads: true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := precondition(t, tt.match, tt.noneMatch)
			err := p.Check(tt.version)
			if e, ok := errors.AsType[*scim.Error](err); (err != nil) != tt.refused || ok && e.Status != 412 {
				t.Errorf("Check: %v, want refused: %t", err, tt.refused)
			}
			if got := p.NeedsVersion(); got != tt.reads {
				t.Errorf("NeedsVersion: %t, want %t", got, tt.reads)
			}
			if got, want := p.Empty(), tt.match+tt.noneMatch == ""; got != want {
				t.Errorf("Empty: %t, want %t", got, want)
			}
		})
	}
}

func TestPreconditionOfReads(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		match, noneMatch   string
		version            scim.Version
		unchanged, refused bool
	}{
		"nothing":                  {version: `W/"a"`},
		"has it":                   {noneMatch: `W/"a"`, version: `W/"a"`, unchanged: true},
		"has it among others":      {noneMatch: `"b", "a"`, version: `W/"a"`, unchanged: true},
		"has another":              {noneMatch: `W/"b"`, version: `W/"a"`},
		"has any":                  {noneMatch: "*", version: `W/"a"`, unchanged: true},
		"version not known":        {noneMatch: `W/"a"`},
		"any, version not known":   {noneMatch: "*", unchanged: true},
		"wants it":                 {match: `W/"a"`, version: `W/"a"`},
		"wants another":            {match: `W/"b"`, version: `W/"a"`, refused: true},
		"wants another, not known": {match: `W/"b"`},
		"wants it, and has it":     {match: `W/"a"`, noneMatch: `W/"a"`, version: `W/"a"`, unchanged: true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			unchanged, err := precondition(t, tt.match, tt.noneMatch).Read(tt.version)
			if unchanged != tt.unchanged || (err != nil) != tt.refused {
				t.Errorf("Read: %t, %v; want %t, refused: %t", unchanged, err, tt.unchanged, tt.refused)
			}
		})
	}
}

// TestMalformedTags: what cannot be read is refused, for to ignore it would overwrite what should
// be spared.
func TestMalformedTags(t *testing.T) {
	t.Parallel()
	for _, text := range []string{`a`, `W/a`, `W/`, `"`, `"a`, `W/"a`, `w/"a"`, `W/ "a"`, `"a" "b"`, `"a"b`, `**`, `*"a"`, `"a b"`, "\"a\x7f\"", `'a'`} {
		for header, values := range map[string][2][]string{"If-Match": {{text}, nil}, "If-None-Match": {nil, {`"ok"`, text}}} {
			_, err := scim.ParsePrecondition(values[0], values[1])
			wantError(t, err, 400, scim.TypeInvalidValue, header+`: expected * or entity tags in quotes, such as W/"a1b2"`)
		}
	}
}

// TestFieldWithoutTags: a field that is there but holds no tag is met by none. It is malformed like
// any other, and not the same as one that is absent, or a write that was to be guarded would go
// through unguarded.
func TestFieldWithoutTags(t *testing.T) {
	t.Parallel()
	for _, lines := range [][]string{{""}, {" \t"}, {","}, {" , ,"}, {"", ""}} {
		for header, values := range map[string][2][]string{"If-Match": {lines, nil}, "If-None-Match": {{`"a"`}, lines}} {
			_, err := scim.ParsePrecondition(values[0], values[1])
			wantError(t, err, 400, scim.TypeInvalidValue, header+`: expected * or entity tags in quotes, such as W/"a1b2"`)
		}
	}
	if p, err := scim.ParsePrecondition(nil, []string{}); err != nil || !p.Empty() {
		t.Errorf("no fields: %+v, %v", p, err)
	}
}

// TestTagsRoundTrip: of any list of tags, over any number of lines, each is found, and nothing
// else.
func TestTagsRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		tags := rapid.SliceOfN(rapid.StringMatching(`(W/)?"[!#-~]{0,6}"`), 1, 5).Draw(t, "tags")
		lines := []string{""}
		for _, tag := range tags {
			if rapid.Bool().Draw(t, "new line") {
				lines = append(lines, tag)
			} else {
				lines[len(lines)-1] += ", " + tag
			}
		}
		p, err := scim.ParsePrecondition(lines, nil)
		if err != nil {
			t.Fatalf("%q: %v", lines, err)
		}
		for _, tag := range tags {
			if err := p.Check(scim.Version(tag)); err != nil {
				t.Fatalf("%q does not hold %s", lines, tag)
			}
		}
		if p.Check(`W/"not there"`) == nil {
			t.Fatalf("%q holds what is not there", lines)
		}
	})
}

// FuzzPrecondition reads anything: never a panic, and what is read decides the same way twice.
func FuzzPrecondition(f *testing.F) {
	for _, seed := range []string{`W/"a"`, `"a", W/"b"`, "*", "", `,"`, `W/`, "\"\xff\""} {
		f.Add(seed, `W/"a"`)
	}
	f.Fuzz(func(t *testing.T, header, version string) {
		p, err := scim.ParsePrecondition([]string{header}, nil)
		if err != nil {
			return
		}
		q, err := scim.ParsePrecondition([]string{header, ""}, nil)
		if err != nil || (p.Check(scim.Version(version)) == nil) != (q.Check(scim.Version(version)) == nil) {
			t.Fatalf("%q: an empty line more makes a difference: %v", header, err)
		}
		if p.Empty() {
			t.Fatalf("%q: a field that is there expects nothing", header)
		}
	})
}
