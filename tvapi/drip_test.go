package tvapi_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tvscim/tvapi"
)

// drip gives out its text one byte in a while, until ctx ends as the body of a transport does.
type drip struct {
	ctx  context.Context // that of the request whose answer this is
	text io.Reader
	each time.Duration
}

// Read implements io.Reader.
func (d drip) Read(p []byte) (int, error) {
	select {
	case <-time.After(d.each):
		return d.text.Read(p[:1])
	case <-d.ctx.Done():
		return 0, d.ctx.Err()
	}
}

// TestSlowAnswersEnd: what comes drop by drop ends with the time of its call, however long it would
// go on.
func TestSlowAnswersEnd(t *testing.T) {
	t.Parallel()
	list := `{"users":[{"id":"u1"}` + strings.Repeat(" ", 2000) + `]}`
	tests := map[string]struct {
		body     string
		deadline time.Duration // of the context; 0 = none
		call     func(context.Context, *tvapi.Client) error
		want     time.Duration
	}{
		"users, at the deadline of the load": {list, 5 * time.Minute, users, 5 * time.Minute},
		"users, without a deadline":          {list, 0, users, 10 * time.Minute},
		"user, after its time-out":           {`{"id":"u1"}`, 0, oneUser, 5 * time.Second},
		"account, after its time-out":        {`{"name":"A"}`, 0, func(ctx context.Context, c *tvapi.Client) error { return second(c.Account(ctx)) }, 5 * time.Second},
		"page, after its time-out":           {`{"resources":[]}`, 0, groups, 5 * time.Second},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx := t.Context()
				if test.deadline != 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, test.deadline)
					defer cancel()
				}
				c := newClient(t, tvapi.Options{Token: token, Timeout: 5 * time.Second, Transport: inMemory(func(r *http.Request) (int, io.Reader) {
					return 200, drip{r.Context(), strings.NewReader(test.body), time.Second}
				})})
				start := time.Now()
				err := test.call(ctx, c)
				if took := time.Since(start); !errors.Is(err, context.DeadlineExceeded) || took != test.want {
					t.Errorf("%v after %v, want the deadline after %v", err, took, test.want)
				}
			})
		})
	}
}

// TestSlowPagesEnd: pages that come without an end, each in time, end with the time of the list.
func TestSlowPagesEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := 0
		c := newClient(t, tvapi.Options{Token: token, Transport: inMemory(func(*http.Request) (int, io.Reader) {
			n++
			time.Sleep(15 * time.Second)
			next := fmt.Sprintf(`"t%d"`, n)
			if n > 1000 {
				next = "null"
			}
			return 200, strings.NewReader(fmt.Sprintf(`{"nextPaginationToken":%s,"resources":[{"id":%d}]}`, next, n))
		})})
		start := time.Now()
		err := groups(t.Context(), c)
		if took := time.Since(start); !errors.Is(err, context.DeadlineExceeded) || took > 10*time.Minute+15*time.Second {
			t.Errorf("%v after %v, want the deadline after 10m", err, took)
		}
	})
}
