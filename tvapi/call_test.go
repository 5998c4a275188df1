package tvapi_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"tvscim/tvapi"
)

func isCanceled(err error) bool { return errors.Is(err, context.Canceled) }

// TestNothingIsSentTwice breaks the connection after the request arrived: what may have been done
// must not be done again by a client that cannot know.
func TestNothingIsSentTwice(t *testing.T) {
	t.Parallel()
	for _, m := range methods() {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			s, c := serve(t, reply{})
			if err := m.call(t.Context(), c); tvapi.KindOf(err) != tvapi.KindLost {
				t.Errorf("error = %v, want KindLost", err)
			}
			if n := len(s.requests()); n != 1 {
				t.Errorf("%d requests, want 1", n)
			}
		})
	}
}

// TestNothingIsSentTwiceWhenTransportFails is the same for failures that net/http does not see, the
// GET included.
func TestNothingIsSentTwiceWhenTransportFails(t *testing.T) {
	t.Parallel()
	for _, m := range methods() {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			var sent atomic.Int32
			c := newClient(t, tvapi.Options{Token: token, Transport: transport(func(*http.Request) (*http.Response, error) {
				sent.Add(1)
				return nil, io.ErrUnexpectedEOF
			})})
			err := m.call(t.Context(), c)
			if tvapi.KindOf(err) != tvapi.KindLost || !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("error = %v, want KindLost with its cause", err)
			}
			if n := sent.Load(); n != 1 {
				t.Errorf("sent %d times, want 1", n)
			}
		})
	}
}

func TestNobodyThereIsUnsent(t *testing.T) {
	t.Parallel()
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	c := newClient(t, tvapi.Options{Token: token, BaseURL: closed.URL})
	for _, m := range methods() {
		if err := m.call(t.Context(), c); tvapi.KindOf(err) != tvapi.KindUnsent {
			t.Errorf("%s: error = %v, want KindUnsent", m.name, err)
		}
	}
}

func TestCertificateOfAStrangerIsUnsent(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("%s %s was sent to a server with an untrusted certificate", r.Method, r.URL)
	}))
	server.Config.ErrorLog = quiet()
	server.StartTLS()
	t.Cleanup(server.Close)
	c := newClient(t, tvapi.Options{Token: token, BaseURL: server.URL})
	err := c.RemoveUser(t.Context(), 12)
	if tvapi.KindOf(err) != tvapi.KindUnsent {
		t.Errorf("error = %v, want KindUnsent", err)
	}
}

// TestCancelledWhileDialling ends the context before there is a connection.
func TestCancelledWhileDialling(t *testing.T) {
	t.Parallel()
	dialling, release := make(chan struct{}), make(chan struct{})
	defer close(release) // net/http dials on for the next request
	own := tvapi.NewTransport()
	own.DialContext = func(context.Context, string, string) (net.Conn, error) {
		close(dialling)
		<-release
		return nil, net.ErrClosed
	}
	c := newClient(t, tvapi.Options{Token: token, Transport: own})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-dialling
		cancel()
	}()
	err := c.DeleteUser(ctx, 12)
	if tvapi.KindOf(err) != tvapi.KindUnsent || !isCanceled(err) {
		t.Errorf("error = %v, want KindUnsent and context.Canceled", err)
	}
}

// TestCancelledWhileWaiting ends the context when the server has the request.
func TestCancelledWhileWaiting(t *testing.T) {
	t.Parallel()
	for _, m := range methods() {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			release := make(chan struct{})
			server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
				cancel()
				<-release
			}))
			t.Cleanup(server.Close)
			t.Cleanup(func() { close(release) })
			c := newClient(t, tvapi.Options{Token: token, BaseURL: server.URL})
			err := m.call(ctx, c)
			if tvapi.KindOf(err) != tvapi.KindLost || !isCanceled(err) {
				t.Errorf("error = %v, want KindLost and context.Canceled", err)
			}
		})
	}
}

// silent is a transport that never answers.
var silent = transport(func(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, errors.New("some words of the transport's own")
})

