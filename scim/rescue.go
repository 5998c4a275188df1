package scim

import (
	"errors"
	"strings"
)

// A PATCH or PUT that sets active to false and is refused for the sake of another part is carried
// out in that one point: an account that should be closed must not stay open until somebody mends a
// mapping. This is the one exception to the atomicity of a request (RFC 7644 section 3.5.2). The
// last value that a request gives to active decides; one that cannot be understood gives none.

// rescue is what a decoder needs to know to carry out the deactivation of a request that is
// refused.
type rescue struct {
	active  *bool // the last value given to active
	refused error // the first error, an [*Error]
}

// note notes the error of one part of the request, nil for none. The first one is the reason of the
// refusal.
func (r *rescue) note(err error) {
	if r.refused == nil {
		r.refused = err
	}
}

// deactivation returns why the rest of the request is refused; an error when the request does not
// end in a deactivation.
func (r *rescue) deactivation() (*Error, error) {
	e, ok := errors.AsType[*Error](r.refused)
	if !ok || r.active == nil || *r.active {
		return nil, r.refused
	}
	return e, nil
}

// deactivation returns the patch that only deactivates, since the rest was refused.
func deactivation(reason *Error, ignored *Ignored) Patch {
	return Patch{Ops: []Op{{Kind: OpReplace, Path: Path{Attr: attrActive}, Value: false}}, Refused: reason, Ignored: ignored}
}

// Deactivated returns a copy of e that says that the deactivation was carried out although the rest
// was refused.
func (e *Error) Deactivated() *Error {
	c := *e
	c.Detail = strings.TrimSuffix(e.Detail, ".") + ". The deactivation itself was done."
	return &c
}
