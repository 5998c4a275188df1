package filter

import "fmt"

// The limits of a filter or path, which are checked before and while it is read, so that its cost
// is bounded.
const (
	// MaxLength is the longest text that is read, in bytes. It is more than common limits of a URL
	// leave for a filter.
	MaxLength = 8192

	// MaxDepth is how deep parentheses and brackets may nest.
	MaxDepth = 64

	// MaxNodes is the largest number of nodes of a tree: comparisons, value paths, and, or, not.
	MaxNodes = 1000
)

// Error is the reason why a filter or path is refused: a message for the client (RFC 7644 section
// 3.12, invalidFilter or invalidPath). Column is where, counted in characters from 1; 0 if there is
// none.
type Error struct {
	Column  int
	Message string
}

// Error returns the column, if there is one, and the message.
func (e *Error) Error() string {
	if e.Column == 0 {
		return e.Message
	}
	return fmt.Sprintf("column %d: %s", e.Column, e.Message)
}
