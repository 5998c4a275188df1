package tvapi

import (
	"cmp"
	"context"
	"errors"
	"hash/maphash"
	"io"
	"iter"
	"net/http"
	"net/url"

	"go.uber.org/zap"
)

// errLoop is a list that would never end.
var errLoop = errors.New("a page names itself or an earlier page as the next")

// entry is what is on the wire for a T.
type entry[T any] interface {
	bounded
	// parse returns the value, what tells it from others, and whether it can be used.
	parse() (value T, key any, ok bool)
}

// pages lists what call lists, following the tokens from page to page. What cannot be used is
// skipped and counted. A list that goes on and on ends with an error.
func pages[W entry[T], T any](ctx context.Context, c *Client, k call) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		ctx, cancel := listTime(ctx)
		defer cancel()
		var none T
		skipped := 0
		defer func() { c.warnSkipped(k.function, skipped) }()
		progress := newProgress()
		for token := ""; ; {
			next, items, err := onePage[W](ctx, c, k, token)
			if err != nil {
				yield(none, err)
				return
			}
			for _, item := range items {
				value, key, ok := item.parse()
				if !ok {
					skipped++
					continue
				}
				progress.note(key)
				if !yield(value, nil) {
					return
				}
			}
			if next == "" {
				return
			}
			if err := progress.turn(next, len(items)); err != nil {
				yield(none, k.fail(KindForeign, http.StatusOK, err))
				return
			}
			token = next
		}
	}
}

// progress tells a list that comes to an end from one that does not.
type progress struct {
	seed   maphash.Seed
	keys   map[uint64]struct{} // hashes of the entries so far
	tokens map[uint64]struct{} // hashes of the tokens so far
	idle   int                 // pages in a row without a new entry
	fresh  bool                // the present page has one
	all    int                 // entries so far
}

func newProgress() *progress {
	return &progress{seed: maphash.MakeSeed(), keys: map[uint64]struct{}{}, tokens: map[uint64]struct{}{}}
}

// note takes note of an entry of the present page.
func (p *progress) note(key any) {
	hash := maphash.Comparable(p.seed, key)
	if _, known := p.keys[hash]; !known {
		p.keys[hash], p.fresh = struct{}{}, true
	}
}

// turn ends a page of so many entries, after which the page of that token follows. The error is the
// bound that the list is beyond.
func (p *progress) turn(next string, entries int) error {
	p.idle++
	if p.fresh {
		p.idle, p.fresh = 0, false
	}
	token := maphash.Comparable(p.seed, next)
	_, seen := p.tokens[token]
	p.tokens[token] = struct{}{}
	p.all += entries
	switch {
	case seen:
		return errLoop
	case p.idle >= maxIdlePages:
		return errIdle
	case len(p.tokens) >= maxPages:
		return errPages
	case p.all >= maxEntries:
		return errEntries
	default:
		return nil
	}
}

// onePage reads the page that the token names; "" names the first. It is whole before any of it is
// used, so that it can be asked for again.
func onePage[W entry[T], T any](ctx context.Context, c *Client, k call, token string) (next string, items []W, err error) {
	k.limit = pageLimit
	if token != "" {
		k.query = url.Values{"paginationToken": {token}}
	}
	k.read = func(r io.Reader) error {
		// Absent, null and "" all mean that no page follows.
		next, items = "", nil // what an earlier attempt left
		found, err := (&listReader[W]{
			name: cmp.Or(k.list, "resources"),
			rest: map[string]*string{"nextPaginationToken": &next},
			each: func(w W) bool { items = append(items, w); return true },
		}).read(r)
		switch {
		case err != nil:
			return err
		case !found: // an empty list that TeamViewer did not send must not become one
			return errShape
		case len(next) > maxToken:
			return &BoundError{"the token of the next page has", maxToken, "bytes"}
		default:
			return nil
		}
	}
	if err := c.send(ctx, k); err != nil {
		return "", nil, err
	}
	return next, items, nil
}

// warnSkipped says once per list how much of it could not be used.
func (c *Client) warnSkipped(function Function, n int) {
	if n > 0 {
		c.log.Warn("TeamViewer list: entries without a usable id skipped",
			zap.String("function", string(function)), zap.Int("skipped", n))
	}
}

// failing is a list that is refused before its first page.
func failing[T any](err error) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		yield(none, err)
	}
}
