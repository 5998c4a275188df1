package changelog

import (
	"maps"
	"reflect"
	"slices"
	"strings"
)

// Request is a SCIM request that takes a change back, or a part of it.
type Request struct {
	Method string
	Path   string // below the base path, such as /Users/u123
	Body   map[string]any
	// Makes is the id of the object that the request creates anew. TeamViewer may give it another
	// id, which then stands for this one in all requests that follow.
	Makes string
}

// Undo is how the change of a line is taken back.
type Undo struct {
	Line     Line
	Requests []Request
	Notes    []string // what cannot be restored, or has to be checked
}

// The schemas of bodies (RFC 7643 section 8.7, RFC 7644 section 3.5.2).
const (
	schemaUser  = "urn:ietf:params:scim:schemas:core:2.0:User"
	schemaGroup = "urn:ietf:params:scim:schemas:core:2.0:Group"
	schemaPatch = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
)

// TakeBack returns how the changes of the lines that are wanted are taken back, in the order in
// which that is to be done: the latest change first. lines are all lines of the log; they are
// sorted by their times. Lines that changed nothing are left out.
func TakeBack(lines []Line, wanted func(Line) bool) []Undo {
	slices.SortStableFunc(lines, func(a, b Line) int { return a.Time.Compare(b.Time) })
	var all []Undo
	state := NewState()
	for _, l := range lines {
		if u := undoOf(l, state); wanted(l) && len(u.Requests)+len(u.Notes) > 0 {
			all = append(all, u)
		}
		state.Apply(l)
	}
	slices.Reverse(all)
	return all
}

// undoOf returns how the change of a line is taken back. before is the state that the lines before
// it give.
func undoOf(l Line, before *State) Undo {
	u := Undo{Line: l}
	switch {
	case !l.ByRequest() || l.ID == "" || l.Outcome == Refused:
		return u
	case l.Shortened:
		u.note("the line was too long and does not tell what was changed")
		return u
	case l.Kind == KindUser:
		u.user(l, before)
	case l.Kind == KindGroup:
		u.group(l, before)
	}
	if l.Outcome == Unknown {
		u.note("TeamViewer did not answer a call: look first whether the change was made")
	}
	return u
}

func (u *Undo) note(text string) { u.Notes = append(u.Notes, text) }

func (u *Undo) add(method, path string, body map[string]any) *Request {
	u.Requests = append(u.Requests, Request{Method: method, Path: path, Body: body})
	return &u.Requests[len(u.Requests)-1]
}

func (u *Undo) user(l Line, before *State) {
	path := "/Users/" + l.ID
	was := before.Users[l.ID]
	wasDeleted := was != nil && was.Deleted
	switch deletes := l.Method == "DELETE" && (l.Deleted || l.Gone()); {
	case deletes && l.Before != nil && (!wasDeleted || l.Gone()):
		u.bringBack(l, before)
	case l.Deleted || l.Gone(): // and deleted before: a client may delete again while an answer is missing
	case l.Before == nil && l.After != nil && l.Method == "POST", wasDeleted && l.After != nil:
		u.add("DELETE", path, nil)
		u.note("with users.on_delete deactivate the account stays in TeamViewer, inactive, and keeps its address")
	case l.Before != nil && l.After != nil:
		u.patch(path, l)
		if active(l.Before) && !active(l.After) {
			u.note(noteAccess)
		}
	}
	u.secrets(l)
}

// noteAccess is the note of requests that give access again: the log does not know what was done
// elsewhere.
const noteAccess = "this gives access again: check first that nobody has ended it in TeamViewer since"

// secrets notes what is not in the log.
func (u *Undo) secrets(l Line) {
	for _, step := range l.Steps {
		for _, secret := range []struct{ field, name string }{{"sso_customer_id", "ssoCustomerId"}, {"password", "password"}} {
			if strings.HasPrefix(step, "change user") && strings.Contains(step, secret.field) {
				u.note("the " + secret.name + " of before is not in the log and cannot be restored")
			}
		}
	}
}

