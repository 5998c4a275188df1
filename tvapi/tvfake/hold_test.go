package tvfake_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"

	"tvscim/tvapi/tvfake"
)

func TestHold(t *testing.T) {
	t.Parallel()
	for name, after := range map[string]bool{"before the work": false, "after the work": true} {
		synctest.Test(t, func(t *testing.T) {
			c := newClient(t, tvfake.Options{})
			hold := c.server.Hold
			if after {
				hold = c.server.HoldAfter
			}
			arrived, release := hold("POST /users")
			c.want(http.StatusOK, "GET", "/users", "") // another function passes
			answered := make(chan int, 1)
			go func() {
				r, _ := c.try(t.Context(), "POST", createPath, createBody)
				answered <- r.status
			}()
			<-arrived
			synctest.Wait()
			select {
			case status := <-answered:
				t.Errorf("%s: answered %d while held", name, status)
			default:
			}
			_, created := c.server.UserByEmail("jo@example.com")
			same(t, name+": created while held", created, after)
			same(t, name+": counted while held", c.server.Count("POST /users"), 1)
			c.want(http.StatusBadRequest, "POST", createPath, "{}") // the next one passes
			release()
			release() // twice is no harm
			same(t, name+": status", <-answered, http.StatusOK)
		})
	}
}

func TestHoldOfAnyFunction(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newClient(t, tvfake.Options{})
		arrived, release := c.server.Hold("")
		go c.try(t.Context(), "GET", "/ping", "")
		<-arrived
		release()
	})
}

func TestHoldReleasedEarly(t *testing.T) {
	t.Parallel()
	c := newClient(t, tvfake.Options{})
	arrived, release := c.server.Hold("GET /ping")
	release()
	c.want(http.StatusOK, "GET", "/ping", "")
	select {
	case <-arrived:
		t.Error("a call arrived at a hold that was taken away")
	default:
	}
}

func TestHoldsInOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newClient(t, tvfake.Options{})
		first, releaseFirst := c.server.Hold("GET /ping")
		second, releaseSecond := c.server.Hold("GET /ping")
		done := make(chan struct{}, 2)
		for range 2 {
			go func() {
				_, _ = c.try(t.Context(), "GET", "/ping", "")
				done <- struct{}{}
			}()
		}
		<-first
		<-second
		releaseSecond()
		<-done
		releaseFirst()
		<-done
	})
}

func TestHeldClientGivesUp(t *testing.T) {
	t.Parallel()
	for _, after := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			c := newClient(t, tvfake.Options{})
			hold := c.server.Hold
			if after {
				hold = c.server.HoldAfter
			}
			arrived, release := hold("POST /users")
			defer release()
			ctx, cancel := context.WithCancel(t.Context())
			failed := make(chan error, 1)
			go func() {
				_, err := c.try(ctx, "POST", createPath, createBody)
				failed <- err
			}()
			<-arrived
			cancel()
			if err := <-failed; !errors.Is(err, context.Canceled) {
				t.Errorf("error %v, want context.Canceled", err)
			}
			_, created := c.server.UserByEmail("jo@example.com")
			same(t, "created", created, after)
			same(t, "status in the log", c.server.Log()[0].Status, 0)
		})
	}
}

func TestResetReleasesHolds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newClient(t, tvfake.Options{})
		arrived, _ := c.server.Hold("GET /ping")
		answered := make(chan reply, 1)
		go func() {
			r, _ := c.try(t.Context(), "GET", "/ping", "")
			answered <- r
		}()
		<-arrived
		c.server.Reset()
		same(t, "status", (<-answered).status, http.StatusOK)
	})
}
