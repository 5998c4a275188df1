package proxy_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tvscim/proxy"
	"tvscim/scim"
	"tvscim/scim/scimtest"
)

// endpoints are paths of every kind, below the base path.
var endpoints = []string{
	"", "/", "/Users", "/Users/user-1", "/Groups", "/Groups/group-1", "/Schemas", "/Schemas/x", "/ResourceTypes",
	"/ResourceTypes/User", "/ServiceProviderConfig", "/Me", "/Bulk", "/.search", "/Users/.search", "/Groups/.search",
	"/Nothing", "/Users/user-1/x", "/Users/a%2Fb", "/Users/%2e%2e", "/users",
}

// faulty is a store of users that asks fail before it answers.
type faulty struct {
	*scimtest.Memory[scim.User]
	fail func(context.Context) error
}

func (f faulty) Get(ctx context.Context, req scim.GetRequest) (scim.User, error) {
	if err := f.fail(ctx); err != nil {
		return scim.User{}, err
	}
	return f.Memory.Get(ctx, req)
}

func (f faulty) Replace(ctx context.Context, req scim.ReplaceRequest[scim.User]) (scim.User, error) {
	if err := f.fail(ctx); err != nil {
		return scim.User{}, err
	}
	return f.Memory.Replace(ctx, req)
}

// failing makes GET and PUT of a user fail.
func failing(fail func(context.Context) error) func(*proxy.Options) {
	return func(o *proxy.Options) {
		o.Directory.(*directory).users = faulty{Memory: scimtest.NewMemory[scim.User](userType()), fail: fail}
	}
}

func TestRoutingErrors(t *testing.T) {
	t.Parallel()
	c := serve(t)
	for _, r := range []request{
		{method: "GET", path: ""},
		{method: "GET", path: "/Nothing"},
		{method: "GET", path: "/users"},
		{method: "GET", path: "/Users/user-1/members"},
		{method: "GET", path: "/Users/.."},
		{method: "GET", path: "/Users/user-404"},
		{method: "GET", path: "/Groups/" + strings.Repeat("x", 10_000)},
		{method: "DELETE", path: "/Users"},
		{method: "DELETE", path: "/Users/"},
		{method: "PATCH", path: "/Users"},
		{method: "POST", path: "/Users/user-1"},
		{method: "TRACE", path: "/Users"},
		{method: "POST", path: "/Schemas"},
		{method: "PUT", path: "/ServiceProviderConfig"},
		{method: "GET", path: "/Bulk"},
		{method: "POST", path: "/Bulk", body: "{}"},
		{method: "POST", path: "/.search", body: "{}"},
		{method: "POST", path: "/Users/.search", body: "{}"},
		{method: "POST", path: "/Groups/.search", body: "{}"},
		{method: "GET", path: "/Users/.search"},
		{method: "GET", path: "/Me"},
		{method: "PATCH", path: "/Me", body: "{}"},
		{method: "GET", path: "/Schemas?filter=id+pr"},
		{method: "GET", path: "/ResourceTypes?FILTER=id+pr"},
		{method: "GET", path: "/ServiceProviderConfig?filter=x"},
		{method: "GET", path: "/Schemas?x=%zz"},
		{method: "GET", path: "/Schemas/urn:nobody"},
		{method: "GET", path: "/ResourceTypes/%2e%2e"},
	} {
		c.do(r)
	}
	c.golden("routing.txt")
}

func TestBodyAndQueryErrors(t *testing.T) {
	t.Parallel()
	c := serve(t)
	c.send("POST", "/Users", `{"userName":"nora@contoso.example"}`)
	for _, r := range []request{
		{method: "POST", path: "/Users"},
		{method: "POST", path: "/Users", body: " \n"},
		{method: "POST", path: "/Users", body: `{"userName":`},
		{method: "POST", path: "/Users", body: `[]`},
		{method: "POST", path: "/Users", body: `{"displayName":"Nora"}`},
		{method: "POST", path: "/Users", body: `{"userName":7}`},
		{method: "POST", path: "/Users", body: `{"userName":"nora@contoso.example"}`},
		{method: "POST", path: "/Groups", body: `{"members":[]}`},
		{method: "PUT", path: "/Users/user-1", body: `{"active":true}`},
		{method: "PUT", path: "/Users/user-404", body: `{"userName":"x@contoso.example"}`},
		{method: "PATCH", path: "/Users/user-1", body: `{}`},
		{method: "PATCH", path: "/Users/user-1", body: `{"Operations":[{"op":"jump","path":"active"}]}`},
		{method: "PATCH", path: "/Users/user-1", body: `{"Operations":[{"op":"replace","path":"emails[","value":"x"}]}`},
		{method: "PATCH", path: "/Users/user-1", body: `{"Operations":[{"op":"replace","path":"id","value":"x"}]}`},
		{method: "PATCH", path: "/Users/user-404", body: `{"Operations":[{"op":"replace","path":"active","value":true}]}`},
		{method: "GET", path: "/Users?filter=userName+eq"},
		{method: "GET", path: "/Users?startIndex=one"},
		{method: "GET", path: "/Users?filter=userName+eq+%zz"},
		{method: "GET", path: "/Users?filter=userName+eq+%22a%22;x"},
	} {
		c.do(r)
	}
	c.golden("invalid.txt")
}

