package roster_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"tvscim/mapping/roster"
	"tvscim/tvapi/tvfake"
)

// later is one call on a goroutine of its own. What came of it may be read once it is
// answered.
type later struct {
	view     *roster.UserView
	err      error
	took     time.Duration
	answered chan struct{}
}

// inBackground starts a call.
func inBackground(question func() (*roster.UserView, error)) *later {
	l := &later{answered: make(chan struct{})}
	began := time.Now()
	go func() {
		defer close(l.answered)
		l.view, l.err = question()
		l.took = time.Since(began)
	}()
	return l
}

// waits reports whether the call waits when all goroutines are blocked.
func (l *later) waits() bool {
	synctest.Wait()
	select {
	case <-l.answered:
		return false
	default:
		return true
	}
}

func TestUsersSinceLoadsASnapshotThatBeganLater(t *testing.T) {
	t.Parallel()
	inCompany(t, tvfake.Default(), roster.Options{}, func(t *testing.T, c *company) {
		c.users()
		time.Sleep(time.Second)
		moment := time.Now()
		time.Sleep(time.Second)
		c.hire("ada@example.com")
		for range 3 { // the second and third are answered by the first one's snapshot
			v, err := c.Users.ViewSince(t.Context(), moment)
			c.must(err)
			c.wantEmails(v, "ada@example.com")
			wantAbsent(t, v, true)
		}
		c.wantCalls(userList, 2)
	})
}

// On a clock that stands still, a snapshot of this moment did not begin after it; the load that the
// question starts did.
func TestUsersSinceNowIsAlwaysANewList(t *testing.T) {
	t.Parallel()
	inCompany(t, tvfake.Default(), roster.Options{}, func(t *testing.T, c *company) {
		for n := range 3 {
			c.hire(email(n))
			if got := c.since().Len(); got != n+2 {
				t.Errorf("%d users, want %d", got, n+2)
			}
		}
		c.wantCalls(userList, 3)
	})
}

// A snapshot that began late enough but is too old by now is not returned.
func TestUsersSinceNeverAnswersWithAStaleSnapshot(t *testing.T) {
	t.Parallel()
	inCompany(t, tvfake.Default(), roster.Options{}, func(t *testing.T, c *company) {
		moment := time.Now().Add(-time.Second)
		c.users()
		time.Sleep(2 * time.Minute)
		v, err := c.Users.ViewSince(t.Context(), moment)
		c.must(err)
		wantAbsent(t, v, true)
		c.wantCalls(userList, 2)
	})
}

// A load under way serves requests for a time before its start; the others share the next.
func TestALoadServesOnlyOlderRequests(t *testing.T) {
	t.Parallel()
	inCompany(t, tvfake.Default(), roster.Options{}, func(t *testing.T, c *company) {
		arrived, release := c.tv.HoldAfter(userList) // its answer is made, and is old by the time it comes
		before := time.Now().Add(-time.Nanosecond)
		first := inBackground(func() (*roster.UserView, error) { return c.Users.View(t.Context()) })
		<-arrived
		time.Sleep(time.Second)
		c.hire("ada@example.com")
		older := inBackground(func() (*roster.UserView, error) { return c.Users.ViewSince(t.Context(), before) })
		var newer []*later
		for range 10 {
			newer = append(newer, inBackground(func() (*roster.UserView, error) {
				return c.Users.ViewSince(t.Context(), time.Now())
			}))
		}
		if !first.waits() || !older.waits() || !newer[0].waits() {
			t.Fatal("somebody was answered before the load ended")
		}
		arrivedNext, releaseNext := c.tv.Hold(userList)
		release()
		<-arrivedNext
		synctest.Wait()
		c.must(errors.Join(first.err, older.err))
		c.wantEmails(first.view)
		c.wantEmails(older.view)
		releaseNext()
		synctest.Wait()
		for _, l := range newer {
			c.must(l.err)
			c.wantEmails(l.view, "ada@example.com")
		}
		c.wantCalls(userList, 2)
	})
}

func TestALoadOutlivesItsCaller(t *testing.T) {
	t.Parallel()
	inCompany(t, tvfake.Default(), roster.Options{}, func(t *testing.T, c *company) {
		arrived, release := c.tv.Hold(userList)
		ctx, leave := context.WithCancel(t.Context())
		gone := inBackground(func() (*roster.UserView, error) { return c.Users.View(ctx) })
		<-arrived
		leave()
		synctest.Wait()
		if !errors.Is(gone.err, context.Canceled) || gone.view != nil {
			t.Errorf("a caller that left got %v, %v", gone.view, gone.err)
		}
		release()
		synctest.Wait()
		if c.Users.Latest() == nil {
			t.Error("the load died with its caller")
		}
		c.wantCalls(userList, 1)
	})
}

func TestACallersDeadlineIsItsOwn(t *testing.T) {
	t.Parallel()
	inCompany(t, tvfake.Default(), roster.Options{}, func(t *testing.T, c *company) {
		c.tv.Fail(tvfake.Fault{Function: userList, Delay: time.Minute})
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		for name, ask := range map[string]func() (*roster.UserView, error){
			"Users":         func() (*roster.UserView, error) { return c.Users.View(ctx) },
			"CompleteUsers": func() (*roster.UserView, error) { return c.Users.CompleteView(ctx) },
			"UsersSince":    func() (*roster.UserView, error) { return c.Users.ViewSince(ctx, time.Now()) },
		} {
			if v, err := ask(); !errors.Is(err, context.DeadlineExceeded) || v != nil {
				t.Errorf("%s = %v, %v; want the deadline's error", name, v, err)
			}
		}
	})
}

