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
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"tvscim/tvapi"
)

// everyAnswer is the one table from status and body to Kind.
var everyAnswer = []struct {
	status   int
	category string // of an error body; "-" = no body; anything else with a space = that text
	want     tvapi.Kind
}{
	{400, "invalid_request", tvapi.KindInvalid},
	{400, "something_new", tvapi.KindInvalid},
	{400, "email_in_use", tvapi.KindConflict},
	{403, "email_in_use", tvapi.KindConflict},
	{409, "email_in_use", tvapi.KindConflict},
	{409, "something_new", tvapi.KindConflict},
	{409, "-", tvapi.KindConflict},
	{400, "not_found", tvapi.KindNotFound},
	{404, "not_found", tvapi.KindNotFound},
	{404, "invalid_request", tvapi.KindInvalid},
	{400, "license_required", tvapi.KindLicense},
	{402, "license_required", tvapi.KindLicense},
	{403, "license_required", tvapi.KindLicense},
	{404, "license_required", tvapi.KindLicense},
	{401, "invalid_token", tvapi.KindToken},
	{401, "token_expired", tvapi.KindToken},
	{401, "something_new", tvapi.KindToken},
	{401, "-", tvapi.KindToken},
	{400, "invalid_client", tvapi.KindToken},
	{403, "invalid_token", tvapi.KindToken},
	{403, "invalid_permission", tvapi.KindPermission},
	{400, "invalid_permission", tvapi.KindPermission},
	{403, "something_new", tvapi.KindPermission},
	{403, "blocked", tvapi.KindBlocked},
	{403, "rate_limit_reached", tvapi.KindThrottled},
	{403, "too_many_retries", tvapi.KindThrottled},
	{429, "rate_limit_reached", tvapi.KindThrottled},
	{429, "something_new", tvapi.KindThrottled},
	{429, "-", tvapi.KindThrottled},
	{500, "internal_error", tvapi.KindServer},
	{400, "internal_error", tvapi.KindServer},
	{500, "not_found", tvapi.KindServer},
	{503, "-", tvapi.KindServer},
	{405, "invalid_request", tvapi.KindInvalid},
	{400, "-", tvapi.KindForeign},
	{403, "-", tvapi.KindForeign},
	{404, "-", tvapi.KindForeign},
	{301, "-", tvapi.KindForeign},
	{400, `{"message": "no"}`, tvapi.KindForeign},
	{404, `{"error": ""}`, tvapi.KindForeign},
	{404, `{"error": null}`, tvapi.KindForeign},
	{404, `{"error": {"code": "not_found"}}`, tvapi.KindForeign},
	{404, `["not_found", 1]`, tvapi.KindForeign},
	{404, `{"error": "not_found"} x`, tvapi.KindForeign},
	{401, `not JSON at all`, tvapi.KindForeign},
	{409, `not JSON at all`, tvapi.KindForeign},
	{418, ` `, tvapi.KindForeign},
	{401, ` `, tvapi.KindToken},
}

func TestErrorOfEveryAnswer(t *testing.T) {
	t.Parallel()
	for _, test := range everyAnswer {
		t.Run(fmt.Sprintf("%d %s", test.status, test.category), func(t *testing.T) {
			t.Parallel()
			answer := refused(test.status, test.category)
			described := true
			if test.category == "-" {
				answer.body, described = "", false
			} else if strings.Contains(test.category, " ") {
				answer.body, described = test.category, false
			}
			_, c := serve(t, answer)
			_, err := c.User(t.Context(), 12)
			want := &tvapi.Error{Function: tvapi.FuncUserGet, Subject: "user u12", Kind: test.want, Status: test.status}
			if described {
				want.Category, want.Description, want.Signature = test.category, "told by TeamViewer", 42
			}
			got, ok := errors.AsType[*tvapi.Error](err)
			if !ok {
				t.Fatalf("error %v is no *tvapi.Error", err)
			}
			// How long to wait is not the answer's alone to say; it has tests of its own.
			ignored := cmp.Options{cmpopts.IgnoreUnexported(tvapi.Error{}), cmpopts.IgnoreFields(tvapi.Error{}, "RetryAfter", "Host")}
			if diff := cmp.Diff(want, got, ignored); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
		})
	}
}

