package scim

import "context"

// Request describes the request of a client, for logs and events. It holds no secret.
type Request struct {
	ID       string // the id that the log and the detail of errors show
	Activity string // the id under which the client logs it; "" if the client gave none
	Caller   string // the name of the client's token, or what stands for it
	Address  string // where the request came from
	Method   string // POST, PUT, PATCH or DELETE for a change
	// Operation is the number of the operation in a bulk request, from 1; 0: the request is no bulk
	// request, or several operations were carried out as one.
	Operation int
}

type requestKey struct{}

// WithRequest returns a context that belongs to a request.
func WithRequest(ctx context.Context, r Request) context.Context {
	return context.WithValue(ctx, requestKey{}, r)
}

// RequestOf returns the request that a context belongs to, the zero Request for none.
func RequestOf(ctx context.Context) Request {
	r, _ := ctx.Value(requestKey{}).(Request)
	return r
}
