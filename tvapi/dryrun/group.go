package dryrun

import (
	"encoding/json"
	"net/http"
	"strings"

	"tvscim/tvapi"
)

// group is what is known of one user group: what TeamViewer showed last, and what the dry run
// changed.
type group struct {
	shown    string // the name that TeamViewer shows; of an invented group, the one it was created with
	name     string // "": the dry run did not rename it
	invented bool
	gone     bool
	members  map[tvapi.UserID]bool // true: added, false: removed
}

// now returns the name of the group as it is shown.
func (g *group) now() string {
	if g.name != "" {
		return g.name
	}
	return g.shown
}

// holds reports whether the group has the folded name.
func (g *group) holds(name string) bool {
	return g != nil && !g.gone && tvapi.FoldName(g.now()) == name
}

// groupWire is a group on the wire.
type groupWire struct {
	Name string `json:"name"`
}

// sourceAPI is the creationSourceType of groups that the Web API creates.
const sourceAPI = 1

// wholeGroup returns a group that only the dry run knows, as GET shows it.
func wholeGroup(id tvapi.GroupID, name string) any {
	return struct {
		ID     tvapi.GroupID `json:"id"`
		Name   string        `json:"name"`
		Source int           `json:"creationSourceType"`
	}{id, name, sourceAPI}
}

// sawGroup remembers a group as TeamViewer shows it.
func (t *Transport) sawGroup(id tvapi.GroupID, w groupWire) {
	g := t.groups[id]
	if g == nil {
		g = &group{members: map[tvapi.UserID]bool{}}
		t.groups[id] = g
	}
	g.shown = w.Name
	if key := tvapi.FoldName(g.now()); !t.groups[t.byName[key]].holds(key) {
		t.byName[key] = id
	}
}

// free returns nil if no group other than self has the name. A group that the dry run did not
// rename may have another name by now, which is asked of TeamViewer.
func (t *Transport) free(r *http.Request, name string, self tvapi.GroupID) error {
	key := tvapi.FoldName(name)
	t.mu.Lock()
	id := t.byName[key]
	g := t.groups[id]
	held := id != self && g.holds(key)
	certain := held && (g.invented || g.name != "")
	t.mu.Unlock()
	if held && !certain {
		err := t.exists(r, groupPath(r, id))
		if !isRefusal(err) {
			return err
		}
		t.mu.Lock()
		held = err == nil && t.groups[id].holds(key)
		t.mu.Unlock()
	}
	if held {
		return refuse(http.StatusConflict, "invalid_request", "A user group with this name exists.")
	}
	return nil
}

// nameOf reads the body of a call that names a group.
func nameOf(body []byte) (string, error) {
	var w groupWire
	if err := json.Unmarshal(body, &w); err != nil || w.Name == "" {
		return "", refuse(http.StatusBadRequest, "invalid_request", "name is required")
	}
	return w.Name, nil
}

// createGroup answers POST /usergroups.
func (t *Transport) createGroup(r *http.Request, body []byte) (answer, error) {
	name, err := nameOf(body)
	if err != nil {
		return answer{}, err
	}
	if err := t.free(r, name, 0); err != nil {
		return answer{}, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	key := tvapi.FoldName(name)
	number := hashOf(key)
	for t.groups[tvapi.InventGroupID(number)] != nil { // of another name, or of a group that is gone
		number++
	}
	id := tvapi.InventGroupID(number)
	t.groups[id] = &group{shown: name, invented: true, members: map[tvapi.UserID]bool{}}
	t.byName[key] = id
	return jsonAnswer(http.StatusCreated, wholeGroup(id, name)), nil
}

// renameGroup answers PUT /usergroups/{id}.
func (t *Transport) renameGroup(r *http.Request, id tvapi.GroupID, body []byte) (answer, error) {
	name, err := nameOf(body)
	if err != nil {
		return answer{}, err
	}
	if err := t.findGroup(r, id); err != nil {
		return answer{}, err
	}
	if err := t.free(r, name, id); err != nil {
		return answer{}, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.groups[id].name = name
	t.byName[tvapi.FoldName(name)] = id
	return jsonAnswer(http.StatusOK, wholeGroup(id, name)), nil
}

// dropGroup answers DELETE /usergroups/{id}.
func (t *Transport) dropGroup(r *http.Request, id tvapi.GroupID) (answer, error) {
	if err := t.findGroup(r, id); err != nil {
		return answer{}, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.groups[id].gone = true
	return answer{status: http.StatusNoContent}, nil
}

// findGroup returns nil if the group is in the company. TeamViewer is asked about one that no read
// has shown.
func (t *Transport) findGroup(r *http.Request, id tvapi.GroupID) error {
	t.mu.Lock()
	g := t.groups[id]
	t.mu.Unlock()
	switch {
	case g != nil && g.gone, g == nil && id.Invented():
		return refuse(http.StatusNotFound, "not_found", "The user group was not found.")
	case g != nil:
		return nil
	default:
		return t.exists(r, groupPath(r, id))
	}
}

// changeMembers answers POST and DELETE /usergroups/{id}/members. A user who is to be added must be
// in the company; a user who is removed need not be a member.
func (t *Transport) changeMembers(r *http.Request, id tvapi.GroupID, body []byte, add bool) (answer, error) {
	var accounts []int32
	if err := json.Unmarshal(body, &accounts); err != nil {
		return answer{}, refuse(http.StatusBadRequest, "invalid_request", "the body is not a list of account ids")
	}
	if err := t.findGroup(r, id); err != nil {
		return answer{}, err
	}
	if add {
		for _, account := range accounts {
			if err := t.findUser(r, tvapi.UserID(account)); err != nil {
				if !isRefusal(err) {
					return answer{}, err
				}
				return answer{}, refuse(http.StatusBadRequest, "invalid_request", "accounts: one is not in this company")
			}
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	added := []any{}
	for _, account := range accounts {
		t.groups[id].members[tvapi.UserID(account)] = add
		added = append(added, t.member(tvapi.UserID(account)))
	}
	if add {
		return jsonAnswer(http.StatusCreated, added), nil
	}
	return answer{status: http.StatusNoContent}, nil
}

// member returns a member as a list of members shows it.
func (t *Transport) member(id tvapi.UserID) any {
	var name string
	if u := t.users[id]; u != nil && u.now().Name != nil {
		name = *u.now().Name
	}
	return struct {
		Account int32  `json:"accountId"`
		Name    string `json:"name"`
	}{int32(id), name}
}

// userPath returns the path of a user beside that of a request.
func userPath(r *http.Request, id tvapi.UserID) string { return root(r) + "users/" + id.String() }

// groupPath returns the path of a group beside that of a request.
func groupPath(r *http.Request, id tvapi.GroupID) string {
	return root(r) + "usergroups/" + id.String()
}

// root returns the path of a request up to the version of the Web API.
func root(r *http.Request) string {
	before, _, _ := strings.Cut(r.URL.Path, "/api/v1/")
	return before + "/api/v1/"
}
