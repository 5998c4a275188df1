package tvfake_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tvscim/tvapi/tvfake"
)

const (
	createPath = "/users"
	createBody = `{"email":"jo@example.com","name":"Jo","language":"en"}`
)

// outcome of POST /users under a fault.
type outcome struct {
	status  int    // 0 = no whole answer came
	created bool   // the work was done
	says    string // the answer holds this
}

func TestFaults(t *testing.T) {
	t.Parallel()
	html := tvfake.Default()
	html.HTMLErrors = true
	edge := html
	edge.LimitStatus = http.StatusTooManyRequests
	tests := []struct {
		name    string
		fault   tvfake.Fault
		variant tvfake.Variant
		want    outcome
		label   string
	}{
		{"500 before", tvfake.Fault{Status: 500}, tvfake.Variant{}, outcome{500, false, `"internal_error"`}, "500"},
		{"500 after", tvfake.Fault{Status: 500, After: true}, tvfake.Variant{}, outcome{500, true, `"internal_error"`}, "500, after the work"},
		{"503 page", tvfake.Fault{Status: 503}, html, outcome{503, false, "<html>"}, "503"},
		{"403 of the edge", tvfake.Fault{Status: 403}, html, outcome{403, false, "<html>"}, "403"},
		{"400 is never a page", tvfake.Fault{Status: 400}, html, outcome{400, false, `"invalid_request"`}, "400"},
		{"401", tvfake.Fault{Status: 401}, tvfake.Variant{}, outcome{401, false, `"invalid_token"`}, "401"},
		{"403", tvfake.Fault{Status: 403}, tvfake.Variant{}, outcome{403, false, `"blocked"`}, "403"},
		{"404", tvfake.Fault{Status: 404}, tvfake.Variant{}, outcome{404, false, `"not_found"`}, "404"},
		{"429", tvfake.Fault{Status: 429}, tvfake.Variant{}, outcome{429, false, `"rate_limit_reached"`}, "429"},
		{"own body", tvfake.Fault{Status: 403, Body: `{"error":"too_many_retries"}`}, html, outcome{403, false, `{"error":"too_many_retries"}`}, "403"},
		{"200 without the work", tvfake.Fault{Status: 200, Body: "<html>login</html>"}, tvfake.Variant{}, outcome{200, false, "login"}, "200"},
		{"204 without a body", tvfake.Fault{Status: 204}, tvfake.Variant{}, outcome{204, false, ""}, "204"},
		{"limit", tvfake.Fault{Limit: true}, tvfake.Variant{}, outcome{403, false, `"rate_limit_reached"`}, "limit"},
		{"limit of the edge", tvfake.Fault{Limit: true}, edge, outcome{429, false, "<html>"}, "limit"},
		{"limit after", tvfake.Fault{Limit: true, After: true}, tvfake.Variant{}, outcome{403, true, `"rate_limit_reached"`}, "limit, after the work"},
		{"lost before", tvfake.Fault{Lost: true}, tvfake.Variant{}, outcome{0, false, ""}, "lost"},
		{"lost after", tvfake.Fault{Lost: true, After: true}, tvfake.Variant{}, outcome{0, true, ""}, "lost, after the work"},
		{"no body", tvfake.Fault{Truncate: tvfake.TruncateEmpty}, tvfake.Variant{}, outcome{200, true, ""}, "truncated"},
		{"an empty object", tvfake.Fault{Truncate: tvfake.TruncateObject}, tvfake.Variant{}, outcome{200, true, "{}"}, "truncated"},
		{"half a body", tvfake.Fault{Truncate: tvfake.TruncateHalf}, tvfake.Variant{}, outcome{200, true, `{"id":`}, "truncated"},
		{"a body that breaks", tvfake.Fault{Truncate: tvfake.TruncateBroken}, tvfake.Variant{}, outcome{0, true, ""}, "truncated"},
		{"an error cut to nothing", tvfake.Fault{Status: 500, Truncate: tvfake.TruncateEmpty}, tvfake.Variant{}, outcome{500, false, ""}, "500, truncated"},
		{"another function's", tvfake.Fault{Function: "GET /users", Status: 500}, tvfake.Variant{}, outcome{200, true, `"id"`}, ""},
		{"another token's", tvfake.Fault{Token: "x", Status: 500}, tvfake.Variant{}, outcome{200, true, `"id"`}, ""},
		{"this function's", tvfake.Fault{Function: "POST /users", Status: 500}, tvfake.Variant{}, outcome{500, false, ""}, "500"},
		{"this token's", tvfake.Fault{Token: "tok", Status: 500}, tvfake.Variant{}, outcome{500, false, ""}, "500"},
		{"never", tvfake.Fault{Status: 500, Rate: 1e-300}, tvfake.Variant{}, outcome{200, true, `"id"`}, ""},
		{"certain", tvfake.Fault{Status: 500, Rate: 1}, tvfake.Variant{}, outcome{500, false, ""}, "500"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := newClient(t, tvfake.Options{Token: "tok", Variant: tt.variant})
			c.server.Fail(tt.fault)
			r, err := c.try(t.Context(), "POST", createPath, createBody)
			if (err != nil) != (tt.want.status == 0) || err == nil && r.status != tt.want.status {
				t.Fatalf("status %d, error %v, want status %d", r.status, err, tt.want.status)
			}
			if !strings.Contains(r.body, tt.want.says) || tt.want.says == "" && tt.want.status/100 == 2 && r.body != "" {
				t.Errorf("answer %q, want %q", r.body, tt.want.says)
			}
			_, created := c.server.UserByEmail("jo@example.com")
			same(t, "created", created, tt.want.created)
			same(t, "counted", c.server.Count("POST /users"), 1)
			same(t, "fault in the log", c.server.Log()[0].Fault, tt.label)
		})
	}
}

