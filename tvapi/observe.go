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

type conditionKey struct{}

// WithCondition returns a context whose calls are sent only while condition returns nil. It is called
// before each attempt, when nothing is waited for any more, and a condition that ctx has already is
// replaced. A call that is not sent has an error of [KindUnsent] that wraps the condition's, unless
// an earlier attempt may have been done, whose error it has then.
func WithCondition(ctx context.Context, condition func() error) context.Context {
	return context.WithValue(ctx, conditionKey{}, condition)
}

// unwanted returns the error of a call whose condition is not met.
func (k call) unwanted(ctx context.Context) *Error {
	if condition, ok := ctx.Value(conditionKey{}).(func() error); ok {
		if err := condition(); err != nil {
			return k.fail(KindUnsent, 0, err)
		}
	}
	return nil
}
