package scim

// BulkStep is one step of a bulk request: an operation, or the second part of one.
type BulkStep struct {
	Index int  // of the operation in the request
	Late  bool // the step adds the members that the operation's first step leaves out
	BulkOperation
}

// Steps returns the operations in the order of the request, except that each follows those that
// create the resources it refers to (RFC 7644 section 3.7.2). If references are circular (section
// 3.7.1), groups are created without the members that this request creates, and late steps at the
// end add them. A reference that stays circular is refused by [BulkOperation.Resolve].
func (b Bulk) Steps() []BulkStep {
	creators := make(map[string]int, len(b.Operations))
	for i, op := range b.Operations {
		if op.Method == "POST" && op.Refused == nil {
			creators[op.BulkID] = i
		}
	}
	created := func(ref string) bool { _, ok := creators[ref]; return ok }
	order, circular := b.order(creators, true)
	if circular {
		order, _ = b.order(creators, false)
	}
	steps, late := make([]BulkStep, 0, len(order)), []BulkStep(nil)
	for _, i := range order {
		first, rest, split := b.Operations[i], BulkOperation{}, false
		if circular {
			first, rest, split = first.split(created)
		}
		steps = append(steps, BulkStep{Index: i, BulkOperation: first})
		if split {
			late = append(late, BulkStep{Index: i, Late: true, BulkOperation: rest})
		}
	}
	return append(steps, late...)
}

// order sorts the operations topologically by their references, with or without those of the
// members of new groups. It reports whether a reference is circular, which it then ignores.
func (b Bulk) order(creators map[string]int, members bool) (order []int, circular bool) {
	const visiting, done = 1, 2
	state := make([]int, len(b.Operations))
	var visit func(i int)
	visit = func(i int) {
		if state[i] != 0 {
			circular = circular || state[i] == visiting
			return
		}
		state[i] = visiting
		b.Operations[i].references(func(ref string, member bool) {
			if to, ok := creators[ref]; ok && (members || !member) {
				visit(to)
			}
		})
		state[i] = done
		order = append(order, i)
	}
	for i := range b.Operations {
		visit(i)
	}
	return order, circular
}
