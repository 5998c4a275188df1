package main

import (
	"bytes"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"tvscim/tvapi/tvfake"
)

var escapes = regexp.MustCompile("\x1b\\[[0-9;]*m")

// TestDemo plays the whole rehearsal and reads what it says.
func TestDemo(t *testing.T) {
	t.Parallel()
	code, out, errText := once(t, nil, "demo", "--exit")
	if code != exitOK {
		t.Fatalf("exit %d: %s%s", code, out, errText)
	}
	for _, want := range []string{
		"Test Connection", "First cycle: users", "First cycle: groups", "Changes, legacy dialect", "Changes, compliant dialect", "Leaving",
		"POST /api/v1/users → 200", "What TeamViewer now holds", "Nora Vale-Roth", "POST /users                      3",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("the demo does not show %q:\n%s", want, out)
		}
	}
	for _, line := range strings.Split(out, "\n") {
		if n := len([]rune(line)); n > plainWidth {
			t.Errorf("a line of %d characters: %s", n, line)
		}
	}
}

// TestDemoStaysUp: the curl line that it prints works.
func TestDemoStaysUp(t *testing.T) {
	t.Parallel()
	demo := start(t, nil, "demo")
	found := demo.out.wait(t, `curl -s -H 'Authorization: Bearer ([^']+)' \\\n\s+'([^']+)'`)
	status, body := fetch(t, found[2], found[1])
	if status != http.StatusOK || !strings.Contains(body, `"userName":"nora.vale@contoso.example"`) {
		t.Errorf("%d %s", status, body)
	}
	if code := demo.stop(); code != exitOK {
		t.Errorf("exit %d", code)
	}
}

// TestDemoServesTheStatusPage at the address that it prints, without sign-in: it shows the
// rehearsal.
func TestDemoServesTheStatusPage(t *testing.T) {
	t.Parallel()
	demo := start(t, nil, "demo")
	address := demo.out.wait(t, `status   (http://\S+)`)[1]
	for path, want := range map[string]string{"": "Everything works.", "/activity": "nora.vale@contoso.example"} {
		if status, body := fetch(t, address+path, ""); status != http.StatusOK || !strings.Contains(body, want) {
			t.Errorf("%s: %d, without %q:\n%s", path, status, want, body)
		}
	}
	demo.stop()
}

// TestDemoFits plays the rehearsal in several widths, in colour and without: no line is longer than
// the terminal is wide.
func TestDemoFits(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]*show{
		"80 columns": {width: 80}, "80 columns in colour": {width: 80, paint: true}, "120 columns in colour": {width: 120, paint: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			s.out = &out
			r, err := newRehearsal(t.Context(), "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			spent, err := r.play(t.Context(), s)
			if err != nil {
				t.Fatal(err)
			}
			s.staying(r)
			s.verdict(spent)
			if coloured := escapes.MatchString(out.String()); coloured != bool(s.paint) {
				t.Errorf("coloured: %v, want %v", coloured, s.paint)
			}
			for line := range strings.Lines(escapes.ReplaceAllString(out.String(), "")) {
				if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > s.width || strings.Contains(line, "\x1b") {
					t.Errorf("a line of %d characters: %q", n, line)
				}
			}
		})
	}
}

// TestDemoVerdict: the last line says what the rehearsal came to, and nothing is coloured where
// there is no terminal.
func TestDemoVerdict(t *testing.T) {
	t.Parallel()
	code, out, _ := once(t, []string{"TERM=xterm-256color"}, "demo", "--exit")
	if code != exitOK {
		t.Errorf("exit %d", code)
	}
	lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
	last := regexp.MustCompile(`^Verdict: (\d+) of (\d+) requests as Entra expects, (\d+) TeamViewer calls instead of (\d+)\.$`).
		FindStringSubmatch(lines[len(lines)-1])
	if last == nil {
		t.Fatalf("last line %q, want the verdict", lines[len(lines)-1])
	}
	total := 0
	for _, row := range regexp.MustCompile(`(?m)^  (?:GET|POST|PUT|DELETE) /\S+ +(\d+)$`).FindAllStringSubmatch(out, -1) {
		total += number(t, row[1])
	}
	if calls, naive := number(t, last[3]), number(t, last[4]); last[1] != last[2] || calls != total || naive <= calls {
		t.Errorf("%s, with %d calls in the table", last[0], total)
	}
	if strings.Contains(out, "\x1b") {
		t.Error("the output is no terminal and holds escape sequences")
	}
}

func number(t *testing.T, text string) int {
	t.Helper()
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestCost: the comparison counts one read for each request that creates nothing, and no write that
// was not made.
func TestCost(t *testing.T) {
	t.Parallel()
	read, write := tvfake.Call{Method: http.MethodGet}, tvfake.Call{Method: http.MethodPut}
	var c cost
	for _, a := range []acted{
		{scene: scene{method: http.MethodGet}, calls: []tvfake.Call{read, read}}, // a list of two pages
		{scene: scene{method: http.MethodGet}},
		{scene: scene{method: http.MethodPost}, calls: []tvfake.Call{write, write}},
		{scene: scene{method: http.MethodPatch}, calls: []tvfake.Call{write}},
		{scene: scene{method: http.MethodPatch}},
		{scene: scene{method: http.MethodDelete}, calls: []tvfake.Call{read, write}},
	} {
		c.add(a)
	}
	if want := (cost{requests: 6, creations: 1, calls: 7, writes: 4}); c != want || c.naive() != 9 {
		t.Errorf("cost %+v, naive %d; want %+v, 9", c, c.naive(), want)
	}
}

func TestWantsColour(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		environ []string
		want    paint
	}{
		{[]string{"TERM=xterm-256color"}, true},
		{[]string{"TERM=xterm", "NO_COLOR="}, true},
		{[]string{"TERM=xterm", "NO_COLOR=1"}, false},
		{[]string{"NO_COLOR=0", "TERM=xterm"}, false},
		{[]string{"TERM=dumb"}, false},
		{nil, false},
	} {
		if got := wantsColour(tt.environ); got != tt.want {
			t.Errorf("%q: %v, want %v", tt.environ, got, tt.want)
		}
	}
}