func TestErrorText(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		answer reply
		call   func(context.Context, *tvapi.Client) error
		want   string
	}{
		"with a description": {
			refused(400, "email_in_use"),
			func(ctx context.Context, c *tvapi.Client) error {
				return c.UpdateUser(ctx, 12, tvapi.UserUpdate{Email: ptr("bo@example.com")})
			},
			"user u12: PUT /users/{id}: 400 email_in_use: told by TeamViewer",
		},
		"without a description": {
			reply{status: 404, body: `{"error":"not_found"}`},
			func(ctx context.Context, c *tvapi.Client) error { return c.DeleteGroup(ctx, 456) },
			"usergroup 456: DELETE /usergroups/{id}: 404 not_found",
		},
		"without a body": {
			reply{status: 500},
			func(ctx context.Context, c *tvapi.Client) error { return drain(c.Users(ctx)) },
			"GET /users: 500 server",
		},
		"not TeamViewer's": {
			reply{status: 404, kind: "text/html", body: "<h1>nginx</h1>"},
			func(ctx context.Context, c *tvapi.Client) error { return drain(c.Groups(ctx)) },
			"GET /usergroups: 404 foreign: the answer is not from TeamViewer",
		},
		"not sent": {
			reply{},
			func(ctx context.Context, c *tvapi.Client) error { return c.RemoveUser(ctx, 0) },
			"user 0: DELETE /users/{id}: unsent: not the id of a user",
		},
		"lost": {
			reply{},
			func(ctx context.Context, c *tvapi.Client) error { return c.RemoveUser(ctx, 3) },
			"user u3: DELETE /users/{id}: lost: the connection to HOST broke before the answer was complete (EOF)",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, c := serve(t, test.answer)
			err := test.call(t.Context(), c)
			if err == nil || strings.ReplaceAll(err.Error(), s.server.Listener.Addr().String(), "HOST") != test.want {
				t.Errorf("error = %v, want %s", err, test.want)
			}
		})
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	date := func(d time.Duration) func() string {
		return func() string { return time.Now().Add(d).UTC().Format(http.TimeFormat) }
	}
	text := func(s string) func() string { return func() string { return s } }
	tests := map[string]struct {
		header func() string
		want   time.Duration
	}{
		"missing":      {text(""), 0},
		"seconds":      {text("17"), 17 * time.Second},
		"spaces":       {text(" 17 "), 17 * time.Second},
		"zero":         {text("0"), 0},
		"negative":     {text("-5"), 0},
		"fraction":     {text("1.5"), 0},
		"words":        {text("soon"), 0},
		"date":         {date(90 * time.Second), 90 * time.Second},
		"past date":    {date(-time.Hour), 0},
		"a week":       {text("604800"), 15 * time.Minute},
		"overflow":     {text("18446744073709551615"), 15 * time.Minute},
		"far too big":  {text("99999999999999999999999"), 15 * time.Minute},
		"distant date": {date(1000 * time.Hour), 15 * time.Minute},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := newClient(t, tvapi.Options{Token: token, Transport: transport(func(r *http.Request) (*http.Response, error) {
					h := http.Header{"Retry-After": {test.header()}}
					return &http.Response{StatusCode: 503, Request: r, Header: h, Body: http.NoBody}, nil
				})})
				_, err := c.Ping(t.Context())
				e, ok := errors.AsType[*tvapi.Error](err)
				if !ok || e.RetryAfter != test.want {
					t.Errorf("error = %#v, want RetryAfter %v", err, test.want)
				}
			})
		})
	}
}

func TestKindOf(t *testing.T) {
	t.Parallel()
	inner := &tvapi.Error{Kind: tvapi.KindThrottled}
	tests := map[string]struct {
		err  error
		want tvapi.Kind
	}{
		"nil":     {nil, 0},
		"foreign": {errors.New("no"), 0},
		"context": {context.Canceled, 0},
		"direct":  {inner, tvapi.KindThrottled},
		"wrapped": {fmt.Errorf("usergroup 12: %w", inner), tvapi.KindThrottled},
		"joined":  {errors.Join(errors.New("no"), inner), tvapi.KindThrottled},
	}
	for name, test := range tests {
		if got := tvapi.KindOf(test.err); got != test.want {
			t.Errorf("%s: KindOf = %v, want %v", name, got, test.want)
		}
	}
}

func TestKinds(t *testing.T) {
	t.Parallel()
	tests := []struct {
		kind      tvapi.Kind
		name      string
		uncertain bool
	}{
		{0, "ok", false},
		{tvapi.KindUnsent, "unsent", false},
		{tvapi.KindLost, "lost", true},
		{tvapi.KindForeign, "foreign", true},
		{tvapi.KindServer, "server", true},
		{tvapi.KindThrottled, "throttled", false},
		{tvapi.KindToken, "token", false},
		{tvapi.KindPermission, "permission", false},
		{tvapi.KindLicense, "license", false},
		{tvapi.KindBlocked, "blocked", false},
		{tvapi.KindNotFound, "not_found", false},
		{tvapi.KindConflict, "conflict", false},
		{tvapi.KindInvalid, "invalid", false},
		{tvapi.KindInvalid + 1, "unknown", false},
		{-1, "unknown", false},
	}
	for _, test := range tests {
		if got := test.kind.String(); got != test.name {
			t.Errorf("Kind(%d) = %q, want %q", int(test.kind), got, test.name)
		}
		if got := test.kind.Uncertain(); got != test.uncertain {
			t.Errorf("%v.Uncertain() = %v", test.kind, got)
		}
	}
}

