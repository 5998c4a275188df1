package tvfake

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// maxListings is the number of unfinished listings that are stored.
const maxListings = 1000

// pages stores the order of each unfinished listing by the tokens of its pages. A token says
// nothing by itself: it is a random number.
type pages struct {
	byToken map[string]listing
	order   []string // oldest token first
}

// listing is one walk through a list, cut where its token says.
type listing struct {
	scope string // function and object: a token of another list is refused
	keys  any    // []K of the list's keys
	next  int
	until time.Time // zero: without end
}

// page is one answer's part of a listing.
type page[K comparable] struct {
	keys          []K
	current, next *string // page tokens; nil on the first and the last page
}

// pageOf cuts the page that a call asks for out of a list. all is called for the first page only:
// later pages follow the order fixed then.
func pageOf[K comparable](c *Company, r *request, scope, token string, all func() []K) (page[K], error) {
	s := c.server
	size, err := pageSize(s.variant, r.query.Get("limit"))
	if err != nil {
		return page[K]{}, err
	}
	var p page[K]
	l := listing{scope: c.token + " " + scope}
	if token == "" {
		l.keys = all()
	} else {
		known, ok := s.pages.byToken[token]
		if !ok || known.scope != l.scope || (!known.until.IsZero() && !time.Now().Before(known.until)) {
			return p, refuse(http.StatusBadRequest, "invalid_request", "the pagination token is not known or has expired")
		}
		l, p.current = known, &token
	}
	keys, _ := l.keys.([]K)
	end := min(l.next+size, len(keys))
	p.keys = keys[l.next:end]
	if end < len(keys) {
		l.next = end
		next := s.rememberListing(l)
		p.next = &next
	}
	return p, nil
}

// pageSize reads the parameter `limit` (swagger: int32).
func pageSize(v Variant, limit string) (int, error) {
	if limit == "" {
		return v.PageSize, nil
	}
	n, err := strconv.ParseInt(limit, 10, 32)
	if err != nil || n < 1 {
		return 0, refuse(http.StatusBadRequest, "invalid_request", "limit: %q is no positive number", limit)
	}
	if v.LimitRefused && int(n) > v.PageSize {
		return 0, refuse(http.StatusBadRequest, "invalid_request", "limit: %d is more than %d", n, v.PageSize)
	}
	return min(int(n), v.PageSize), nil
}

// rememberListing stores the position of a listing and returns the token for it.
func (s *Server) rememberListing(l listing) string {
	if life := s.variant.PageTokenLife; life > 0 {
		l.until = time.Now().Add(life)
	}
	p := &s.pages
	if p.byToken == nil {
		p.byToken = map[string]listing{}
	}
	if len(p.order) >= maxListings {
		delete(p.byToken, p.order[0])
		p.order = p.order[1:]
	}
	token := fmt.Sprintf("%016x%016x", s.rng.Uint64(), s.rng.Uint64())
	p.byToken[token] = l
	p.order = append(p.order, token)
	return token
}

// lastToken gives the member `nextPaginationToken` of an answer: the value, and whether the member
// is there at all.
func lastToken(v Variant, next *string) (value *string, there bool) {
	if next != nil {
		return next, true
	}
	switch v.LastToken {
	case LastTokenEmpty:
		return new(string), true
	case LastTokenAbsent:
		return nil, false
	case LastTokenNull:
	}
	return nil, true
}

// shorten gives the keys of a list that a fault makes short ([Fault.Short]): always, and of the
// others the least ones.
func shorten[K int32 | int64](r *request, keys []K, always K) []K {
	if !r.short {
		return keys
	}
	others := slices.DeleteFunc(slices.Sorted(slices.Values(keys)), func(k K) bool { return k == always })
	kept := others[:min(r.keep, len(others))]
	return slices.DeleteFunc(keys, func(k K) bool { return k != always && !slices.Contains(kept, k) })
}

// listed gives the keys of a list in the order of the variant: sorted, or shuffled.
func listed[K int32 | int64 | string, V any](s *Server, m map[K]V) []K {
	keys := slices.Sorted(maps.Keys(m))
	if !s.variant.SortedLists {
		s.rng.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
	}
	return keys
}
