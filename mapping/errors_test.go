package mapping

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"tvscim/scim"
	"tvscim/tvapi"
)

// TestToSCIMError is the table of the border between TeamViewer's errors and SCIM's.
func TestToSCIMError(t *testing.T) {
	t.Parallel()
	own, callers := &core{access: &access{}}, &core{access: &access{callersToken: true}}
	for _, test := range []struct {
		name   string
		c      *core
		err    error
		status int
		typ    scim.ErrorType
		retry  time.Duration
		says   string
	}{
		{"unsent", own, &tvapi.Error{Kind: tvapi.KindUnsent}, 503, "", retryTrouble, "Retry the request"},
		{"lost", own, &tvapi.Error{Kind: tvapi.KindLost}, 503, "", retryTrouble, "Retry the request"},
		{"server", own, &tvapi.Error{Kind: tvapi.KindServer, Status: 500, Category: "internal_error"}, 503, "", retryTrouble, "internal_error"},
		{"server asks to wait", own, &tvapi.Error{Kind: tvapi.KindServer, Status: 503, RetryAfter: 7 * time.Second}, 503, "", 7 * time.Second, ""},
		{"foreign", own, &tvapi.Error{Kind: tvapi.KindForeign, Status: 200}, 503, "", retryTrouble, "is not one of TeamViewer's Web API (HTTP status 200)"},
		{"foreign, at its address", own, &tvapi.Error{Kind: tvapi.KindForeign, Status: 200, Host: "tv.example"}, 503, "", retryTrouble, "the answer from tv.example is not one of"},
		{"over a bound", own, fmt.Errorf("load: %w", overBound(t)), 503, "", retryTrouble,
			"TeamViewer's answer to GET /users is larger than the gateway accepts (over a bound: the member name of an entry has more than 1024 bytes)"},
		{"crowded", own, fmt.Errorf("%w", unsent(t)), 503, "", retryTrouble, "too many calls to TeamViewer are in progress"},
		{"throttled", own, &tvapi.Error{Kind: tvapi.KindThrottled, Function: tvapi.FuncUserCreate}, 429, "", retryThrottled, "POST /users is used up"},
		{"throttled, asks to wait", own, &tvapi.Error{Kind: tvapi.KindThrottled, RetryAfter: time.Hour}, 429, "", time.Hour, ""},
		{"our token", own, &tvapi.Error{Kind: tvapi.KindToken, Status: 401}, 503, "", retryThrottled, "teamviewer.token"},
		{"our token, at the data centre of most", own, &tvapi.Error{Kind: tvapi.KindToken, Host: "webapi.teamviewer.com"}, 503, "", retryThrottled,
			"or belong to TeamViewer's other data centre (then set teamviewer.base_url to https://webapi.us.teamviewer.com)"},
		{"the caller's token, at that of the US", callers, &tvapi.Error{Kind: tvapi.KindToken, Host: "webapi.us.teamviewer.com"}, 401, "", 0,
			"(then set teamviewer.base_url to https://webapi.teamviewer.com)"},
		{"the caller's token", callers, &tvapi.Error{Kind: tvapi.KindToken, Status: 401}, 401, "", 0, "Secret Token"},
		{"right to change", own, &tvapi.Error{Kind: tvapi.KindPermission, Function: tvapi.FuncUserUpdate}, 400, "", 0, "edit users"},
		{"right to change, caller's token", callers, &tvapi.Error{Kind: tvapi.KindPermission, Function: tvapi.FuncMemberAdd}, 400, "", 0, "edit user groups"},
		{"right to look, our token", own, &tvapi.Error{Kind: tvapi.KindPermission, Function: tvapi.FuncUserList}, 503, "", retryThrottled, "view users"},
		{"right to look, caller's token", callers, &tvapi.Error{Kind: tvapi.KindPermission, Function: tvapi.FuncUserList}, 403, "", 0, "view users"},
		{"right without a name", own, &tvapi.Error{Kind: tvapi.KindPermission, Function: tvapi.FuncPing}, 400, "", 0, "for GET /ping"},
		{"licence", own, &tvapi.Error{Kind: tvapi.KindLicense, Category: "license_required", Description: "A license is needed."}, 400, "", 0,
			"(license_required: A license is needed)"},
		{"licence, both causes", own, &tvapi.Error{Kind: tvapi.KindLicense}, 400, "", 0,
			"the TeamViewer licence of the company, or that of the token's owner, does not allow it"},
		{"blocked", own, &tvapi.Error{Kind: tvapi.KindBlocked}, 503, "", retryThrottled, "blocks calls"},
		{"not found", own, &tvapi.Error{Kind: tvapi.KindNotFound, Function: tvapi.FuncAccount, Status: 404, Category: "not_found"}, 503, "", retryTrouble,
			"GET /account with HTTP status 404 (not_found). Retry the request"},
		{"not found, of a write", own, &tvapi.Error{Kind: tvapi.KindNotFound, Function: tvapi.FuncUserUpdate}, 503, "", retryTrouble, "PUT /users/{id}"},
		{"not found, asks to wait", own, &tvapi.Error{Kind: tvapi.KindNotFound, RetryAfter: time.Hour}, 503, "", time.Hour, ""},
		{"conflict of a name", own, &tvapi.Error{Kind: tvapi.KindConflict, Function: tvapi.FuncGroupUpdate}, 409, scim.TypeUniqueness, 0, "is in use"},
		{"conflict of a new name", own, &tvapi.Error{Kind: tvapi.KindConflict, Function: tvapi.FuncGroupCreate}, 409, scim.TypeUniqueness, 0, "is in use"},
		{"conflict of a new address", own, &tvapi.Error{Kind: tvapi.KindConflict, Function: tvapi.FuncUserCreate}, 409, scim.TypeUniqueness, 0, "is in use"},
		{"conflict of members", own, &tvapi.Error{Kind: tvapi.KindConflict, Function: tvapi.FuncMemberAdd}, 400, scim.TypeInvalidValue, 0, "refused"},
		{"conflict of a list", own, &tvapi.Error{Kind: tvapi.KindConflict, Function: tvapi.FuncUserList}, 503, "", retryTrouble, "GET /users"},
		{"invalid list", own, &tvapi.Error{Kind: tvapi.KindInvalid, Function: tvapi.FuncGroupList}, 503, "", retryTrouble, "GET /usergroups"},
		{"invalid", own, &tvapi.Error{Kind: tvapi.KindInvalid, Function: tvapi.FuncUserUpdate, Description: "name is too long"}, 400, scim.TypeInvalidValue, 0, "(name is too long)"},
		{"wrapped", own, fmt.Errorf("load: %w", &tvapi.Error{Kind: tvapi.KindServer}), 503, "", retryTrouble, "User u7 was not changed"},
		{"deadline", own, fmt.Errorf("wait: %w", context.DeadlineExceeded), 503, "", retryTrouble, "time"},
		{"cancelled", own, context.Canceled, 503, "", retryTrouble, "time"},
		{"a snapshot without users", own, errors.New("empty"), 503, "", retryTrouble, "no current list"},
		{"SCIM's already", own, scim.NoTarget("no such e-mail"), 400, scim.TypeNoTarget, 0, "no such e-mail"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			err := test.c.toSCIMError(test.err, "User u7 was not changed")
			e, ok := errors.AsType[*scim.Error](err)
			if !ok {
				t.Fatalf("%v is no SCIM error", err)
			}
			if e.Status != test.status || e.Type != test.typ || e.RetryAfter != test.retry || !strings.Contains(e.Detail, test.says) {
				t.Errorf("%d %q after %s: %s\nwant %d %q after %s, saying %q", e.Status, e.Type, e.RetryAfter, e.Detail, test.status, test.typ, test.retry, test.says)
			}
			if !errors.Is(err, test.err) {
				t.Error("the cause is lost for the log")
			}
			if strings.Contains(e.Detail, "..") || strings.Contains(e.Detail, "%!") {
				t.Errorf("detail: %s", e.Detail)
			}
		})
	}
}

