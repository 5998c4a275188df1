package filter

import "fmt"

// Expr is a node of a parsed filter (RFC 7644 section 3.4.2.2). The set of nodes is closed: [And],
// [Or], [Not], [Compare], [Present] and [ValuePath]. String prints a filter that parses to an equal
// tree.
type Expr interface {
	fmt.Stringer
	expr()
}

// And is true when both sides are.
type And struct{ Left, Right Expr }

// Or is true when one side is.
type Or struct{ Left, Right Expr }

// Not is true when X is not.
type Not struct{ X Expr }

// Compare is "path op value", for example userName eq "nora@contoso.example".
type Compare struct {
	Path  AttrPath
	Op    Op
	Value Value
}

// Present is "path pr": the attribute has a value that is not empty.
type Present struct{ Path AttrPath }

// ValuePath is "path[inner]": one element of a multi-valued attribute fulfils the inner filter.
// Then, where it is not nil, is the comparison that Entra writes behind the bracket (emails[type eq
// "work"].value eq "x"): a [Compare] or [Present] whose path is relative to the element, which the
// same element must fulfil too.
type ValuePath struct {
	Path  AttrPath
	Inner Expr
	Then  Expr
}

func (And) expr()       {}
func (Or) expr()        {}
func (Not) expr()       {}
func (Compare) expr()   {}
func (Present) expr()   {}
func (ValuePath) expr() {}

// AttrPath is an attribute path as written (RFC 7644 section 3.10): an optional schema URN, an
// attribute name and an optional sub-attribute. The spelling is the client's; comparing names is
// the business of the [Source].
//
// A bare schema URN, and the old notation with a dot behind the URN, cannot be told from a
// URN-qualified attribute without knowing the schemas: the text behind the last colon is the Name
// then, and [Source] (or whoever resolves the path) sorts it out.
type AttrPath struct {
	URN  string
	Name string
	Sub  string
}

// Op is a comparison operator, in lower case.
type Op string

// The comparison operators of RFC 7644 section 3.4.2.2, table 3; "pr" is a node of its own,
// [Present].
const (
	Equal          Op = "eq"
	NotEqual       Op = "ne"
	Contains       Op = "co"
	StartsWith     Op = "sw"
	EndsWith       Op = "ew"
	Greater        Op = "gt"
	GreaterOrEqual Op = "ge"
	Less           Op = "lt"
	LessOrEqual    Op = "le"
)

// ValueKind tells what a literal is.
type ValueKind int

// The kinds of literal of RFC 7644 figure 1. A bare word (an unquoted string, which old Entra
// samples show) is a String.
const (
	String ValueKind = iota
	Number
	Bool
	Null
)

// Value is the literal of a comparison. Text is the decoded string, the number as written, or
// "true", "false", "null".
type Value struct {
	Kind ValueKind
	Text string
}

// Path is the path of a PATCH operation (RFC 7644 section 3.5.2, figure 7): attribute, optional
// value filter, optional sub-attribute. For "name.givenName" Filter is nil and Sub is "givenName";
// for emails[type eq "work"].value Filter is the inner expression and Sub is "value".
type Path struct {
	URN    string
	Name   string
	Filter Expr
	Sub    string
}

// Type tells how the values of an attribute compare (RFC 7643 section 2.3).
type Type int

// The data types of RFC 7643 section 2.3.
const (
	TypeUnknown Type = iota // no such attribute: it matches nothing
	TypeString
	TypeBoolean
	TypeDecimal
	TypeInteger
	TypeDateTime
	TypeReference
	TypeBinary
	TypeComplex
)

// Attribute is what a [Source] knows of one path: how its values compare, and the values
// themselves: string, bool, int, float64, json.Number or time.Time, and [Source] for the elements
// of a complex attribute.
//
// Texts that are not CaseExact compare without regard to case, as [strings.EqualFold] sees it. With
// FoldASCII, that is said of ASCII letters only, as it must be of addresses: a Kelvin sign is not a
// k, and whoever has one is somebody else.
type Attribute struct {
	Type      Type
	CaseExact bool
	FoldASCII bool
	Values    []any
}

// Source gives the evaluator the attributes of a resource, or of one element of a complex
// attribute. An attribute it does not know is the zero Attribute: comparing it is false, never an
// error.
type Source interface {
	Lookup(path AttrPath) Attribute
}
