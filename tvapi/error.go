package tvapi

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Error is every failure of a call. Its text names the thing, the function and the reason in
// TeamViewer's words where it has any; it holds no secret.
type Error struct {
	Function Function
	Subject  string // the thing that the call is about, e.g. "user u123"; empty for lists
	Kind     Kind
	Status   int // the HTTP status; 0 = no answer

	Host    string        // that was called, with its port if it has one; empty when none was
	Network NetworkReason // why the network brought no answer; 0 when it did, or when something else is the reason

	// The error body of the Web API, cleaned: no control characters, no secrets of the call, a
	// bounded length. Empty when the answer had no such body.
	Category    string // `error`, e.g. "email_in_use"
	Description string // `error_description`
	Signature   int64  // `error_signature`, finds the entry in TeamViewer's logs

	// RetryAfter is how long to wait before the next try: what TeamViewer asks for, at most a
	// quarter of an hour, or until this client itself calls again; 0 = not known.
	RetryAfter time.Duration

	// Withheld says that no call was made at all. Kind, Status and Category are those of the
	// earlier failure that is the reason, which errors.As finds.
	Withheld bool

	token [sha256.Size]byte // the sum of the token of the call; zero = none was made
	cause error
}

// UsedToken reports whether the call may have been made with the token that has this SHA-256, and
// not with another one of the company.
func (e *Error) UsedToken(sum [sha256.Size]byte) bool {
	return e.token == sum || e.token == [sha256.Size]byte{}
}

// Kind is what is certain about a call that failed. The zero Kind is a call that did not.
type Kind int

// The kinds of failure.
const (
	// KindUnsent was refused here or never left this machine: certainly not done.
	KindUnsent Kind = iota + 1
	// KindLost was sent, but no whole answer came: nobody knows whether it was done.
	KindLost
	// KindForeign was answered by something that is not the Web API: HTML, JSON without `error`, a
	// redirect, a success of the wrong shape.
	KindForeign
	// KindServer is a fault of TeamViewer's (5xx, internal_error).
	KindServer
	// KindThrottled means that the calls of this function are used up: 429, or 403 with
	// rate_limit_reached or too_many_retries.
	KindThrottled
	// KindToken means that TeamViewer does not take the token (any more).
	KindToken
	// KindPermission means that the token lacks a right.
	KindPermission
	// KindLicense means that the company lacks the licence (license_required).
	KindLicense
	// KindBlocked means that TeamViewer blocks calls from this machine's address.
	KindBlocked
	// KindNotFound means that TeamViewer itself says the thing does not exist.
	KindNotFound
	// KindConflict means that a name or address is taken (409, email_in_use).
	KindConflict
	// KindInvalid is every other refusal by TeamViewer of what was sent.
	KindInvalid

	kindCount = iota + 1 // the zero Kind included
)

// kindNames are the names of the kinds in texts and metrics.
var kindNames = [kindCount]string{
	"ok", "unsent", "lost", "foreign", "server", "throttled", "token",
	"permission", "license", "blocked", "not_found", "conflict", "invalid",
}

// String returns the kind's name as metrics show it; the zero Kind is "ok".
func (k Kind) String() string {
	if k < 0 || k >= kindCount {
		return "unknown"
	}
	return kindNames[k]
}

// Uncertain says whether a call that was sent and failed in this way may have been done all the
// same. The others are certainly not done.
func (k Kind) Uncertain() bool {
	return k == KindLost || k == KindForeign || k == KindServer
}

// Uncertain says whether err leaves open that the call was done all the same. A call that was
// withheld certainly was not, whatever the Kind of the reason.
func Uncertain(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && !e.Withheld && e.Kind.Uncertain()
}

// KindOf returns the Kind of the first *Error in err's chain, 0 when there is none.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return 0
}

// Error returns one line such as
//
//	user u12: PUT /users/{id}: 400 email_in_use: The address is taken
func (e *Error) Error() string {
	var b strings.Builder
	if e.Subject != "" {
		b.WriteString(e.Subject + ": ")
	}
	b.WriteString(string(e.Function) + ": ")
	if e.Withheld && e.cause != nil {
		b.WriteString("not called: " + e.cause.Error())
		return b.String()
	}
	if e.Status != 0 {
		fmt.Fprintf(&b, "%d ", e.Status)
	}
	switch {
	case e.Category != "" && e.Description != "":
		b.WriteString(e.Category + ": " + e.Description)
	case e.Category != "":
		b.WriteString(e.Category)
	case e.Network != 0 && e.cause != nil:
		b.WriteString(e.Kind.String() + ": " + e.Network.Describe(e.Host) + " (" + e.cause.Error() + ")")
	case e.cause != nil:
		b.WriteString(e.Kind.String() + ": " + e.cause.Error())
	default:
		b.WriteString(e.Kind.String())
	}
	return b.String()
}

// Brief returns what Error does without TeamViewer's own words, which may name people: for logs.
func (e *Error) Brief() string {
	said := *e
	said.Description = ""
	return said.Error()
}

// Unwrap returns the cause, so that errors.Is finds the error of a context that ended, and
// errors.As the failure because of which a call was withheld.
func (e *Error) Unwrap() error { return e.cause }
