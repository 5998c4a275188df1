package filter

import (
	"cmp"
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// compare reports whether one simple value matches a comparison with a literal that is not null.
func compare(a Attribute, v any, op Op, literal Value) bool {
	if op == NotEqual {
		return !compare(a, v, Equal, literal)
	}
	switch a.Type {
	case TypeBoolean:
		return op == Equal && sameBool(v, literal)
	case TypeBinary:
		return op == Equal && textOf(v) == literal.Text
	case TypeDecimal, TypeInteger:
		return compareNumbers(v, op, literal)
	case TypeDateTime:
		return compareTimes(v, op, literal)
	case TypeReference:
		return compareTexts(textOf(v), op, literal.Text)
	default:
		return a.compareCases(textOf(v), op, literal.Text)
	}
}

// ordered reports whether the result of a comparison, as of [cmp.Compare], matches the operator.
func ordered(op Op, result int) bool {
	switch op {
	case Equal:
		return result == 0
	case Greater:
		return result > 0
	case GreaterOrEqual:
		return result >= 0
	case Less:
		return result < 0
	case LessOrEqual:
		return result <= 0
	default:
		return false
	}
}

// compareTexts compares texts exactly; their order is that of their code points.
func compareTexts(v string, op Op, literal string) bool {
	switch op {
	case Contains:
		return strings.Contains(v, literal)
	case StartsWith:
		return strings.HasPrefix(v, literal)
	case EndsWith:
		return strings.HasSuffix(v, literal)
	default:
		return ordered(op, cmp.Compare(v, literal))
	}
}

// compareCases compares texts by the attribute's rule for letter case. Equality, by far the most
// frequent, needs no copies.
func (a Attribute) compareCases(v string, op Op, literal string) bool {
	switch {
	case op != Equal:
		return compareTexts(a.fold(v), op, a.fold(literal))
	case a.CaseExact:
		return v == literal
	case a.FoldASCII:
		return equalFoldASCII(v, literal)
	default:
		return strings.EqualFold(v, literal)
	}
}

// sameBool compares a boolean with a literal, which may be a text: Entra writes primary eq "True".
func sameBool(v any, literal Value) bool {
	text := textOf(v)
	isBool := strings.EqualFold(text, "true") || strings.EqualFold(text, "false")
	return isBool && strings.EqualFold(text, literal.Text)
}

// compareNumbers compares numbers by value and exactly: 10, 10.0 and 1e1 are equal, and no digit is
// lost.
func compareNumbers(v any, op Op, literal Value) bool {
	a, ok := parseDecimal(textOf(v))
	if !ok {
		return false
	}
	b, ok := parseDecimal(literal.Text)
	return ok && ordered(op, a.compare(b))
}

// compareTimes compares times, independent of their zone. Parts of a dateTime, and what cannot be
// read as one, compare as text: meta.created sw "2026-01", meta.created ge "2026-01-01".
func compareTimes(v any, op Op, literal Value) bool {
	moment, known := timeOf(v)
	other, readable := parseTime(literal.Text)
	if !known || !readable || isPart(op) {
		return compareTexts(textOf(v), op, literal.Text)
	}
	return ordered(op, moment.Compare(other))
}

// isPart reports whether an operator compares a part of a string.
func isPart(op Op) bool {
	return op == Contains || op == StartsWith || op == EndsWith
}

// timeOf returns the time of a value.
func timeOf(v any) (time.Time, bool) {
	if t, ok := v.(time.Time); ok {
		return t, true
	}
	return parseTime(textOf(v))
}

// parseTime reads an xsd:dateTime (RFC 7643 section 2.3.5). A time without a zone is UTC.
func parseTime(s string) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// textOf returns a simple value as the text that a client would see in JSON.
func textOf(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case int:
		return strconv.Itoa(v)
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	case json.Number:
		return v.String()
	case time.Time:
		return v.UTC().Format("2006-01-02T15:04:05.000Z07:00")
	default:
		return ""
	}
}
