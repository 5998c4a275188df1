package filter

import "strings"

// Parse reads a filter (RFC 7644 section 3.4.2.2, figure 1). "not" binds closer than "and", "and"
// closer than "or"; equal ones group to the left. Attribute names, operators and keywords may be in
// any letter case. An error is always an [*Error].
func Parse(s string) (Expr, error) {
	p, err := newParser(s, "filter")
	if err != nil {
		return nil, err
	}
	if p.tok.kind == end {
		return nil, p.errorf(0, `the filter is empty; write for example userName eq "nora@contoso.example"`)
	}
	e, err := p.or()
	if err != nil {
		return nil, err
	}
	if p.tok.kind != end {
		return nil, p.unexpected()
	}
	return e, nil
}

// parser reads tokens by recursive descent, one token ahead.
type parser struct {
	*lexer
	tok   token // the present token
	last  int   // where the token before it ended
	depth int
	nodes int
}

// newParser returns a parser at the first token.
func newParser(s, noun string) (*parser, error) {
	l, err := newLexer(s, noun)
	if err != nil {
		return nil, err
	}
	p := &parser{lexer: l}
	return p, p.advance()
}

// advance moves on to the next token.
func (p *parser) advance() (err error) {
	p.last = p.tok.end
	p.tok, err = p.next()
	return err
}

// or reads: and-expression *("or" and-expression).
func (p *parser) or() (Expr, error) {
	left, err := p.and()
	for err == nil && p.tok.is("or") {
		left, err = p.binary(left, p.and, func(l, r Expr) Expr { return Or{l, r} })
	}
	return left, err
}

// and reads: term *("and" term).
func (p *parser) and() (Expr, error) {
	left, err := p.term()
	for err == nil && p.tok.is("and") {
		left, err = p.binary(left, p.term, func(l, r Expr) Expr { return And{l, r} })
	}
	return left, err
}