func TestEachCallHasADeadline(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ set, want time.Duration }{
		"default": {0, 20 * time.Second},
		"set":     {3 * time.Second, 3 * time.Second},
	} {
		for _, m := range methods() {
			if m.name == "Users" {
				continue
			}
			t.Run(name+"/"+m.name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					c := newClient(t, tvapi.Options{Token: token, Transport: silent, Timeout: test.set})
					start := time.Now()
					err := m.call(t.Context(), c)
					if took := time.Since(start); took != test.want {
						t.Errorf("gave up after %v, want %v", took, test.want)
					}
					if tvapi.KindOf(err) != tvapi.KindLost || !errors.Is(err, context.DeadlineExceeded) {
						t.Errorf("error = %v, want KindLost and context.DeadlineExceeded", err)
					}
				})
			})
		}
	}
}

func TestUserListHasOnlyItsContextsDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newClient(t, tvapi.Options{Token: token, Transport: silent, Timeout: time.Second})
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
		defer cancel()
		start := time.Now()
		err := drain(c.Users(ctx))
		if took := time.Since(start); took != 5*time.Minute {
			t.Errorf("gave up after %v, want 5m", took)
		}
		if tvapi.KindOf(err) != tvapi.KindLost || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error = %v, want KindLost and context.DeadlineExceeded", err)
		}
	})
}

// cutBody is a body that breaks off.
type cutBody struct {
	io.Reader
	err error
}

func (b cutBody) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if err == io.EOF {
		err = b.err
	}
	return n, err
}

func (cutBody) Close() error { return nil }

// TestBrokenBodyIsLost breaks answers off in their body. Neither a success nor a refusal is one
// before it has arrived.
func TestBrokenBodyIsLost(t *testing.T) {
	t.Parallel()
	broken := errors.New("connection reset")
	tests := map[string]struct {
		status int
		body   string
		want   tvapi.Kind
	}{
		"success":         {200, "", tvapi.KindLost},
		"success, whole":  {200, `{"users":[],"resources":[]}`, tvapi.KindLost},
		"token refused":   {401, "", tvapi.KindLost},
		"half a refusal":  {404, `{"error":"not_fo`, tvapi.KindLost},
		"conflict":        {409, "", tvapi.KindLost},
		"server fault":    {500, "<h", tvapi.KindServer},
		"out of calls":    {429, "", tvapi.KindThrottled},
		"whole 400, lost": {400, `{"error":"invalid_request"}`, tvapi.KindLost},
	}
	for name, test := range tests {
		for _, m := range methods() {
			t.Run(name+"/"+m.name, func(t *testing.T) {
				t.Parallel()
				c := newClient(t, tvapi.Options{Token: token, Transport: transport(func(r *http.Request) (*http.Response, error) {
					return &http.Response{
						StatusCode: test.status, Request: r, Header: http.Header{},
						Body: cutBody{strings.NewReader(test.body), broken},
					}, nil
				})})
				err := m.call(t.Context(), c)
				if tvapi.KindOf(err) != test.want || !errors.Is(err, broken) {
					t.Errorf("error = %v, want %v with its cause", err, test.want)
				}
			})
		}
	}
}

// TestContextEndsInTheBody ends the context between the header and the body.
func TestContextEndsInTheBody(t *testing.T) {
	t.Parallel()
	for _, m := range methods() {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			c := newClient(t, tvapi.Options{Token: token, Transport: transport(func(r *http.Request) (*http.Response, error) {
				cancel()
				body := cutBody{strings.NewReader("{"), errors.New("use of closed connection")}
				return &http.Response{StatusCode: 200, Request: r, Header: http.Header{}, Body: body}, nil
			})})
			err := m.call(ctx, c)
			e, ok := errors.AsType[*tvapi.Error](err)
			if !ok || e.Kind != tvapi.KindLost || e.Status != 200 || !isCanceled(err) {
				t.Errorf("error = %#v, want KindLost, 200 and context.Canceled", err)
			}
		})
	}
}
