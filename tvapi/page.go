package tvapi

import (
	"context"
	"errors"
	"hash/maphash"
	"io"
	"iter"
	"net/http"
	"net/url"

	"go.uber.org/zap"
)

// errLoop is the error of a list that would never end.
var errLoop = errors.New("a page names itself or an earlier page as the next")

// entry is the wire form of a T.
type entry[T any] interface {
	bounded
	// parse returns the value, a comparable key that identifies it, and whether it is valid.
	parse() (value T, key any, ok bool)
}

// pages yields the entries of all pages of a list call. Invalid entries are skipped and counted. A
// list that does not end is an error.
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
			if err := progress.endPage(next, len(items)); err != nil {
				yield(none, k.fail(KindForeign, http.StatusOK, err))
				return
			}
			token = next
		}
	}
}

// progress detects a list that does not end.
type progress struct {
	seed   maphash.Seed
	keys   map[uint64]struct{} // hashes of the entries so far
	tokens map[uint64]struct{} // hashes of the tokens so far
	idle   int                 // pages in a row without a new entry
	fresh  bool                // the current page has one
	all    int                 // entries so far
}

func newProgress() *progress {
	return &progress{seed: maphash.MakeSeed(), keys: map[uint64]struct{}{}, tokens: map[uint64]struct{}{}}
}

// note records an entry of the current page.
func (p *progress) note(key any) {
	hash := maphash.Comparable(p.seed, key)
	if _, known := p.keys[hash]; !known {
		p.keys[hash], p.fresh = struct{}{}, true
	}
}

// endPage records the end of a page with the given number of entries and the token of the next
// page. The error is the bound that the list exceeds.
func (p *progress) endPage(next string, entries int) error {
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

// onePage reads the page of a token; "" is the first page. It is read completely before any entry
// is yielded, so that the call can be sent again.
func onePage[W entry[T], T any](ctx context.Context, c *Client, k call, token string) (next string, items []W, err error) {
	k.limit = pageLimit
	if token != "" {
		k.query = url.Values{"paginationToken": {token}}
	}
	k.read = func(r io.Reader) error {
		// Absent, null and "" all mean that no page follows.
		next, items = "", nil // of an earlier attempt
		found, err := (&listReader[W]{
			name: "resources",
			rest: map[string]*string{"nextPaginationToken": &next},
			each: func(w W) bool { items = append(items, w); return true },
		}).read(r)
		switch {
		case err != nil:
			return err
		case !found: // a missing list is not an empty list
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

// warnSkipped logs, once per list, how many entries were skipped.
func (c *Client) warnSkipped(function Function, n int) {
	if n > 0 {
		c.log.Warn("TeamViewer list: entries without a usable id skipped",
			zap.String("function", string(function)), zap.Int("skipped", n))
	}
}

// failing returns a list that yields only an error.
func failing[T any](err error) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		yield(none, err)
	}
}
