package proxy

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"

	"tvscim/scim"
)

// Refusal is a request for a change, or an operation of a bulk request, that ended with an error.
type Refusal struct {
	Request scim.Request
	Type    string      // name of the resource type; "" for a whole bulk request
	ID      string      // of the resource, as the client sent it; "" for a POST
	Name    string      // userName or displayName of a resource that was sent; "" if it could not be read
	Err     *scim.Error // as the client gets it
}

// changes reports whether a request is for a change.
func (x *exchange) changes() bool {
	switch x.Request().Method {
	case http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete:
		return !strings.HasSuffix(x.route, searchPath)
	default:
		return false
	}
}

// describe returns the request for the stores of the caller.
func (x *exchange) describe() scim.Request {
	if r := x.Request(); x.described.ID == "" || x.described.Caller == "" { // the caller was not known before
		x.described = scim.Request{
			ID: x.id, Activity: activityID(r.Header), Caller: x.caller.label(), Address: x.caller.Address, Method: methodLabel(r.Method),
		}
	}
	return x.described
}

// refused reports the error of a change whose caller is known, before the client is answered. Of
// callers without a valid token nothing is reported: they could fill what keeps the reports.
func (s *Server) refused(x *exchange, operation int, method string, ans answer, err error) {
	if s.onRefusal == nil {
		return
	}
	r := Refusal{Request: x.describe(), Type: ans.typ, ID: ans.id, Name: ans.name, Err: s.problem(x, err)}
	if r.Request.Operation = operation; operation > 0 {
		r.Request.Method = methodLabel(method)
	}
	s.onRefusal(r)
}

// label is the name of a caller in events. A token without a name is told by a part of its hash,
// which is the same in every process and reveals nothing about a token: tokens are random.
func (c Caller) label() string {
	if c.Name != "" || c.Bearer == "" {
		return c.Name
	}
	sum := sha256.Sum256([]byte("tvscim caller " + c.Bearer))
	return "token-" + hex.EncodeToString(sum[:4])
}

// operationContext is the context of one operation of a bulk request.
func operationContext(ctx context.Context, operation int, method string) context.Context {
	r := scim.RequestOf(ctx)
	r.Operation, r.Method = operation, methodLabel(method)
	return scim.WithRequest(ctx, r)
}

// nameOf is the userName or the displayName of a group.
func nameOf[R scim.Resource](r R) string {
	switch o := any(r).(type) {
	case scim.User:
		return o.UserName
	case scim.Group:
		return o.DisplayName
	}
	return ""
}
