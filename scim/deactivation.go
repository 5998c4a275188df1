package scim

import (
	"errors"
	"strings"
)

// If a PATCH or PUT sets active to false and another part of it is refused, the user is deactivated
// nevertheless: an account must not stay active until an admin corrects a mapping. This is the only
// exception to the atomicity of a request (RFC 7644 section 3.5.2). The last valid value of active
// in the request counts.

// refusal is the state that a decoder needs to carry out the deactivation of a refused request.
type refusal struct {
	active  *bool // the last value given to active
	refused error // the first error, an [*Error]
}

// note records the error of one part of the request, nil for none. The first error is the reason of
// the refusal.
func (r *refusal) note(err error) {
	if r.refused == nil {
		r.refused = err
	}
}

// deactivation returns why the rest of the request is refused; an error if the request does not
// deactivate the user.
func (r *refusal) deactivation() (*Error, error) {
	e, ok := errors.AsType[*Error](r.refused)
	if !ok || r.active == nil || *r.active {
		return nil, r.refused
	}
	return e, nil
}

// deactivation returns the patch that only deactivates.
func deactivation(reason *Error, ignored *Ignored) Patch {
	return Patch{Ops: []Op{{Kind: OpReplace, Path: Path{Attr: attrActive}, Value: false}}, Refused: reason, Ignored: ignored}
}

// Deactivated returns a copy of e with the addition that the user was deactivated.
func (e *Error) Deactivated() *Error {
	c := *e
	c.Detail = strings.TrimSuffix(e.Detail, ".") + ". The deactivation itself was done."
	return &c
}
