package proxy_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap/zapcore"

	"tvscim/proxy"
	"tvscim/scim"
	"tvscim/scim/scimtest"
)

// listing is a store of users that lists what it is told to.
type listing struct {
	*scimtest.Memory[scim.User]
	list func(context.Context) ([]scim.User, error)
}

func (l listing) List(ctx context.Context, _ scim.ListRequest) (scim.Page[scim.User], error) {
	users, err := l.list(ctx)
	return scim.Page[scim.User]{Total: len(users), StartIndex: 1, Items: users}, err
}

// listingOf makes lists of users be what a function says, of any length.
func listingOf(list func(context.Context) ([]scim.User, error)) func(*proxy.Options) {
	return func(o *proxy.Options) {
		o.Limits = scim.Limits{Page: 10_000, MaxPage: 10_000}
		o.Directory.(*directory).users = listing{scimtest.NewMemory[scim.User](userType()), list}
	}
}

// manyUsers returns n users; the one at bad cannot be encoded.
func manyUsers(n, bad int) []scim.User {
	users := make([]scim.User, n)
	for i := range users {
		users[i] = scim.User{Head: scim.Head{ID: fmt.Sprint("user-", i)}, UserName: fmt.Sprintf("user%d@contoso.example", i)}
		if i == bad {
			users[i].Other = scim.Attributes{"title": errors.New("no text")}
		}
	}
	return users
}

// TestLongListIsStreamed: a list that is long has no length and is whole; one that is short has
// one.
func TestLongListIsStreamed(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"GET /Users", "POST /.search", "POST /Users/.search"} {
		for n, streamed := range map[int]bool{3: false, 3000: true} {
			c := serve(t, listingOf(func(context.Context) ([]scim.User, error) { return manyUsers(n, -1), nil }))
			method, target, _ := strings.Cut(path, " ")
			body := ""
			if method == "POST" {
				body = "{}"
			}
			a := c.send(method, target, body)
			var list struct{ Resources []json.RawMessage }
			if err := json.Unmarshal([]byte(a.body), &list); err != nil || a.status != 200 || len(list.Resources) != n {
				t.Errorf("%s: status %d, %d of %d resources: %v", path, a.status, len(list.Resources), n, err)
			}
			if length := a.header.Get("Content-Length"); (length == "") != streamed {
				t.Errorf("%s: %d resources have the length %q", path, n, length)
			}
		}
	}
}

// TestListThatFailsOnTheWay: an error before the first byte is an error, one behind it ends the
// connection.
func TestListThatFailsOnTheWay(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ method, path, body string }{{"GET", "/Users", ""}, {"POST", "/.search", "{}"}} {
		early := serve(t, listingOf(func(context.Context) ([]scim.User, error) { return manyUsers(3, 2), nil })).send(test.method, test.path, test.body)
		if scimError(t, early); early.status != 500 {
			t.Errorf("%s: status %d", test.path, early.status)
		}
		c := serve(t, listingOf(func(context.Context) ([]scim.User, error) { return manyUsers(3000, 2900), nil }))
		req, err := http.NewRequestWithContext(t.Context(), test.method, c.url+"/scim/v2"+test.path, strings.NewReader(test.body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+bearer)
		resp, err := c.http.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = resp.Body.Close() })
		text, err := io.ReadAll(resp.Body)
		if !errors.Is(err, io.ErrUnexpectedEOF) || len(text) < 32<<10 {
			t.Errorf("%s: %d bytes and error %v, want a connection that ends early", test.path, len(text), err)
		}
	}
}

// TestBrokenListIsLogged: the line of the request says that it broke off, and why.
func TestBrokenListIsLogged(t *testing.T) {
	t.Parallel()
	l := serveLogged(t, zapcore.InfoLevel, listingOf(func(context.Context) ([]scim.User, error) { return manyUsers(3000, 2900), nil }))
	func() {
		defer func() {
			if p := recover(); p != http.ErrAbortHandler {
				t.Errorf("recovered %v", p)
			}
		}()
		l.do(t.Context(), "GET", "/Users", "", nil)
	}()
	level, fields := l.line("request")
	if level != zapcore.WarnLevel || fields["broken_off"] != true || !strings.Contains(fmt.Sprint(fields["cause"]), "encode") {
		t.Errorf("level %s: %v", level, fields)
	}
}

// leaver is a client that leaves when the answer begins.
type leaver struct {
	*httptest.ResponseRecorder
	leave  func()
	writes int
}

func (l *leaver) Write(p []byte) (int, error) {
	l.writes++
	l.leave()
	return l.ResponseRecorder.Write(p)
}

