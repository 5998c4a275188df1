package scim

import (
	"slices"
	"strings"
)

// Precondition is what a request expects of the version of its resource: the headers If-Match and
// If-None-Match (RFC 9110 sections 13.1.1 and 13.1.2), or the version of a bulk operation. The zero
// Precondition expects nothing. Tags are compared weakly in both, since SCIM has weak ones (RFC
// 7644 section 3.14).
//
// It must be checked under the same lock as the write, or two clients with the same version may
// both write.
type Precondition struct {
	match     tags
	noneMatch tags
}

// tags are the entity tags of one header field.
type tags struct {
	any  bool     // "*"
	list []string // opaque tags with their quotes, without the mark of weakness
}

// ParsePrecondition reads the values of the two header fields, nil for one that is absent. A field
// that is not a list of entity tags, or is an empty list, is an invalidValue [*Error]: to ignore it
// could overwrite a change.
func ParsePrecondition(ifMatch, ifNoneMatch []string) (Precondition, error) {
	var p Precondition
	var err error
	if p.match, err = parseTags("If-Match", ifMatch); err != nil {
		return Precondition{}, err
	}
	if p.noneMatch, err = parseTags("If-None-Match", ifNoneMatch); err != nil {
		return Precondition{}, err
	}
	return p, nil
}

// Empty reports whether nothing is expected.
func (p Precondition) Empty() bool { return !p.NeedsVersion() && !p.match.any && !p.noneMatch.any }

// NeedsVersion reports whether the check needs the version; "*" only needs the existence of the
// resource.
func (p Precondition) NeedsVersion() bool { return len(p.match.list) > 0 || len(p.noneMatch.list) > 0 }

// Check checks a write to an existing resource with the version v, "" if it is not known. An
// [*Error] is a 412: the resource must not be written.
func (p Precondition) Check(v Version) error {
	switch {
	case len(p.match.list) > 0 && !p.match.any && !p.match.has(v):
		return PreconditionFailed("If-Match: the resource has changed since this version was read. " +
			"Read the resource again and decide whether the change is still needed.")
	case p.noneMatch.any:
		return PreconditionFailed("If-None-Match: * requires that the resource does not exist, but it does. " +
			"Omit this header to change the resource.")
	case p.noneMatch.has(v):
		return PreconditionFailed("If-None-Match: the resource still has this version. " +
			"Omit this header to change the resource.")
	default:
		return nil
	}
}

// Read checks a read of an existing resource with the version v. unchanged reports whether the
// client has that version already: 304. If the version is not known, only "*" can match.
func (p Precondition) Read(v Version) (unchanged bool, err error) {
	if v == "" {
		return p.noneMatch.any, nil
	}
	if err := (Precondition{match: p.match}).Check(v); err != nil {
		return false, err
	}
	return p.noneMatch.any || p.noneMatch.has(v), nil
}

// has compares weakly (RFC 9110 section 8.8.3.2).
func (t tags) has(v Version) bool {
	return slices.Contains(t.list, strings.TrimPrefix(string(v), "W/"))
}

// parseTags reads the values of a header field: "*", or entity tags with commas between them.
func parseTags(header string, values []string) (tags, error) {
	var t tags
	rest := strings.TrimLeft(strings.Join(values, ","), ", \t")
	if rest == "" && len(values) > 0 {
		return tags{}, notTags(header)
	}
	for rest != "" {
		if after, ok := strings.CutPrefix(rest, "*"); ok {
			t.any, rest = true, after
		} else if opaque, after, ok := cutTag(rest); ok {
			t.list, rest = append(t.list, opaque), after
		} else {
			return tags{}, notTags(header)
		}
		if rest = strings.TrimLeft(rest, " \t"); rest != "" && rest[0] != ',' {
			return tags{}, notTags(header)
		}
		rest = strings.TrimLeft(rest, ", \t")
	}
	return t, nil
}

// cutTag cuts an entity tag off (RFC 9110 section 8.8.3) and returns its opaque part.
func cutTag(s string) (opaque, rest string, ok bool) {
	s = strings.TrimPrefix(s, "W/")
	if s == "" || s[0] != '"' {
		return "", "", false
	}
	end := strings.IndexByte(s[1:], '"') + 2
	if end < 2 || strings.ContainsFunc(s[:end], func(r rune) bool { return r <= ' ' || r == 0x7f }) {
		return "", "", false
	}
	return s[:end], s[end:], true
}

// notTags refuses a header field.
func notTags(header string) error {
	return InvalidValue(`%s: expected * or entity tags in quotes, such as W/"a1b2"`, header)
}