func TestLostIsEOF(t *testing.T) {
	t.Parallel()
	c := newClient(t, tvfake.Options{})
	c.server.Fail(tvfake.Fault{Lost: true, Times: 1})
	if _, err := c.try(t.Context(), "GET", "/ping", ""); !errors.Is(err, io.EOF) {
		t.Errorf("lost answer: %v, want io.EOF", err)
	}
	same(t, "status in the log", c.server.Log()[0].Status, 0)
	c.server.Fail(tvfake.Fault{Truncate: tvfake.TruncateBroken})
	if r, err := c.try(t.Context(), "GET", "/ping", ""); !errors.Is(err, io.ErrUnexpectedEOF) || r.body == "" {
		t.Errorf("broken body: %q %v, want a beginning and io.ErrUnexpectedEOF", r.body, err)
	}
}

func TestFaultsComeBeforeTheToken(t *testing.T) {
	t.Parallel()
	c := newClient(t, tvfake.Options{})
	c.token = "wrong"
	disarm := c.server.Fail(tvfake.Fault{Status: 503})
	c.want(http.StatusServiceUnavailable, "GET", "/users", "")
	c.want(http.StatusServiceUnavailable, "GET", "/nowhere", "")
	disarm()
	disarm() // twice is no harm
	c.want(http.StatusUnauthorized, "GET", "/users", "")
}

func TestFaultHeaders(t *testing.T) {
	t.Parallel()
	limited := tvfake.Default()
	limited.LimitStatus, limited.LimitRetryAfter = http.StatusTooManyRequests, "7"
	tests := []struct {
		name                    string
		fault                   tvfake.Fault
		retryAfter, contentType string
	}{
		{"nothing said", tvfake.Fault{Status: 503}, "", "application/json; charset=utf-8"},
		{"retry after", tvfake.Fault{Status: 503, RetryAfter: "3"}, "3", "application/json; charset=utf-8"},
		{"page guessed", tvfake.Fault{Status: 503, Body: "<p>"}, "", "text/html; charset=utf-8"},
		{"array guessed", tvfake.Fault{Status: 503, Body: "[]"}, "", "application/json; charset=utf-8"},
		{"type given", tvfake.Fault{Status: 503, Body: "x", ContentType: "text/plain"}, "", "text/plain"},
		{"limit of the variant", tvfake.Fault{Limit: true}, "7", "application/json; charset=utf-8"},
		{"limit with its own", tvfake.Fault{Limit: true, RetryAfter: "9"}, "9", "application/json; charset=utf-8"},
		{"beside the work's answer", tvfake.Fault{RetryAfter: "1"}, "1", "application/json; charset=utf-8"},
	}
	for _, tt := range tests {
		c := newClient(t, tvfake.Options{Variant: limited})
		c.server.Fail(tt.fault)
		h := c.do("GET", "/users", "").header
		same(t, tt.name+": Retry-After", h.Get("Retry-After"), tt.retryAfter)
		same(t, tt.name+": Content-Type", h.Get("Content-Type"), tt.contentType)
	}
}