// TestListEndsWithItsClient: nothing more is encoded for a client that has left.
func TestListEndsWithItsClient(t *testing.T) {
	t.Parallel()
	h := newServer(t, listingOf(func(context.Context) ([]scim.User, error) { return manyUsers(10_000, -1), nil })).Handler()
	ctx, cancel := context.WithCancel(t.Context())
	w := &leaver{ResponseRecorder: httptest.NewRecorder(), leave: cancel}
	r := httptest.NewRequestWithContext(ctx, "GET", "/scim/v2/Users", nil)
	r.Header.Set("Authorization", "Bearer "+bearer)
	defer func() {
		if p := recover(); p != http.ErrAbortHandler || w.writes > 2 {
			t.Errorf("%d writes, recovered %v", w.writes, p)
		}
	}()
	h.ServeHTTP(w, r)
}

// piped serves a handler over one pipe in memory, in a synctest bubble, and returns the client's
// end.
func piped(t *testing.T, h http.Handler, answer time.Duration) net.Conn {
	t.Helper()
	listener := &pipes{conns: make(chan net.Conn)}
	server := proxy.HTTPServer(h, answer, nil)
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	client, conn := net.Pipe()
	t.Cleanup(func() {
		client.Close()
		server.Close()
		<-ended
	})
	listener.conns <- conn
	return client
}

// TestLongRequestsAreAnswered: a request may take longer than a connection waits for a body, and
// longer than net/http would let its answer be written. Its context is not ended before its time,
// and the answer comes.
func TestLongRequestsAreAnswered(t *testing.T) {
	t.Parallel()
	put := `{"userName":"nora@contoso.example"}`
	for name, request := range map[string]string{
		"GET":  "GET /scim/v2/Users/user-1 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + bearer + "\r\n\r\n",
		"PUT":  fmt.Sprintf("PUT /scim/v2/Users/user-1 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n%s", bearer, len(put), put),
		"Bulk": fmt.Sprintf("POST /scim/v2/Bulk HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n%s", bearer, len(bulkBody(putNora, putNora, putNora)), bulkBody(putNora, putNora, putNora)),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				h := newServer(t, func(o *proxy.Options) { o.RequestTimeout = 5 * time.Minute }, failing(func(ctx context.Context) error {
					time.Sleep(4 * time.Minute)
					if err := ctx.Err(); err != nil {
						t.Errorf("the context ended after four of five minutes: %v", err)
					}
					return scim.Uniqueness("taken")
				})).Handler()
				client := piped(t, h, time.Minute) // an answer after more than that must be written too
				go func() { _, _ = io.WriteString(client, request) }()
				resp, err := http.ReadResponse(bufio.NewReader(client), nil)
				if err != nil {
					t.Fatalf("no answer: %v", err)
				}
				body, err := io.ReadAll(resp.Body)
				if err != nil || !strings.Contains(string(body), "taken") {
					t.Errorf("status %d, error %v: %s", resp.StatusCode, err, body)
				}
			})
		})
	}
}

// TestBodyIsPartOfTheRequestsTime: a slow client has the time of the request for the body, and not
// more.
func TestBodyIsPartOfTheRequestsTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newServer(t, func(o *proxy.Options) { o.RequestTimeout = 5 * time.Second }).Handler()
		client := piped(t, h, time.Minute)
		started := time.Now()
		go func() {
			_, _ = io.WriteString(client, "POST /scim/v2/Users HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "+bearer+"\r\nContent-Length: 100\r\n\r\n{")
		}()
		resp, err := http.ReadResponse(bufio.NewReader(client), nil)
		if err != nil || resp.StatusCode != http.StatusRequestTimeout || time.Since(started) != 5*time.Second {
			t.Errorf("%v %v after %s, want 408 after 5s", resp, err, time.Since(started))
		}
	})
}

// TestUnreadBodyHoldsNothing: a request that is refused before its body is read does not hold its
// connection for that body.
func TestUnreadBodyHoldsNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client := piped(t, newServer(t).Handler(), time.Minute)
		started := time.Now()
		go func() {
			_, _ = io.WriteString(client, "POST /scim/v2/Users HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
		}()
		from := bufio.NewReader(client)
		resp, err := http.ReadResponse(from, nil)
		if err != nil || resp.StatusCode != http.StatusUnauthorized {
			t.Fatalf("%v %v, want 401", resp, err)
		}
		if _, err := io.Copy(io.Discard, from); err != nil {
			t.Error(err)
		}
		if took := time.Since(started); took > time.Second || !resp.Close {
			t.Errorf("the connection was held for %s", took)
		}
	})
}
