package scim

import "slices"

// Needs is what must be read of a resource before a patch can be applied to it.
type Needs struct {
	Resource bool // its attributes, but for members
	Members  bool // the members of the group
}

// Needs returns what must be read before the patch can be applied. A patch that only adds members
// to a group and removes members from it needs nothing: plan it from [Patch.Members]. If Members is
// not needed, but the patch changes members, apply the patch without them ([Patch.Without]).
func (p Patch) Needs() Needs {
	change, ok := p.Members()
	return Needs{
		Resource: slices.ContainsFunc(p.Ops, func(op Op) bool { return !op.Path.is(attrMembers) }),
		Members:  !ok || change.Exact,
	}
}

// Empty reports whether the patch changes nothing that the service supports.
func (p Patch) Empty() bool { return len(p.Ops) == 0 }

// Touches reports whether an operation changes that top-level key: a core attribute or the URN of
// an extension, as the schema spells it.
func (p Patch) Touches(key string) bool {
	return slices.ContainsFunc(p.Ops, func(op Op) bool { return op.Path.key() == key })
}

// Without returns the patch without the operations that touch those keys; see [Patch.Touches]. The
// operations left are shared with p.
func (p Patch) Without(keys ...string) Patch {
	var left []Op
	for _, op := range p.Ops {
		if !slices.Contains(keys, op.Path.key()) {
			left = append(left, op)
		}
	}
	p.Ops = left
	return p
}

// Values returns every string that the patch sets a simple core attribute to, in order.
func (p Patch) Values(key string) []string {
	var values []string
	for _, op := range p.Ops {
		if s, ok := op.Value.(string); ok && op.Kind != OpRemove && op.Path == (Path{Attr: key}) {
			values = append(values, s)
		}
	}
	return values
}

// Active returns the last value that the patch gives to active; named is false when it gives none.
func (p Patch) Active() (value, named bool) {
	for _, op := range slices.Backward(p.Ops) {
		if b, ok := op.Value.(bool); ok && op.Kind != OpRemove && op.Path.is(attrActive) {
			return b, true
		}
	}
	return false, false
}

// MemberChange is what a patch does to the members of a group, independent of the present ones. Add
// and Remove hold ids, each once and in one of the two, in the order in which the patch first named
// them. When Exact is true, Add is the whole set of members and Remove is empty.
type MemberChange struct {
	Exact       bool
	Add, Remove []string
}

// Members reduces all operations on members to one change, by the last operation on each member. It
// reports false if the change depends on the present members: a filter other than value eq, or a
// sub-attribute.
func (p Patch) Members() (change MemberChange, ok bool) {
	r := memberReduction{member: make(map[string]bool)}
	for _, op := range p.Ops {
		if op.Path.is(attrMembers) && !r.apply(op) {
			return MemberChange{}, false
		}
	}
	return r.change(), true
}

// MembersOnly reports whether the patch does nothing but add listed members to a group, or nothing
// but remove listed members. Several such patches of one group and kind may be applied as one patch
// with all their operations.
func (p Patch) MembersOnly() bool {
	if p.Empty() || p.Refused != nil || p.Ops[0].Kind == OpReplace {
		return false
	}
	kind := p.Ops[0].Kind
	for _, op := range p.Ops {
		if _, listed := op.Value.([]any); !listed || op.Kind != kind || op.Path != (Path{Attr: attrMembers}) {
			return false
		}
	}
	return true
}

// memberReduction is the effect of the operations so far on the members.
type memberReduction struct {
	exact  bool
	member map[string]bool // by id: true when it was added last, false when it was removed last
	order  []string        // the keys of member, in the order of the operations
}

// apply adds an operation; it reports false if the operation cannot be reduced.
func (r *memberReduction) apply(op Op) bool {
	if op.Path != (Path{Attr: attrMembers}) {
		return false
	}
	list, isList := op.Value.([]any)
	switch {
	case op.Kind == OpRemove && op.Value == nil, op.Kind == OpReplace:
		r.exact, r.order = true, nil
		clear(r.member)
	case !isList:
		return false
	}
	for _, e := range list {
		m, _ := e.(map[string]any)
		id, ok := m["value"].(string)
		if !ok {
			return false
		}
		if _, known := r.member[id]; !known {
			r.order = append(r.order, id)
		}
		r.member[id] = op.Kind != OpRemove
	}
	return true
}

// change returns the sum of the operations.
func (r *memberReduction) change() MemberChange {
	c := MemberChange{Exact: r.exact}
	for _, id := range r.order {
		switch {
		case r.member[id]:
			c.Add = append(c.Add, id)
		case !r.exact:
			c.Remove = append(c.Remove, id)
		}
	}
	return c
}
