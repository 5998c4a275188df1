package filter_test

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"tvscim/scim/filter"
)

// FuzzParse looks for a filter that panics, that is refused without a place, or that prints as
// another one.
func FuzzParse(f *testing.F) {
	for _, in := range goldenInputs(f, "filter.golden") {
		f.Add(in)
	}
	for _, shape := range shapes() {
		f.Add(shape(1024))
	}

	f.Fuzz(func(t *testing.T, in string) {
		e, err := filter.Parse(in)
		if err != nil {
			checkRefusal(t, in, err)
			return
		}

		filter.Eval(e, nora())
		for range filter.Paths(e) {
		}

		printed := e.String()
		if len(printed) > filter.MaxLength {
			return // quotes around bare words made it longer
		}
		again, err := filter.Parse(printed)
		if err != nil {
			t.Fatalf("%q prints as %q: %v", in, printed, err)
		}
		if diff := cmp.Diff(e, again); diff != "" {
			t.Fatalf("%q prints as %q, which differs (-want +got):\n%s", in, printed, diff)
		}
	})
}

// FuzzParsePath does the same for paths.
func FuzzParsePath(f *testing.F) {
	for _, file := range []string{"path.golden", "attrpath.golden"} {
		for _, in := range goldenInputs(f, file) {
			f.Add(in)
		}
	}

	f.Fuzz(func(t *testing.T, in string) {
		p, err := filter.ParsePath(in)
		if err != nil {
			checkRefusal(t, in, err)
			if _, err := filter.ParseAttrPath(in); err == nil {
				t.Fatalf("ParseAttrPath takes %q and ParsePath does not", in)
			}
			return
		}

		printed := p.String()
		if len(printed) > filter.MaxLength {
			return
		}
		again, err := filter.ParsePath(printed)
		if err != nil {
			t.Fatalf("%q prints as %q: %v", in, printed, err)
		}
		if diff := cmp.Diff(p, again); diff != "" {
			t.Fatalf("%q prints as %q, which differs (-want +got):\n%s", in, printed, diff)
		}

		if p.URN == "" && strings.Contains(p.Name, ".") {
			return // only behind a URN may there be more than one dot without a filter
		}
		if attr, err := filter.ParseAttrPath(p.Attr().String()); err != nil || attr != p.Attr() {
			t.Fatalf("%q has the attribute path %q, which reads as %v (%v)", in, p.Attr(), attr, err)
		}
	})
}

// checkRefusal checks that a refusal says where, and is short and printable whatever the input was.
func checkRefusal(t *testing.T, in string, err error) {
	t.Helper()

	refusal, ok := errors.AsType[*filter.Error](err)
	if !ok {
		t.Fatalf("%q: the error is a %T", in, err)
	}
	if last := utf8.RuneCountInString(in) + 1; refusal.Column < 1 || refusal.Column > last {
		t.Fatalf("%q: column %d is not in 1 to %d", in, refusal.Column, last)
	}
	if !utf8.ValidString(refusal.Message) || strings.ContainsAny(refusal.Message, "\r\n\t\x00") || len(refusal.Message) > 600 {
		t.Fatalf("%q: the message cannot be shown: %q", in, refusal.Message)
	}
}
