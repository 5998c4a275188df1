package scim

import (
	"errors"
	"maps"
	"strings"
)

// A part of a PATCH or PUT that ends access is carried out even if another part of the request is
// refused: an account must not stay active, and a member must not stay in a group, until an admin
// corrects a mapping. This is the only exception to the atomicity of a request (RFC 7644 section
// 3.5.2). It covers the deactivation of a user (the last valid value of active counts) and the
// removal of members from a group (the last valid operation on each member counts).

// Ending returns the part of the patch that ends access, for a request that is refused for that
// reason; false if there is none. It is one operation: a deactivation, a removal of listed members,
// or a replacement of all members, which of a refused patch removes the others and adds nobody.
func (p Patch) Ending(reason *Error) (Patch, bool) {
	ending := Patch{Refused: reason, Ignored: p.Ignored}
	if active, named := p.Active(); named && !active {
		ending.Ops = []Op{{Kind: OpReplace, Path: Path{Attr: attrActive}, Value: false}}
		return ending, true
	}
	keep, remove, exact := p.endedMemberships()
	switch {
	case exact:
		ending.Ops = []Op{{Kind: OpReplace, Path: Path{Attr: attrMembers}, Value: keep}}
	case len(remove) > 0:
		ending.Ops = []Op{{Kind: OpRemove, Path: Path{Attr: attrMembers}, Value: remove}}
	default:
		return Patch{}, false
	}
	return ending, true
}

// endedMemberships returns the members that the patch names last to be members, and those that it
// names last to be removed. exact reports whether it sets all members, so that the others are
// removed too. Operations with a filter or on a sub-attribute are left out.
func (p Patch) endedMemberships() (keep, remove []any, exact bool) {
	member := make(map[string]bool) // by id, by the last operation on it
	var order []string
	for _, op := range p.Ops {
		list, listed := op.Value.([]any)
		if op.Path != (Path{Attr: attrMembers}) || !listed && op.Value != nil {
			continue
		}
		if op.Kind == OpReplace || op.Value == nil {
			exact = true
			maps.DeleteFunc(member, func(_ string, is bool) bool { return is })
		}
		for _, e := range list {
			m, _ := e.(map[string]any)
			if id, ok := m["value"].(string); ok {
				order = append(order, id)
				member[id] = op.Kind != OpRemove
			}
		}
	}
	for _, id := range order {
		is, named := member[id]
		if !named {
			continue
		}
		delete(member, id) // each once
		if one := map[string]any{"value": id}; is {
			keep = append(keep, one)
		} else {
			remove = append(remove, one)
		}
	}
	return keep, remove, exact
}

// Done returns the reason why a refused patch is refused, with the addition that the part in Ops
// was carried out.
func (p Patch) Done() *Error {
	if p.Touches(attrMembers) {
		return p.Refused.MembersRemoved()
	}
	return p.Refused.Deactivated()
}

// Deactivated returns a copy of e with the addition that the user was deactivated.
func (e *Error) Deactivated() *Error {
	c := *e
	c.Detail = strings.TrimSuffix(e.Detail, ".") + ". The deactivation itself was done."
	return &c
}

// MembersRemoved returns a copy of e with the addition that members were removed.
func (e *Error) MembersRemoved() *Error {
	c := *e
	c.Detail = strings.TrimSuffix(e.Detail, ".") + ". The removal of members itself was done."
	return &c
}

// refusal is the state that a decoder needs to carry out the ending part of a refused request.
type refusal struct {
	active  *bool // the last value given to active
	refused error // the first error, an [*Error]
	// elsewhere reports whether the part that is being decoded is not about members.
	elsewhere bool
	// partial reports whether a refused part may be about members. Then a list of all members may
	// lack one who is to stay.
	partial bool
}

// note records the error of one part of the request, nil for none. The first error is the reason of
// the refusal.
func (r *refusal) note(err error) {
	if err == nil {
		return
	}
	r.partial = r.partial || !r.elsewhere
	if r.refused == nil {
		r.refused = err
	}
}

// about records which attribute the part that is being decoded is about.
func (r *refusal) about(to Resolved) {
	r.elsewhere = to.Attr != nil && (to.Schema != "" || to.Attr.Name != attrMembers)
}

// ending returns the part of a refused request with those operations that ends access; the error of
// the request if there is none. A list of all members counts only if it was read in full and is not
// empty: a member who is not on it is removed.
func (r *refusal) ending(ops []Op, ignored *Ignored) (Patch, error) {
	reason, ok := errors.AsType[*Error](r.refused)
	if !ok {
		return Patch{}, r.refused
	}
	if r.active != nil {
		ops = []Op{{Kind: OpReplace, Path: Path{Attr: attrActive}, Value: *r.active}}
	}
	p := Patch{Ops: ops, Ignored: ignored}
	if keep, remove, exact := p.endedMemberships(); exact && (r.partial || len(keep) == 0) {
		p.Ops = []Op{{Kind: OpRemove, Path: Path{Attr: attrMembers}, Value: remove}}
	}
	ending, ok := p.Ending(reason)
	if !ok {
		return Patch{}, r.refused
	}
	return ending, nil
}
