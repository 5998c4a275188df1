package tvapi_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"
	"pgregory.net/rapid"

	"tvscim/tvapi"
)

// collect reads a list and returns what came before its end or error.
func collect[T any](list func(func(T, error) bool)) (got []T, err error) {
	for item, err := range list {
		if err != nil {
			return got, err
		}
		got = append(got, item)
	}
	return got, nil
}

func TestUsers(t *testing.T) {
	t.Parallel()
	ada := tvapi.User{ID: 1, Name: "Ada", Email: "ada@example.com", Active: true}
	bo := tvapi.User{ID: 2, Name: "Bo", Email: "bo@example.com", Active: false}
	const adaText = `{"id":"u1","name":"Ada","email":"ada@example.com"}`
	const boText = `{"id":"u2","name":"Bo","email":"bo@example.com","active":false}`
	tests := map[string]struct {
		body string
		want []tvapi.User
		kind tvapi.Kind // of the error after want
	}{
		"two":                {`{"users":[` + adaText + `,` + boText + `]}`, []tvapi.User{ada, bo}, 0},
		"as they come":       {`{"users":[` + boText + `,` + adaText + `]}`, []tvapi.User{bo, ada}, 0},
		"white space":        {" {\n\t\"users\" : [ " + adaText + " ] } \r\n", []tvapi.User{ada}, 0},
		"none":               {`{"users":[]}`, nil, 0},
		"null":               {`{"users":null}`, nil, 0},
		"member missing":     {`{}`, nil, 0},
		"other members":      {`{"a":[{"users":[1]}],"users":[` + adaText + `],"z":{"error":"x"}}`, []tvapi.User{ada}, 0},
		"invalid ids":        {`{"users":[{"id":"g1"},` + adaText + `,{"id":7},{"id":null},{},null,{"id":"u0"},{"id":"u2147483648"}]}`, []tvapi.User{ada}, 0},
		"empty body":         {``, nil, tvapi.KindForeign},
		"white space only":   {"  \n", nil, tvapi.KindForeign},
		"bare array":         {`[` + adaText + `]`, nil, tvapi.KindForeign},
		"null as answer":     {`null`, nil, tvapi.KindForeign},
		"string":             {`"users"`, nil, tvapi.KindForeign},
		"users an object":    {`{"users":{"id":"u1"}}`, nil, tvapi.KindForeign},
		"users a string":     {`{"users":"none"}`, nil, tvapi.KindForeign},
		"user a number":      {`{"users":[` + adaText + `,7]}`, []tvapi.User{ada}, tvapi.KindForeign},
		"wrong type within":  {`{"users":[` + adaText + `,{"id":"u2","active":"no"}]}`, []tvapi.User{ada}, tvapi.KindForeign},
		"cut after a user":   {`{"users":[` + adaText + `,`, []tvapi.User{ada}, tvapi.KindForeign},
		"cut in a user":      {`{"users":[` + adaText + `,{"id":"u`, []tvapi.User{ada}, tvapi.KindForeign},
		"cut before the end": {`{"users":[` + adaText + `]`, []tvapi.User{ada}, tvapi.KindForeign},
		"cut before users":   {`{"users"`, nil, tvapi.KindForeign},
		"cut in a member":    {`{"a":[1,`, nil, tvapi.KindForeign},
		"garbage after":      {`{"users":[` + adaText + `]}]`, []tvapi.User{ada}, tvapi.KindForeign},
		"HTML after":         {`{"users":[` + adaText + `]}<!-- proxy -->`, []tvapi.User{ada}, tvapi.KindForeign},
		"another object":     {`{"users":[` + adaText + `]}{"users":[]}`, []tvapi.User{ada}, tvapi.KindForeign},
		"users twice":        {`{"users":[` + adaText + `],"users":[]}`, []tvapi.User{ada}, tvapi.KindForeign},
		"error null":         {`{"users":[` + adaText + `],"error":null}`, []tvapi.User{ada}, 0},
		"error body":         {`{"error":"internal_error"}`, nil, tvapi.KindForeign},
		"error after users":  {`{"users":[` + adaText + `],"error":"internal_error"}`, []tvapi.User{ada}, tvapi.KindForeign},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, c := serve(t, ok(test.body))
			got, err := collect(c.Users(t.Context()))
			if tvapi.KindOf(err) != test.kind || (err != nil) != (test.kind != 0) {
				t.Errorf("error = %v, want %v", err, test.kind)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("users (-want +got):\n%s", diff)
			}
			if events := s.observed(); len(events) != 1 || events[0].Outcome != test.kind {
				t.Errorf("events = %v", events)
			}
		})
	}
}

