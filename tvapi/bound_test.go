package tvapi_test

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"tvscim/tvapi"
)

// huge is how much of an endless answer the server sends, in MiB, to a client that reads on.
const huge = 300

// unending writes before, and then filler until the reader stops.
func unending(w io.Writer, before, filler string) {
	_, _ = io.WriteString(w, before)
	chunk := strings.Repeat(filler, 1<<16/len(filler))
	for range huge << 4 {
		if _, err := io.WriteString(w, chunk); err != nil {
			return
		}
	}
}

// zipped is unending in a gzip stream.
func zipped(w http.ResponseWriter, before, filler string) {
	w.Header().Set("Content-Encoding", "gzip")
	z, _ := gzip.NewWriterLevel(w, gzip.BestSpeed)
	unending(z, before, filler)
	_ = z.Close()
}

// emptyStream is a gzip stream of nothing.
func emptyStream() string {
	var text strings.Builder
	_ = gzip.NewWriter(&text).Close()
	return text.String()
}

func users(ctx context.Context, c *tvapi.Client) error  { return drain(c.Users(ctx)) }
func groups(ctx context.Context, c *tvapi.Client) error { return drain(c.Groups(ctx)) }
func oneUser(ctx context.Context, c *tvapi.Client) error {
	return second(c.User(ctx, 1))
}

// TestAnswersBeyondABound: no answer takes more than a few MiB, and what is too large is an error
// that names the bound. It measures what the whole program allocates, so it runs alone.
func TestAnswersBeyondABound(t *testing.T) {
	type handler = func(http.ResponseWriter)
	text := func(status int, body string) handler {
		return func(w http.ResponseWriter) { w.WriteHeader(status); _, _ = io.WriteString(w, body) }
	}
	long := strings.Repeat("x", 2000)
	const name = `{"id":"u1","name":"`
	tests := map[string]struct {
		answer handler
		call   func(context.Context, *tvapi.Client) error
		names  string // the bound
		most   int    // MiB; 0 = 8; more where the server compresses
	}{
		"users, name without end":      {func(w http.ResponseWriter) { unending(w, `{"users":[`+name, "x") }, users, "65536 bytes", 0},
		"users, member without end":    {func(w http.ResponseWriter) { unending(w, `{"other":"`, "x") }, users, "65536 bytes", 0},
		"users, key without end":       {func(w http.ResponseWriter) { unending(w, `{"`, "x") }, users, "65536 bytes", 0},
		"users, blanks without end":    {func(w http.ResponseWriter) { unending(w, `{"users":[`, " ") }, users, "65536 bytes", 0},
		"users, entry without end":     {func(w http.ResponseWriter) { unending(w, `{"users":[{"id":"u1"`, `,"x":"0123456"  `) }, users, "65536 bytes", 0},
		"users, nested without end":    {func(w http.ResponseWriter) { unending(w, `{"users":[{"id":"u1","x":[`, `{},[`+"{},{},{},{}],") }, users, "65536 bytes", 0},
		"users, long name":             {text(200, `{"users":[`+name+long+`"}]}`), users, "name of an entry has more than 1024 bytes", 0},
		"users, long address":          {text(200, `{"users":[{"id":"u1","email":"`+long+`"}]}`), users, "email of an entry has more than 1024 bytes", 0},
		"users, gzip of one character": {func(w http.ResponseWriter) { zipped(w, `{"users":[`+name, "x") }, users, "65536 bytes", 40},
		"users, gzip of blanks":        {func(w http.ResponseWriter) { zipped(w, ``, " ") }, users, "65536 bytes", 40},
		"users, gzip of nothing": {func(w http.ResponseWriter) {
			w.Header().Set("Content-Encoding", "gzip")
			unending(w, "", emptyStream())
		}, users, "without content", 8},
		"user, name without end":      {func(w http.ResponseWriter) { unending(w, name, "x") }, oneUser, "1048576 bytes", 0},
		"user, long name":             {text(200, name+long+`"}`), oneUser, "1024 bytes", 0},
		"user, gzip of one character": {func(w http.ResponseWriter) { zipped(w, name, "x") }, oneUser, "1048576 bytes", 40},
		"account, name without end": {func(w http.ResponseWriter) { unending(w, `{"name":"`, "x") }, func(ctx context.Context, c *tvapi.Client) error {
			return second(c.Account(ctx))
		}, "1048576 bytes", 0},
		"account, long name of the company": {text(200, `{"name":"A","company_name":"`+long+`"}`), func(ctx context.Context, c *tvapi.Client) error {
			return second(c.Account(ctx))
		}, "company_name", 0},
		"groups, name without end": {func(w http.ResponseWriter) { unending(w, `{"resources":[{"id":1,"name":"`, "x") }, groups, "65536 bytes", 0},
		"groups, page without end": {func(w http.ResponseWriter) {
			unending(w, `{"resources":[{"id":1,"name":"Sales"}`, `,{"id":2,"name":"Buying, and what else there is"}`)
		}, groups, "16777216 bytes", 256},
		"groups, token without end": {func(w http.ResponseWriter) { unending(w, `{"resources":[],"nextPaginationToken":"`, "x") }, groups, "65536 bytes", 0},
		"groups, long token":        {text(200, `{"resources":[],"nextPaginationToken":"`+long+long+long+`"}`), groups, "token of the next page has more than 4096 bytes", 0},
		"groups, gzip of blanks":    {func(w http.ResponseWriter) { zipped(w, `{"resources":`, " ") }, groups, "65536 bytes", 40},
		"group, long name": {text(200, `{"id":1,"name":"`+long+`"}`), func(ctx context.Context, c *tvapi.Client) error {
			return second(c.Group(ctx, 1))
		}, "1024 bytes", 0},
		"members, long name": {text(200, `{"resources":[{"accountId":1,"name":"`+long+`"}]}`), func(ctx context.Context, c *tvapi.Client) error {
			return drain(c.Members(ctx, 1))
		}, "1024 bytes", 0},
		"refusal without end": {func(w http.ResponseWriter) { w.WriteHeader(400); unending(w, `{"error":"`, "x") }, oneUser, "65536 bytes", 0},
		"refusal, gzip": {func(w http.ResponseWriter) {
			w.Header().Set("Content-Encoding", "gzip")
			w.WriteHeader(400)
			unending(w, "", emptyStream())
		}, oneUser, "without content", 0},
		"fault of TeamViewer, no end": {func(w http.ResponseWriter) { w.WriteHeader(500); unending(w, `{"error":"`, "x") }, oneUser, "65536 bytes", 0},
		"answer to a change": {func(w http.ResponseWriter) { unending(w, `{"x":"`, "x") }, func(ctx context.Context, c *tvapi.Client) error {
			return c.UpdateUser(ctx, 1, tvapi.UserUpdate{Active: ptr(false)})
		}, "1048576 bytes", 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			calls := 0
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { calls++; test.answer(w) }))
			defer server.Close()
			c := newClient(t, tvapi.Options{Token: token, BaseURL: server.URL, Attempts: 3})
			before := allocated()
			err := test.call(t.Context(), c)
			if took, most := allocated()-before, max(test.most, 8); took > most<<20 {
				t.Errorf("%d KiB allocated, want at most %d", took>>10, most<<10)
			}
			over, ok := errors.AsType[*tvapi.BoundError](err)
			if !ok || !strings.Contains(err.Error(), test.names) || !strings.Contains(over.Error(), test.names) {
				t.Errorf("error = %v, want a bound: %s", err, test.names)
			}
			if tvapi.KindOf(err) != tvapi.KindForeign && tvapi.KindOf(err) != tvapi.KindServer {
				t.Errorf("kind = %v", tvapi.KindOf(err))
			}
			if calls != 1 {
				t.Errorf("%d calls, want no other attempt", calls)
			}
			if h := c.Health(); h.Trouble != nil && tvapi.KindOf(err) != tvapi.KindServer {
				t.Errorf("one answer that is too large counts against all calls: %+v", h.Trouble)
			}
		})
	}
}

