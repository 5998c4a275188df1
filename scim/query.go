package scim

import (
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"

	"tvscim/scim/filter"
)

// Limits bounds the pages of a list. Both are numbers of resources and at least 1.
type Limits struct {
	Page    int // when the client does not say how many
	MaxPage int // whatever the client says
}

// Query is what the parameters of a request ask for (RFC 7644 section 3.4.2).
type Query struct {
	Filter     filter.Expr // nil: all
	StartIndex int         // 1-based, at least 1
	Count      int         // how many at most, 0: only the total
	Want       Projection
}

// ParseQuery reads the parameters of a request, as net/url decodes them. Their names may be in any case, empty ones are
// absent, and unknown ones are ignored, as section 3.4.2 of RFC 7644 and clients that carry flags in their URL want it.
//
// A startIndex below 1 is 1, a count below 0 is 0 and above l.MaxPage is that (section 3.4.2.4). What is not an
// integer, and a parameter that is given twice with two values, is invalidValue; a filter that cannot be read is
// invalidFilter, with the column. attributes and excludedAttributes take names in every spelling; of a path with a
// value filter (emails[type eq "work"]) the whole attribute counts, and names that no schema knows are ignored. A list
// of names is not one value: given twice, its entries add up.
func ParseQuery(t *Type, values map[string][]string, l Limits) (Query, error) {
	p := parameters(values)
	var q Query
	var errs [5]error
	q.StartIndex, errs[0] = p.integer("startIndex", 1)
	q.Count, errs[1] = p.integer("count", l.Page)
	q.Filter, errs[2] = p.filter()
	q.Want.include, q.Want.named, errs[3] = p.paths(t, "attributes")
	q.Want.exclude, _, errs[4] = p.paths(t, "excludedAttributes")
	for _, err := range errs {
		if err != nil {
			return Query{}, err
		}
	}
	q.StartIndex = max(q.StartIndex, 1)
	q.Count = min(max(q.Count, 0), l.MaxPage)
	return q, nil
}

// parameters are the parameters of a request by name.
type parameters map[string][]string

// all returns the values of a parameter that are not empty, whatever the case of its name, in alphabetical order.
func (p parameters) all(name string) []string {
	var all []string
	for key, values := range p {
		if !strings.EqualFold(key, name) {
			continue
		}
		for _, v := range values {
			if v = strings.TrimSpace(v); v != "" {
				all = append(all, v)
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// one returns the value of a parameter, "" when it is absent.
func (p parameters) one(name string) (string, error) {
	all := p.all(name)
	switch len(all) {
	case 0:
		return "", nil
	case 1:
		return all[0], nil
	default:
		return "", InvalidValue("%s: given %d times with different values", name, len(all))
	}
}

// integer reads a parameter that is an integer of any size; those beyond int are as far as int goes.
func (p parameters) integer(name string, absent int) (int, error) {
	text, err := p.one(name)
	if text == "" || err != nil {
		return absent, err
	}
	n, err := strconv.Atoi(text)
	switch {
	case err == nil:
		return n, nil
	case !errors.Is(err, strconv.ErrRange):
		return 0, InvalidValue("%s: expected a whole number", name)
	case strings.HasPrefix(text, "-"):
		return math.MinInt, nil
	default:
		return math.MaxInt, nil
	}
}

// filter reads the filter, nil when there is none.
func (p parameters) filter() (filter.Expr, error) {
	text, err := p.one("filter")
	if text == "" || err != nil {
		return nil, err
	}
	e, err := filter.Parse(text)
	if err != nil {
		return nil, InvalidFilter("filter: %v", err).Because(err)
	}
	return e, nil
}

// paths reads a list of attribute names; named tells whether there is any, known or not.
func (p parameters) paths(t *Type, name string) (paths []projected, named bool, err error) {
	for _, list := range p.all(name) {
		for _, text := range splitList(list) {
			named = true
			path, err := filter.ParsePath(text)
			if err != nil {
				return nil, false, InvalidValue("%s: %v", name, err).Because(err)
			}
			if r, ok := t.Resolve(path.Attr()); ok {
				paths = append(paths, projections(t, r)...)
			}
		}
	}
	return paths, named, nil
}

// projections returns the paths that a resolved name stands for: itself, or all attributes of the core schema.
func projections(t *Type, r Resolved) []projected {
	switch {
	case r.Attr != nil && r.Sub != nil:
		return []projected{{schema: r.Schema, attr: r.Attr.Name, sub: r.Sub.Name}}
	case r.Attr != nil:
		return []projected{{schema: r.Schema, attr: r.Attr.Name}}
	case r.Schema != "":
		return []projected{{schema: r.Schema}}
	}
	all := make([]projected, len(t.Schema.Attributes))
	for i, a := range t.Schema.Attributes {
		all[i] = projected{attr: a.Name}
	}
	return all
}

// splitList splits a comma-separated list of paths, but not at commas within the brackets or strings of a value filter.
// Empty entries are left out.
func splitList(list string) []string {
	depth, quoted, escaped := 0, false, false
	entries := strings.FieldsFunc(list, func(r rune) bool {
		switch {
		case escaped:
			escaped = false
		case quoted:
			escaped = r == '\\'
			quoted = r != '"'
		case r == '"':
			quoted = true
		case r == '[':
			depth++
		case r == ']':
			depth--
		}
		return r == ',' && depth <= 0 && !quoted
	})
	return slices.DeleteFunc(entries, func(s string) bool { return strings.TrimSpace(s) == "" })
}
