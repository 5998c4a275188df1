package tvapi

import "context"

type observerKey struct{}

// WithObserver returns a context whose calls report each attempt to observe, after
// [Options].Observe and the observers that ctx has already: also the earlier attempts of a call
// that succeeds in the end, which may be carried out later. observe may be called by many
// goroutines at once.
func WithObserver(ctx context.Context, observe func(CallEvent)) context.Context {
	if earlier, ok := ctx.Value(observerKey{}).(func(CallEvent)); ok {
		added := observe
		observe = func(e CallEvent) {
			earlier(e)
			added(e)
		}
	}
	return context.WithValue(ctx, observerKey{}, observe)
}
