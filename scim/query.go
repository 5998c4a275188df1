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
	Page    int // if the client sends no count
	MaxPage int // upper limit for the client's count
}

// Query is what the parameters of a request ask for (RFC 7644 section 3.4.2, RFC 9865 section 2).
type Query struct {
	Filter     filter.Expr // nil: all
	Sort       Sort        // zero: by id
	StartIndex int         // 1-based, at least 1
	Count      int         // how many at most, 0: only the total
	Cursor     *string     // nil: pages by index; "": the first page by cursor; else what [Cursors] can open
	Want       Projection
}

// Request returns the request to a store: for the page after a position, or, if it is nil, the page
// at StartIndex.
func (q Query) Request(after *Position) ListRequest {
	return ListRequest{Filter: q.Filter, Sort: q.Sort, StartIndex: q.StartIndex, After: after, Count: q.Count, Want: q.Want}
}

// ParseQuery reads the parameters of a request, as net/url decodes them. Their names may be in any
// case, empty ones are absent, and unknown ones are ignored, as section 3.4.2 of RFC 7644 and
// clients that carry flags in their URL want it.
//
// A startIndex below 1 is 1, a count below 0 is 0 and above l.MaxPage is that (section 3.4.2.4).
// What is not an integer, and a parameter that is given twice with two values, is invalidValue; a
// filter that cannot be read, or asks for an order where there is none, is invalidFilter.
// attributes and excludedAttributes take names in every spelling; of a path with a value filter
// (emails[type eq "work"]) the whole attribute counts, and names that no schema knows are ignored.
// A list of names is not one value: given twice, its entries add up.
//
// The parameter cursor, even without a value, asks for pages by cursor (RFC 9865 section 2); a
// count that is no number above 0 is invalidCount then. It excludes startIndex, which asks for the
// other kind of pages.
func ParseQuery(t *ResourceType, values map[string][]string, l Limits) (Query, error) {
	p := parameters(values)
	var q Query
	var errs [7]error
	q.Cursor, errs[0] = p.cursor()
	q.StartIndex, errs[1] = p.integer("startIndex", 1)
	q.Count, errs[2] = p.count(l, q.Cursor != nil)
	q.Filter, errs[3] = p.filter(t)
	q.Sort, errs[4] = p.sort()
	q.Want.include, q.Want.named, errs[5] = p.paths(t, "attributes")
	q.Want.exclude, _, errs[6] = p.paths(t, "excludedAttributes")
	for _, err := range errs {
		if err != nil {
			return Query{}, err
		}
	}
	q.StartIndex = max(q.StartIndex, 1)
	return q, nil
}

// parameters are the parameters of a request by name.
type parameters map[string][]string

// all returns the values of a parameter that are not empty, whatever the case of its name, in
// alphabetical order.
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
		return "", InvalidValue("%s: given %d times with different values; send it once", name, len(all))
	}
}

// integer reads a parameter that is an integer of any size; those beyond int are as far as int
// goes.
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

// cursor reads the cursor, nil when the client does not page by cursor.
func (p parameters) cursor() (*string, error) {
	given := false
	for name := range p {
		given = given || strings.EqualFold(name, "cursor")
	}
	cursor, err := p.one("cursor")
	switch {
	case err != nil:
		return nil, err
	case !given:
		return nil, nil
	case len(p.all("startIndex")) > 0:
		return nil, InvalidValue("startIndex: cannot be combined with cursor; send one of the two")
	}
	return &cursor, nil
}

// count reads how many resources a page has at most.
func (p parameters) count(l Limits, byCursor bool) (int, error) {
	n, err := p.integer("count", l.Page)
	if byCursor && (err != nil || n < 1) {
		return 0, InvalidCount("count: with a cursor, expected a whole number from 1 to %d", l.MaxPage).Because(err)
	}
	return min(max(n, 0), l.MaxPage), err
}

// filter reads the filter, nil when there is none. One that compares what has no order is refused
// (RFC 7644 section 3.4.2.2, table 3).
func (p parameters) filter(t *ResourceType) (filter.Expr, error) {
	text, err := p.one("filter")
	if text == "" || err != nil {
		return nil, err
	}
	e, err := filter.Parse(text)
	if err == nil {
		err = filter.Check(e, t.typeOf)
	}
	if err == nil {
		err = t.withoutURIs(e)
	}
	if err != nil {
		return nil, InvalidFilter("filter: %v", err).Because(err)
	}
	return e, nil
}

// withoutURIs refuses a filter on the URIs that answers carry: they are made where a request came
// in (see [Locator]), and the stores, by which filters are evaluated, have none. If they were taken
// for absent, the filter would select the wrong resources.
func (t *ResourceType) withoutURIs(e filter.Expr) error {
	for path := range filter.Paths(e) {
		switch r, ok := t.Resolve(path); {
		case !ok || r.Attr == nil || r.Sub == nil || r.Schema != "":
		case r.Attr.Name == "meta" && r.Sub.Name == "location":
			return errors.New("meta.location cannot be filtered on; use id")
		case t.Schema.ID == GroupURN && r.Attr.Name == attrMembers && r.Sub.Name == "$ref":
			return errors.New("members.$ref cannot be filtered on; use members.value, the id of the member")
		}
	}
	return nil
}

// typeOf returns the data type of the attribute that a path names. One that is ignored has none: it
// matches nothing, and cannot refuse a query.
func (t *ResourceType) typeOf(path filter.AttrPath) filter.Type {
	r, ok := t.Resolve(path)
	if !ok || r.Attr == nil || t.ignores(r) {
		return filter.TypeUnknown
	}
	return r.Definition().Type
}

// sort reads the order (RFC 7644 section 3.4.2.3). An attribute that no schema defines is no error:
// no resource has a value, so the order is that of ids.
func (p parameters) sort() (Sort, error) {
	var s Sort
	order, err := p.one("sortOrder")
	if err != nil {
		return s, err
	}
	switch {
	case strings.EqualFold(order, descending):
		s.Descending = true
	case order != "" && !strings.EqualFold(order, ascending):
		return Sort{}, InvalidValue("sortOrder: expected %s or %s", ascending, descending)
	}
	by, err := p.one("sortBy")
	if by == "" || err != nil {
		return Sort{}, err
	}
	if s.By, err = filter.ParseAttrPath(by); err != nil {
		return Sort{}, InvalidValue("sortBy: %v", err).Because(err)
	}
	return s, nil
}

// paths reads a list of attribute names; named reports whether there are any, known or not.
// Duplicates are removed, since every attribute of every resource is looked up in the list.
func (p parameters) paths(t *ResourceType, name string) (paths []projected, named bool, err error) {
	kept := make(map[projected]bool)
	for _, list := range p.all(name) {
		for _, text := range splitList(list) {
			named = true
			path, err := filter.ParsePath(text)
			if err != nil {
				return nil, false, InvalidValue("%s: %v", name, err).Because(err)
			}
			r, ok := t.Resolve(path.Attr())
			if !ok {
				continue
			}
			for _, path := range projections(t, r) {
				if !kept[path] {
					kept[path] = true
					paths = append(paths, path)
				}
			}
		}
	}
	return paths, named, nil
}

// projections returns the paths that a resolved name stands for: itself, or all attributes of the
// core schema.
func projections(t *ResourceType, r Resolved) []projected {
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

// splitList splits a comma-separated list of paths, but not at commas within the brackets or
// strings of a value filter. Empty entries are left out.
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
