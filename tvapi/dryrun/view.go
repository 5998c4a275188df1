package dryrun

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"

	"tvscim/tvapi"
)

// known answers a GET about an object that only the dry run knows: one that it created or removed.
func (t *Transport) known(at address) (answer, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if at.user != 0 {
		u := t.users[at.user]
		switch {
		case u == nil && at.user.Invented(), u != nil && u.gone:
			return notFound("The user was not found."), true
		case u != nil && u.invented:
			return jsonAnswer(http.StatusOK, wholeUser(at.user, u.now())), true
		}
		return answer{}, false
	}
	g := t.groups[at.group]
	switch {
	case at.group == 0:
		return answer{}, false
	case g == nil && at.group.Invented(), g != nil && g.gone:
		return notFound("The user group was not found."), true
	case g != nil && g.invented && at.members:
		return jsonAnswer(http.StatusOK, map[string]any{"resources": t.added(g)}), true
	case g != nil && g.invented:
		return jsonAnswer(http.StatusOK, wholeGroup(at.group, g.now())), true
	}
	return answer{}, false
}

// notFound returns TeamViewer's answer about an unknown object.
func notFound(description string) answer {
	return jsonAnswer(http.StatusNotFound, map[string]string{"error": "not_found", "error_description": description})
}

// view tells a rewriter what to change in the answer to a GET.
type view struct {
	list  string // the member that holds the list; "": the answer is one object
	added []any  // entries in front of the list
	// entry returns what is shown in place of an object, nil if it is left out.
	entry func(object) object
}

// object is a JSON object, whose members that the dry run does not change stay as they came.
type object map[string]json.RawMessage

// text returns a member that is a text; nil if it is none.
func (o object) text(name string) *string {
	var s *string
	_ = json.Unmarshal(o[name], &s) // nil
	return s
}

// set replaces a member.
func (o object) set(name string, value any) {
	text, err := json.Marshal(value)
	if err != nil { // texts and booleans only
		panic(err)
	}
	o[name] = text
}

// view returns the view of an address; first reports whether the answer is the first page.
func (t *Transport) view(at address, first bool) view {
	v := view{entry: t.showUser}
	switch {
	case at.members:
		v.list, v.entry = "resources", func(o object) object { return t.showMember(at.group, o) }
	case at.kind == "usergroups" && !at.one():
		v.list, v.entry = "resources", t.showGroup
	case at.kind == "usergroups":
		v.entry = t.showGroup
	case !at.one():
		v.list = "users"
	}
	if v.list != "" && first {
		v.added = t.inFront(at)
	}
	return v
}

// inFront returns the entries that TeamViewer's list lacks, in the order of their ids.
func (t *Transport) inFront(at address) (added []any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case at.members:
		if g := t.groups[at.group]; g != nil {
			return t.added(g)
		}
	case at.kind == "usergroups":
		for _, id := range slices.Sorted(maps.Keys(t.groups)) {
			if g := t.groups[id]; g.invented && !g.gone {
				added = append(added, wholeGroup(id, g.now()))
			}
		}
	default:
		for _, id := range slices.Sorted(maps.Keys(t.users)) {
			if u := t.users[id]; u.invented && !u.gone {
				added = append(added, wholeUser(id, u.now()))
			}
		}
	}
	return added
}

// added returns the members of a group whom the dry run added, without those who left the company.
func (t *Transport) added(g *group) []any {
	added := []any{}
	for _, id := range slices.Sorted(maps.Keys(g.members)) {
		if u := t.users[id]; g.members[id] && (u == nil || !u.gone) {
			added = append(added, t.member(id))
		}
	}
	return added
}

// showUser shows a user of TeamViewer's.
func (t *Transport) showUser(o object) object {
	id, err := tvapi.ParseUserID(deref(o.text("id")))
	if err != nil {
		return o
	}
	var active *bool
	_ = json.Unmarshal(o["active"], &active)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sawUser(id, userWire{Email: o.text("email"), Name: o.text("name"), Active: active})
	u := t.users[id]
	if u.gone {
		return nil
	}
	for name, value := range map[string]*string{"email": u.change.Email, "name": u.change.Name} {
		if value != nil {
			o.set(name, *value)
		}
	}
	if u.change.Active != nil {
		o.set("active", *u.change.Active)
	}
	return o
}

// showGroup shows a group of TeamViewer's.
func (t *Transport) showGroup(o object) object {
	var id tvapi.GroupID
	if json.Unmarshal(o["id"], &id) != nil || !id.Valid() {
		return o
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sawGroup(id, groupWire{deref(o.text("name"))})
	g := t.groups[id]
	if g.gone {
		return nil
	}
	if g.name != "" {
		o.set("name", g.name)
	}
	return o
}

// showMember shows a member of a group. Those whom the dry run added are in front of the list.
func (t *Transport) showMember(group tvapi.GroupID, o object) object {
	var id tvapi.UserID
	var number int32
	if json.Unmarshal(o["accountId"], &number) != nil {
		return o
	}
	id = tvapi.UserID(number)
	t.mu.Lock()
	defer t.mu.Unlock()
	if u := t.users[id]; u != nil && u.gone {
		return nil
	}
	if g := t.groups[group]; g != nil {
		if _, changed := g.members[id]; changed {
			return nil
		}
	}
	return o
}

// deref returns the text, or "" for nil.
func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
