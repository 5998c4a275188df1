package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
	"unicode/utf8"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"tvscim/tvapi/tvfake"
)

// show prints a rehearsal: each SCIM request on the left, the TeamViewer calls that it became on the right. On a
// terminal a progress bar stands below.
type show struct {
	out  io.Writer
	left int // width of the left column, in characters
	all  int // width of both
	bar  *progressbar.ProgressBar
}

// Widths where the output is no terminal, and the least that can be read.
const (
	plainWidth = 150
	leastWidth = 90
)

func newShow(out io.Writer) *show {
	s := &show{out: out, all: plainWidth}
	if f, ok := out.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		if width, _, err := term.GetSize(int(f.Fd())); err == nil {
			s.all = max(width, leastWidth)
		}
		s.bar = progressbar.NewOptions(1, progressbar.OptionSetWriter(out), progressbar.OptionSetDescription("rehearsing"),
			progressbar.OptionSetWidth(40), progressbar.OptionShowCount(), progressbar.OptionClearOnFinish())
	}
	s.left = s.all * 3 / 5
	return s
}

func (s *show) opening(r *rehearsal) {
	fmt.Fprintf(s.out, "tvscim demo: a rehearsal of Entra's first cycle. TeamViewer is emulated here and forgets everything at exit.\n"+
		"SCIM is served on %s\n", r.base)
}

// scene prints one request and its calls.
func (s *show) scene(number, of int, a acted) {
	if s.bar != nil {
		_ = s.bar.Clear() // the bar is an ornament
	}
	if a.act != "" {
		fmt.Fprintf(s.out, "\n%-*s │ TeamViewer calls\n%s┼%s\n", s.left, a.act, strings.Repeat("─", s.left+1), strings.Repeat("─", s.all-s.left-2))
	}
	request, calls := requestLines(number, of, a), callLines(a.calls)
	for i := range max(len(request), len(calls)) {
		fmt.Fprintf(s.out, "%s │ %s\n", fit(at(request, i), s.left), strings.TrimSpace(fit(at(calls, i), s.all-s.left-3)))
	}
	if s.bar != nil {
		s.bar.ChangeMax(of)
		_ = s.bar.Set(number)
	}
}

// requestLines are the left column of a scene.
func requestLines(number, of int, a acted) []string {
	lines := []string{fmt.Sprintf("%2d/%d %s %s", number, of, a.method, readable(a.path))}
	if a.body != "" {
		lines = append(lines, "      "+gist(a.body))
	}
	return append(lines, fmt.Sprintf("      → %d %s in %s  (%s)",
		a.status, http.StatusText(a.status), a.took.Round(100*time.Microsecond), a.about))
}

// callLines are the right column of a scene.
func callLines(calls []tvfake.Call) []string {
	if len(calls) == 0 {
		return []string{"none"}
	}
	var lines []string
	for _, c := range calls {
		path := c.Path
		if c.Query != "" {
			path += "?" + c.Query
		}
		lines = append(lines, fmt.Sprintf("%s %s → %d", c.Method, path, c.Status))
		if c.Body != "" {
			lines = append(lines, "  "+c.Body)
		}
	}
	return lines
}

// closing prints what TeamViewer holds now, and what it cost.
func (s *show) closing(r *rehearsal) {
	fmt.Fprintf(s.out, "\nWhat TeamViewer now holds\n")
	table := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "  USER\tNAME\tADDRESS\tACTIVE\tGROUPS")
	for _, u := range r.fake.Users() {
		note := ""
		if u.ID == r.fake.OwnerID() {
			note = "(owns the token, protected)"
		}
		fmt.Fprintf(table, "  %s\t%s\t%s\t%t\t%s%s\n", u.ID, u.Name, u.Email, u.Active, strings.Join(groupsOf(r.fake, u.ID), ", "), note)
	}
	_ = table.Flush()
	fmt.Fprintf(s.out, "\nCalls used, by function as TeamViewer counts them\n")
	calls := r.fake.Calls()
	for _, function := range slices.Sorted(maps.Keys(calls)) {
		fmt.Fprintf(table, "  %s\t%d\n", function, calls[function])
	}
	fmt.Fprintf(table, "  together\t%d\n", r.fake.TotalCalls())
	_ = table.Flush()
}

// staying says how to go on by hand.
func (s *show) staying(r *rehearsal) {
	fmt.Fprintf(s.out, "\nThe gateway stays up until you press Ctrl-C. Try it:\n"+
		"  address  %s\n  token    %s\n  curl -s -H 'Authorization: Bearer %s' '%s/Users?attributes=userName,active'\n", r.base, r.token, r.token, r.base)
}

func groupsOf(fake *tvfake.Server, user string) []string {
	var names []string
	for _, g := range fake.Groups() {
		if slices.Contains(g.Members, user) {
			names = append(names, g.Name)
		}
	}
	return names
}

// gist is what a body says, without the parts that say nothing here: of a PATCH its operations.
func gist(body string) string {
	var tree map[string]any
	if json.Unmarshal([]byte(body), &tree) != nil {
		return body
	}
	delete(tree, "schemas")
	delete(tree, "meta")
	var text []byte
	var err error
	if operations, ok := tree["Operations"]; ok {
		text, err = json.Marshal(operations)
	} else {
		text, err = json.Marshal(tree)
	}
	if err != nil {
		return body
	}
	return string(text)
}

func readable(path string) string {
	if text, err := url.QueryUnescape(path); err == nil {
		return text
	}
	return path
}

func at(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return ""
}

// fit cuts or pads a line to a width in characters.
func fit(line string, width int) string {
	if n := utf8.RuneCountInString(line); n <= width {
		return line + strings.Repeat(" ", width-n)
	}
	return string([]rune(line)[:width-1]) + "…"
}
