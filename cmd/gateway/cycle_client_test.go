package gateway_test

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"
)

// entra is a SCIM client that behaves as Entra's provisioning service: it matches before it
// creates, sends differences, 25 objects at a time, heeds no Retry-After, and tries what failed
// again in the next cycle.
type entra struct {
	t        *testing.T
	gateways []*stage // in front of one company; each request goes to any of them
	d        dialect
	batch    int  // how many members one PATCH names
	calm     bool // there are no faults: everything must work at once
	swift    bool // no time passes between requests
	unsure   bool // TeamViewer refuses an unknown id as invalid, and its lists lag: a DELETE may be refused in vain

	mu  sync.Mutex
	rng *rand.Rand
}

const (
	entraAtOnce   = 25
	entraPatience = 30 * time.Second // after which it gives a request up
	entraPause    = 40 * time.Minute // between two cycles
)

// seen is what the client needs of a resource, or of the only one in a list.
type seen struct {
	ID          string `json:"id"`
	ExternalID  string `json:"externalId"`
	UserName    string `json:"userName"`
	DisplayName string `json:"displayName"`
	Active      bool   `json:"active"`
	Name        struct {
		GivenName  string `json:"givenName"`
		FamilyName string `json:"familyName"`
	} `json:"name"`
	Emails []struct {
		Value string `json:"value"`
	} `json:"emails"`

	Total     int    `json:"totalResults"`
	Resources []seen `json:"Resources"`
}

// cycle provisions what is pending: users, then groups, then members.
func (e *entra) cycle(d *directory) {
	e.probe()
	people := slices.DeleteFunc(slices.Clone(d.people), func(p *person) bool { return !p.pending })
	together(e, people, func(p *person) { p.pending = !e.provision(p) })
	teams := slices.DeleteFunc(slices.Clone(d.teams), func(g *team) bool { return !g.pending })
	together(e, teams, func(g *team) { g.pending = !e.provisionTeam(g) })
	e.fill(d)
}

// probe is what precedes a cycle.
func (e *entra) probe() {
	var journal []string
	for _, path := range []string{
		"/Users?filter=" + eq("userName", "56a1e0c4-9d0b-4c55-8a53-0b7f6c1f2d11"),
		"/Users?filter=" + eq("userName", "0b7c7ce6-b0a1-4b8e-9d3b-6a55a6ac5a0f"),
		"/Groups?excludedAttributes=members&filter=" + eq("displayName", "a9a2f9a3-52a1-4f0e-8c33-64d2f0a9a001"),
	} {
		if s, _ := e.send(&journal, "GET", path, "", http.StatusOK); s.Total != 0 {
			e.t.Errorf("a random name is found: %v", journal)
		}
	}
}

// together does something with all, so many at once, in any order.
func together[T any](e *entra, all []T, do func(T)) {
	all = slices.Clone(all)
	e.mu.Lock()
	e.rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	e.mu.Unlock()
	queue := make(chan T, len(all))
	for _, x := range all {
		queue <- x
	}
	close(queue)
	var workers sync.WaitGroup
	for range min(entraAtOnce, len(all)) {
		workers.Go(func() {
			for x := range queue {
				do(x)
			}
		})
	}
	workers.Wait()
}

// send makes one request and returns what the answer shows, and its status: one of those expected,
// or of those after which Entra tries again, 0 among them for no answer in time. Any other is an
// error of the gateway.
func (e *entra) send(journal *[]string, method, path, body string, expected ...int) (s seen, status int) {
	e.mu.Lock()
	n := e.rng.IntN(len(e.gateways))
	think := time.Duration(e.rng.Int64N(int64(time.Second)))
	e.mu.Unlock()
	if !e.swift {
		time.Sleep(think)
	}
	ctx, cancel := context.WithTimeout(e.t.Context(), entraPatience)
	defer cancel()
	a, err := e.gateways[n].try(ctx, stageToken, method, path, body)
	if err == nil {
		status = a.status
	}
	*journal = append(*journal, fmt.Sprintf("%s gateway %d: %s %s %s -> %d %s",
		time.Now().Format(time.TimeOnly), n, method, path, body, status, cmp.Or(head(a.body), fmt.Sprint(err))))
	e.judge(*journal, status, a.header, expected)
	if status == http.StatusOK || status == http.StatusCreated {
		if err := json.Unmarshal([]byte(a.body), &s); err != nil {
			e.t.Errorf("%s %s: %v", method, path, err)
		}
	}
	return s, status
}

// head is the beginning of an answer's body, for the journal.
func head(body string) string { return body[:min(len(body), 300)] }

// judge reports a status that the gateway must not answer.
func (e *entra) judge(journal []string, status int, header http.Header, expected []int) {
	last := journal[len(journal)-1]
	switch {
	case slices.Contains(expected, status):
	case e.calm, status != 0 && status != http.StatusTooManyRequests && status != http.StatusServiceUnavailable:
		e.t.Errorf("not one of %v:%s", expected, told(journal))
	case status != 0 && header.Get("Retry-After") == "":
		e.t.Errorf("no Retry-After: %s", last)
	}
}

