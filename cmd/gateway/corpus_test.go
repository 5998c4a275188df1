package gateway_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"tvscim/cmd/config"
	"tvscim/tvapi/tvfake"
)

// row is one request of the corpus: a shape in which Entra ID or Okta sends it. {name} in path and
// body stands for an id.
type row struct {
	Name         string          `json:"name"`
	Method       string          `json:"method"`
	Path         string          `json:"path"`
	Body         json.RawMessage `json:"body"`
	ExpectStatus []int           `json:"expect_status"`
	Expect       string          `json:"expect"` // in prose; an expectation says the same in code
}

// text is the body as it is sent: a body that is a JSON string is sent raw.
func (r row) text() string {
	var raw string
	switch {
	case string(r.Body) == "null":
		return ""
	case json.Unmarshal(r.Body, &raw) == nil:
		return raw
	}
	return string(r.Body)
}

// expectation is the prose of a row as code.
type expectation struct {
	given func(*play)    // what must be there before
	tv    func(*company) // what the request changes in TeamViewer; nil: nothing, and no call that could is sent
	then  func(*play)    // what clients see afterwards
	keep  func(*play)    // what they see with users.keep: ["*"], where that is something else
}

// rows are those of the corpus.
type rows struct {
	inOrder []row
	byName  map[string]row
}

// readCorpus reads the file once.
var readCorpus = sync.OnceValues(func() (all rows, err error) {
	file, err := os.Open("testdata/corpus/requests.jsonl")
	if err != nil {
		return all, err
	}
	defer file.Close()
	all.byName = map[string]row{}
	for d := json.NewDecoder(file); ; {
		var r row
		if err := d.Decode(&r); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return all, err
		}
		all.inOrder, all.byName[r.Name] = append(all.inOrder, r), r
	}
})

func corpus(t *testing.T) rows {
	t.Helper()
	all, err := readCorpus()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// corpusRow returns one row.
func corpusRow(t *testing.T, name string) row {
	t.Helper()
	r, ok := corpus(t).byName[name]
	if !ok {
		t.Fatalf("the corpus has no row %s", name)
	}
	return r
}

// expectations returns what every row promises.
func expectations() map[string]expectation {
	all := map[string]expectation{}
	for _, table := range expectationTables() {
		maps.Copy(all, table)
	}
	return all
}

func expectationTables() []map[string]expectation {
	return []map[string]expectation{
		corpusMatches(), corpusUserCreates(), corpusUserPatches(), corpusUserAttributePatches(), corpusUserLives(), corpusGroupCreates(), corpusGroupPatches(), corpusForms(),
	}
}

func TestEveryRowOfTheCorpusHasACheck(t *testing.T) {
	t.Parallel()
	rows := corpus(t)
	if len(rows.inOrder) != len(rows.byName) {
		t.Errorf("%d rows have %d names", len(rows.inOrder), len(rows.byName))
	}
	checked := 0
	for _, table := range expectationTables() {
		checked += len(table)
	}
	all := expectations()
	if checked != len(all) {
		t.Errorf("%d checks have %d names", checked, len(all))
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(rows.byName)), slices.Sorted(maps.Keys(all))); diff != "" {
		t.Errorf("rows (-) and checks (+) differ:\n%s", diff)
	}
	for name, e := range all {
		if e.then == nil {
			t.Errorf("%s: nothing is checked afterwards", name)
		}
	}
}

// TestCorpus plays every row on a company of its own, under every reading of TeamViewer's contract.
func TestCorpus(t *testing.T) {
	t.Parallel()
	onEveryVariantHeavily(t, setup{}.playCorpus)
}

// TestCorpusKeepingEverything plays the rows of which users.keep shows more, under the readings that
// between them have every answer: what is kept never reaches TeamViewer. TVSCIM_SOAK plays them
// under every reading.
func TestCorpusKeepingEverything(t *testing.T) {
	t.Parallel()
	readings := slices.DeleteFunc(variants(true), func(v tvfake.Variant) bool {
		return os.Getenv("TVSCIM_SOAK") == "" && !slices.Contains(fewVariants, v.Name)
	})
	onVariants(t, readings, setup{keep: true}.playCorpus)
}

// TestCorpusOnFoundUsers plays every row on users and groups that were in TeamViewer before the
// gateway was: Entra finds them, and makes them equal to its own with a PATCH.
func TestCorpusOnFoundUsers(t *testing.T) {
	t.Parallel()
	for _, name := range fewest() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			setup{found: true}.playCorpus(t, tvfake.Options{Variant: variantNamed(t, name)})
		})
	}
}

