package gateway_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"

	gocmp "github.com/google/go-cmp/cmp"

	"tvscim/cmd/config"
	"tvscim/tvapi/tvfake"
)

var update = flag.Bool("update", false, "write the golden files anew instead of comparing with them")

// scenario is one request whose golden file shows what became of it: the calls to TeamViewer, and
// the answer.
type scenario struct {
	name     string
	about    string
	setup    setup
	settings func(*config.Config)
	given    func(*play)
	method   string
	path     string
	body     string
	header   map[string]string // beside or in place of what the client sends anyway; "" for a header that is left out
}

// goldenToken is TeamViewer's, and goldenOwner its owner.
const (
	goldenToken = "teamviewer-script-token"
	goldenOwner = "u99"
)

// TestGolden shows every shape of every dialect beside the TeamViewer calls that it becomes, and
// every kind of error. With -update the files are written anew; read them before they are
// committed.
func TestGolden(t *testing.T) {
	t.Parallel()
	all := slices.Concat(rowScenarios(t), dialectScenarios(), refusalScenarios(), troubleScenarios())
	names := map[string]bool{}
	for _, s := range all {
		if names[s.name] {
			t.Fatalf("two scenarios are called %s", s.name)
		}
		names[s.name] = true
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			var text string
			synctest.Test(t, func(t *testing.T) { text = s.play(t) }) // where TeamViewer is waited for, no time is lost
			compareGolden(t, s.name, text)
		})
	}
	files, err := filepath.Glob("testdata/golden/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if !names[strings.TrimSuffix(filepath.Base(file), ".txt")] {
			t.Errorf("%s belongs to no scenario", file)
		}
	}
}

func compareGolden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", "golden", name+".txt")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v; write it with -update", err)
	}
	if diff := gocmp.Diff(string(want), got); diff != "" {
		t.Errorf("it came otherwise (+) than %s (-); if that is right, write it anew with -update:\n%s", file, diff)
	}
}

// rowScenarios are the rows of the corpus, those of which users.keep shows more with that setting.
func rowScenarios(t *testing.T) []scenario {
	t.Helper()
	rows := corpus(t).inOrder
	expected := expectations()
	all := make([]scenario, 0, len(rows))
	for _, r := range rows {
		e := expected[r.Name]
		all = append(all, scenario{
			name: r.Name, about: r.Expect, setup: setup{keep: e.keep != nil},
			given: e.given, method: r.Method, path: r.Path, body: r.text(),
		})
	}
	return all
}

// play plays the scenario and returns it as text.
func (s scenario) play(t *testing.T) string {
	t.Helper()
	s.setup.settings = func(c *config.Config) {
		c.PublicURL = "https://scim.example.com"
		if s.settings != nil {
			s.settings(c)
		}
	}
	p := s.setup.stage(t, tvfake.Options{Token: goldenToken, OwnerID: goldenOwner})
	p.fake.OnCall(func(tvfake.Call) { p.number() }) // at each call, for what is soon gone again
	if s.given != nil {
		s.given(p)
	}
	p.fake.ResetCalls()
	p.answer = p.send(s.method, p.fill(s.path), p.fill(s.body), s.header)
	return p.normal(s.text(p))
}

// text is what the golden file says of a scenario that was played.
func (s scenario) text(p *play) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", s.about)
	if s.setup.keep {
		b.WriteString("Setting: users.keep: [\"*\"]\n")
	}
	fmt.Fprintf(&b, "\n=== SCIM request\n%s /scim/v2%s\n", s.method, p.fill(s.path))
	for _, name := range slices.Sorted(maps.Keys(s.header)) {
		fmt.Fprintf(&b, "%s: %s\n", name, cmp.Or(s.header[name], "(left out)"))
	}
	b.WriteString(pretty(p.fill(s.body)))
	fmt.Fprintf(&b, "\n=== TeamViewer calls: %s\n", p.callList())
	fmt.Fprintf(&b, "\n=== SCIM answer\n%d %s\n", p.answer.status, http.StatusText(p.answer.status))
	for _, name := range []string{"Content-Type", "Location", "ETag", "Retry-After", "WWW-Authenticate", "Allow"} {
		if v := p.answer.header.Get(name); v != "" {
			fmt.Fprintf(&b, "%s: %s\n", name, v)
		}
	}
	b.WriteString(pretty(p.answer.body))
	return b.String()
}

// send sends a request with headers of its own.
func (p *play) send(method, path, body string, header map[string]string) answer {
	req := httptest.NewRequest(method, "https://scim.example.com/scim/v2"+path, strings.NewReader(body))
	req.Header.Set("Authorization", "Bearer "+p.token)
	req.Header.Set("Content-Type", "application/scim+json; charset=utf-8")
	for name, value := range header {
		if req.Header.Del(name); value != "" {
			req.Header.Set(name, value)
		}
	}
	recorder := httptest.NewRecorder()
	p.gateway.SCIM().ServeHTTP(recorder, req)
	return answer{recorder.Code, recorder.Header(), recorder.Body.String()}
}

// callList lists the calls that TeamViewer got.
func (p *play) callList() string {
	calls := p.fake.Log()
	if len(calls) == 0 {
		return "none"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d", len(calls))
	for _, c := range calls {
		path := c.Path
		if c.Query != "" {
			path += "?" + c.Query
		}
		status := strconv.Itoa(c.Status)
		if c.Status == 0 {
			status = "no answer"
		}
		fmt.Fprintf(&b, "\n%s %s -> %s", c.Method, path, status)
		if c.Body != "" {
			fmt.Fprintf(&b, "\n    %s", c.Body)
		}
		if c.Status >= 400 && c.Answer != "" {
			fmt.Fprintf(&b, "\n    answered %s", strings.TrimSpace(c.Answer))
		}
	}
	return b.String()
}

var (
	timestamp = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z`)
	requestID = regexp.MustCompile(` \(request [A-Z2-7]{26}\)`) // at the end of every error's detail
	entityTag = regexp.MustCompile(`(W/\\?")[^"\\]+`)
	signature = regexp.MustCompile(`("error_(?:signature|code)":)\d+`)
)

// normal puts small numbers in the place of ids, users from 101 and groups from 201 on, and hides
// what is another one each time.
func (p *play) normal(text string) string {
	text = timestamp.ReplaceAllString(text, "<time>")
	text = requestID.ReplaceAllString(text, "")
	text = entityTag.ReplaceAllString(text, "$1<version>")
	text = signature.ReplaceAllString(text, "$1<number>")
	for id, small := range p.small {
		text = strings.ReplaceAll(text, id, small)
	}
	return text
}

// number gives every user and group that TeamViewer holds now a small number, in the order in which
// they were made.
func (p *play) number() {
	give := func(id string, first int) {
		if _, known := p.small[id]; known || id == goldenOwner[1:] {
			return
		}
		next := first
		for _, given := range p.small {
			if n, _ := strconv.Atoi(given); n/100 == first/100 {
				next = max(next, n+1)
			}
		}
		p.small[id] = strconv.Itoa(next)
	}
	for _, u := range p.fake.Users() {
		give(u.ID[1:], 101)
	}
	for _, g := range p.fake.Groups() {
		give(strconv.FormatInt(g.ID, 10), 201)
	}
}

// pretty indents JSON; other text stays as it is.
func pretty(text string) string {
	if text == "" {
		return ""
	}
	var b bytes.Buffer
	if json.Indent(&b, []byte(text), "", "  ") != nil {
		return text + "\n"
	}
	return b.String() + "\n"
}
