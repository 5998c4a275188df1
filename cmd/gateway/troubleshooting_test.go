package gateway_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	gocmp "github.com/google/go-cmp/cmp"
)

const troubleshooting = "../../docs/troubleshooting.md"

// handbook is docs/troubleshooting.md: what people wrote about the texts of the code.
type handbook struct {
	opening string               // before the first section
	intros  map[string]string    // of the sections, by title
	entries map[errorText]string // cause and remedy
	order   []string             // the sections
}

// readHandbook parses the document. An entry is a heading, the text as a quotation, and a cause and
// a remedy.
func readHandbook(text string) handbook {
	h := handbook{intros: map[string]string{}, entries: map[errorText]string{}}
	sections := strings.Split("\n"+text, "\n## ")
	h.opening = strings.TrimPrefix(sections[0], "\n")
	for _, section := range sections[1:] {
		title, rest, _ := strings.Cut(section, "\n")
		entries := strings.Split(rest, "\n### ")
		h.order = append(h.order, title)
		intro, _, _ := strings.Cut("\n"+entries[0], "\n- `")
		h.intros[title] = strings.TrimSpace(intro)
		for _, entry := range entries[1:] {
			_, entry, _ = strings.Cut(entry, "\n\n> `")
			quoted, body, _ := strings.Cut(entry, "`\n\n")
			h.entries[errorText{title, quoted}] = strings.TrimSpace(body)
		}
	}
	return h
}

// sectionOrder are the sections in their order; those of a status come between the first and the second.
func sectionOrder(texts []errorText) []string {
	var order []string
	for _, t := range texts {
		if !slices.Contains(order, t.section) && t.section[0] <= '9' {
			order = append(order, t.section)
		}
	}
	return append(order, sectionNetwork, sectionAddress, sectionFilter, sectionBegin, sectionAdded)
}

// write renders the document for the texts of the code.
func (h handbook) write(texts []errorText) string {
	var b strings.Builder
	b.WriteString(strings.TrimSpace(h.opening) + "\n")
	headings := map[string]bool{}
	for _, section := range sectionOrder(texts) {
		b.WriteString("\n## " + section + "\n")
		if h.intros[section] != "" {
			b.WriteString("\n" + h.intros[section] + "\n")
		}
		for _, t := range texts {
			if t.section != section {
				continue
			}
			if section == sectionBegin {
				b.WriteString("\n- `" + t.text + "`")
				continue
			}
			heading := headingOf(t.text)
			for _, longer := range []string{plainHeading(t.text), heading + " (" + section + ")"} {
				if headings[heading] {
					heading = longer
				}
			}
			headings[heading] = true
			b.WriteString("\n### " + heading + "\n\n> `" + t.text + "`\n\n" + h.entries[t] + "\n")
		}
		if section == sectionBegin {
			b.WriteString("\n")
		}
	}
	return b.String()
}

// headingOf is the beginning of a text, without what is filled in before it: it is what people search for.
func headingOf(text string) string {
	heading := strings.TrimLeft(text, `…:." `)
	if end := regexp.MustCompile(`[.;:]…? | \(`).FindAllStringIndex(heading, -1); end != nil {
		for _, at := range end {
			if at[0] > 12 {
				heading = heading[:at[0]]
				break
			}
		}
	}
	return plainHeading(heading)
}

// plainHeading is a text as a heading: without what is filled in at its ends.
func plainHeading(text string) string {
	return strings.ReplaceAll(strings.Trim(text, `….:;, `), "*", `\*`)
}