// TestErrorsHideSecrets lets the service repeat every secret of the call in every place where it
// can speak.
func TestErrorsHideSecrets(t *testing.T) {
	t.Parallel()
	const password, sso = `Pa55"word<&>`, "sso-customer-77"
	body := fmt.Sprintf(`{"error":"bad %[1]s","error_description":"%[1]s %[2]s %[3]s"}`, token, `Pa55\"word<&>`, sso)
	for _, status := range []int{400, 401, 403, 409, 429, 500} {
		t.Run(http.StatusText(status), func(t *testing.T) {
			t.Parallel()
			s, c := serve(t, reply{status: status, body: body}, reply{status: status, body: body})
			_, created := c.CreateUser(t.Context(), tvapi.UserCreate{
				Email: "ada@example.com", Name: "Ada", Language: "en", UserSecrets: tvapi.UserSecrets{Password: ptr(password), SSOCustomerID: ptr(sso)},
			})
			updated := c.UpdateUser(t.Context(), 12, tvapi.UserUpdate{UserSecrets: tvapi.UserSecrets{Password: ptr(password), SSOCustomerID: ptr(sso)}})
			for _, err := range []error{created, updated} {
				text := fmt.Sprintf("%v %+v %#v", err, err, err)
				if strings.Contains(text, token) || strings.Contains(text, password) || strings.Contains(text, sso) {
					t.Errorf("error holds a secret: %s", text)
				}
				if !strings.Contains(text, "<secret>") {
					t.Errorf("error does not say that it hides: %s", text)
				}
			}
			for _, request := range s.requests() {
				if !strings.Contains(request.Body, sso) {
					t.Errorf("secrets were not sent either: %s", request.Body)
				}
			}
		})
	}
}

func TestTransportErrorsHideTheToken(t *testing.T) {
	t.Parallel()
	c := newClient(t, tvapi.Options{Token: token, Transport: transport(func(r *http.Request) (*http.Response, error) {
		return nil, fmt.Errorf("proxy says no to %v", r.Header)
	})})
	_, err := c.Ping(t.Context())
	if text := fmt.Sprintf("%v %+v %#v", err, err, err); strings.Contains(text, token) || !strings.Contains(text, "proxy says no") {
		t.Errorf("error = %s", text)
	}
}

func TestErrorTextIsOneBoundedLine(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ said, want string }{
		"line breaks":      {`first\r\nlevel=error msg=\"forged\"`, `first level=error msg="forged"`},
		"terminal escapes": {`\u001b[31mred\u001b[0m\u0007`, "[31mred [0m"},
		"other direction":  {`a\u202eb\u2028c`, "a b c"},
		"not UTF-8":        {"a\xff\xfeb", "a\ufffd\ufffdb"},
		"letters":          {`Straße 東京`, "Straße 東京"},
		"long":             {strings.Repeat("ä", 1000), strings.Repeat("ä", 250)},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, c := serve(t, reply{status: 400, body: `{"error":"x","error_description":"` + test.said + `"}`})
			_, err := c.Ping(t.Context())
			e, ok := errors.AsType[*tvapi.Error](err)
			if !ok || e.Description != test.want {
				t.Errorf("error = %#v, want description %q", err, test.want)
			}
		})
	}
}

// FuzzErrorBody answers anything with a 4xx: the error is always one of ours, one
// clean line, and a missing thing only when the body says so.
func FuzzErrorBody(f *testing.F) {
	for _, seed := range []string{
		"", " ", "<html>", "{", "null", `"x"`, "[]", "{}", `{"error":"not_found"}`, `{"error":1}`, `{"ERROR":"x"}`,
		`{"error":"a","error":"b"}`, `{"error":"x","error_signature":"7"}`, `{"error":"x","error_signature":1e99}`,
		`{"error":"x","error_code":null,"error_description":["y"]}`, "\xef\xbb\xbf{\"error\":\"x\"}",
		`{"error":"` + token + `"}`, `{"error":"\u0000\u202e"}`, `{"error":"x","error_description":"\ud800"}`,
	} {
		f.Add(404, seed)
		f.Add(401, seed)
	}
	f.Fuzz(func(t *testing.T, status int, body string) {
		status = 400 + abs(status)%100
		c := newClient(t, tvapi.Options{Token: token, Transport: transport(func(r *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: status, Request: r, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}, nil
		})})
		_, err := c.User(t.Context(), 12)
		e, ok := errors.AsType[*tvapi.Error](err)
		if !ok || e.Kind == 0 || e.Kind == tvapi.KindUnsent || e.Status != status {
			t.Fatalf("error = %#v", err)
		}
		if text := e.Error(); len(text) > 700 || !utf8.ValidString(text) || strings.Contains(text, token) ||
			strings.ContainsFunc(text, unicode.IsControl) {
			t.Errorf("text = %q", text)
		}
		if e.Kind == tvapi.KindNotFound && !strings.Contains(strings.ToLower(body), `error"`) {
			t.Errorf("%q was taken for TeamViewer's word that the user is unknown", body)
		}
	})
}

func abs(n int) int { return max(n, -(n + 1)) }
