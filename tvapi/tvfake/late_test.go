package tvfake_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"tvscim/tvapi/tvfake"
)

// TestLateWork: the work of a struck call is done when its time has come, whatever the client was
// told and whether or not it still waits.
func TestLateWork(t *testing.T) {
	t.Parallel()
	const late = 10 * time.Second
	tests := []struct {
		name    string
		fault   tvfake.Fault
		timeout time.Duration // of the client
		status  int           // 0: no answer
		took    time.Duration
		err     error // when there is no answer
	}{
		{"the client waits", tvfake.Fault{}, time.Minute, http.StatusNoContent, late, nil},
		{"the client hangs up", tvfake.Fault{}, 3 * time.Second, 0, 3 * time.Second, context.DeadlineExceeded},
		{"the answer is lost", tvfake.Fault{Lost: true}, time.Minute, 0, 0, io.EOF},
		{"another answer", tvfake.Fault{Status: http.StatusGatewayTimeout}, time.Minute, http.StatusGatewayTimeout, 0, nil},
		{"a used-up limit", tvfake.Fault{Limit: true}, time.Minute, http.StatusForbidden, 0, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := newCompany(t, tvfake.Default())
				tt.fault.Function, tt.fault.Late, tt.fault.Times = "PUT /users/{id}", late, 1
				c.server.Fail(tt.fault)
				ctx, cancel := context.WithTimeout(t.Context(), tt.timeout)
				defer cancel()
				began := time.Now()
				r, err := c.try(ctx, "PUT", "/users/u1", `{"active":false}`)
				same(t, "duration", time.Since(began), tt.took)
				same(t, "status", r.status, tt.status)
				if !errors.Is(err, tt.err) {
					t.Errorf("error %v, want %v", err, tt.err)
				}
				if tt.took < late {
					time.Sleep(late - tt.took - 1)
					same(t, "active just before", c.active("u1"), true)
					time.Sleep(time.Nanosecond)
					synctest.Wait()
				}
				same(t, "active", c.active("u1"), false)
				same(t, "calls", c.server.Count("PUT /users/{id}"), 1)
				c.want(http.StatusNoContent, "PUT", "/users/u1", `{"active":true}`)
				same(t, "active again", c.active("u1"), true)
			})
		})
	}
}

func (c *company) active(id string) bool {
	u, _ := c.server.User(id)
	return u.Active
}

// TestLateWorkOverHTTP: a client behind a socket hangs up, and a test asks for the work by
// [tvfake.Server.DoLate].
func TestLateWorkOverHTTP(t *testing.T) {
	t.Parallel()
	c := newCompany(t, tvfake.Default())
	arrived := make(chan struct{})
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(arrived)
		c.server.Handler().ServeHTTP(w, r)
	}))
	defer web.Close()
	seen := make(chan tvfake.Call, 1)
	c.server.OnCall(func(call tvfake.Call) { seen <- call })
	c.server.Fail(tvfake.Fault{Late: time.Hour, Times: 1})
	ctx, hangUp := context.WithCancel(t.Context())
	r := c.request(ctx, "DELETE", "/users/u2", "")
	r.URL.Scheme, r.URL.Host = "http", web.Listener.Addr().String()
	gone := make(chan error, 1)
	go func() {
		res, err := web.Client().Do(r)
		if err == nil {
			_ = res.Body.Close()
		}
		gone <- err
	}()
	<-arrived
	hangUp()
	same(t, "the client hung up", errors.Is(<-gone, context.Canceled), true)
	same(t, "fault", (<-seen).Fault, "late 1h0m0s")
	if _, there := c.server.User("u2"); !there {
		t.Error("the work is done before its time")
	}
	same(t, "done", c.server.DoLate(), 1)
	if _, there := c.server.User("u2"); there {
		t.Error("the work is not done")
	}
	same(t, "done again", c.server.DoLate(), 0)
}

// TestLateWorkAndReset: what was late is not done to a company that is as new.
func TestLateWorkAndReset(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newCompany(t, tvfake.Default())
		c.server.Fail(tvfake.Fault{Late: time.Second, Lost: true})
		_, _ = c.try(t.Context(), "POST", createPath, createBody)
		c.server.Reset()
		time.Sleep(time.Minute)
		synctest.Wait()
		same(t, "users", len(c.server.Users()), 1)
	})
}

// TestLateWorkKeepsItsPlace: late work sees the company as it is by then, and is done over what
// came meanwhile.
func TestLateWorkKeepsItsPlace(t *testing.T) {
	t.Parallel()
	c := newCompany(t, tvfake.Default())
	c.server.ChangeUser("u1", func(u *tvfake.User) { u.Active = false })
	c.server.Fail(tvfake.Fault{Late: time.Hour, Lost: true, Times: 2})
	_, _ = c.try(t.Context(), "PUT", "/users/u1", `{"active":true}`)
	_, _ = c.try(t.Context(), "PUT", "/users/u1", `{"name":"Late Name"}`)
	c.want(http.StatusNoContent, "PUT", "/users/u1", `{"active":false,"name":"In Time"}`)
	same(t, "done", c.server.DoLate(), 2)
	u, _ := c.server.User("u1")
	same(t, "user", []any{u.Active, u.Name}, []any{true, "Late Name"})
}
