package scim

import "context"

type requestKey struct{}

// WithRequestID returns a context that says which request it belongs to: the id that the log and the detail of errors
// show.
func WithRequestID(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, requestKey{}, id)
}

// RequestID returns the id of the request that a context belongs to, "" for none.
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestKey{}).(string)
	return id
}
