package tvapi

import (
	"fmt"
	"time"
)

// Bounds of one answer, or of the pages of one list. They are far above what TeamViewer documents
// (names of 50 characters, addresses of 100) and limit the memory and the time that a faulty answer
// costs. An answer beyond a bound is an error that names the bound, never a shorter list.
const (
	bodyLimit     = 1 << 20   // bytes of an answer that is not a list
	errorLimit    = 64 << 10  // bytes of an answer that is an error
	pageLimit     = 16 << 20  // bytes of one page of a list; TeamViewer chooses how many entries it holds
	userListLimit = 512 << 20 // bytes of the list of users, half a KiB for each of maxEntries
	maxValue      = 64 << 10  // bytes of one entry of a list, or of one other member of its answer
	maxText       = 1 << 10   // bytes of one text that is kept: a name, an address, an id
	maxToken      = 4 << 10   // bytes of the token of a page
	maxEntries    = 1 << 20   // entries of one list, all its pages together
	maxPages      = 10_000    // pages of one list
	maxIdlePages  = 10        // pages in a row without an entry that is new

	// maxListTime bounds one list, all its pages and the time of the loop body together, where its
	// context has no deadline.
	maxListTime = 10 * time.Minute
)

// gzipSlack is the number of bytes of a compressed answer that may arrive before any content. An
// encoder adds no more than a header and a thousandth of the content.
const gzipSlack = 256 << 10

// BoundError is an answer of TeamViewer, or the pages of a list, beyond a bound of this client. It
// is the cause of an Error of KindForeign: nothing of the answer is used.
type BoundError struct {
	What string // what is too large, e.g. "a page"
	Most int64  // how much is taken
	Unit string // of Most, e.g. "bytes"
}

// Error returns one line such as
//
//	over a bound: a page of the list holds more than 16777216 bytes
func (e *BoundError) Error() string {
	return fmt.Sprintf("over a bound: %s more than %d %s", e.What, e.Most, e.Unit)
}

// The errors of bounds that several functions check.
var (
	errIdle    = &BoundError{"the list has consecutive pages without a new entry,", maxIdlePages, "pages"}
	errPages   = &BoundError{"the list has", maxPages, "pages"}
	errEntries = &BoundError{"the list has", maxEntries, "entries"}
	errValue   = &BoundError{"one entry of the list has", maxValue, "bytes"}
	errGzip    = &BoundError{"the compressed answer is without content for", gzipSlack, "bytes"}
)

// tooLong returns the error of a body longer than limit.
func tooLong(limit int64) *BoundError {
	return &BoundError{"the answer has", limit, "bytes"}
}

// text is one text of an answer and its name there.
type text struct{ name, value string }

// fit returns the error of the first text that is too long.
func fit(texts ...text) error {
	for _, t := range texts {
		if len(t.value) > maxText {
			return &BoundError{"the member " + t.name + " of an entry has", maxText, "bytes"}
		}
	}
	return nil
}

// bounded is a type that an answer is decoded into and that holds texts of bounded length.
type bounded interface {
	// fit returns the error of the first text that is too long.
	fit() error
}