// allocated is how many bytes the program has allocated so far.
func allocated() int {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.TotalAlloc)
}

// TestHeadersBeyondABound: an answer whose headers do not end is lost.
func TestHeadersBeyondABound(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for i := range 1000 {
			w.Header().Set(fmt.Sprintf("X-%d", i), strings.Repeat("x", 1000))
		}
	}))
	defer server.Close()
	c := newClient(t, tvapi.Options{Token: token, BaseURL: server.URL})
	before := allocated()
	if err := oneUser(t.Context(), c); tvapi.KindOf(err) != tvapi.KindLost {
		t.Errorf("error = %v, want KindLost", err)
	}
	if took := allocated() - before; took > 8<<20 {
		t.Errorf("%d KiB allocated", took>>10)
	}
}

// inMemory is a transport without a network: the answers are of a function.
type inMemory func(*http.Request) (status int, body io.Reader)

// RoundTrip implements http.RoundTripper.
func (f inMemory) RoundTrip(r *http.Request) (*http.Response, error) {
	status, body := f(r)
	return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(body), Request: r}, nil
}

// TestPagesBeyondABound lets pages follow each other without an end.
func TestPagesBeyondABound(t *testing.T) {
	if testing.Short() {
		t.Skip("reads pages of a million entries; not in short mode")
	}
	t.Parallel()
	tests := map[string]struct {
		page  func(n int) (entries string)
		names string
		most  int // pages
	}{
		"empty":                      {func(int) string { return "" }, "without a new entry", 10},
		"always the same":            {func(int) string { return `{"id":1},{"id":2}` }, "without a new entry", 11},
		"the same with other names":  {func(n int) string { return fmt.Sprintf(`{"id":1,"name":"%d"}`, n) }, "without a new entry", 11},
		"nothing that can be used":   {func(n int) string { return fmt.Sprintf(`{"id":-%d}`, n+1) }, "without a new entry", 10},
		"the same thousand in turns": {func(n int) string { return fmt.Sprintf(`{"id":%d}`, n%1000+1) }, "without a new entry", 1010},
		"always new":                 {func(n int) string { return fmt.Sprintf(`{"id":%d}`, n+1) }, "10000 pages", 10_000},
		"large and always new": {func(n int) string {
			var b strings.Builder
			for i := range 100_000 {
				fmt.Fprintf(&b, `,{"id":%d}`, n*100_000+i+1)
			}
			return b.String()[1:]
		}, "1048576 entries", 11},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := 0
			c := newClient(t, tvapi.Options{Token: token, Transport: inMemory(func(*http.Request) (int, io.Reader) {
				n++
				return 200, strings.NewReader(fmt.Sprintf(`{"nextPaginationToken":"t%d","resources":[%s]}`, n, test.page(n-1)))
			})})
			err := groups(t.Context(), c)
			if _, ok := errors.AsType[*tvapi.BoundError](err); !ok || !strings.Contains(err.Error(), test.names) {
				t.Errorf("error = %v, want a bound: %s", err, test.names)
			}
			if n > test.most {
				t.Errorf("%d pages were read, want at most %d", n, test.most)
			}
		})
	}
}

