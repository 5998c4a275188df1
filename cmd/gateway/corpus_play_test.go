package gateway_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"tvscim/cmd/config"
	"tvscim/tvapi/tvfake"
)

// play is one row of the corpus on a stage.
type play struct {
	*stage
	setup  setup
	logged *observer.ObservedLogs
	ids    map[string]string // what the placeholders of rows stand for
	small  map[string]string // numbers that golden files have in the place of ids

	answer answer        // to the row's request
	calls  []tvfake.Call // that it became
}

// in returns the same company for another test.
func (p *play) in(t *testing.T) *play {
	s := *p.stage
	s.t = t
	return &play{stage: &s, setup: p.setup, logged: p.logged, ids: map[string]string{}}
}

// fill puts ids in the place of placeholders.
func (p *play) fill(text string) string {
	for name, id := range p.ids {
		text = strings.ReplaceAll(text, "{"+name+"}", id)
	}
	return text
}

// have sees to it that there is what a row of the corpus would create, and names its id.
func (p *play) have(placeholder, create string) {
	p.t.Helper()
	r := corpusRow(p.t, create)
	body := p.fill(r.text())
	if p.setup.found {
		p.ids[placeholder] = p.find(r.Path, body)
		return
	}
	a := p.do(r.Method, r.Path, body)
	if a.status != http.StatusCreated {
		p.t.Fatalf("given %s: %d %s", create, a.status, a.body)
	}
	p.ids[placeholder], _ = a.json(p.t)["id"].(string)
}

// find makes a user or group in TeamViewer's console, reads it as a client does that knows its id,
// and makes it equal to the body of a create request.
func (p *play) find(endpoint, body string) string {
	p.t.Helper()
	var wanted map[string]any
	if err := json.Unmarshal([]byte(body), &wanted); err != nil {
		p.t.Fatal(err)
	}
	displayName, _ := wanted["displayName"].(string)
	var id string
	if endpoint == "/Groups" {
		id = strconv.FormatInt(p.fake.AddGroup(displayName).ID, 10)
	} else {
		userName, _ := wanted["userName"].(string)
		local, _, _ := strings.Cut(userName, "@")
		id = p.fake.AddUser(tvfake.User{Email: userName, Name: cmp.Or(displayName, local), Active: true}).ID
	}
	p.see(endpoint + "/" + id)
	for _, known := range []string{"schemas", "meta", "userName"} {
		delete(wanted, known)
	}
	if len(wanted) == 0 {
		return id
	}
	value, err := json.Marshal(wanted)
	if err != nil {
		p.t.Fatal(err)
	}
	if a := p.do("PATCH", endpoint+"/"+id, patchOf(`{"op":"replace","value":`+string(value)+`}`)); a.status >= 300 {
		p.t.Fatalf("given %s: %d %s", body, a.status, a.body)
	}
	return id
}

// played plays a row as a part of what is given.
func (p *play) played(name string) {
	p.t.Helper()
	r := corpusRow(p.t, name)
	if a := p.do(r.Method, p.fill(r.Path), p.fill(r.text())); a.status >= 300 {
		p.t.Fatalf("given %s: %d %s", name, a.status, a.body)
	}
}

// deleteEverybody deletes all users and groups that clients see, but the token's owner.
func (p *play) deleteEverybody() {
	p.t.Helper()
	for _, endpoint := range []string{"/Groups", "/Users"} {
		for _, id := range p.search(endpoint, "") {
			if id == p.fake.OwnerID() {
				continue
			}
			if a := p.do("DELETE", endpoint+"/"+id, ""); a.status != http.StatusNoContent {
				p.t.Fatalf("DELETE %s/%s: %d %s", endpoint, id, a.status, a.body)
			}
		}
	}
}

// see reads a resource.
func (p *play) see(path string) map[string]any {
	p.t.Helper()
	a := p.do("GET", p.fill(path), "")
	if a.status != http.StatusOK {
		p.t.Fatalf("GET %s: %d %s", path, a.status, a.body)
	}
	return a.json(p.t)
}

// search returns the ids that a filter finds, all of them without one.
func (p *play) search(endpoint, filter string) []string {
	p.t.Helper()
	path := endpoint + "?count=1000&attributes=id"
	if filter != "" {
		path += "&filter=" + url.QueryEscape(p.fill(filter))
	}
	ids := []string{}
	resources, _ := p.see(path)["Resources"].([]any)
	for _, r := range resources {
		id, _ := get(r, "id").(string)
		ids = append(ids, id)
	}
	return ids
}

// listed returns the resources in the answer, which is a list.
func (p *play) listed() []any {
	p.t.Helper()
	resources, ok := p.answer.json(p.t)["Resources"].([]any)
	if !ok {
		p.t.Fatalf("a list without Resources: %s", p.answer.body)
	}
	return resources
}

// total returns the number of results in the answer, which is a list.
func (p *play) total() int {
	p.t.Helper()
	total, ok := p.answer.json(p.t)["totalResults"].(float64)
	if !ok || total != float64(int(total)) {
		p.t.Fatalf("totalResults is no integer: %s", p.answer.body)
	}
	return int(total)
}

// has compares a tree with what is wanted of it, in JSON: members that are not named do not matter,
// null is an absent one.
func (p *play) has(tree map[string]any, wanted string) {
	p.t.Helper()
	var want map[string]any
	if err := json.Unmarshal([]byte(p.fill(wanted)), &want); err != nil {
		p.t.Fatalf("%v: %s", err, wanted)
	}
	got := map[string]any{}
	for key := range want {
		got[key] = tree[key]
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		p.t.Errorf("clients see (+) what they should not (-):\n%s", diff)
	}
}

