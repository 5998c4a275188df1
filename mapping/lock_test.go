package mapping

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// TestLocksExclude: of those who want one key, one at a time has it; other keys are free meanwhile.
func TestLocksExclude(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var l locks
		release, err := l.acquire(t.Context(), userKey("u1"))
		if err != nil {
			t.Fatal(err)
		}
		var second bool
		go func() {
			free, err := l.acquire(t.Context(), userKey("u1"))
			if err != nil {
				t.Error(err)
				return
			}
			second = true
			free()
		}()
		synctest.Wait()
		if second {
			t.Fatal("two have one key")
		}
		other, err := l.acquire(t.Context(), userKey("u2"), userNameKey("a@x.example"))
		if err != nil {
			t.Fatal(err)
		}
		other()
		release()
		synctest.Wait()
		if !second {
			t.Fatal("the key was not handed on")
		}
		if len(l.held) != 0 {
			t.Errorf("%d locks are left", len(l.held))
		}
	})
}

// TestLocksGiveUp: who waits in vain takes nothing along, and leaves nothing behind.
func TestLocksGiveUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var l locks
		release, err := l.acquire(t.Context(), userKey("u1"))
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := l.acquire(ctx, userNameKey("a@x.example"), userKey("u1")); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("err = %v, want the deadline", err)
		}
		name, err := l.acquire(t.Context(), userNameKey("A@X.example")) // the same name, and free again
		if err != nil {
			t.Fatal(err)
		}
		name()
		release()
		if len(l.held) != 0 {
			t.Errorf("%d locks are left", len(l.held))
		}
	})
}

// TestLocksHaveOneOrder: several keys are acquired in one order, so that there is no deadlock.
func TestLocksHaveOneOrder(t *testing.T) {
	t.Parallel()
	var l locks
	keys := []lockKey{userKey("u1"), userKey("u2"), userNameKey("a@x.example"), userNameKey("b@x.example"), groupKey("1"), groupNameKey("G")}
	var all sync.WaitGroup
	for i := range 200 {
		all.Go(func() {
			mine := []lockKey{keys[i%6], keys[(i*5+1)%6], keys[(i*3+2)%6], keys[i%6]}
			release, err := l.acquire(t.Context(), mine...)
			if err != nil {
				t.Error(err)
				return
			}
			release()
		})
	}
	all.Wait()
	if len(l.held) != 0 {
		t.Errorf("%d locks are left", len(l.held))
	}
}