// overBound is the error of a list of users that holds a name of unusual length.
func overBound(t *testing.T) error {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"users":[{"id":"u1","name":"`+strings.Repeat("x", 1025)+`"}]}`)
	}))
	defer s.Close()
	for _, err := range clientOf(t, s.URL, tvapi.Options{}).Users(t.Context()) {
		if err != nil {
			return err
		}
	}
	t.Fatal("the list has no bound")
	return nil
}

// unsent is the error of a call that found too many others under way.
func unsent(t *testing.T) error {
	t.Helper()
	came, release := make(chan struct{}), make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { close(came); <-release }))
	defer s.Close()
	c := clientOf(t, s.URL, tvapi.Options{MaxConcurrent: 1, MaxWait: 1})
	done := make(chan struct{})
	go func() { defer close(done); _, _ = c.Ping(t.Context()) }()
	<-came
	_, err := c.Ping(t.Context())
	close(release)
	<-done
	return err
}

// clientOf returns a client that makes one attempt.
func clientOf(t *testing.T, base string, o tvapi.Options) *tvapi.Client {
	t.Helper()
	o.BaseURL, o.Token, o.Attempts = base, "token", 1
	c, err := tvapi.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// TestSayNetwork makes real calls that the network spoils: each text is in an admin's words, with
// the address and what to do, and without one of Go's.
func TestSayNetwork(t *testing.T) {
	t.Parallel()
	serve := func(h http.HandlerFunc) func(*testing.T) string {
		return func(t *testing.T) string {
			s := httptest.NewServer(h)
			t.Cleanup(s.Close)
			return s.URL
		}
	}
	for _, test := range []struct {
		name    string
		base    func(*testing.T) string
		timeout time.Duration
		says    string // HOST is the address
	}{
		{"closed port", func(*testing.T) string {
			s := httptest.NewServer(http.NotFoundHandler())
			defer s.Close()
			return s.URL
		}, 0, "User u7 was not changed: HOST refuses connections. Check the address and the port in the setting teamviewer.base_url, and the firewalls"},
		{"untrusted certificate", func(t *testing.T) string {
			s := httptest.NewUnstartedServer(http.NotFoundHandler())
			s.Config.ErrorLog = zap.NewStdLog(zap.NewNop())
			s.StartTLS()
			t.Cleanup(s.Close)
			return s.URL
		}, 0, "User u7 was not changed: the TLS certificate of HOST is not trusted. If a proxy inspects TLS"},
		{"HTTP to HTTPS", func(t *testing.T) string {
			return strings.Replace(serve(func(http.ResponseWriter, *http.Request) {})(t), "http:", "https:", 1)
		}, 0, "User u7 was not changed: HOST does not answer in TLS. Check the scheme and the port"},
		{"broken", serve(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }), 0,
			"User u7 was not changed, as far as is known: the connection to HOST broke before the answer was complete. If this persists"},
		{"time-out", serve(func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body) // else the server does not see that the client leaves
			<-r.Context().Done()
		}), 50 * time.Millisecond,
			"User u7 was not changed, as far as is known: HOST did not answer in time. If this persists"},
		{"HTML", serve(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(w, "<html>sign in</html>")
		}), 0, "the answer from HOST is not one of TeamViewer's Web API (HTTP status 200)"},
		{"fault", serve(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }), 0,
			"TeamViewer answered with a server error"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			base := test.base(t)
			off := false
			err := clientOf(t, base, tvapi.Options{Timeout: test.timeout}).UpdateUser(t.Context(), 7, tvapi.UserUpdate{Active: &off})
			e, ok := errors.AsType[*scim.Error]((&core{access: &access{}}).toSCIMError(err, "User u7 was not changed"))
			if !ok {
				t.Fatalf("%v is no SCIM error", err)
			}
			_, host, _ := strings.Cut(base, "://")
			if detail := strings.ReplaceAll(e.Detail, host, "HOST"); e.Status != 503 || !strings.Contains(detail, test.says) {
				t.Errorf("%d: %s\nwant 503, saying %q", e.Status, detail, test.says)
			}
			for _, word := range []string{"dial", "tcp", "EOF", "x509", "context", "http:", "connect:"} {
				if strings.Contains(e.Detail, word) {
					t.Errorf("a text of Go's reaches the client: %s", e.Detail)
				}
			}
			if strings.Contains(e.Detail, "server error") != (test.name == "fault") {
				t.Errorf("detail: %s", e.Detail)
			}
		})
	}
}

// TestEveryNetworkReasonHasARemedy checks that each reason has a remedy.
func TestEveryNetworkReasonHasARemedy(t *testing.T) {
	t.Parallel()
	for n := tvapi.NetworkName; n.Describe("host") != ""; n++ {
		err := fmt.Errorf("load: %w", &tvapi.Error{Kind: tvapi.KindUnsent, Host: "host", Network: n})
		if remedies[n] == "" || !strings.HasPrefix(NetworkTrouble(err), n.Describe("host")+". ") {
			t.Errorf("%d: %q", n, NetworkTrouble(err))
		}
	}
	for _, err := range []error{nil, context.Canceled, &tvapi.Error{Kind: tvapi.KindServer}} {
		if said := NetworkTrouble(err); said != "" {
			t.Errorf("%v: %q", err, said)
		}
	}
}

// TestEveryFunctionHasARight: an error for a missing right names it.
func TestEveryFunctionHasARight(t *testing.T) {
	t.Parallel()
	for _, f := range []tvapi.Function{
		tvapi.FuncAccount, tvapi.FuncUserList, tvapi.FuncUserGet, tvapi.FuncUserCreate, tvapi.FuncUserUpdate, tvapi.FuncUserDelete,
		tvapi.FuncGroupList, tvapi.FuncGroupGet, tvapi.FuncGroupCreate, tvapi.FuncGroupUpdate, tvapi.FuncGroupDelete,
		tvapi.FuncMemberList, tvapi.FuncMemberAdd, tvapi.FuncMemberRemove, tvapi.FuncLicenses,
	} {
		if rights[f] == "" {
			t.Errorf("%s: no right", f)
		}
	}
}
