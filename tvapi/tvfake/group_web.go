package tvfake

import "net/http"

// groupWire is a group as the Web API shows it (swagger: UserGroupModel).
type groupWire struct {
	ID     int64  `json:"id"`
	Name   string `json:"name"`
	Source int    `json:"creationSourceType"`
}

// groupName is the body of POST and PUT (swagger: UserGroupNameParameters).
type groupName struct {
	Name *string `json:"name"`
}

// listWire is one page of a list. The next token may be absent, so it is written by hand: see
// [lastToken].
type listWire map[string]any

func pageWire[K comparable](v Variant, member string, items any, p page[K]) listWire {
	w := listWire{member: items, "currentPaginationToken": p.current}
	if next, there := lastToken(v, p.next); there {
		w["nextPaginationToken"] = next
	}
	return w
}

func (g *group) wire() groupWire { return groupWire{g.id, g.name, g.source} }

// groupNamed finds the group of a path.
func (c *Company) groupNamed(id string) (*group, error) {
	number, _ := parseGroupID(id)
	if g, ok := c.groups[number]; ok {
		return g, nil
	}
	if c.server.variant.UnknownGroupHTML {
		return nil, errHTMLNotFound
	}
	return nil, refuse(http.StatusNotFound, "not_found", "the user group was not found")
}

// listGroups shows one page of the groups (GET /usergroups).
func (c *Company) listGroups(r *request) (answer, error) {
	v := c.server.variant
	current := make(map[int64]groupWire, len(c.groups))
	for id, g := range c.groups {
		current[id] = g.wire()
	}
	current = c.past.groups.view(v.ListLag, current)
	p, err := pageOf(c, r, "groups", r.query.Get("paginationToken"), func() []int64 {
		return shorten(r, listed(c.server, current), 0)
	})
	if err != nil {
		return answer{}, err
	}
	items := []groupWire{}
	for _, id := range p.keys {
		if g, ok := current[id]; ok { // else deleted since the first page
			items = append(items, g)
		}
	}
	return jsonAnswer(http.StatusOK, pageWire(v, "resources", items, p)), nil
}

// getGroup shows one group (GET /usergroups/{id}).
func (c *Company) getGroup(r *request) (answer, error) {
	g, err := c.groupNamed(r.params[0])
	if err != nil {
		return answer{}, err
	}
	return jsonAnswer(http.StatusOK, g.wire()), nil
}

// newName reads the name that a POST or PUT gives to a group.
func (c *Company) newName(r *request) (string, error) {
	p, err := decode[groupName](c.server.variant, r)
	if err != nil {
		return "", err
	}
	if p.Name == nil {
		return "", badRequest("name: the parameter is missing")
	}
	return *p.Name, checkName("name", *p.Name, 1, maxGroupName)
}

// createGroup makes a group (POST /usergroups).
func (c *Company) createGroup(r *request) (answer, error) {
	name, err := c.newName(r)
	if err != nil {
		return answer{}, err
	}
	if _, taken := c.groupNames[c.groupKey(name)]; taken {
		return answer{}, refuse(http.StatusConflict, "invalid_request", "name: a user group has it already")
	}
	g := &group{id: c.server.nextGroup(), name: name, source: sourceAPI, members: map[int32]struct{}{}}
	c.putGroup(g)
	c.past.groups.note(c.server.variant.ListLag, g.id, groupWire{}, false)
	return jsonAnswer(http.StatusCreated, g.wire()), nil
}

// renameGroup gives a group another name (PUT /usergroups/{id}).
func (c *Company) renameGroup(r *request) (answer, error) {
	v := c.server.variant
	g, err := c.groupNamed(r.params[0])
	if err != nil {
		return answer{}, err
	}
	name, err := c.newName(r)
	if err != nil {
		return answer{}, err
	}
	if other, taken := c.groupNames[c.groupKey(name)]; taken && other != g.id {
		return answer{}, refuse(v.RenameTaken, "invalid_request", "name: a user group has it already")
	}
	before := g.wire()
	delete(c.groupNames, c.groupKey(g.name))
	g.name = name
	c.groupNames[c.groupKey(name)] = g.id
	c.past.groups.note(v.ListLag, g.id, before, true)
	return changed(v.GroupRename, jsonAnswer(http.StatusOK, g.wire()), g.wire()), nil
}

// deleteGroup deletes a group (DELETE /usergroups/{id}).
func (c *Company) deleteGroup(r *request) (answer, error) {
	g, err := c.groupNamed(r.params[0])
	if err != nil {
		return answer{}, err
	}
	c.removeGroup(g)
	c.past.groups.note(c.server.variant.ListLag, g.id, g.wire(), true)
	return changed(c.server.variant.ChangeAnswer, answer{status: http.StatusNoContent}, struct{}{}), nil
}
