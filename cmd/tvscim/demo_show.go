package main

import (
	"bytes"
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
)

// show prints a rehearsal: each SCIM request and, below it, its TeamViewer calls, in lines that fit
// the terminal. A terminal also shows a progress bar.
type show struct {
	out   io.Writer
	width int // of a line, in characters
	paint paint
	bar   *progressbar.ProgressBar
}

// Widths in characters: where the output is no terminal, the least and the greatest.
const (
	plainWidth = 80
	leastWidth = 60
	mostWidth  = 150
)

func newShow(out io.Writer, environ []string) *show {
	s := &show{out: out, width: plainWidth}
	f, ok := out.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return s
	}
	if width, _, err := term.GetSize(int(f.Fd())); err == nil {
		s.width = min(max(width, leastWidth), mostWidth)
	}
	s.paint = wantsColour(environ)
	s.bar = progressbar.NewOptions(1, progressbar.OptionSetWriter(out), progressbar.OptionSetDescription("rehearsing"),
		progressbar.OptionSetWidth(s.width/2), progressbar.OptionShowCount(), progressbar.OptionClearOnFinish())
	return s
}

func (s *show) opening(r *rehearsal) {
	fmt.Fprintf(s.out, "tvscim demo: a rehearsal of Entra's first cycle. TeamViewer is emulated here,\n"+
		"nothing leaves this machine, and all is forgotten at exit.\nSCIM is served on %s\nThe status page is %s\n", r.base, r.status())
}

// scene prints one request and its calls.
func (s *show) scene(number, of int, a acted) {
	if s.bar != nil {
		_ = s.bar.Clear() // a failure of the bar does not matter
	}
	if a.act != "" {
		fmt.Fprintf(s.out, "\n%s\n", s.paint.in(underlined, fit(a.act, s.width)))
	}
	fmt.Fprintln(s.out, s.paint.in(bold, fit(fmt.Sprintf("%2d/%d %s", number, of, a.about), s.width)))
	s.exchange("  SCIM  ", a.method+" "+readable(a.path), a.status,
		fmt.Sprintf(" %s in %s", http.StatusText(a.status), a.took.Round(100*time.Microsecond)), gist(a.body))
	for _, c := range a.calls {
		path := c.Path
		if c.Query != "" {
			path += "?" + c.Query
		}
		s.exchange("  TV    ", c.Method+" "+path, c.Status, "", c.Body)
	}
	if len(a.calls) == 0 {
		fmt.Fprintln(s.out, s.paint.in(cyan, "  TV    ")+"no call")
	}
	if s.bar != nil {
		s.bar.ChangeMax(of)
		_ = s.bar.Set(number)
	}
}

// exchange prints one request with its status, which is never cut, and its body.
func (s *show) exchange(label, request string, status int, note, body string) {
	answer := fmt.Sprintf(" → %d%s", status, note)
	room := s.width - utf8.RuneCountInString(label+answer)
	colour := green
	if status >= 400 {
		colour = yellow
	}
	fmt.Fprintln(s.out, s.paint.in(cyan, label)+fit(request, room)+s.paint.in(colour, answer))
	if body != "" {
		fmt.Fprintln(s.out, s.paint.in(faint, fit(strings.Repeat(" ", len(label))+body, s.width)))
	}
}

// closing prints the state of TeamViewer and the cost.
func (s *show) closing(r *rehearsal) {
	var text bytes.Buffer
	table := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "  USER\tNAME\tADDRESS\tACTIVE")
	name := map[string]string{}
	for _, u := range r.fake.Users() {
		note := ""
		if u.ID == r.fake.OwnerID() {
			note = " (owns the token)"
		}
		name[u.ID] = u.Name
		fmt.Fprintf(table, "  %s\t%s\t%s\t%t%s\n", u.ID, u.Name, u.Email, u.Active, note)
	}
	_ = table.Flush()
	fmt.Fprintln(table, "\n  GROUP\tMEMBERS")
	for _, g := range r.fake.Groups() {
		members := make([]string, len(g.Members))
		for i, id := range g.Members {
			members[i] = name[id]
		}
		fmt.Fprintf(table, "  %s\t%s\n", g.Name, strings.Join(members, ", "))
	}
	_ = table.Flush()
	fmt.Fprintln(table, "\n  CALLS\tCOUNT")
	calls := r.fake.Calls()
	for _, function := range slices.Sorted(maps.Keys(calls)) {
		fmt.Fprintf(table, "  %s\t%d\n", function, calls[function])
	}
	_ = table.Flush()
	fmt.Fprintf(s.out, "\n%s\n", s.paint.in(underlined, "What TeamViewer now holds, and the calls as TeamViewer counts them"))
	for line := range strings.Lines(text.String()) {
		fmt.Fprintln(s.out, fit(strings.TrimRight(line, " \n"), s.width))
	}
}

// verdict prints the result of the rehearsal and the comparison.
func (s *show) verdict(c cost) {
	fmt.Fprintf(s.out, "\nA gateway that asks TeamViewer at each request would make %d calls: a read for\n"+
		"each of the %d requests that create nothing, and the same %d writes.\n", c.naive(), c.requests-c.creations, c.writes)
	fmt.Fprintln(s.out, s.paint.in(bold, fmt.Sprintf("Verdict: %d of %d requests as Entra expects, %d TeamViewer calls instead of %d.",
		c.requests, c.requests, c.calls, c.naive())))
}

// staying prints how to continue by hand. The curl line is never cut, since it is copied.
func (s *show) staying(r *rehearsal) {
	fmt.Fprintf(s.out, "\nThe gateway stays up until you press Ctrl-C. Try it:\n"+
		"  status   %s\n  address  %s\n  token    %s\n  curl -s -H 'Authorization: Bearer %s' \\\n    '%s/Users?attributes=userName,active'\n", r.status(), r.base, r.token, r.token, r.base)
}

// gist returns the relevant part of a body: of a PATCH, its operations.
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

// fit cuts a line to a width in characters.
func fit(line string, width int) string {
	if utf8.RuneCountInString(line) <= width {
		return line
	}
	return string([]rune(line)[:max(width-1, 0)]) + "…"
}