// bringBack creates a deleted user again, in the groups of before.
func (u *Undo) bringBack(l Line, before *State) {
	body := maps.Clone(l.Before)
	body["schemas"] = schemasOf(schemaUser, l.Before)
	u.add("POST", "/Users", body).Makes = l.ID
	for _, group := range before.groupsOf(l.ID) {
		u.members("/Groups/"+group, "add", []string{l.ID})
	}
	u.note(noteAccess)
	u.note("memberships from before the log began are not restored")
	if l.Gone() {
		u.note("the account was removed: a new one is created, and TeamViewer restores no password, no second factor and no devices of the old one; " +
			"if the old one lives on outside the company (users.on_delete: remove), TeamViewer refuses the address until its owner joins again")
	}
}

// schemasOf returns the schemas of a resource: the core one, and those of its extensions.
func schemasOf(core string, attributes map[string]any) []string {
	schemas := []string{core}
	for _, key := range slices.Sorted(maps.Keys(attributes)) {
		if strings.HasPrefix(key, "urn:") {
			schemas = append(schemas, key)
		}
	}
	return schemas
}

// patch sets the attributes that differ to what they were.
func (u *Undo) patch(path string, l Line) {
	keys := maps.Clone(l.Before)
	maps.Copy(keys, l.After)
	var operations []any
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		was, had := l.Before[key]
		switch {
		case reflect.DeepEqual(was, l.After[key]):
		case had:
			operations = append(operations, map[string]any{"op": "replace", "path": key, "value": was})
		default:
			operations = append(operations, map[string]any{"op": "remove", "path": key})
		}
		if key == "userName" && !reflect.DeepEqual(was, l.After[key]) {
			u.note("TeamViewer may send a mail to confirm the change of the address")
		}
	}
	if len(operations) > 0 {
		u.add("PATCH", path, patchBody(operations...))
	}
}

func patchBody(operations ...any) map[string]any {
	return map[string]any{"schemas": []string{schemaPatch}, "Operations": operations}
}

func (u *Undo) group(l Line, before *State) {
	path := "/Groups/" + l.ID
	was := before.Groups[l.ID]
	switch {
	case l.Method == "DELETE" && l.Gone() || l.Before != nil && l.Gone() && l.Outcome == Done:
		u.recreate(l, before)
	case l.Before == nil && l.After != nil && l.Method == "POST":
		u.add("DELETE", path, nil)
	default:
		if l.Before != nil && l.After != nil {
			u.patch(path, l)
		}
		u.members(path, "remove", slices.DeleteFunc(slices.Clone(l.Added), func(id string) bool { return was != nil && was.Members[id].In }))
		u.members(path, "add", slices.DeleteFunc(slices.Clone(l.Removed), func(id string) bool {
			return before.isDeleted(id) || was != nil && !was.Members[id].In && !was.Members[id].At.IsZero()
		}))
	}
}

// isDeleted reports whether a client deleted the user, who can be no member then.
func (s *State) isDeleted(user string) bool {
	u := s.Users[user]
	return u != nil && u.Deleted || !s.gone[user].IsZero() && u == nil
}

// members adds the request that adds or removes members of a group.
func (u *Undo) members(path, op string, ids []string) {
	if len(ids) == 0 {
		return
	}
	u.add("PATCH", path, patchBody(map[string]any{"op": op, "path": "members", "value": membersOf(ids)}))
}

func membersOf(ids []string) []any {
	list := make([]any, len(ids))
	for i, id := range ids {
		list[i] = map[string]any{"value": id}
	}
	return list
}

// recreate creates a deleted group again.
func (u *Undo) recreate(l Line, before *State) {
	body := maps.Clone(l.Before)
	if body == nil {
		return
	}
	body["schemas"] = schemasOf(schemaGroup, l.Before)
	if was := before.Groups[l.ID]; was != nil {
		members := slices.DeleteFunc(was.MemberIDs(), before.isDeleted)
		if len(members) > 0 {
			body["members"] = membersOf(members)
		}
	}
	u.add("POST", "/Groups", body).Makes = l.ID
	u.note("the group gets a new id; members from before the log began are not restored")
}
