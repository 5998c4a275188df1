package tvapi_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"tvscim/tvapi"
	"tvscim/tvapi/tvfake"
)

var errUnmet = errors.New("the condition is not met")

// unmetAfter returns a context whose calls are sent for a number of attempts.
func unmetAfter(ctx context.Context, attempts int) context.Context {
	return tvapi.WithCondition(ctx, func() error {
		if attempts--; attempts < 0 {
			return errUnmet
		}
		return nil
	})
}

// TestCondition: a call whose condition is not met is not sent, and takes no slot.
func TestCondition(t *testing.T) {
	t.Parallel()
	for _, w := range works() {
		t.Run(string(w.function), func(t *testing.T) {
			t.Parallel()
			inPaced(t, tvapi.Options{MaxConcurrent: 1}, func(p *paced) {
				call := w.prepare(p)
				err := call(unmetAfter(p.Context(), 0))
				if tvapi.KindOf(err) != tvapi.KindUnsent || !errors.Is(err, errUnmet) {
					t.Errorf("%v, want an unsent call", err)
				}
				p.wantCalls(0)
				p.must(call(unmetAfter(p.Context(), 1)))
				if p.since() != 0 {
					t.Errorf("the next call waited %v", p.since())
				}
			})
		})
	}
}

// TestConditionBeforeAnotherAttempt: a condition counts for each attempt. The error is that of the
// attempt that may have been done.
func TestConditionBeforeAnotherAttempt(t *testing.T) {
	t.Parallel()
	inPaced(t, tvapi.Options{}, func(p *paced) {
		id := p.hire()
		p.fake.Fail(tvfake.Fault{Lost: true})
		err := p.client.UpdateUser(unmetAfter(p.Context(), 1), id, tvapi.UserUpdate{Active: ptr(false)})
		if !tvapi.Uncertain(err) {
			t.Errorf("%v, want an uncertain error", err)
		}
		p.wantCalls(1)
	})
}

// TestConditionAfterTheWaitForASlot: a condition counts when a call has waited.
func TestConditionAfterTheWaitForASlot(t *testing.T) {
	t.Parallel()
	inPaced(t, tvapi.Options{MaxConcurrent: 1}, func(p *paced) {
		id, met := p.hire(), true
		arrived, release := p.fake.Hold("")
		go func() { _ = p.ping() }()
		<-arrived
		result := make(chan error, 1)
		go func() {
			ctx := tvapi.WithCondition(p.Context(), func() error {
				if met {
					return nil
				}
				return errUnmet
			})
			result <- p.client.UpdateUser(ctx, id, tvapi.UserUpdate{Active: ptr(false)})
		}()
		synctest.Wait()
		met = false
		release()
		if err := <-result; !errors.Is(err, errUnmet) {
			t.Errorf("%v, want an unsent call", err)
		}
		p.wantCalls(1)
	})
}

// TestConditionOfManyMembers: a condition counts for each call of a change.
func TestConditionOfManyMembers(t *testing.T) {
	t.Parallel()
	inPaced(t, tvapi.Options{}, func(p *paced) {
		group := tvapi.GroupID(p.fake.AddGroup("Sales").ID)
		var users []tvapi.UserID
		for range tvapi.MaxMembers + 1 {
			users = append(users, p.hire())
		}
		done, err := p.client.AddMembers(unmetAfter(p.Context(), 1), group, users)
		if done != tvapi.MaxMembers || !errors.Is(err, errUnmet) {
			t.Errorf("%d users and %v, want %d and an unsent call", done, err, tvapi.MaxMembers)
		}
		p.wantCalls(1)
	})
}
