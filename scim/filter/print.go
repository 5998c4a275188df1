package filter

import (
	"fmt"
	"strings"
)

// String prints the filter with the fewest parentheses.
func (e And) String() string { return render(e) }

// String prints the filter with the fewest parentheses.
func (e Or) String() string { return render(e) }

// String prints the filter with the fewest parentheses.
func (e Not) String() string { return render(e) }

// String prints the comparison.
func (e Compare) String() string { return render(e) }

// String prints the comparison.
func (e Present) String() string { return render(e) }

// String prints the value path and the comparison behind it.
func (e ValuePath) String() string { return render(e) }

// String prints the path as [ParseAttrPath] reads it.
func (p AttrPath) String() string {
	path := join(p.Name, p.Sub)
	if p.URN != "" {
		path = p.URN + ":" + path
	}
	return path
}

// String prints the path as [ParsePath] reads it.
func (p Path) String() string {
	if p.Filter == nil {
		return AttrPath{URN: p.URN, Name: p.Name, Sub: p.Sub}.String()
	}
	s := AttrPath{URN: p.URN, Name: p.Name}.String() + "[" + p.Filter.String() + "]"
	if p.Sub != "" {
		s += "." + p.Sub
	}
	return s
}

// String prints the literal: a string as JSON, anything else as it is.
func (v Value) String() string {
	if v.Kind != String {
		return v.Text
	}
	var b strings.Builder
	quote(&b, v.Text)
	return b.String()
}

// render prints a tree.
func render(e Expr) string {
	var b strings.Builder
	write(&b, e)
	return b.String()
}

// write appends a filter. One builder serves the whole tree: joining the strings of subtrees would
// take quadratic time for long chains.
func write(b *strings.Builder, e Expr) {
	switch e := e.(type) {
	case And:
		operand(b, e.Left, isOr(e.Left))
		b.WriteString(" and ")
		operand(b, e.Right, isOr(e.Right) || isAnd(e.Right))
	case Or:
		operand(b, e.Left, false)
		b.WriteString(" or ")
		operand(b, e.Right, isOr(e.Right))
	case Not:
		b.WriteString("not ")
		operand(b, e.X, true)
	case Compare:
		b.WriteString(e.Path.String() + " " + string(e.Op) + " " + e.Value.String())
	case Present:
		b.WriteString(e.Path.String() + " pr")
	case ValuePath:
		b.WriteString(e.Path.String() + "[")
		write(b, e.Inner)
		b.WriteByte(']')
		if e.Then != nil {
			b.WriteByte('.')
			write(b, e.Then)
		}
	}
}

// operand appends one side of an expression, in parentheses if it needs them.
func operand(b *strings.Builder, e Expr, parentheses bool) {
	if parentheses {
		b.WriteByte('(')
		defer b.WriteByte(')')
	}
	write(b, e)
}

func isAnd(e Expr) bool {
	_, ok := e.(And)
	return ok
}

func isOr(e Expr) bool {
	_, ok := e.(Or)
	return ok
}

// quote appends s as a JSON string. It escapes only what must be escaped.
func quote(b *strings.Builder, s string) {
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < ' ' || r == 0x7f:
			fmt.Fprintf(b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
}
