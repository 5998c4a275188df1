package tvapi_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"tvscim/tvapi"
)

// The rules in this file hold for every method: what counts as an answer of the Web API at all.

func TestSuccessWithoutBody(t *testing.T) {
	t.Parallel()
	for _, m := range methods() {
		for _, status := range []int{200, 201, 202, 204} {
			t.Run(m.name+" "+http.StatusText(status), func(t *testing.T) {
				t.Parallel()
				_, c := serve(t, reply{status: status})
				want := tvapi.KindForeign
				if m.bodyless {
					want = 0
				}
				if err := m.call(t.Context(), c); tvapi.KindOf(err) != want {
					t.Errorf("%d without body: %v, want %v", status, err, want)
				}
			})
		}
	}
}

func TestWrongSuccessIsForeign(t *testing.T) {
	t.Parallel()
	wrong := map[string]reply{
		"HTML":                  {status: 200, kind: "text/html", body: "<html><body>Sign in</body></html>"},
		"XHTML":                 {status: 200, kind: "application/xhtml+xml", body: `{"token_valid":true}`},
		"HTML called JSON":      {status: 200, body: "<!DOCTYPE html>"},
		"text":                  {status: 200, kind: "text/plain", body: "OK then"},
		"cut JSON":              {status: 200, body: `{"users":[{"id":"u1"`},
		"garbage after":         {status: 200, body: `{"users":[],"resources":[]} trailing`},
		"two objects":           {status: 200, body: `{}{}`},
		"error body":            {status: 200, body: `{"error":"internal_error","error_description":"oops"}`},
		"HTML with 204's kin":   {status: 203, kind: "TEXT/HTML; charset=utf-8", body: "<p>no</p>"},
		"string":                {status: 200, body: `hello`},
		"unfinished escape":     {status: 200, body: `"\`},
		"control in a string":   {status: 200, body: "\"\x01\""},
		"redirect page":         {status: 302, kind: "text/html", body: "<a>moved</a>", header: map[string]string{"Location": "/login"}},
		"redirect, no body":     {status: 307, header: map[string]string{"Location": "https://example.com/"}},
		"not modified":          {status: 304},
		"foreign 404":           {status: 404, kind: "text/html", body: "<h1>Not Found</h1>"},
		"404 without a body":    {status: 404},
		"JSON of another 404":   {status: 404, body: `{"message":"no route"}`},
		"foreign 403":           {status: 403, kind: "text/html", body: "<h1>Attention required</h1>"},
		"foreign 401":           {status: 401, kind: "text/html", body: "<h1>Proxy login</h1>"},
		"HTML holding an error": {status: 404, kind: "text/html", body: `{"error":"not_found"}`},
	}
	for _, m := range methods() {
		for name, answer := range wrong {
			t.Run(m.name+"/"+name, func(t *testing.T) {
				t.Parallel()
				_, c := serve(t, answer)
				if err := m.call(t.Context(), c); tvapi.KindOf(err) != tvapi.KindForeign {
					t.Errorf("error = %v, want KindForeign", err)
				}
			})
		}
	}
}

func TestServerFaultsAndLimitsNeedNoBody(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		answer reply
		want   tvapi.Kind
	}{
		"500 empty": {reply{status: 500}, tvapi.KindServer},
		"502 HTML":  {reply{status: 502, kind: "text/html", body: "<h1>Bad gateway</h1>"}, tvapi.KindServer},
		"503 JSON":  {refused(503, "internal_error"), tvapi.KindServer},
		"429 empty": {reply{status: 429}, tvapi.KindThrottled},
		"429 HTML":  {reply{status: 429, kind: "text/html", body: "<h1>Slow down</h1>"}, tvapi.KindThrottled},
		"403 limit": {refused(403, "rate_limit_reached"), tvapi.KindThrottled},
	}
	for _, m := range methods() {
		for name, test := range tests {
			t.Run(m.name+"/"+name, func(t *testing.T) {
				t.Parallel()
				_, c := serve(t, test.answer)
				if err := m.call(t.Context(), c); tvapi.KindOf(err) != test.want {
					t.Errorf("error = %v, want %v", err, test.want)
				}
			})
		}
	}
}

// TestNoRedirectIsFollowed proves that the token goes nowhere but to the address in the settings.
func TestNoRedirectIsFollowed(t *testing.T) {
	t.Parallel()
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("%s %s with Authorization %q came to another host", r.Method, r.URL, r.Header.Get("Authorization"))
	}))
	t.Cleanup(other.Close)
	for _, m := range methods() {
		for _, status := range []int{301, 302, 303, 307, 308} {
			t.Run(m.name+" "+http.StatusText(status), func(t *testing.T) {
				t.Parallel()
				s, c := serve(t, reply{status: status, header: map[string]string{"Location": other.URL + "/api/v1/ping"}})
				if err := m.call(t.Context(), c); tvapi.KindOf(err) != tvapi.KindForeign {
					t.Errorf("error = %v, want KindForeign", err)
				}
				if n := len(s.requests()); n != 1 {
					t.Errorf("%d requests, want 1", n)
				}
			})
		}
	}
}

func TestAnswersHaveALimit(t *testing.T) {
	t.Parallel()
	lists := map[string]bool{"Users": true, "Groups": true, "Members": true, "Roles": true}
	for _, m := range methods() {
		if lists[m.name] {
			continue
		}
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			padded := m.answer
			if padded.body == "" {
				padded = ok(`{}`)
			}
			padded.body += strings.Repeat(" ", 1<<20-len(padded.body))
			tooLong := padded
			tooLong.body += " "
			s, c := serve(t, padded, tooLong)
			if err := m.call(t.Context(), c); err != nil {
				t.Errorf("1 MiB: %v", err)
			}
			err := m.call(t.Context(), c)
			if tvapi.KindOf(err) != tvapi.KindForeign || !strings.Contains(err.Error(), "more than 1048576 bytes") {
				t.Errorf("1 MiB and a byte: %v, want KindForeign that says so", err)
			}
			if n := len(s.requests()); n != 2 {
				t.Errorf("%d requests, want 2", n)
			}
		})
	}
}

func TestEndedContextSendsNothing(t *testing.T) {
	t.Parallel()
	for _, m := range methods() {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			s, c := serve(t)
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			err := m.call(ctx, c)
			if tvapi.KindOf(err) != tvapi.KindUnsent {
				t.Errorf("error = %v, want KindUnsent", err)
			}
			if !isCanceled(err) {
				t.Errorf("error = %v, want context.Canceled in its chain", err)
			}
			if got := s.requests(); len(got) != 0 {
				t.Errorf("sent %v", got)
			}
		})
	}
}
