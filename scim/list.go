package scim

import "iter"

// SelectPage returns the page that the request asks for of an ordered sequence of all resources: those that fulfil the
// filter are counted, and the ones from StartIndex on, Count at most, are its items (RFC 7644 section 3.4.2.4). A
// StartIndex behind the end gives no items and the true total. The order must be the same from call to call, else pages
// overlap.
func SelectPage[R Resource](t *Type, all iter.Seq[R], req ListRequest) Page[R] {
	page := Page[R]{StartIndex: max(req.StartIndex, 1)}
	for r := range all {
		if !Match(t, r, req.Filter) {
			continue
		}
		page.Total++
		if page.Total >= page.StartIndex && len(page.Items) < req.Count {
			page.Items = append(page.Items, r)
		}
	}
	return page
}