// TestFailures has stores and directories fail in every way.
func TestFailures(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		err    error
		status int
		retry  string
		detail string // a regular expression
	}{
		{"the store's word", scim.NotFound("User 7: gone"), 404, "", `^User 7: gone$`},
		{"wrapped", fmt.Errorf("user 7: %w", scim.Uniqueness("userName: taken")), 409, "", `^userName: taken$`},
		{"with a cause", scim.InvalidValue("displayName: refused").Because(errors.New("sql: secret")), 400, "", `^displayName: refused$`},
		{"later", scim.Unavailable(2500*time.Millisecond, "the upstream is down"), 503, "3", `^the upstream is down$`},
		{"throttled", scim.TooManyRequests(time.Minute, "the limit is used up"), 429, "60", `^the limit is used up$`},
		{"very soon", scim.TooManyRequests(time.Nanosecond, "wait"), 429, "1", `^wait$`},
		{"at any time", scim.Unavailable(0, "down"), 503, "", `^down$`},
		{"time is up", fmt.Errorf("user 7: %w", context.DeadlineExceeded), 503, "30", `^the request took too long; send it again later$`},
		{"the upstream's time is up", scim.Unavailable(0, "the upstream is slow").Because(context.DeadlineExceeded), 503, "", `^the upstream is slow$`},
		{"canceled by another", context.Canceled, 500, "", `^internal error; .* under the id of this request$`},
		{"unknown", errors.New("sql: no rows at user.go:12"), 500, "", `^internal error; .* under the id of this request$`},
		{"no status", &scim.Error{Detail: "half made"}, 500, "", `^internal error; .* under the id of this request$`},
		{"a status of success", &scim.Error{Status: 200, Detail: "half made"}, 500, "", `^internal error; .* under the id of this request$`},
		{"a status that is none", &scim.Error{Status: 1000, Detail: "half made"}, 500, "", `^internal error; .* under the id of this request$`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			for where, change := range map[string]func(*proxy.Options){
				"store": failing(func(context.Context) error { return test.err }),
				"directory": func(o *proxy.Options) {
					o.Directory.(*directory).open = func(context.Context, proxy.Caller) error { return test.err }
				},
			} {
				a := serve(t, change).send("GET", "/Users/user-1", "")
				body := scimError(t, a)
				if a.status != test.status || a.header.Get("Retry-After") != test.retry {
					t.Errorf("%s: status %d, Retry-After %q; want %d, %q", where, a.status, a.header.Get("Retry-After"), test.status, test.retry)
				}
				if !regexp.MustCompile(test.detail).MatchString(body.Detail) {
					t.Errorf("%s: detail %q, want %s", where, body.Detail, test.detail)
				}
			}
		})
	}
}

// wireError is the body of an error.
type wireError struct {
	Schemas                  []string
	Status, ScimType, Detail string
}

// scimError reads the body of an error and checks what every error must have, such as the request
// id at the end of its detail, which is cut off then.
func scimError(t *testing.T, a reply) wireError {
	t.Helper()
	var e wireError
	if err := json.Unmarshal([]byte(a.body), &e); err != nil {
		t.Fatalf("status %d: not JSON: %v: %s", a.status, err, a.body)
	}
	if len(e.Schemas) != 1 || e.Schemas[0] != scim.ErrorURN {
		t.Errorf("schemas %v", e.Schemas)
	}
	if e.Status != strconv.Itoa(a.status) {
		t.Errorf("status %q in the body of a %d", e.Status, a.status)
	}
	id := " (request " + a.header.Get("X-Request-Id") + ")"
	detail, named := strings.CutSuffix(e.Detail, id)
	if !named || detail == "" {
		t.Errorf("detail %q, want a text and then%s", e.Detail, id)
	}
	e.Detail = detail
	if got := a.header.Get("Content-Type"); got != "application/scim+json" {
		t.Errorf("Content-Type %q", got)
	}
	return e
}

func TestPanicIsAnError(t *testing.T) {
	t.Parallel()
	for name, value := range map[string]any{
		"text": "sql at 0xc000010000", "error": errors.New("runtime error"), "number": 7,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := serve(t, failing(func(context.Context) error { panic(value) }))
			a := c.send("GET", "/Users/user-1", "")
			if e := scimError(t, a); a.status != http.StatusInternalServerError || !strings.HasPrefix(e.Detail, "internal error") {
				t.Errorf("status %d: %s", a.status, a.body)
			}
			if a := c.send("GET", "/Users", ""); a.status != http.StatusOK {
				t.Errorf("the next request: status %d", a.status)
			}
		})
	}
}