func (how setup) playCorpus(t *testing.T, o tvfake.Options) {
	t.Helper()
	rows := corpus(t).inOrder
	expected := expectations()
	for _, r := range rows {
		e := expected[r.Name]
		if how.keep && e.keep == nil {
			continue
		}
		t.Run(r.Name, func(t *testing.T) {
			how.stage(t, o).meets(r, e)
		})
	}
}

// TestCorpusOnOneCompany plays all rows one after the other on one company. Before each one,
// everybody whom the last one left behind is deleted by SCIM, so that a deleted user or group must
// be as good as one that never was.
func TestCorpusOnOneCompany(t *testing.T) {
	t.Parallel()
	rows := corpus(t).inOrder
	expected := expectations()
	for _, variant := range fewest() {
		for _, fate := range []config.OnDelete{config.OnDeleteDeactivate, config.OnDeleteDelete} {
			t.Run(variant+"/"+string(fate), func(t *testing.T) {
				t.Parallel()
				shared := setup{fate: fate}.stage(t, tvfake.Options{Variant: variantNamed(t, variant)})
				for _, r := range rows {
					t.Run(r.Name, func(t *testing.T) {
						p := shared.in(t)
						p.deleteEverybody()
						p.meets(r, expected[r.Name])
					})
				}
			})
		}
	}
}

// setup is how a company came to hold what a row needs.
type setup struct {
	keep  bool // users.keep: ["*"]
	found bool // users and groups are made in TeamViewer's console, and then found by the client
	fate  config.OnDelete

	settings func(*config.Config) // changes any other setting
}

// stage opens a company for plays.
func (how setup) stage(t *testing.T, o tvfake.Options) *play {
	t.Helper()
	core, logged := observer.New(zapcore.DebugLevel)
	s := newStage(t, staging{fake: o, direct: true, log: zap.New(core), settings: func(c *config.Config, _ *tvfake.Server) {
		c.Log.Level = "debug"
		if how.keep {
			c.Users.Keep = []string{"*"}
		}
		if how.fate != "" {
			c.Users.OnDelete = how.fate
		}
		if how.settings != nil {
			how.settings(c)
		}
	}})
	return &play{stage: s, setup: how, logged: logged, ids: map[string]string{}, small: map[string]string{}}
}

// meets plays a row and checks what it promises.
func (p *play) meets(r row, e expectation) {
	p.t.Helper()
	if e.given != nil {
		e.given(p)
	}
	p.fake.ResetCalls()
	before := p.company()
	p.answer = p.do(r.Method, p.fill(r.Path), p.fill(r.text()))
	p.calls = p.fake.Log()
	if !slices.Contains(r.ExpectStatus, p.answer.status) {
		p.t.Fatalf("status %d, want one of %v: %s", p.answer.status, r.ExpectStatus, p.answer.body)
	}
	p.wellFormed(r)
	if e.tv == nil {
		p.wroteNothing()
	} else {
		e.tv(&before)
	}
	if diff := cmp.Diff(before, p.company()); diff != "" {
		p.t.Errorf("TeamViewer now (+) is not as it should be (-):\n%s", diff)
	}
	then := e.then
	if p.setup.keep {
		then = e.keep
	}
	then(p)
	p.discreet()
}

// wellFormed checks what every answer of its kind has.
func (p *play) wellFormed(r row) {
	p.t.Helper()
	a := p.answer
	if a.status == http.StatusNoContent {
		if a.body != "" {
			p.t.Errorf("204 with a body: %s", a.body)
		}
		return
	}
	if got := a.header.Get("Content-Type"); !strings.HasPrefix(got, "application/scim+json") {
		p.t.Errorf("Content-Type %q", got)
	}
	tree := a.json(p.t)
	switch schema := "urn:ietf:params:scim:api:messages:2.0:"; {
	case a.status >= 400:
		p.has(tree, fmt.Sprintf(`{"schemas": [%q], "status": "%d"}`, schema+"Error", a.status))
		if detail, _ := tree["detail"].(string); detail == "" {
			p.t.Errorf("an error without detail: %s", a.body)
		}
	case r.Method == http.MethodGet && !strings.Contains(r.Path, "s/"):
		p.has(tree, `{"schemas": ["`+schema+`ListResponse"]}`)
		if n, all := len(p.listed()), p.total(); n > all {
			p.t.Errorf("%d resources of %d", n, all)
		}
	case a.status == http.StatusCreated:
		if location := a.header.Get("Location"); location == "" || location != get(tree, "meta", "location") {
			p.t.Errorf("Location %q, meta.location %v", location, get(tree, "meta", "location"))
		}
	}
}
