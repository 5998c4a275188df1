package gateway_test

import (
	"fmt"
	"net/http"
	"slices"
)

// provisionTeam makes TeamViewer's group what the directory says, without its members.
func (e *entra) provisionTeam(g *team) (done bool) {
	if g.purged {
		return e.remove(&g.journal, "/Groups/", g.link, &g.tried)
	}
	found, ok := e.matchTeam(g)
	if !ok {
		return false
	}
	if found.ID == "" {
		return e.createTeam(g)
	}
	g.link = found.ID
	var attrs []attr
	if found.DisplayName != g.name {
		attrs = append(attrs, attr{"displayName", g.name})
	}
	if found.ExternalID != g.object {
		attrs = append(attrs, attr{"externalId", g.object})
	}
	if len(attrs) == 0 {
		return true
	}
	_, status := e.send(&g.journal, "PATCH", "/Groups/"+g.link, e.d.change(nil, attrs...), http.StatusNoContent)
	return status == http.StatusNoContent
}

func (e *entra) matchTeam(g *team) (seen, bool) {
	if g.link != "" {
		s, status := e.send(&g.journal, "GET", "/Groups/"+g.link+"?excludedAttributes=members", "", http.StatusOK)
		return s, status == http.StatusOK
	}
	s, status := e.send(&g.journal, "GET", "/Groups?excludedAttributes=members&filter="+eq("displayName", g.name), "", http.StatusOK)
	return e.only(s, status, g.met, g.journal)
}

func (e *entra) createTeam(g *team) (done bool) {
	s, status := e.send(&g.journal, "POST", "/Groups", fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group",`+
		`"http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"],"externalId":%q,"displayName":%q,"meta":{"resourceType":"Group"}}`,
		g.object, g.name), http.StatusCreated, http.StatusConflict)
	g.met = status == http.StatusConflict
	if status != http.StatusCreated {
		return false
	}
	g.link = s.ID
	return true
}

// errand is one PATCH of the members of a group.
type errand struct {
	team   *team
	people []*person
	add    bool
}

// fill sends the changes of members, of all groups and within a group at once.
func (e *entra) fill(d *directory) {
	var errands []errand
	for _, g := range d.teams {
		if g.link == "" || g.purged {
			continue
		}
		add, remove := g.outstanding(d.people)
		for chunk := range slices.Chunk(add, e.batch) {
			errands = append(errands, errand{g, chunk, true})
		}
		for chunk := range slices.Chunk(remove, e.batch) {
			errands = append(errands, errand{g, chunk, false})
		}
	}
	together(e, errands, e.run)
}

// outstanding are the members to add and to remove. Those who have no account yet must wait, those
// who never get one need not be waited for.
func (g *team) outstanding(people []*person) (add, remove []*person) {
	for _, p := range people {
		switch {
		case g.members[p] == g.told[p] && !g.unsure[p]:
		case p.link == "" && p.active:
			g.pending = true
		case p.link == "":
		case g.members[p]:
			add = append(add, p)
		default:
			remove = append(remove, p)
		}
	}
	return add, remove
}

// run sends the PATCH.
func (e *entra) run(task errand) {
	var ids []string
	for _, p := range task.people {
		ids = append(ids, p.link)
	}
	body := e.d.removeMembers(ids...)
	if task.add {
		body = e.d.addMembers(ids...)
	}
	g := task.team
	var journal []string
	_, status := e.send(&journal, "PATCH", "/Groups/"+g.link, body, e.orDoubt(http.StatusNoContent, http.StatusBadRequest)...)
	done := status == http.StatusNoContent
	e.mu.Lock()
	defer e.mu.Unlock()
	g.journal = append(g.journal, journal...)
	for _, p := range task.people {
		g.unsure[p] = !done
		if done {
			g.told[p] = task.add
		}
	}
	if !done {
		g.pending = true
	}
}
