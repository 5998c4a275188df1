package filter

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// kind is the kind of a token.
type kind int

const (
	end          kind = iota
	word              // an attribute path, an operator, a keyword or an unquoted value
	quoted            // a string in double quotes
	openParen         // (
	closeParen        // )
	openBracket       // [
	closeBracket      // ]
)

// punctuation maps the bytes that are tokens of their own.
var punctuation = map[byte]kind{'(': openParen, ')': closeParen, '[': openBracket, ']': closeBracket}

// token is one piece of the input, in[start:end]. Text is the word, or the decoded string.
type token struct {
	kind       kind
	start, end int
	text       string
}

// is reports whether the token is the given keyword, in any letter case.
func (t token) is(keyword string) bool {
	return t.kind == word && strings.EqualFold(t.text, keyword)
}

// lexer splits the input into tokens. The meaning of a word depends on its place, which the parser
// knows: an unquoted value may contain anything but spaces, quotes, parentheses and brackets.
type lexer struct {
	in   string
	noun string // "filter" or "path", for messages
	pos  int
}

// newLexer returns a lexer. It refuses input that is too long or is not UTF-8.
func newLexer(in, noun string) (*lexer, error) {
	l := &lexer{in: in, noun: noun}

	if len(in) > MaxLength {
		cut := MaxLength
		for cut > 0 && !utf8.RuneStart(in[cut]) {
			cut--
		}
		return nil, l.errorf(cut, "the %s has %d bytes, and at most %d are allowed; shorten it", noun, len(in), MaxLength)
	}
	if !utf8.ValidString(in) {
		return nil, l.errorf(invalidUTF8(in), "the %s is not valid UTF-8 here", noun)
	}
	return l, nil
}

// invalidUTF8 returns the offset of the first byte that is not UTF-8.
func invalidUTF8(s string) int {
	for i, r := range s {
		if r != utf8.RuneError {
			continue
		}
		if _, size := utf8.DecodeRuneInString(s[i:]); size == 1 {
			return i
		}
	}
	return len(s)
}

// errorf returns an Error at a byte offset of the input.
func (l *lexer) errorf(offset int, format string, args ...any) error {
	return &Error{Column: l.column(offset), Message: fmt.Sprintf(format, args...)}
}

// column returns the column of a byte offset, counted in characters from 1.
func (l *lexer) column(offset int) int {
	return utf8.RuneCountInString(l.in[:offset]) + 1
}

// next returns the next token.
func (l *lexer) next() (token, error) {
	for l.pos < len(l.in) && isBlank(l.in[l.pos]) {
		l.pos++
	}
	start := l.pos
	if start == len(l.in) {
		return token{kind: end, start: start, end: start}, nil
	}
	c := l.in[start]
	if k, ok := punctuation[c]; ok {
		l.pos++
		return token{kind: k, start: start, end: l.pos, text: l.in[start:l.pos]}, nil
	}
	if c == '"' {
		text, err := l.quoted()
		return token{kind: quoted, start: start, end: l.pos, text: text}, err
	}
	for l.pos < len(l.in) && isWordByte(l.in[l.pos]) {
		l.pos++
	}
	if l.pos == start {
		return token{}, l.errorf(start, "the control character %U is not allowed in a %s", rune(c), l.noun)
	}
	return token{kind: word, start: start, end: l.pos, text: l.in[start:l.pos]}, nil
}

// describe names a token in a message.
func (l *lexer) describe(t token) string {
	switch t.kind {
	case end:
		return "the end of the " + l.noun
	case quoted:
		return "the text " + excerpt(t.text)
	default:
		return excerpt(t.text)
	}
}

// excerpt quotes a part of the input for a message, shortened if it is long.
func excerpt(s string) string {
	const longest = 40

	n := 0
	for i := range s {
		if n == longest {
			return strconv.Quote(s[:i] + "…")
		}
		n++
	}
	return strconv.Quote(s)
}

func isBlank(c byte) bool {
	return c == ' ' || c == '\t' || c == '\r' || c == '\n'
}

// isWordByte reports whether a byte may be part of a word. Bytes of characters outside ASCII may.
func isWordByte(c byte) bool {
	return c > ' ' && c != 0x7f && c != '"' && c != '(' && c != ')' && c != '[' && c != ']'
}