// statuses are those of n pings in a row.
func statuses(c *client, n int) string {
	c.t.Helper()
	var b strings.Builder
	for range n {
		if c.do("GET", "/ping", "").status == http.StatusOK {
			b.WriteByte('.')
		} else {
			b.WriteByte('x')
		}
	}
	return b.String()
}

func TestFaultCounts(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		fault tvfake.Fault
		want  string
	}{
		"until cleared":  {tvfake.Fault{Status: 500}, "xxxxxx"},
		"twice":          {tvfake.Fault{Status: 500, Times: 2}, "xx...."},
		"after two":      {tvfake.Fault{Status: 500, Skip: 2}, "..xxxx"},
		"one, after two": {tvfake.Fault{Status: 500, Skip: 2, Times: 1}, "..x..."},
	} {
		c := newClient(t, tvfake.Options{})
		c.server.Fail(tt.fault)
		same(t, name, statuses(c, 6), tt.want)
	}
}

func TestFaultsInTurn(t *testing.T) {
	t.Parallel()
	c := newClient(t, tvfake.Options{})
	c.server.Fail(tvfake.Fault{Status: 500, Times: 1})
	c.server.Fail(tvfake.Fault{Status: 502, Times: 1})
	for _, want := range []int{500, 502, 200} {
		same(t, "status", c.do("GET", "/ping", "").status, want)
	}
}

func TestFaultRate(t *testing.T) {
	t.Parallel()
	run := func(seed uint64) string {
		c := newClient(t, tvfake.Options{Seed: seed})
		c.server.Fail(tvfake.Fault{Status: 500, Rate: 0.1})
		return statuses(c, 1000)
	}
	struck := strings.Count(run(1), "x")
	if struck < 60 || struck > 140 {
		t.Errorf("%d of 1000 calls were struck, want about 100", struck)
	}
	same(t, "one seed", run(1), run(1))
	if run(1) == run(2) {
		t.Error("two seeds strike the same calls")
	}
}

func TestFaultLasts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newClient(t, tvfake.Options{})
		c.server.Fail(tvfake.Fault{Limit: true, Times: 1, Skip: 1, For: time.Minute})
		same(t, "at first", statuses(c, 3), ".xx")
		c.want(http.StatusOK, "GET", "/users", "") // a limit is one function's
		time.Sleep(time.Minute - 1)
		same(t, "to the end", statuses(c, 2), "xx")
		time.Sleep(time.Nanosecond)
		same(t, "afterwards", statuses(c, 3), "...")
	})
}

func TestFaultDelay(t *testing.T) {
	t.Parallel()
	for _, after := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			c := newClient(t, tvfake.Options{})
			c.server.Fail(tvfake.Fault{Delay: 10 * time.Second, After: after, Times: 2})
			begin := time.Now()
			c.want(http.StatusOK, "POST", createPath, createBody)
			same(t, "time taken", time.Since(begin), 10*time.Second)

			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			u, _ := c.server.UserByEmail("jo@example.com")
			_, err := c.try(ctx, "DELETE", "/users/"+u.ID, "")
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("error %v, want the deadline's", err)
			}
			same(t, "time taken", time.Since(begin), 11*time.Second)
			_, still := c.server.User(u.ID)
			same(t, "work undone", still, !after)
			c.want(http.StatusOK, "GET", "/ping", "")
			same(t, "time taken by the third", time.Since(begin), 11*time.Second)
		})
	}
}