// provision makes TeamViewer's user what the directory says, and tells whether that is done.
func (e *entra) provision(p *person) (done bool) {
	if p.purged {
		return e.remove(&p.journal, "/Users/", p.link, &p.tried)
	}
	found, ok := e.match(p)
	switch {
	case !ok:
		return false
	case found.ID != "":
		p.link = found.ID
		return e.update(p, found)
	case !p.active:
		return true // Entra creates no user who is disabled
	default:
		return e.create(p)
	}
}

// match looks for the user: by the id that is known, else by userName.
func (e *entra) match(p *person) (seen, bool) {
	if p.link != "" {
		s, status := e.send(&p.journal, "GET", "/Users/"+p.link, "", e.orDoubt(http.StatusOK, http.StatusNotFound)...)
		e.unlink(p, status)
		return s, status == http.StatusOK
	}
	s, status := e.send(&p.journal, "GET", "/Users?filter="+eq("userName", p.shownName()), "", http.StatusOK)
	return e.only(s, status, p.met, p.journal)
}

// orDoubt is what may be answered: the one status, and through two gateways the other as well. For
// each may have found, in an older snapshot while none could be loaded, whom the other had removed.
func (e *entra) orDoubt(status, doubt int) []int {
	if len(e.gateways) == 1 {
		return []int{status}
	}
	return []int{status, doubt}
}

// unlink has a user whose id is unknown searched again in the next cycle.
func (e *entra) unlink(p *person, status int) {
	if status == http.StatusNotFound {
		p.link = ""
	}
}

// only returns the resource in a list of one.
func (e *entra) only(s seen, status int, met bool, journal []string) (seen, bool) {
	switch {
	case status != http.StatusOK:
		return seen{}, false
	case s.Total > 1:
		e.t.Errorf("more than one match:%s", told(journal))
		return seen{}, false
	case s.Total == 1:
		return s.Resources[0], true
	case met && len(e.gateways) == 1:
		e.t.Errorf("a search finds nothing, yet creating it was a conflict:%s", told(journal))
	}
	return seen{}, true
}

func (e *entra) create(p *person) (done bool) {
	s, status := e.send(&p.journal, "POST", "/Users", p.resource(), http.StatusCreated, http.StatusConflict)
	p.met = status == http.StatusConflict
	if status != http.StatusCreated {
		return false
	}
	p.link = s.ID
	written, _ := p.differences(seen{})
	e.shows(p, s, written, &p.active)
	return true
}

// resource is the body of the POST.
func (p *person) resource() string {
	return fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0User"],`+
		`"externalId":%q,"userName":%q,"active":true,"displayName":%q,"emails":[{"primary":true,"type":"work","value":%[2]q}],`+
		`"meta":{"resourceType":"User"},"name":{"formatted":%[3]q,"familyName":%[4]q,"givenName":%[5]q},"preferredLanguage":"de-DE","roles":[],"title":null}`,
		p.object, p.userName, p.displayName, p.family, p.given)
}

// update sends what differs.
func (e *entra) update(p *person, found seen) (done bool) {
	attrs, active := p.differences(found)
	if len(attrs) == 0 && active == nil {
		return true
	}
	s, status := e.send(&p.journal, "PATCH", "/Users/"+p.link, e.d.change(active, attrs...), e.orDoubt(http.StatusOK, http.StatusNotFound)...)
	e.unlink(p, status)
	if status == http.StatusOK {
		e.shows(p, s, attrs, active)
	}
	return status == http.StatusOK
}

// differences are the attributes by which a resource is not as wished.
func (p *person) differences(found seen) (attrs []attr, active *bool) {
	mail := ""
	if len(found.Emails) == 1 {
		mail = found.Emails[0].Value
	}
	for _, a := range []struct{ path, is, wished string }{
		{"userName", found.UserName, p.shownName()}, {"displayName", found.DisplayName, p.displayName}, {"externalId", found.ExternalID, p.object},
		{"name.givenName", found.Name.GivenName, p.given}, {"name.familyName", found.Name.FamilyName, p.family},
		{`emails[type eq "work"].value`, mail, p.userName},
	} {
		if a.is != a.wished {
			attrs = append(attrs, attr{a.path, a.wished})
		}
	}
	if found.Active != p.active {
		active = &p.active
	}
	return attrs, active
}

// shows checks that the answer to a write shows what was written. Other attributes may be known to
// another gateway alone.
func (e *entra) shows(p *person, s seen, written []attr, active *bool) {
	left, still := p.differences(s)
	left = slices.DeleteFunc(left, func(a attr) bool { return !slices.Contains(written, a) })
	if len(left) > 0 || still != nil && active != nil {
		e.t.Errorf("the answer still differs by %v, active %v:%s", left, still != nil, told(p.journal))
	}
}

// remove deletes a user or group. That it is not there any more is no failure where a DELETE was
// sent before.
func (e *entra) remove(journal *[]string, path, id string, tried *bool) (done bool) {
	expected := []int{http.StatusNoContent}
	if *tried {
		expected = append(expected, http.StatusNotFound)
	}
	*tried = true
	if e.unsure {
		expected = append(expected, http.StatusBadRequest)
	}
	_, status := e.send(journal, "DELETE", path+id, "", expected...)
	return status == http.StatusNoContent || status == http.StatusNotFound
}