// TestMoreUsersThanABound also counts users without a valid id.
func TestMoreUsersThanABound(t *testing.T) {
	t.Parallel()
	c := newClient(t, tvapi.Options{Token: token, Transport: inMemory(func(*http.Request) (int, io.Reader) {
		return 200, io.MultiReader(strings.NewReader(`{"users":[{}`), strings.NewReader(strings.Repeat(`,{}`, 1<<20)), strings.NewReader(`]}`))
	})})
	if err := users(t.Context(), c); err == nil || !strings.Contains(err.Error(), "the list has more than 1048576 entries") {
		t.Errorf("error = %v", err)
	}
}

// staffList writes a list of n users as TeamViewer shows them.
func staffList(w io.Writer, n int) {
	_, _ = io.WriteString(w, `{"users":[`)
	for i := range n {
		if i > 0 {
			_, _ = io.WriteString(w, ",")
		}
		_, _ = fmt.Fprintf(w, `{"id":"u%d","name":"Some Body %[1]d","email":"some.body.%[1]d@contoso.example","active":true,"userRoleId":"%s",`+
			`"permissions":"ShareOwnGroups,ViewAllConnections","tfa_enforcement":false,"sso_status":1}`, i+1, "3f0c9f0e-6a3b-4a52-8d6e-0b6f8d1f0c11")
	}
	_, _ = io.WriteString(w, `]}`)
}

// TestLargeCompaniesLoad: what is bounded lets large companies pass, and takes no memory that grows
// with them.
func TestLargeCompaniesLoad(t *testing.T) {
	if testing.Short() {
		t.Skip("loads 250,000 users; not in short mode")
	}
	for _, test := range []struct {
		count int
		gzip  bool
	}{{100_000, true}, {250_000, false}} {
		t.Run(fmt.Sprint(test.count), func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				var out io.Writer = w
				if test.gzip && r.Header.Get("Accept-Encoding") == "gzip" {
					w.Header().Set("Content-Encoding", "gzip")
					z, _ := gzip.NewWriterLevel(w, gzip.BestSpeed)
					defer func() { _ = z.Close() }()
					out = z
				}
				staffList(out, test.count)
			}))
			defer server.Close()
			c := newClient(t, tvapi.Options{Token: token, BaseURL: server.URL})
			n, before, most := 0, live(), 0
			for u, err := range c.Users(t.Context()) {
				if err != nil {
					t.Fatalf("after %d users: %v", n, err)
				}
				n++
				if int(u.ID) != n || u.SSOStatus != 1 || !strings.HasPrefix(u.Name, "Some Body") {
					t.Fatalf("user %d = %+v", n, u)
				}
				if n%(test.count/5) == 0 {
					most = max(most, live()-before)
				}
			}
			if n != test.count || most > 8<<20 {
				t.Errorf("%d users, want %d; %d KiB in use meanwhile, want at most 8192", n, test.count, most>>10)
			}
		})
	}
}

// live is how many bytes are in use.
func live() int {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}