// binary reads the present keyword and the operand after it.
func (p *parser) binary(left Expr, operand func() (Expr, error), join func(l, r Expr) Expr) (Expr, error) {
	if err := p.node(); err != nil {
		return nil, err
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	right, err := operand()
	if err != nil {
		return nil, err
	}
	return join(left, right), nil
}

// term reads a group, a negated group, or an attribute expression.
func (p *parser) term() (Expr, error) {
	switch {
	case p.tok.kind == openParen:
		return p.nested(closeParen)
	case p.tok.is("not"):
		return p.not()
	default:
		return p.attribute()
	}
}

// not reads: "not" "(" filter ")".
func (p *parser) not() (Expr, error) {
	if err := p.node(); err != nil {
		return nil, err
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	if p.tok.kind != openParen {
		return nil, p.errorf(p.tok.start, `expected "(" after "not", found %s; write not (…)`, p.describe(p.tok))
	}
	x, err := p.nested(closeParen)
	if err != nil {
		return nil, err
	}
	return Not{x}, nil
}

// nested reads a filter between the present opening token and the closing one.
func (p *parser) nested(closing kind) (Expr, error) {
	opening := p.tok
	if p.depth == MaxDepth {
		return nil, p.errorf(opening.start, "parentheses and brackets nest deeper than %d; simplify the %s", MaxDepth, p.noun)
	}
	p.depth++

	if err := p.advance(); err != nil {
		return nil, err
	}
	e, err := p.or()
	if err != nil {
		return nil, err
	}
	if p.tok.kind != closing {
		return nil, p.unclosed(opening)
	}
	p.depth--
	return e, p.advance()
}

// attribute reads an attribute path and what follows: a comparison, "pr", or a value path.
func (p *parser) attribute() (Expr, error) {
	if p.tok.kind != word {
		return nil, p.errorf(p.tok.start, "expected an attribute name, found %s", p.describe(p.tok))
	}
	if p.tok.is("and") || p.tok.is("or") {
		return nil, p.errorf(p.tok.start, "expected an attribute name or a group before %s", p.describe(p.tok))
	}
	path, err := p.attrPath()
	if err != nil {
		return nil, err
	}
	if p.tok.kind == openBracket {
		return p.valuePath(path)
	}
	return p.comparison(path)
}

// comparison reads what follows an attribute path: an operator and, except for "pr", a value.
func (p *parser) comparison(path AttrPath) (Expr, error) {
	if err := p.node(); err != nil {
		return nil, err
	}
	if p.tok.is("pr") {
		return Present{path}, p.advance()
	}
	op, err := p.operator(path)
	if err != nil {
		return nil, err
	}
	if p.tok.kind != quoted && p.tok.kind != word {
		return nil, p.errorf(p.tok.start, `expected a value after %q, found %s`, op, p.describe(p.tok))
	}
	if p.tok.is("and") || p.tok.is("or") {
		return nil, p.errorf(p.tok.start, `expected a value after %q, found %s; if it is the value, put it in double quotes`, op, p.describe(p.tok))
	}
	if p.tok.kind == word && p.tok.text[0] == '\'' {
		return nil, p.errorf(p.tok.start, "a string must be in double quotes, not in single quotes")
	}
	return Compare{Path: path, Op: op, Value: literal(p.tok)}, p.advance()
}

const operators = "the operators are eq, ne, co, sw, ew, gt, ge, lt, le and pr"

// operator reads a comparison operator.
func (p *parser) operator(path AttrPath) (Op, error) {
	if p.tok.kind != word || p.tok.is("and") || p.tok.is("or") {
		return "", p.errorf(p.tok.start, "expected an operator after %s, found %s; %s",
			excerpt(path.String()), p.describe(p.tok), operators)
	}
	switch op := Op(strings.ToLower(p.tok.text)); op {
	case Equal, NotEqual, Contains, StartsWith, EndsWith, Greater, GreaterOrEqual, Less, LessOrEqual:
		return op, p.advance()
	default:
		return "", p.errorf(p.tok.start, "%s is not an operator; %s", p.describe(p.tok), operators)
	}
}

// valuePath reads "[" filter "]" and the comparison of a sub-attribute that may follow it.
func (p *parser) valuePath(path AttrPath) (Expr, error) {
	if err := p.node(); err != nil {
		return nil, err
	}
	inner, err := p.nested(closeBracket)
	if err != nil {
		return nil, err
	}
	sub, err := p.subAttribute()
	if err != nil || sub == "" {
		return ValuePath{Path: path, Inner: inner}, err
	}
	then, err := p.comparison(AttrPath{Name: sub})
	if err != nil {
		return nil, err
	}
	return ValuePath{Path: path, Inner: inner, Then: then}, nil
}

// node counts a node of the tree.
func (p *parser) node() error {
	p.nodes++
	if p.nodes > MaxNodes {
		return p.errorf(p.tok.start, "the %s has more than %d parts; shorten it", p.noun, MaxNodes)
	}
	return nil
}

// unclosed returns the error for a group that does not end where it should.
func (p *parser) unclosed(opening token) error {
	closing := `")"`
	if opening.kind == openBracket {
		closing = `"]"`
	}
	return p.errorf(p.tok.start, `expected "and", "or" or %s to close the %q of column %d, found %s%s`,
		closing, opening.text, p.column(opening.start), p.describe(p.tok), p.advice())
}

// unexpected returns the error for what follows a complete filter.
func (p *parser) unexpected() error {
	switch p.tok.kind {
	case closeParen:
		return p.errorf(p.tok.start, `this ")" has no matching "("`)
	case closeBracket:
		return p.errorf(p.tok.start, `this "]" has no matching "["`)
	default:
		return p.errorf(p.tok.start, `expected "and", "or" or the end of the %s, found %s%s`, p.noun, p.describe(p.tok), p.advice())
	}
}

// advice is the likely remedy if a word or string is in the wrong place.
func (p *parser) advice() string {
	if p.tok.kind == word || p.tok.kind == quoted {
		return "; put a value that contains spaces or quotes in double quotes"
	}
	return ""
}