// wroteNothing checks that no call was sent that could change anything.
func (p *play) wroteNothing() {
	p.t.Helper()
	for _, c := range p.calls {
		if c.Method != http.MethodGet {
			p.t.Errorf("sent to TeamViewer for nothing: %s %s %s", c.Method, c.Path, c.Body)
		}
	}
}

// discreet checks that nothing secret is shown or logged, and that a log without debug lines names
// nobody.
func (p *play) discreet() {
	p.t.Helper()
	secrets := []string{"tvsso-", "placeholder-Pw", "XYZABC", stageToken, p.fake.Token()}
	personal := slices.Concat(secrets, []string{"contoso.example", "Vale", "Reyes"})
	for _, secret := range secrets {
		if strings.Contains(p.answer.body, secret) {
			p.t.Errorf("the answer shows %s", secret)
		}
	}
	for _, entry := range p.logged.TakeAll() {
		line := fmt.Sprint(entry.Message, entry.ContextMap())
		hidden := secrets
		if entry.Level > zap.DebugLevel {
			hidden = personal
		}
		for _, text := range hidden {
			if strings.Contains(line, text) {
				p.t.Errorf("the log at level %s shows %s: %s", entry.Level, text, line)
			}
		}
	}
}

// company is what TeamViewer holds, free of ids and of what its variants leave open.
type company struct {
	Users  map[string]account  // by address, in lower case
	Groups map[string][]string // addresses of the members, sorted

	Found    bool            // users were there before the gateway
	OnDelete config.OnDelete // what becomes of a deleted user
}

type account struct {
	Name   string
	Active bool
	SSO    string
}

// company looks into TeamViewer. An address that waits for its confirmation counts as the user's:
// more cannot be done.
func (p *play) company() company {
	c := company{Users: map[string]account{}, Groups: map[string][]string{}, Found: p.setup.found, OnDelete: p.setup.fate}
	address := map[string]string{}
	for _, u := range p.fake.Users() {
		address[u.ID] = strings.ToLower(cmp.Or(u.PendingEmail, u.Email))
		c.Users[address[u.ID]] = account{Name: u.Name, Active: u.Active, SSO: u.SSOCustomerID}
	}
	for _, g := range p.fake.Groups() {
		members := []string{}
		for _, id := range g.Members {
			members = append(members, address[id])
		}
		slices.Sort(members)
		c.Groups[g.Name] = members
	}
	return c
}

// user changes what is expected of one user.
func (c *company) user(address string, change func(*account)) {
	a := c.Users[address]
	change(&a)
	c.Users[address] = a
}

// create expects a user. One that comes back keeps the ssoCustomerId that it had.
func (c *company) create(address, name, sso string) {
	c.user(address, func(a *account) { a.Name, a.Active, a.SSO = name, true, cmp.Or(sso, a.SSO) })
}

// all does several things, one after the other.
func all(things ...func(*play)) func(*play) {
	return func(p *play) {
		p.t.Helper()
		for _, do := range things {
			do(p)
		}
	}
}

// have is [play.have] as a step.
func have(placeholder, create string) func(*play) {
	return func(p *play) { p.t.Helper(); p.have(placeholder, create) }
}

// played is [play.played] as a step.
func played(name string) func(*play) {
	return func(p *play) { p.t.Helper(); p.played(name) }
}

// sees expects of a resource that a client who reads it sees this.
func sees(path, wanted string) func(*play) {
	return func(p *play) { p.t.Helper(); p.has(p.see(path), wanted) }
}

// user is sees of the one user of most rows.
func user(wanted string) func(*play) { return sees("/Users/{userId}", wanted) }

// answers expects this of the answer's body.
func answers(wanted string) func(*play) {
	return func(p *play) { p.t.Helper(); p.has(p.answer.json(p.t), wanted) }
}

// says expects the detail of an error to name these.
func says(parts ...string) func(*play) {
	return func(p *play) {
		p.t.Helper()
		detail, _ := p.answer.json(p.t)["detail"].(string)
		for _, part := range parts {
			if !strings.Contains(detail, p.fill(part)) {
				p.t.Errorf("detail %q does not say %q", detail, p.fill(part))
			}
		}
	}
}

// finds expects what a filter finds: the ids behind these placeholders.
func finds(endpoint, filter string, placeholders ...string) func(*play) {
	return func(p *play) {
		p.t.Helper()
		want := []string{}
		for _, name := range placeholders {
			want = append(want, p.ids[name])
		}
		if diff := gocmp.Diff(want, p.search(endpoint, filter)); diff != "" {
			p.t.Errorf("%s finds (+) what it should not (-):\n%s", filter, diff)
		}
	}
}

// lists expects the answer to be a list of exactly these.
func lists(placeholders ...string) func(*play) {
	return func(p *play) {
		p.t.Helper()
		want, got := map[string]bool{}, map[string]bool{}
		for _, name := range placeholders {
			want[p.ids[name]] = true
		}
		for _, r := range p.listed() {
			id, _ := get(r, "id").(string)
			got[id] = true
		}
		if !maps.Equal(want, got) || p.total() != len(want) {
			p.t.Errorf("lists %v of %d, want %v", got, p.total(), want)
		}
	}
}

// gone expects that a resource is not known.
func gone(path string) func(*play) {
	return func(p *play) {
		p.t.Helper()
		if a := p.do("GET", p.fill(path), ""); a.status != http.StatusNotFound {
			p.t.Errorf("GET %s: %d, want 404", path, a.status)
		}
	}
}
