package scim

import (
	"context"

	"tvscim/scim/filter"
)

// MostWork is the maximum cost of evaluating a filter, in values read: a resource counts as one,
// and so does each value that a term of the filter reads. A list of 100,000 users with a filter of
// a few terms costs a fifth of it. A filter of hundreds of terms, which fit into a URL, would cost
// more.
const MostWork = 5_000_000

// Matcher reports which resources of a type match a filter, until the context ends or the work
// exceeds [MostWork]. From then on nothing matches, and [Matcher.Err] returns the reason. A Matcher
// is for one goroutine.
type Matcher struct {
	ctx    context.Context
	typ    *ResourceType
	filter filter.Expr
	work   *int
	err    error
}

// NewMatcher returns a matcher for one evaluation of a filter; a nil filter matches all. work is a
// counter that all evaluations of one request share; nil: this evaluation has its own.
func NewMatcher(ctx context.Context, t *ResourceType, e filter.Expr, work *int) *Matcher {
	if work == nil {
		work = new(int)
	}
	return &Matcher{ctx: ctx, typ: t, filter: e, work: work}
}

// Err returns why the evaluation has ended early: the error of the context, or 400 tooMany. It is
// nil if all results of [Matches] are valid.
func (m *Matcher) Err() error { return m.err }

// Matches reports whether a resource matches the filter of m.
func Matches[R Resource](m *Matcher, r R) bool {
	if m.filter == nil {
		return m.goesOn()
	}
	return m.matches(&source{typ: m.typ, tree: r.Attributes(), head: r.Common()})
}

// matches is Matches for a resource that is a source already.
func (m *Matcher) matches(s *source) bool {
	if !m.goesOn() {
		return false
	}
	s.work = m.work
	return m.filter == nil || filter.Eval(m.filter, s)
}

// errTooMuchWork ends an evaluation. Nothing of it can be true of fewer resources: an index did not
// help.
var errTooMuchWork = Errorf(400, TypeTooMany, "filter: takes too long to evaluate with this many resources and terms. "+
	"Compare userName, displayName, externalId, id or emails.value with eq, or use fewer terms")

// goesOn counts one resource and reports whether to continue.
func (m *Matcher) goesOn() bool {
	if m.err != nil {
		return false
	}
	*m.work++
	if m.err = m.ctx.Err(); m.err == nil && *m.work > MostWork {
		m.err = errTooMuchWork
	}
	return m.err == nil
}

// stopped reports whether the context has ended; it is for loops that compare resources without a
// filter.
func (m *Matcher) stopped() bool {
	if m.err == nil {
		m.err = m.ctx.Err()
	}
	return m.err != nil
}