func TestAbortEndsTheConnection(t *testing.T) {
	t.Parallel()
	h := newServer(t, failing(func(context.Context) error { panic(http.ErrAbortHandler) })).Handler()
	r := httptest.NewRequest(http.MethodGet, "/scim/v2/Users/user-1", nil)
	r.Header.Set("Authorization", "Bearer "+bearer)
	defer func() {
		if p := recover(); p != http.ErrAbortHandler {
			t.Errorf("recovered %v, want http.ErrAbortHandler to pass", p)
		}
	}()
	h.ServeHTTP(httptest.NewRecorder(), r)
	t.Error("an answer was given")
}

func TestRequestTimeout(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		timeout, want time.Duration
	}{
		"set":     {5 * time.Second, 5 * time.Second},
		"default": {0, time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				h := newServer(t, func(o *proxy.Options) { o.RequestTimeout = test.timeout },
					failing(func(ctx context.Context) error {
						<-ctx.Done()
						return fmt.Errorf("user 7: %w", ctx.Err())
					})).Handler()
				started := time.Now()
				r := httptest.NewRequest(http.MethodGet, "/scim/v2/Users/user-1", nil)
				r.Header.Set("Authorization", "Bearer "+bearer)
				w := httptest.NewRecorder()
				h.ServeHTTP(w, r)
				if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") != "30" {
					t.Errorf("status %d, Retry-After %q", w.Code, w.Header().Get("Retry-After"))
				}
				if took := time.Since(started); took != test.want {
					t.Errorf("answered after %s, want %s", took, test.want)
				}
			})
		})
	}
}

// TestInnerWordsStayInside sends bad input to every endpoint of a server whose directory fails with
// a telling text, then panics, then works; and looks for words in the answers that no client should
// read.
func TestInnerWordsStayInside(t *testing.T) {
	t.Parallel()
	inner := regexp.MustCompile(`(?i)goroutine|runtime|panic|resty|echo|\bsql\b|\.go\b|0x[0-9a-f]{6}|net/http|encoding/json|unmarshal|` +
		`interface ?\{|\bnil\b|\*scim|map\[|%!|<nil>|tvscim/|` + bearer)
	telling := errors.New("panic: sql: resty client.go:12 0xc000012345 goroutine 7 " + bearer)
	states := map[string]func(*proxy.Options){
		"working": func(*proxy.Options) {},
		"failing": func(o *proxy.Options) {
			o.Directory.(*directory).open = func(context.Context, proxy.Caller) error { return telling }
		},
		"failing with a word for the client": func(o *proxy.Options) {
			o.Directory.(*directory).open = func(context.Context, proxy.Caller) error {
				return scim.Unavailable(time.Second, "down").Because(telling)
			}
		},
		"panicking": func(o *proxy.Options) {
			o.Directory.(*directory).open = func(context.Context, proxy.Caller) error { panic(telling) }
		},
	}
	bodies := []string{
		"", "{", "null", "[]", `"x"`, "\xff", `{"userName":{}}`, `{"userName":"a","userName":"b"}`, `{"userName":"a@b.example","emails":7}`,
		`{"displayName":[]}`, `{"displayName":"x","members":"\u0000"}`, `{"Operations":{}}`, `{"Operations":[7]}`,
		`{"Operations":[{"op":"add","path":"a.b.c.d","value":1}]}`, `{"Operations":[{"op":"add","value":7}]}`,
		`{"Operations":[{"op":"replace","path":"emails[type eq","value":1}]}`, strings.Repeat("[", 4000), strings.Repeat(" ", 5000),
	}
	queries := []string{"", "?filter=%22", "?filter=(((", "?filter=userName+xx+1", "?count=1e9", "?attributes=%00", "?%zz"}
	for name, change := range states {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newServer(t, change).Handler()
			for _, path := range endpoints {
				for _, query := range queries {
					for _, method := range []string{"GET", "DELETE"} {
						check(t, h, inner, method, path+query, "")
					}
				}
				for _, body := range bodies {
					for _, method := range []string{"POST", "PUT", "PATCH"} {
						check(t, h, inner, method, path, body)
					}
				}
			}
		})
	}
}

// check sends one request in process and looks for inner words in what comes back.
func check(t *testing.T, h http.Handler, inner *regexp.Regexp, method, path, body string) {
	t.Helper()
	r := httptest.NewRequest(method, "/scim/v2"+path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+bearer)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	var answer strings.Builder
	if err := w.Header().Write(&answer); err != nil {
		t.Fatal(err)
	}
	answer.Write(w.Body.Bytes())
	// The id of a request is chance, and chance spells words at times.
	text := strings.ReplaceAll(answer.String(), w.Header().Get("X-Request-Id"), "")
	if word := inner.FindString(text); word != "" {
		t.Errorf("%s %s %.40q: %q in the answer: %s", method, path, body, word, w.Body)
	}
	if w.Code >= 400 {
		scimError(t, reply{status: w.Code, header: w.Header(), body: w.Body.String()})
	}
}
