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

// ValuePath is "path[inner]": one element of a multi-valued attribute matches the inner filter.
// Then, if it is not nil, is the comparison that Entra ID writes after the bracket (emails[type eq
// "work"].value eq "x"): a [Compare] or [Present] with a path relative to the element, which the
// same element must match too.
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
// attribute name and an optional sub-attribute. The spelling is the client's; the [Source] compares
// names.
//
// A bare schema URN, and the old notation with a dot behind the URN, cannot be distinguished from a
// URN-qualified attribute without the schemas: the text after the last colon is then the Name, and
// the [Source] (or another resolver of the path) finds the meaning.
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

// ValueKind is the kind of a literal.
type ValueKind int

// The kinds of literal of RFC 7644 figure 1. A bare word (an unquoted string, as in old samples for
// Entra ID) is a String.
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

// Type is the data type of an attribute, by which its values compare (RFC 7643 section 2.3).
type Type int

// The data types of RFC 7643 section 2.3.
const (
	TypeUnknown Type = iota // unknown attribute: matches nothing
	TypeString
	TypeBoolean
	TypeDecimal
	TypeInteger
	TypeDateTime
	TypeReference
	TypeBinary
	TypeComplex
)

// Attribute is what a [Source] returns for one path: how its values compare, and the values:
// string, bool, int, float64, json.Number or time.Time, and [Source] for the elements of a complex
// attribute.
//
// Strings that are not CaseExact compare without regard to case, like [strings.EqualFold]. With
// FoldASCII, this holds for ASCII letters only, as for e-mail addresses: addresses with the Kelvin
// sign and with k are different.
type Attribute struct {
	Type      Type
	CaseExact bool
	FoldASCII bool
	Values    []any
}

// Source returns the attributes of a resource, or of one element of a complex attribute. An unknown
// attribute is the zero Attribute: comparing it is false, never an error.
type Source interface {
	Lookup(path AttrPath) Attribute
}
