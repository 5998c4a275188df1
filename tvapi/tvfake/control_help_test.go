package tvfake_test

import (
	"encoding/json"
	"net/http"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"

	"tvscim/tvapi/tvfake"
)

// manual documents the control address: GET / of it stands there between two fences.
const (
	manual        = "../../docs/emulator.md"
	controlHost   = "127.0.0.1:8182"
	openingFence  = "```text\n"
	closingFence  = "```\n"
	leastExamples = 30
)

// help is GET / of the control address.
func (c *controller) help() string {
	c.t.Helper()
	return c.ask(http.StatusOK, "GET", "http://"+controlHost+"/", "").body
}

// TestControlManual: the manual shows what GET / says.
func TestControlManual(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(manual)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, opened := strings.Cut(string(text), openingFence)
	shown, after, closed := strings.Cut(rest, closingFence)
	if !opened || !closed {
		t.Fatalf("%s has no block that begins with %q", manual, openingFence)
	}
	says := newController(t, tvfake.Options{}).help()
	if *update {
		if err := os.WriteFile(manual, []byte(before+openingFence+says+closingFence+after), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	same(t, manual+" (go test -update writes it anew)", shown, says)
}

// curlLine is a request as the manual writes it.
var curlLine = regexp.MustCompile(`^\s*curl(?: -X (\w+))? http://` + regexp.QuoteMeta(controlHost) + `(\S+)(?: -d '([^']+)')?$`)

// documented are the requests of the manual, in its order.
func documented(t *testing.T) [][]string {
	t.Helper()
	text, err := os.ReadFile(manual)
	if err != nil {
		t.Fatal(err)
	}
	var requests [][]string
	for line := range strings.SplitSeq(string(text), "\n") {
		if !strings.Contains(line, "curl ") || !strings.Contains(line, controlHost) {
			continue
		}
		found := curlLine.FindStringSubmatch(line)
		if found == nil {
			t.Errorf("not understood: %s", line)
			continue
		}
		method, path, body := found[1], found[2], found[3]
		switch {
		case method == "" && body != "":
			method = http.MethodPost
		case method == "":
			method = http.MethodGet
		}
		requests = append(requests, []string{method, path, body})
	}
	if len(requests) < leastExamples {
		t.Fatalf("%d requests are documented, want %d at least", len(requests), leastExamples)
	}
	return requests
}

// TestControlManualWorks makes each documented request, in the order of the text.
func TestControlManualWorks(t *testing.T) {
	t.Parallel()
	c := newController(t, tvfake.Options{})
	for _, r := range documented(t) {
		status := http.StatusOK
		switch {
		case r[1] == "/reset", r[1] == "/confirm-emails", r[1] == "/token", r[0] == "PUT", r[0] == "DELETE":
			status = http.StatusNoContent
		case r[0] == "POST" && r[1] != "/late":
			status = http.StatusCreated
		}
		c.ask(status, r[0], r[1], r[2])
	}
	same(t, "users after the last one", len(c.server.Users()), 1)
}

// TestControlManualFaults arms each documented fault and makes calls until it strikes.
func TestControlManualFaults(t *testing.T) {
	t.Parallel()
	shown := map[string]bool{}
	for _, r := range documented(t) {
		if r[1] != "/faults" || r[0] != "POST" {
			continue
		}
		t.Run(r[2], func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { // some faults delay the answer, or the work
				c := newController(t, tvfake.Options{})
				c.server.AddUser(tvfake.User{ID: "u1", Email: "u1@example.com"})
				c.server.AddCompany("another-token")
				c.ask(http.StatusCreated, "POST", r[1], r[2])
				var fault map[string]any
				if err := json.Unmarshal([]byte(r[2]), &fault); err != nil {
					t.Fatal(err)
				}
				for name := range fault {
					shown[name] = true
				}
				method, path := "GET", "/users"
				if function, ok := fault["function"].(string); ok {
					method, path, _ = strings.Cut(strings.ReplaceAll(function, "{id}", "u1"), " ")
				}
				if token, ok := fault["token"].(string); ok {
					c.token = token
				}
				struck := false
				for range 20 {
					_, _ = c.try(t.Context(), method, path, "{}")
					log := c.server.Log()
					struck = struck || log[len(log)-1].Fault != ""
					if struck {
						return
					}
				}
				t.Error("the fault struck no call")
			})
		})
	}
	for i := range reflect.TypeFor[tvfake.Fault]().NumField() {
		field := reflect.TypeFor[tvfake.Fault]().Field(i).Name
		name := strings.ToLower(regexp.MustCompile(`(.)([A-Z])`).ReplaceAllString(field, "${1}_$2"))
		if !shown[name] {
			t.Errorf("no documented fault has %s", name)
		}
	}
}

