package scim

import "slices"

// BulkStep is one step on the way through a bulk request: an operation, or half of one.
type BulkStep struct {
	Index int  // of the operation in the request
	Late  bool // the step adds the members that the operation's first step has left out
	BulkOperation
}

// Steps returns the operations in the order in which they can be carried out: in the order of the request, but each
// behind those that make what it refers to (RFC 7644 section 3.7.2). Where operations refer to each other in a circle,
// the members of new groups in it are put off: the group is made without them, and a last step, marked late, adds
// them. A circle that this does not open stays one: [BulkOperation.Resolve] will refuse the references in it.
func (b Bulk) Steps() []BulkStep {
	g := newBulkGraph(b.Operations)
	var steps, late []BulkStep
	for i := range b.Operations {
		if g.index[i] == 0 {
			g.visit(i)
		}
	}
	for _, circle := range g.circles {
		for _, i := range g.arranged(circle) {
			first, rest, split := g.split(b.Operations[i], i, circle)
			steps = append(steps, BulkStep{Index: i, BulkOperation: first})
			if split {
				late = append(late, BulkStep{Index: i, Late: true, BulkOperation: rest})
			}
		}
	}
	return append(steps, late...)
}

// bulkGraph finds the circles among the operations, which are their strongly connected components, by Tarjan's algorithm.
// It finds each behind those that it refers to, which is the order wanted.
type bulkGraph struct {
	makers  map[string]int // the POST of a bulkId
	edges   [][]bulkEdge   // of each operation
	visited int
	index   []int // when an operation was visited, from 1
	low     []int // the lowest such index that can be reached from it
	stack   []int
	stacked []bool
	circles [][]int // in ascending order each; most are one operation that does not refer to itself
}

// bulkEdge leads from an operation to one that should come before it.
type bulkEdge struct {
	to     int
	member bool // only for the sake of a new group's members
}

// newBulkGraph finds out which operation refers to which.
func newBulkGraph(ops []BulkOperation) *bulkGraph {
	n := len(ops)
	g := &bulkGraph{makers: make(map[string]int, n), edges: make([][]bulkEdge, n), index: make([]int, n), low: make([]int, n), stacked: make([]bool, n)}
	for i, op := range ops {
		if op.Method == "POST" && op.Refused == nil {
			g.makers[op.BulkID] = i
		}
	}
	for i, op := range ops {
		op.references(func(ref string, member bool) {
			if to, ok := g.makers[ref]; ok {
				g.edges[i] = append(g.edges[i], bulkEdge{to: to, member: member})
			}
		})
	}
	return g
}

// visit goes through what an operation refers to, and closes its circle when everything in it was seen.
func (g *bulkGraph) visit(i int) {
	g.visited++
	g.index[i], g.low[i] = g.visited, g.visited
	g.stack, g.stacked[i] = append(g.stack, i), true
	for _, e := range g.edges[i] {
		switch {
		case g.index[e.to] == 0:
			g.visit(e.to)
			g.low[i] = min(g.low[i], g.low[e.to])
		case g.stacked[e.to]:
			g.low[i] = min(g.low[i], g.index[e.to])
		}
	}
	if g.low[i] < g.index[i] {
		return
	}
	start := len(g.stack) - 1
	for g.stack[start] != i {
		start--
	}
	circle := slices.Sorted(slices.Values(g.stack[start:]))
	g.stack = g.stack[:start]
	for _, j := range circle {
		g.stacked[j] = false
	}
	g.circles = append(g.circles, circle)
}

// arranged orders a circle as if members of new groups did not count.
func (g *bulkGraph) arranged(circle []int) []int {
	order := make([]int, 0, len(circle))
	seen := make(map[int]bool, len(circle))
	var visit func(i int)
	visit = func(i int) {
		seen[i] = true
		for _, e := range g.edges[i] {
			if !e.member && !seen[e.to] && inCircle(circle, e.to) {
				visit(e.to)
			}
		}
		order = append(order, i)
	}
	for _, i := range circle {
		if !seen[i] {
			visit(i)
		}
	}
	return order
}

// split splits an operation of a circle if it makes a group with members that are made in that circle.
func (g *bulkGraph) split(op BulkOperation, i int, circle []int) (first, rest BulkOperation, ok bool) {
	opens := func(e bulkEdge) bool { return e.member && inCircle(circle, e.to) }
	if !slices.ContainsFunc(g.edges[i], opens) {
		return op, BulkOperation{}, false
	}
	first, rest = op.halves(func(ref string) bool {
		to, ok := g.makers[ref]
		return ok && inCircle(circle, to)
	})
	return first, rest, true
}

// inCircle tells whether an operation is one of a circle.
func inCircle(circle []int, i int) bool {
	_, found := slices.BinarySearch(circle, i)
	return found
}
