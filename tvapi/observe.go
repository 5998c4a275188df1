package tvapi

import "context"

type observerKey struct{}

// WithObserver returns a context whose calls report each attempt to observe, after
// [Options].Observe: also the earlier attempts of a call that succeeds in the end, which may be
// carried out later. observe may be called by many goroutines at once.
func WithObserver(ctx context.Context, observe func(CallEvent)) context.Context {
	return context.WithValue(ctx, observerKey{}, observe)
}
