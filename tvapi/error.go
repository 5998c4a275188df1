package tvapi

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Error is the error of a call. Its text names the object, the function and the reason, in
// TeamViewer's words where it has any; it contains no secret.
type Error struct {
	Function Function
	Subject  string // the object of the call, e.g. "user u123"; empty for lists
	Kind     Kind
	Status   int // the HTTP status; 0 = no answer

	Host    string        // the host that was called, with its port if it has one; empty when none was
	Network NetworkReason // why there was no answer from the network; 0 when there was one, or for another reason

	// The error body of the Web API, cleaned: no control characters, no secrets of the call, a
	// bounded length. Empty when the answer had no such body.
	Category    string // `error`, e.g. "email_in_use"
	Description string // `error_description`
	Signature   int64  // `error_signature`, the reference of TeamViewer's log entry

	// RetryAfter is the time to wait before the next try: what TeamViewer asks for, at most a
	// quarter of an hour, or the time to the client's next probe; 0 = not known.
	RetryAfter time.Duration

	// Withheld reports whether no call was made. Kind, Status and Category are those of the earlier
	// failure that is the reason, which errors.As finds.
	Withheld bool

	// Unconfirmed reports whether TeamViewer refused the call for its token (KindToken), but did
	// not confirm that when it was asked about the token. See [Client.OnRefused].
	Unconfirmed bool

	token [sha256.Size]byte // the sum of the token of the call; zero = none was made
	cause error
}

// UsedToken reports whether the call may have been made with the token that has this SHA-256, and
// not with another one of the company.
func (e *Error) UsedToken(sum [sha256.Size]byte) bool {
	return e.token == sum || e.token == [sha256.Size]byte{}
}

// Kind is what is certain about a call that failed. The zero Kind is a success.
type Kind int

// The kinds of failure.
const (
	// KindUnsent means that the call was refused here or never sent: certainly not done.
	KindUnsent Kind = iota + 1
	// KindLost means that the call was sent without a complete answer: it may have been done.
	KindLost
	// KindForeign means that the answer is not one of the Web API: HTML, JSON without `error`, a
	// redirect, a success of the wrong form.
	KindForeign
	// KindServer is a fault of TeamViewer (5xx, internal_error).
	KindServer
	// KindThrottled means that the calls of this function are used up: 429, or 403 with
	// rate_limit_reached or too_many_retries.
	KindThrottled
	// KindToken means that TeamViewer does not accept the token (any more).
	KindToken
	// KindPermission means that the token lacks a right.
	KindPermission
	// KindLicense means that the company lacks the licence (license_required).
	KindLicense
	// KindBlocked means that TeamViewer blocks calls from this machine's address.
	KindBlocked
	// KindNotFound means that the object does not exist, by an error body of the Web API that says
	// not_found.
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

// Uncertain reports whether a call that was sent and failed in this way may still have been done.
// The others are certainly not done.
func (k Kind) Uncertain() bool {
	return k == KindLost || k == KindForeign || k == KindServer
}

// Uncertain reports whether the call may have been done although it returned err. A call that was
// withheld was certainly not done, whatever the Kind of the reason.
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

// Brief returns the text of Error without TeamViewer's description, which may contain personal
// data. It is for logs.
func (e *Error) Brief() string {
	brief := *e
	brief.Description = ""
	return brief.Error()
}

// Unwrap returns the cause, so that errors.Is finds the error of a context that ended, and
// errors.As the failure because of which a call was withheld.
func (e *Error) Unwrap() error { return e.cause }