// TestTroubleshootingDocument: each text that a client can get stands in docs/troubleshooting.md with its cause and what to
// do, and nothing else does. With -update the document is written for the texts of the code: what was written about those
// that stay is kept, and new ones get empty places, which fail until they are filled in.
func TestTroubleshootingDocument(t *testing.T) {
	texts, err := errorTexts(os.DirFS("../.."))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(troubleshooting)
	if err != nil {
		t.Fatal(err)
	}
	h := readHandbook(string(raw))
	for at, body := range h.entries {
		if !slices.Contains(texts, at) {
			t.Errorf("%s: no error has the text %q:\n%s", at.section, at.text, body)
		}
	}
	for _, at := range texts {
		if at.section == sectionBegin {
			continue
		}
		if h.entries[at] == "" {
			h.entries[at] = "- **Cause:** \n- **Remedy:** "
		}
		complete := regexp.MustCompile(`(?s)^- \*\*Cause:\*\* \S.*\n- \*\*Remedy:\*\* \S`)
		if !complete.MatchString(h.entries[at]) {
			t.Errorf("%s: %q lacks its cause or its remedy", at.section, at.text)
		}
	}
	want := h.write(texts)
	titles := regexp.MustCompile(`(?m)^### .*`).FindAllString(want, -1)
	slices.Sort(titles)
	if unique := slices.Compact(slices.Clone(titles)); len(unique) != len(titles) {
		t.Error("two texts have the same heading, and so the same link")
	}
	if *update {
		if err := os.WriteFile(troubleshooting, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := gocmp.Diff(want, string(raw)); diff != "" {
		t.Errorf("the document (+) is not that of the code (-); write it with -update:\n%s", diff)
	}
}

// TestTroubleshootingKnowsGoldens: what clients got in the golden files stands in the document.
func TestTroubleshootingKnowsGoldens(t *testing.T) {
	t.Parallel()
	texts, err := errorTexts(os.DirFS("../.."))
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("testdata/golden/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, file := range files {
		golden, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`"detail": ("(?:[^"\\]|\\.)*")`).FindAllSubmatch(golden, -1) {
			var detail string
			if err := json.Unmarshal(m[1], &detail); err != nil {
				t.Fatal(err)
			}
			found++
			if !isExplained(texts, detail) {
				t.Errorf("%s: no text of the document is %q", file, detail)
			}
		}
	}
	if found < 30 {
		t.Errorf("only %d errors found", found)
	}
	if isExplained(texts, "User u1 was not changed: the dog ate it.") {
		t.Error("a text that no error has is found")
	}
}

// TestSetupQuotesErrors: what docs/entra-setup.md quotes of the provisioning log is in a text of the code.
func TestSetupQuotesErrors(t *testing.T) {
	t.Parallel()
	texts, err := errorTexts(os.DirFS("../.."))
	if err != nil {
		t.Fatal(err)
	}
	document, err := os.ReadFile("../../docs/entra-setup.md")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, row := range regexp.MustCompile(`(?m)^\| (?:[45]\d\d)[^|]*\|`).FindAllString(string(document), -1) {
		for _, m := range regexp.MustCompile(`"([^"]{8,})"`).FindAllStringSubmatch(row, -1) {
			found++
			quoted := regexp.MustCompile(strings.ReplaceAll(regexp.QuoteMeta(m[1]), "…", ".*"))
			if !slices.ContainsFunc(texts, func(at errorText) bool { return quoted.MatchString(at.text) }) {
				t.Errorf("no error says %q", m[1])
			}
		}
	}
	if found < 8 {
		t.Errorf("only %d quotations found", found)
	}
}

// isExplained reports whether a detail is one of the texts, with a place before it and sentences behind it.
func isExplained(texts []errorText, detail string) bool {
	return slices.ContainsFunc(texts, func(t errorText) bool {
		pattern := strings.ReplaceAll(regexp.QuoteMeta(strings.TrimSuffix(t.text, ".")), "…", ".*")
		return t.section[0] <= '9' && regexp.MustCompile(`^(?:.*: )?`+pattern+`\.?(?: .*)?$`).MatchString(detail)
	})
}

// TestErrorTexts: texts are found in every form that the code makes them in, and those that cannot be followed are refused.
func TestErrorTexts(t *testing.T) {
	t.Parallel()
	const constructors = `package scim
func Errorf(status int, typ ErrorType, format string, args ...any) *Error { return nil }
func InvalidValue(format string, args ...any) *Error { return Errorf(400, TypeInvalidValue, format, args...) }
func Unavailable(retry time.Duration, format string, args ...any) *Error { e := Errorf(503, "", format, args...); return e }
const TypeInvalidValue = "invalidValue"`
	for name, test := range map[string]struct {
		code string
		want []errorText // none: it is refused
	}{
		"a constructor":          {`var _ = scim.InvalidValue("name %q: 100%% wrong", x)`, []errorText{{"400 invalidValue", "name …: 100% wrong"}}},
		"with a wait":            {`func f() { g(scim.Unavailable(5, "away")) }`, []errorText{{"503", "away"}}},
		"with a status":          {`var _ = scim.Errorf(http.StatusForbidden, "", "no "+"entry")`, []errorText{{"403", "no entry"}}},
		"a constant":             {`const c = "later%s"; var _ = scim.Unavailable(1, c+".", x)`, []errorText{{"503", "later…."}}},
		"what is said of it":     {`func f() { c.toSCIMError(err, "User "+id+" was not changed") }`, []errorText{{sectionBegin, "User … was not changed"}}},
		"a sentence":             {`func f() { withSentence(err, fmt.Sprintf("Group %s is gone.", id)) }`, []errorText{{sectionAdded, "Group … is gone."}}},
		"a text of a variable":   {`func f(s string) { scim.InvalidValue(s) }`, nil},
		"a function as a value":  {`var f = scim.InvalidValue`, nil},
		"no constructor":         {`var e = scim.Error{Status: 400, Detail: "x"}`, nil},
		"words of a variable":    {`func f(s string) { c.toSCIMError(err, s) }`, nil},
		"words of some function": {`func f() { c.toSCIMError(err, words()) }`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			texts, err := errorTexts(fstest.MapFS{
				"scim/error.go": {Data: []byte(constructors)}, "mapping/x.go": {Data: []byte("package mapping\n" + test.code)},
			})
			if (err != nil) != (test.want == nil) {
				t.Fatalf("error %v", err)
			}
			if diff := gocmp.Diff(test.want, texts, gocmp.AllowUnexported(errorText{})); test.want != nil && diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
