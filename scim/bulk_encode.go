package scim

import "strconv"

// BulkResult is the result of one operation of a bulk request.
type BulkResult struct {
	Method   string // "" when the operation has none
	BulkID   string
	Location string  // of the resource; "" when there is none
	Version  Version // of the resource as it is now; "" when it is not known
	Status   int     // as for a single request
	Error    *Error  // nil: the operation succeeded
}

// EncodeBulk writes the results as BulkResponse (RFC 7644 section 3.7). Operations that succeeded
// have no response.
func EncodeBulk(results []BulkResult) []byte {
	var w writer
	w.raw(`{"schemas":["` + BulkResponseURN + `"],"Operations":[`)
	for i, r := range results {
		if i > 0 {
			w.raw(",")
		}
		w.bulkResult(r)
	}
	w.raw("]}")
	return w.buf
}

// bulkResult writes one result. Its status is a string there (RFC 7644 section 3.7.3).
func (w *writer) bulkResult(r BulkResult) {
	w.raw("{")
	for _, m := range []struct{ name, value string }{
		{"location", r.Location}, {"method", r.Method}, {"bulkId", r.BulkID}, {"version", string(r.Version)},
	} {
		if m.value != "" {
			w.text(m.name)
			w.raw(":")
			w.text(m.value)
			w.raw(",")
		}
	}
	w.raw(`"status":`)
	w.text(strconv.Itoa(r.Status))
	if r.Error != nil {
		w.raw(`,"response":`)
		w.buf = append(w.buf, EncodeError(r.Error)...)
	}
	w.raw("}")
}