func TestUsersCountsWhatItSkips(t *testing.T) {
	t.Parallel()
	core, lines := observer.New(zapcore.WarnLevel)
	s, _ := serve(t, ok(`{"users":[{"id":"g1","name":"Ada"},{"id":"u1"},{}]}`), ok(`{"users":[{"id":"u1"}]}`))
	c := s.client(tvapi.Options{Logger: zap.New(core)})
	for range 2 {
		if err := drain(c.Users(t.Context())); err != nil {
			t.Fatalf("Users: %v", err)
		}
	}
	var got []map[string]any
	for _, line := range lines.All() {
		got = append(got, line.ContextMap())
	}
	want := []map[string]any{{"function": "GET /users", "skipped": int64(2)}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("warnings (-want +got):\n%s", diff)
	}
}

// TestUsersStreams reads the first user before the service has written the second.
func TestUsersStreams(t *testing.T) {
	t.Parallel()
	read := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, `{"users":[{"id":"u1"},`)
		_ = http.NewResponseController(w).Flush()
		select {
		case <-read:
			_, _ = io.WriteString(w, `{"id":"u2"}]}`)
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(server.Close)
	c := newClient(t, tvapi.Options{Token: token, BaseURL: server.URL})
	var got []tvapi.UserID
	for u, err := range c.Users(t.Context()) {
		if err != nil {
			t.Fatalf("Users: %v", err)
		}
		if got = append(got, u.ID); len(got) == 1 {
			close(read)
		}
	}
	if diff := cmp.Diff([]tvapi.UserID{1, 2}, got); diff != "" {
		t.Errorf("users (-want +got):\n%s", diff)
	}
}

func TestUsersCanBeLeft(t *testing.T) {
	t.Parallel()
	gone := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, `{"users":[{"id":"u1"},{"id":"u2"},`)
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
		close(gone)
	}))
	t.Cleanup(server.Close)
	var events []tvapi.CallEvent
	c := newClient(t, tvapi.Options{Token: token, BaseURL: server.URL, Observe: func(e tvapi.CallEvent) { events = append(events, e) }})
	n := 0
	for _, err := range c.Users(t.Context()) {
		if err != nil {
			t.Errorf("error after leaving: %v", err)
		}
		n++
		break
	}
	<-gone // the connection is given up with the list
	if n != 1 || len(events) != 1 || events[0].Outcome != 0 {
		t.Errorf("%d users, events %v", n, events)
	}
}

// TestUsersBreakOff breaks the connection in the middle of the list.
func TestUsersBreakOff(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000")
		_, _ = io.WriteString(w, `{"users":[{"id":"u1"},`)
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}))
	t.Cleanup(server.Close)
	c := newClient(t, tvapi.Options{Token: token, BaseURL: server.URL})
	got, err := collect(c.Users(t.Context()))
	if len(got) != 1 || tvapi.KindOf(err) != tvapi.KindLost || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("%d users, %v, want one and KindLost", len(got), err)
	}
}

func TestUsersContextEndsWithin(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, `{"users":[{"id":"u1"},`)
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	}))
	t.Cleanup(server.Close)
	c := newClient(t, tvapi.Options{Token: token, BaseURL: server.URL})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var last error
	for _, err := range c.Users(ctx) {
		cancel()
		last = err
	}
	if tvapi.KindOf(last) != tvapi.KindLost || !isCanceled(last) {
		t.Errorf("error = %v, want KindLost and context.Canceled", last)
	}
}

