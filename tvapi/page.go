package tvapi

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"iter"
	"net/http"
	"net/url"

	"go.uber.org/zap"
)

// pageLimit bounds one page of a list; TeamViewer chooses its size.
const pageLimit = 16 << 20

// errLoop is a list that would never end.
var errLoop = errors.New("a page names itself or an earlier page as the next")

// pages lists what call lists, following the tokens from page to page. parse
// turns what is on the wire into what is yielded; what it refuses is skipped and
// counted.
func pages[W, T any](ctx context.Context, c *Client, k call, parse func(W) (T, bool)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		skipped, seen := 0, map[string]bool{}
		defer func() { c.warnSkipped(k.function, skipped) }()
		for token := ""; ; {
			next, items, err := onePage[W](ctx, c, k, token)
			if err != nil {
				yield(none, err)
				return
			}
			for _, item := range items {
				value, ok := parse(item)
				if !ok {
					skipped++
					continue
				}
				if !yield(value, nil) {
					return
				}
			}
			if next == "" {
				return
			}
			if seen[next] {
				yield(none, k.fail(KindForeign, http.StatusOK, errLoop))
				return
			}
			seen[next], token = true, next
		}
	}
}

// onePage reads the page that the token names; "" names the first.
func onePage[W any](ctx context.Context, c *Client, k call, token string) (next string, items []W, err error) {
	answer := map[string]json.RawMessage{}
	k.limit = pageLimit
	if token != "" {
		k.query = url.Values{"paginationToken": {token}}
	}
	k.read = readObject(&answer, func() bool {
		// An empty list that TeamViewer did not send must not become one, but
		// absent, null and "" all mean that no page follows.
		next, items = "", nil // what an earlier attempt left
		list, ok := answer[cmp.Or(k.list, "resources")]
		return ok && json.Unmarshal(list, &items) == nil && optional(answer["nextPaginationToken"], &next) == nil
	})
	if err := c.send(ctx, k); err != nil {
		return "", nil, err
	}
	return next, items, nil
}

// optional reads a member of an object that may be absent or null.
func optional(text json.RawMessage, v any) error {
	if text == nil {
		return nil
	}
	return json.Unmarshal(text, v)
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
