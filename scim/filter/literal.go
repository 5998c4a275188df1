package filter

import (
	"strconv"
	"strings"
	"unicode/utf16"
)

// literal returns the value of a token: a string in quotes, or an unquoted number, true, false,
// null or word. The RFC wants values to be JSON; a word without quotes is taken as a string.
func literal(t token) Value {
	if t.kind == quoted {
		return Value{Kind: String, Text: t.text}
	}
	switch lower := strings.ToLower(t.text); {
	case lower == "true" || lower == "false":
		return Value{Kind: Bool, Text: lower}
	case lower == "null":
		return Value{Kind: Null, Text: lower}
	case isNumber(t.text):
		return Value{Kind: Number, Text: t.text}
	default:
		return Value{Kind: String, Text: t.text}
	}
}

// isNumber reports whether a word is a number of JSON (RFC 8259 section 6), so that 2819c223 or 007
// stay words.
func isNumber(s string) bool {
	s = strings.TrimPrefix(s, "-")

	whole := digits(s)
	if whole == 0 || (whole > 1 && s[0] == '0') {
		return false
	}
	s = s[whole:]

	if rest, ok := strings.CutPrefix(s, "."); ok {
		fraction := digits(rest)
		if fraction == 0 {
			return false
		}
		s = rest[fraction:]
	}
	if s == "" {
		return true
	}
	if s[0] != 'e' && s[0] != 'E' {
		return false
	}
	s = s[1:]
	if s != "" && (s[0] == '+' || s[0] == '-') {
		s = s[1:]
	}
	return s != "" && digits(s) == len(s)
}

// digits returns the number of decimal digits that s starts with.
func digits(s string) int {
	n := 0
	for n < len(s) && '0' <= s[n] && s[n] <= '9' {
		n++
	}
	return n
}

// quoted reads a JSON string (RFC 8259 section 7) whose opening quote is at l.pos, and returns it
// decoded.
func (l *lexer) quoted() (string, error) {
	var b strings.Builder

	start := l.pos
	l.pos++
	plain := l.pos // where the run of unescaped characters began

	for l.pos < len(l.in) {
		switch c := l.in[l.pos]; {
		case c == '"':
			b.WriteString(l.in[plain:l.pos])
			l.pos++
			return b.String(), nil
		case c == '\\':
			b.WriteString(l.in[plain:l.pos])
			r, err := l.escape()
			if err != nil {
				return "", err
			}
			b.WriteRune(r)
			plain = l.pos
		case c < ' ':
			return "", l.errorf(l.pos, "the control character %U must be written as an escape, \\u%04x", rune(c), c)
		default:
			l.pos++
		}
	}
	return "", l.errorf(start, "the string that starts here has no closing double quote")
}

// escapes are the short escapes of JSON.
var escapes = map[byte]rune{
	'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t',
}

// escape reads an escape whose backslash is at l.pos. The two halves of a surrogate pair are one
// character.
func (l *lexer) escape() (rune, error) {
	start := l.pos
	if start+1 == len(l.in) {
		return 0, l.errorf(start, "the string ends inside an escape")
	}
	if r, ok := escapes[l.in[start+1]]; ok {
		l.pos += 2
		return r, nil
	}
	if l.in[start+1] != 'u' {
		return 0, l.errorf(start, `unknown escape; only ", \, /, b, f, n, r, t and u may follow a backslash`)
	}
	first, ok := l.hex()
	if !ok {
		return 0, l.errorf(start, `\u needs four hexadecimal digits`)
	}
	if !utf16.IsSurrogate(first) {
		return first, nil
	}
	if second, ok := l.hex(); ok {
		if r := utf16.DecodeRune(first, second); r != '\uFFFD' {
			return r, nil
		}
	}
	return 0, l.errorf(start, `this \u escape is half of a surrogate pair; write both halves, or the character itself`)
}

// hex reads \uXXXX at l.pos.
func (l *lexer) hex() (rune, bool) {
	rest := l.in[l.pos:]
	if len(rest) < 6 || rest[0] != '\\' || rest[1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(rest[2:6], 16, 16)
	if err != nil {
		return 0, false
	}
	l.pos += 6
	return rune(n), true
}