// TestControlHelpListsAll: each route that answers is listed, and no other.
func TestControlHelpListsAll(t *testing.T) {
	t.Parallel()
	c := newController(t, tvfake.Options{})
	help := c.help()
	for _, route := range []string{
		"POST /reset", "POST /users", "POST /groups", "POST /outsiders", "POST /confirm-emails", "POST /faults", "DELETE /faults", "DELETE /faults/{id}",
		"POST /late", "GET /calls", "GET /log", "GET /state", "GET /variants", "GET /rights", "PUT /rights/{right}", "DELETE /rights/{right}", "POST /token",
	} {
		if !strings.Contains(help, "\n"+route+"\n  # ") {
			t.Errorf("%s is not explained", route)
		}
	}
	for _, function := range []string{"GET /users", "PUT /users/{id}", "POST /usergroups/{id}/members"} {
		if !strings.Contains(help, "\n  "+function+"\n") {
			t.Errorf("the function %s is not named", function)
		}
	}
	elsewhere := c.ask(http.StatusOK, "GET", "http://localhost:1234/", "")
	same(t, "media type", elsewhere.header.Get("Content-Type"), "text/plain; charset=utf-8")
	same(t, "address of the request", strings.Contains(elsewhere.body, "curl http://localhost:1234/state\n"), true)
	same(t, "token shown", strings.Contains(help, c.server.Token()), false)
}

// TestControlRights takes a right from the token and gives it back.
func TestControlRights(t *testing.T) {
	t.Parallel()
	c := newController(t, tvfake.Options{})
	rights := func() map[string]bool { return decode[map[string]bool](c.ask(http.StatusOK, "GET", "/rights", "")) }
	same(t, "at first", []bool{rights()["Users.Read"], rights()["Users.Delete"]}, []bool{true, false})
	c.ask(http.StatusNoContent, "DELETE", "/rights/Users.Read", "")
	same(t, "taken", rights()["Users.Read"], false)
	same(t, "refused", c.want(http.StatusForbidden, "GET", "/users", "").category(), "invalid_permission")
	c.want(http.StatusOK, "GET", "/account", "") // the other rights stay
	c.ask(http.StatusNoContent, "PUT", "/rights/Users.Read", "")
	c.want(http.StatusOK, "GET", "/users", "")
	c.ask(http.StatusNotFound, "DELETE", "/rights/Users.Fly", "")
	c.ask(http.StatusNoContent, "DELETE", "/rights/Users.Read", "")
	c.ask(http.StatusNoContent, "POST", "/reset", "")
	same(t, "after a reset", rights()["Users.Read"], true)
}

// TestControlToken changes what the token is worth.
func TestControlToken(t *testing.T) {
	t.Parallel()
	c := newController(t, tvfake.Options{})
	for _, tt := range []struct {
		state, category string
		status          int
	}{
		{"expired", "token_expired", http.StatusUnauthorized},
		{"revoked", "invalid_token", http.StatusUnauthorized},
		{"blocked", "blocked", http.StatusForbidden},
		{"valid", "", http.StatusOK},
	} {
		c.ask(http.StatusNoContent, "POST", "/token", `{"state":"`+tt.state+`"}`)
		same(t, tt.state, c.want(tt.status, "GET", "/users", "").category(), tt.category)
	}
	c.ask(http.StatusNoContent, "POST", "/token", `{"licensed":false}`)
	same(t, "unlicensed", c.want(http.StatusForbidden, "GET", "/usergroups", "").category(), "license_required")
	c.ask(http.StatusNoContent, "POST", "/token", `{}`)
	c.want(http.StatusForbidden, "GET", "/usergroups", "") // nothing was said of the licence
	c.ask(http.StatusBadRequest, "POST", "/token", `{"state":"odd"}`)
	c.ask(http.StatusBadRequest, "POST", "/token", `{"stat":"valid"}`)
}