// endless is the body of a list of n users, made as it is read.
type endless struct {
	n, next int
	rest    string
}

func (e *endless) Read(p []byte) (int, error) {
	for e.rest == "" {
		switch {
		case e.next > e.n:
			return 0, io.EOF
		case e.next == e.n:
			e.rest = "]}"
		default:
			e.rest = fmt.Sprintf(`{"id":"u%d","name":"User %[1]d","email":"user%[1]d@example.com","active":true,"permissions":"%s"}`,
				e.next+1, strings.Repeat("x", 100))
			if e.next > 0 {
				e.rest = "," + e.rest
			} else {
				e.rest = `{"users":[` + e.rest
			}
		}
		e.next++
	}
	n := copy(p, e.rest)
	e.rest = e.rest[n:]
	return n, nil
}

// listing is a transport that answers a list of n users.
func listing(n int) transport {
	return func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 200, Request: r, Header: http.Header{}, Body: io.NopCloser(&endless{n: n})}, nil
	}
}

func TestUsersOfALargeCompany(t *testing.T) {
	t.Parallel()
	c := newClient(t, tvapi.Options{Token: token, Transport: listing(10_000)})
	want := tvapi.UserID(0)
	for u, err := range c.Users(t.Context()) {
		if err != nil {
			t.Fatalf("Users: %v", err)
		}
		if want++; u.ID != want || !u.Active {
			t.Fatalf("user = %+v, want number %d", u, want)
		}
	}
	if want != 10_000 {
		t.Errorf("%d users", want)
	}
}

// BenchmarkUsers shows time and memory of a list of 10,000 users; the memory must not grow with the
// body.
func BenchmarkUsers(b *testing.B) {
	c, err := tvapi.New(tvapi.Options{Token: token, Transport: listing(10_000)})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := drain(c.Users(b.Context())); err != nil {
			b.Fatal(err)
		}
	}
}

// TestUsersIsWholeOrAnError cuts a list anywhere: what is not whole never looks like a list that
// ended.
func TestUsersIsWholeOrAnError(t *testing.T) {
	t.Parallel()
	whole, err := io.ReadAll(&endless{n: 3})
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		cut := rapid.IntRange(0, len(whole)-1).Draw(t, "cut")
		c, err := tvapi.New(tvapi.Options{Token: token, Attempts: 1, Transport: transport(func(r *http.Request) (*http.Response, error) {
			body := io.NopCloser(strings.NewReader(string(whole[:cut])))
			return &http.Response{StatusCode: 200, Request: r, Header: http.Header{}, Body: body}, nil
		})})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := collect(c.Users(context.Background())); tvapi.KindOf(err) != tvapi.KindForeign {
			t.Errorf("cut at byte %d: %d users, %v", cut, len(got), err)
		}
	})
}

// FuzzUsers answers anything: no panic, and no user without an id.
func FuzzUsers(f *testing.F) {
	for _, seed := range []string{
		"", "{}", `{"users":[]}`, `{"users":[{"id":"u1"}]}`, `{"users":[{"id":"u1"},{"id":`, `{"users":[[[[[`,
		`{"users":{}}`, `{"users":null,"users":[]}`, `{"a":1,"users":[null]}`, "\xef\xbb\xbf{}", `{"users":[]}}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		c := newClient(t, tvapi.Options{Token: token, Transport: transport(func(r *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 200, Request: r, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}, nil
		})})
		got, err := collect(c.Users(t.Context()))
		for _, u := range got {
			if !u.ID.Valid() {
				t.Errorf("user = %+v", u)
			}
		}
		if err == nil && !strings.HasPrefix(strings.TrimLeft(body, " \t\r\n"), "{") {
			t.Errorf("%q was taken for a list", body)
		}
	})
}
