package filter

import "strings"

// ParseAttrPath reads an attribute path (RFC 7644 section 3.10): userName, name.givenName, or
// either behind a schema URN. It reads sortBy and the entries of attributes and excludedAttributes;
// an entry with a value filter is a matter for [ParsePath]. Blanks around it are ignored. An error
// is always an [*Error].
func ParseAttrPath(s string) (AttrPath, error) {
	p, err := newPathParser(s)
	if err != nil {
		return AttrPath{}, err
	}
	path, err := p.attrPath()
	if err != nil {
		return AttrPath{}, err
	}
	if err := p.finish(); err != nil {
		return AttrPath{}, err
	}
	return path, nil
}

// ParsePath reads the path of a PATCH operation (RFC 7644 section 3.5.2, figure 7). Blanks around
// it are ignored. An error is always an [*Error].
//
// If a dot precedes the value filter, as in "urn:example:2.0:User.emails[type eq "work"].value",
// the Name contains it ("User.emails"): [Path.Attr] returns the attribute.
func ParsePath(s string) (Path, error) {
	p, err := newPathParser(s)
	if err != nil {
		return Path{}, err
	}
	attr, err := p.attrPath()
	if err != nil {
		return Path{}, err
	}
	path := Path{URN: attr.URN, Name: attr.Name, Sub: attr.Sub}
	if p.tok.kind == openBracket {
		if path, err = p.selection(attr); err != nil {
			return Path{}, err
		}
	}
	if err := p.finish(); err != nil {
		return Path{}, err
	}
	return path, nil
}

// Attr is the path without its filter, so that names are resolved in the same way with and without
// a filter. The path urn:example:2.0:User.emails[type eq "work"].value has the attribute path
// urn:example:2.0:User.emails.value.
func (p Path) Attr() AttrPath {
	name, dotted, _ := strings.Cut(p.Name, ".")
	return AttrPath{URN: p.URN, Name: name, Sub: join(dotted, p.Sub)}
}

// join puts a dot between two names, unless one is empty.
func join(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "." + b
}

// newPathParser returns a parser at the first word of a path.
func newPathParser(s string) (*parser, error) {
	p, err := newParser(s, "path")
	if err != nil {
		return nil, err
	}
	switch p.tok.kind {
	case word:
		return p, nil
	case end:
		return nil, p.errorf(0, "the path is empty; write for example name.givenName")
	default:
		return nil, p.errorf(p.tok.start, "expected an attribute name, found %s", p.describe(p.tok))
	}
}

// finish checks that the path ends here.
func (p *parser) finish() error {
	if p.tok.kind != end {
		return p.errorf(p.tok.start, "expected the end of the path, found %s", p.describe(p.tok))
	}
	return nil
}

// selection reads the value filter behind an attribute of a PATCH path, and the sub-attribute that
// may follow.
func (p *parser) selection(attr AttrPath) (Path, error) {
	inner, err := p.nested(closeBracket)
	if err != nil {
		return Path{}, err
	}
	sub, err := p.subAttribute()
	return Path{URN: attr.URN, Name: join(attr.Name, attr.Sub), Filter: inner, Sub: sub}, err
}

// subAttribute reads ".name" directly behind a bracket; "" if there is none.
func (p *parser) subAttribute() (string, error) {
	if p.tok.kind != word || p.tok.start != p.last || p.tok.text[0] != '.' {
		return "", nil
	}
	sub := p.tok.text[1:]
	if !isName(sub) {
		return "", p.badName(sub, p.tok.start+1)
	}
	return sub, p.advance()
}

// attrPath reads the present word as an attribute path.
func (p *parser) attrPath() (AttrPath, error) {
	path, err := p.splitPath(p.tok.text, p.tok.start)
	if err != nil {
		return AttrPath{}, err
	}
	return path, p.advance()
}

// splitPath splits a word that begins at the given offset. The schema URN ends at the last colon:
// there are dots in URNs, and no colons in names.
func (p *parser) splitPath(text string, offset int) (AttrPath, error) {
	colon := strings.LastIndexByte(text, ':')
	urn, rest := text[:max(colon, 0)], text[colon+1:]
	name, sub, dotted := strings.Cut(rest, ".")
	path := AttrPath{URN: urn, Name: name, Sub: sub}

	if colon >= 0 {
		return path, p.checkQualified(path, dotted, offset)
	}
	switch {
	case !isName(name):
		return AttrPath{}, p.badName(name, offset)
	case dotted && strings.Contains(sub, "."):
		return AttrPath{}, p.errorf(offset+len(name)+1, "%s is a sub-attribute of a sub-attribute, which does not exist in SCIM", excerpt(sub))
	case dotted && !isName(sub):
		return AttrPath{}, p.badName(sub, offset+len(name)+1)
	default:
		return path, nil
	}
}

// checkQualified checks a path with a URN. The rest of a bare URN may follow, or the old notation
// with a dot ("User.manager.value"), so names after a URN may start with a digit and contain
// several dots.
func (p *parser) checkQualified(path AttrPath, dotted bool, offset int) error {
	if !isURI(path.URN) {
		return p.errorf(offset, "expected a schema URN before the last colon, found %s", excerpt(path.URN))
	}
	offset += len(path.URN) + 1
	if !isNamePart(path.Name) {
		return p.badName(path.Name, offset)
	}
	if !dotted {
		return nil
	}
	offset += len(path.Name) + 1
	for part := range strings.SplitSeq(path.Sub, ".") {
		if !isNamePart(part) {
			return p.badName(part, offset)
		}
		offset += len(part) + 1
	}
	return nil
}

// badName returns the error for a text that is no attribute name.
func (p *parser) badName(name string, offset int) error {
	if name == "" {
		return p.errorf(offset, "an attribute name is missing here")
	}
	return p.errorf(offset, `%s is not an attribute name; a name starts with a letter, followed by letters, digits, "-" and "_"`, excerpt(name))
}

// isName reports whether s is an attribute name (RFC 7643 section 2.1). "$" is for $ref, which the
// RFC's own grammar leaves out.
func isName(s string) bool {
	return isNamePart(s) && s[0] != '-' && digits(s[:1]) == 0
}

// isNamePart reports whether s consists of the characters of a name.
func isNamePart(s string) bool {
	for i := range len(s) {
		if c := s[i]; !isAlphanumeric(c) && c != '-' && c != '_' && c != '$' {
			return false
		}
	}
	return s != ""
}

// isURI reports whether s consists of the characters of a URI (RFC 3986 section 2) that a word can
// contain, and starts with a letter. An unknown URN is not an error.
func isURI(s string) bool {
	for i := range len(s) {
		if c := s[i]; !isAlphanumeric(c) && !strings.ContainsRune("-._~:/?#@!$&'*+,;=%", rune(c)) {
			return false
		}
	}
	return s != "" && isAlphanumeric(s[0]) && digits(s[:1]) == 0
}

func isAlphanumeric(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}