func TestALoadHasItsOwnDeadline(t *testing.T) {
	t.Parallel()
	inCompany(t, tvfake.Default(), roster.Options{}, func(t *testing.T, c *company) {
		_, release := c.tv.Hold(userList)
		defer release()
		l := inBackground(func() (*roster.UserView, error) { return c.Users.View(t.Context()) })
		time.Sleep(5*time.Minute - time.Nanosecond)
		if !l.waits() {
			t.Fatalf("answered after %v", l.took)
		}
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		if !errors.Is(l.err, context.DeadlineExceeded) {
			t.Errorf("Users = %v, want the deadline's error", l.err)
		}
	})
}

// A company whose lists take 20 s would, with an age of a minute, be listed a third of the time. A
// single slow list leaves the age as it is set.
func TestEffectiveAgeIsTenTimesTheShorterLoad(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ before, load, age time.Duration }{
		{0, 0, time.Minute},
		{0, 20 * time.Second, time.Minute},
		{5 * time.Second, 5 * time.Second, time.Minute},
		{20 * time.Second, 30 * time.Second, 200 * time.Second},
		{30 * time.Second, 20 * time.Second, 200 * time.Second},
		{30 * time.Second, 0, time.Minute},
	} {
		t.Run(fmt.Sprint(tt.before, " ", tt.load), func(t *testing.T) {
			t.Parallel()
			inCompany(t, tvfake.Default(), roster.Options{}, func(t *testing.T, c *company) {
				c.tv.Fail(tvfake.Fault{Function: userList, Delay: tt.before, Times: 1})
				c.users()
				c.tv.Fail(tvfake.Fault{Function: userList, Delay: tt.load})
				v := c.since()
				time.Sleep(tt.age - v.Age())
				wantAbsent(t, c.users(), true)
				c.wantCalls(userList, 2)
				time.Sleep(time.Nanosecond)
				wantAbsent(t, c.Users.Latest(), false)
			})
		})
	}
}

// While a load runs, "here" may come from the older snapshot, "not here" never.
func TestAnOlderSnapshotAnswersWhileALoadRuns(t *testing.T) {
	t.Parallel()
	inCompany(t, tvfake.Default(), roster.Options{}, func(t *testing.T, c *company) {
		ada := c.hire("ada@example.com")
		c.users()
		time.Sleep(2 * time.Minute)
		c.tv.Fail(tvfake.Fault{Function: userList, Delay: time.Minute})

		first := inBackground(func() (*roster.UserView, error) { return c.Users.View(t.Context()) })
		time.Sleep(time.Second)
		second := inBackground(func() (*roster.UserView, error) { return c.Users.View(t.Context()) })
		patient := inBackground(func() (*roster.UserView, error) { return c.Users.CompleteView(t.Context()) })
		time.Sleep(10 * time.Second)
		third := inBackground(func() (*roster.UserView, error) { return c.Users.View(t.Context()) })
		time.Sleep(time.Minute)
		synctest.Wait()

		// Patience counts from the start of the load: no caller waits for it once it is known to be
		// long.
		for i, want := range []time.Duration{2 * time.Second, time.Second, 0} {
			l := []*later{first, second, third}[i]
			if l.err != nil || l.took != want {
				t.Errorf("question %d: %v after %v, want an answer after %v", i+1, l.err, l.took, want)
				continue
			}
			wantAbsent(t, l.view, false)
			if _, ok := l.view.ByID(ada); !ok {
				t.Errorf("question %d: what the older snapshot holds is not found", i+1)
			}
		}
		if patient.err != nil || patient.took != 59*time.Second {
			t.Fatalf("CompleteUsers: %v after %v", patient.err, patient.took)
		}
		wantAbsent(t, patient.view, true)
		c.wantCalls(userList, 2)
	})
}

func TestAQuickLoadIsWaitedFor(t *testing.T) {
	t.Parallel()
	inCompany(t, tvfake.Default(), roster.Options{}, func(t *testing.T, c *company) {
		c.users()
		c.hire("ada@example.com")
		time.Sleep(2 * time.Minute)
		c.tv.Fail(tvfake.Fault{Function: userList, Delay: time.Second})
		v := c.users()
		c.wantEmails(v, "ada@example.com")
		wantAbsent(t, v, true)
	})
}

func TestCloseEndsLoadsAndQuestions(t *testing.T) {
	t.Parallel()
	inCompany(t, tvfake.Default(), roster.Options{}, func(t *testing.T, c *company) {
		c.users()
		arrived, release := c.tv.Hold(userGet)
		defer release()
		asked := make(chan error, 1)
		go func() {
			_, err := c.Users.Get(t.Context(), 7)
			asked <- err
		}()
		<-arrived
		listed, releaseList := c.tv.Hold(userList)
		defer releaseList()
		waiting := inBackground(func() (*roster.UserView, error) { return c.Users.ViewSince(t.Context(), time.Now()) })
		<-listed

		c.Close()
		synctest.Wait()
		if waiting.err == nil || <-asked == nil {
			t.Error("somebody was answered by a closed Roster")
		}
		if _, err := c.Users.ViewSince(t.Context(), time.Now()); !errors.Is(err, roster.ErrClosed) {
			t.Errorf("UsersSince = %v, want ErrClosed", err)
		}
		if _, err := c.Users.Get(t.Context(), 7); !errors.Is(err, roster.ErrClosed) {
			t.Errorf("User = %v, want ErrClosed", err)
		}
		if _, err := c.Groups.View(t.Context()); !errors.Is(err, roster.ErrClosed) {
			t.Errorf("Groups = %v, want ErrClosed", err)
		}
		c.wantEmails(c.users())
	})
}
