package filter_test

import (
	"fmt"
	"strings"
	"testing"

	"tvscim/scim/filter"
)

// shapes are filters of about the wanted length that ask as much as possible of one part of the
// reader.
func shapes() map[string]func(length int) string {
	// chain repeats a part with its joint, and ends with the part.
	chain := func(part, joint string) func(int) string {
		return func(length int) string {
			return strings.Repeat(part+joint, min(filter.MaxNodes/2-1, length/len(part+joint))) + part
		}
	}
	// nested opens as many groups at a time as may be open, side by side.
	nested := func(open, inner, closing string) func(int) string {
		depth := filter.MaxDepth / (strings.Count(open, "(") + strings.Count(open, "["))
		group := strings.Repeat(open, depth) + inner + strings.Repeat(closing, depth)
		return func(length int) string {
			return strings.Repeat(group+" or ", min(filter.MaxNodes/(depth+2)-1, length/(len(group)+4))) + "a pr"
		}
	}
	// filled is one comparison with a long text.
	filled := func(piece string) func(int) string {
		return func(length int) string {
			return `a eq "` + strings.Repeat(piece, length/len(piece)) + `"`
		}
	}

	return map[string]func(int) string{
		"and chain":         chain(`userName eq "x"`, " and "),
		"short chain":       chain(`a pr`, " or "),
		"value paths":       chain(`emails[type eq "work"].value eq "x"`, " or "),
		"bare words":        chain(`a eq nora.vale@contoso.example`, " or "),
		"long URNs":         chain(`urn:ietf:params:scim:schemas:extension:teamviewer:1.0:SsoUser:ssoCustomerId pr`, " and "),
		"deep parentheses":  nested("(", "a pr", ")"),
		"deep negations":    nested("not (", "a pr", ")"),
		"deep brackets":     nested("attribute[", "a pr", "]"),
		"long text":         filled("x"),
		"text of escapes":   filled(`\u20ac`),
		"text of new lines": filled(`\n`),
		"text of euros":     filled("€"),
		"long bare word":    func(length int) string { return "a eq " + strings.Repeat("x", length) },
		"long name":         func(length int) string { return strings.Repeat("a", length) + " pr" },
		"dots behind a URN": func(length int) string { return "urn:x:a" + strings.Repeat(".b", length/2) + " pr" },
		"blanks":            func(length int) string { return "a" + strings.Repeat(" ", length) + "pr" },
		"long number":       func(length int) string { return "a eq " + strings.Repeat("9", length) },
	}
}

// The shapes are filters; a benchmark of refusals would measure nothing.
func TestShapesParse(t *testing.T) {
	t.Parallel()

	for name, shape := range shapes() {
		for _, length := range []int{1024, 4096, 8000} {
			if _, err := filter.Parse(shape(length)); err != nil {
				t.Errorf("%s of %d bytes: %v", name, length, err)
			}
		}
	}
}

// BenchmarkParse shows time per byte: the same for 1 KiB and 4 KiB means linear.
func BenchmarkParse(b *testing.B) {
	for name, shape := range shapes() {
		for _, length := range []int{1024, 4096} {
			in := shape(length)
			b.Run(fmt.Sprintf("%s/%d", name, length), func(b *testing.B) {
				b.SetBytes(int64(len(in)))
				b.ReportAllocs()
				for b.Loop() {
					if _, err := filter.Parse(in); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// BenchmarkRefuse reads 4 KiB of what is refused at its end.
func BenchmarkRefuse(b *testing.B) {
	for name, shape := range shapes() {
		in := shape(4096) + " )"
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := filter.Parse(in); err == nil {
					b.Fatal("the filter is read")
				}
			}
		})
	}
}

func BenchmarkString(b *testing.B) {
	for name, shape := range shapes() {
		e := mustParse(b, shape(4096))
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				_ = e.String()
			}
		})
	}
}

// BenchmarkEval decides about one user: what a list of many repeats for each.
func BenchmarkEval(b *testing.B) {
	src := nora()
	for _, in := range []string{
		`userName eq "nora.vale@contoso.example"`,
		`userName co "contoso"`,
		`emails[type eq "work"].value eq "nora@contoso.example"`,
		`meta.created gt "2026-01-01T00:00:00Z" and active eq true`,
		`logins gt 9.5`,
	} {
		e := mustParse(b, in)
		b.Run(in, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if !filter.Eval(e, src) {
					b.Fatal("the filter does not hold")
				}
			}
		})
	}
}
