package filter

import "strings"

// Eval reports whether the resource behind src matches the filter (RFC 7644 section 3.4.2.2). A nil
// filter matches.
//
// Where the RFC is open:
//   - A multi-valued attribute matches a comparison if one of its values does. By the RFC this
//     holds for "ne" too: emails.value ne "x" is true of every user with another address as well;
//     not (emails.value eq "x") is not.
//   - "ne" is true of an attribute that has no value, every other operator is false.
//   - "eq null" is true if there is no value, "ne null" if there is one; null has no order and no
//     parts.
//   - An attribute that src does not know matches nothing, not even "ne" or "eq null".
//   - A complex attribute is compared by its "value" sub-attribute: manager eq "2819c223".
//   - Comparing what cannot be compared is false (a boolean or binary value with "gt" or "co"); see
//     [Check].
func Eval(e Expr, src Source) bool {
	switch e := e.(type) {
	case nil:
		return true
	case And:
		return Eval(e.Left, src) && Eval(e.Right, src)
	case Or:
		return Eval(e.Left, src) || Eval(e.Right, src)
	case Not:
		return !Eval(e.X, src)
	case Compare:
		return src.Lookup(e.Path).fulfils(e.Op, e.Value)
	case Present:
		return src.Lookup(e.Path).present()
	case ValuePath:
		return e.selects(src.Lookup(e.Path))
	default:
		return false
	}
}

// selects reports whether an element of the attribute matches the inner filter and what follows it.
func (e ValuePath) selects(attr Attribute) bool {
	if attr.Type == TypeUnknown {
		return false
	}
	for _, v := range attr.Values {
		if !isPresent(v) {
			continue
		}
		element, ok := v.(Source)
		if !ok {
			element = simple(attr.with(v))
		}
		if Eval(e.Inner, element) && Eval(e.Then, element) {
			return true
		}
	}
	return false
}

// simple is an element of a multi-valued attribute that is not complex. Its one sub-attribute is
// "value", which RFC 7643 section 2.4 gives to every multi-valued attribute.
type simple Attribute

// Lookup returns the element itself as "value".
func (s simple) Lookup(path AttrPath) Attribute {
	if path.URN != "" || path.Sub != "" || !strings.EqualFold(path.Name, valueName) {
		return Attribute{}
	}
	return Attribute(s)
}

// valueName is the sub-attribute by which a complex attribute is compared (RFC 7643 section 2.4).
const valueName = "value"

// with returns the attribute with one value alone.
func (a Attribute) with(v any) Attribute {
	a.Values = []any{v}
	return a
}

// present reports whether the attribute has a value that is not empty.
func (a Attribute) present() bool {
	if a.Type == TypeUnknown {
		return false
	}
	for _, v := range a.Values {
		if isPresent(v) {
			return true
		}
	}
	return false
}

// isPresent reports whether a value is one: neither null nor an empty text.
func isPresent(v any) bool {
	text, ok := v.(string)
	return v != nil && (!ok || text != "")
}

// matches reports whether the attribute matches a comparison.
func (a Attribute) fulfils(op Op, literal Value) bool {
	switch {
	case a.Type == TypeUnknown:
		return false
	case literal.Kind == Null && op == Equal:
		return !a.present()
	case literal.Kind == Null:
		return op == NotEqual && a.present()
	case op == NotEqual && !a.present():
		return true
	}
	for _, v := range a.Values {
		if a.fulfilledBy(v, op, literal) {
			return true
		}
	}
	return false
}

// fulfilledBy reports whether one value of the attribute matches a comparison. An element is
// compared by its "value"; the recursion ends there, because a sub-attribute is never complex (RFC
// 7643 section 2.3.8).
func (a Attribute) fulfilledBy(v any, op Op, literal Value) bool {
	element, ok := v.(Source)
	if !ok {
		return v != nil && compare(a, v, op, literal)
	}
	value := element.Lookup(AttrPath{Name: valueName})
	return value.Type != TypeComplex && value.fulfils(op, literal)
}
