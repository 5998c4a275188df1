package filter_test

import (
	"strings"

	"pgregory.net/rapid"

	"tvscim/scim/filter"
)

// The generators below make every tree that Parse can return, and no other.

var operators = []filter.Op{
	filter.Equal, filter.NotEqual, filter.Contains, filter.StartsWith, filter.EndsWith,
	filter.Greater, filter.GreaterOrEqual, filter.Less, filter.LessOrEqual,
}

// anyExpr generates filters that nest no deeper than the given number of groups, with literals from
// values.
func anyExpr(depth int, values *rapid.Generator[filter.Value]) *rapid.Generator[filter.Expr] {
	return rapid.Custom(func(t *rapid.T) filter.Expr {
		shapes := 2
		if depth > 0 {
			shapes = 6
		}
		inner := func(label string) filter.Expr { return anyExpr(depth-1, values).Draw(t, label) }

		switch rapid.IntRange(1, shapes).Draw(t, "shape") {
		case 1:
			return anyComparison(anyAttrPath(), values).Draw(t, "compare")
		case 2:
			return filter.Present{Path: anyAttrPath().Draw(t, "path")}
		case 3:
			return filter.And{Left: inner("left"), Right: inner("right")}
		case 4:
			return filter.Or{Left: inner("left"), Right: inner("right")}
		case 5:
			return filter.Not{X: inner("x")}
		default:
			return filter.ValuePath{Path: anyAttrPath().Draw(t, "path"), Inner: inner("inner"), Then: anyThen(values).Draw(t, "then")}
		}
	})
}

func anyComparison(paths *rapid.Generator[filter.AttrPath], values *rapid.Generator[filter.Value]) *rapid.Generator[filter.Expr] {
	return rapid.Custom(func(t *rapid.T) filter.Expr {
		return filter.Compare{
			Path:  paths.Draw(t, "path"),
			Op:    rapid.SampledFrom(operators).Draw(t, "op"),
			Value: values.Draw(t, "value"),
		}
	})
}

// anyThen generates what may follow a value path: nothing, or a comparison of a sub-attribute.
func anyThen(values *rapid.Generator[filter.Value]) *rapid.Generator[filter.Expr] {
	subs := rapid.Map(anyName(), func(name string) filter.AttrPath { return filter.AttrPath{Name: name} })

	return rapid.OneOf(
		rapid.Just[filter.Expr](nil),
		anyComparison(subs, values),
		rapid.Map(subs, func(p filter.AttrPath) filter.Expr { return filter.Present{Path: p} }),
	)
}

// anyName generates attribute names, keywords among them.
func anyName() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.StringMatching(`[a-zA-Z$_][a-zA-Z0-9$_-]{0,8}`),
		rapid.SampledFrom([]string{"and", "or", "not", "eq", "pr", "true", "null", "value", "$ref"}),
	)
}

// anyAttrPath generates attribute paths that can begin an expression: a keyword needs a URN before
// it.
func anyAttrPath() *rapid.Generator[filter.AttrPath] {
	return rapid.Custom(func(t *rapid.T) filter.AttrPath {
		if rapid.Bool().Draw(t, "qualified") {
			return filter.AttrPath{
				URN:  rapid.StringMatching(`[a-zA-Z][a-zA-Z0-9.:/_~!$&'*+,;=%@?#-]{0,20}`).Draw(t, "urn"),
				Name: rapid.StringMatching(`[a-zA-Z0-9$_-]{1,8}`).Draw(t, "name"),
				Sub:  rapid.StringMatching(`([a-zA-Z0-9$_-]{1,4}(\.[a-zA-Z0-9$_-]{1,4}){0,2})?`).Draw(t, "sub"),
			}
		}

		isKeyword := func(s string) bool {
			return strings.EqualFold(s, "and") || strings.EqualFold(s, "or") || strings.EqualFold(s, "not")
		}

		return filter.AttrPath{
			Name: anyName().Filter(func(s string) bool { return !isKeyword(s) }).Draw(t, "name"),
			Sub:  rapid.OneOf(rapid.Just(""), anyName()).Draw(t, "sub"),
		}
	})
}

// anyValue generates literals, with texts that look like other literals or like syntax among them.
func anyValue() *rapid.Generator[filter.Value] {
	return rapid.OneOf(
		rapid.Map(rapid.String(), text),
		rapid.Map(rapid.SampledFrom([]string{
			"", " ", "true", "null", "1", "and", `"`, `\`, `\u0041`, "a) or (b pr", "]", "'", "\x00", "\x7f", "é😀",
		}), text),
		rapid.Map(anyNumber(), number),
		rapid.SampledFrom([]filter.Value{
			{Kind: filter.Bool, Text: "true"}, {Kind: filter.Bool, Text: "false"}, {Kind: filter.Null, Text: "null"},
		}),
	)
}

// plainValue generates literals without parentheses.
func plainValue() *rapid.Generator[filter.Value] {
	return rapid.Map(rapid.SampledFrom([]string{"x", "y z", ""}), text)
}

// anyNumber generates numbers of JSON with exponents that math/big can take.
func anyNumber() *rapid.Generator[string] {
	return rapid.StringMatching(`-?(0|[1-9][0-9]{0,12})(\.[0-9]{1,8})?([eE][+-]?[0-9]{1,2})?`)
}

func text(s string) filter.Value   { return filter.Value{Kind: filter.String, Text: s} }
func number(s string) filter.Value { return filter.Value{Kind: filter.Number, Text: s} }
