package filter

import (
	"fmt"
	"iter"
)

// Conjuncts splits a filter at its outermost "and"s: all of the parts must match. A part that an
// index can answer narrows the search; the whole filter is evaluated afterwards. The nil filter has
// no parts.
func Conjuncts(e Expr) []Expr {
	return conjuncts(nil, e)
}

func conjuncts(parts []Expr, e Expr) []Expr {
	switch e := e.(type) {
	case nil:
		return parts
	case And:
		return conjuncts(conjuncts(parts, e.Left), e.Right)
	default:
		return append(parts, e)
	}
}

// Paths returns the attribute paths of a filter, from left to right, relative to the resource:
// emails[type eq "work"].value eq "x" names emails, emails.type and emails.value.
func Paths(e Expr) iter.Seq[AttrPath] {
	return func(yield func(AttrPath) bool) {
		for path := range questions(e) {
			if !yield(path) {
				return
			}
		}
	}
}

// Check refuses a valid expression that RFC 7644 section 3.4.2.2 (table 3) does not allow: gt, ge,
// lt or le on a boolean or binary attribute. Attributes of unknown type pass; types returns the
// type of a path, as [Paths] yields it. An error is always an [*Error], without a column.
func Check(e Expr, types func(AttrPath) Type) error {
	for path, op := range questions(e) {
		switch op {
		case Greater, GreaterOrEqual, Less, LessOrEqual:
		default:
			continue
		}
		typ := types(path)
		if typ == TypeComplex {
			typ = types(within(path, AttrPath{Name: valueName}))
		}
		if typ == TypeBoolean || typ == TypeBinary {
			return &Error{Message: fmt.Sprintf("%s has no order, so it cannot be compared with %q; use eq, ne or pr",
				excerpt(path.String()), op)}
		}
	}
	return nil
}

// questions yields each attribute path with the operator that is applied to it, "" where there is
// none.
func questions(e Expr) iter.Seq2[AttrPath, Op] {
	return func(yield func(AttrPath, Op) bool) {
		ask(e, yield)
	}
}

// ask is the body of questions; it reports whether to go on.
func ask(e Expr, yield func(AttrPath, Op) bool) bool {
	switch e := e.(type) {
	case And:
		return ask(e.Left, yield) && ask(e.Right, yield)
	case Or:
		return ask(e.Left, yield) && ask(e.Right, yield)
	case Not:
		return ask(e.X, yield)
	case Compare:
		return yield(e.Path, e.Op)
	case Present:
		return yield(e.Path, "")
	case ValuePath:
		inside := func(path AttrPath, op Op) bool { return yield(within(e.Path, path), op) }
		return yield(e.Path, "") && ask(e.Inner, inside) && ask(e.Then, inside)
	default:
		return true
	}
}

// within returns the path, given relative to an element of outer, relative to the resource.
func within(outer, path AttrPath) AttrPath {
	return AttrPath{URN: outer.URN, Name: outer.Name, Sub: join(outer.Sub, join(path.Name, path.Sub))}
}
