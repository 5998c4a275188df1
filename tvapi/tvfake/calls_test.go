package tvfake_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"tvscim/tvapi/tvfake"
)

func TestCalls(t *testing.T) {
	t.Parallel()
	c := newClient(t, tvfake.Options{})
	c.do("GET", "/users", "")
	c.do("GET", "/users?email=a@example.com", "")
	c.do("GET", "/users/u1", "") // refused calls count too
	c.token = "wrong"
	c.do("GET", "/users/u2", "")
	c.do("DELETE", "/usergroups/5/members/6", "")
	want := map[string]int{"GET /users": 2, "GET /users/{id}": 2, "DELETE /usergroups/{id}/members/{accountId}": 1}
	calls := c.server.Calls()
	same(t, "calls", calls, want)
	same(t, "count", c.server.Count("GET /users"), 2)
	same(t, "count of none", c.server.Count("POST /users"), 0)
	same(t, "total", c.server.TotalCalls(), 5)
	calls["GET /users"] = 99 // a copy
	same(t, "count", c.server.Count("GET /users"), 2)
	c.server.ResetCalls()
	same(t, "calls after reset", c.server.Calls(), map[string]int{})
	same(t, "log after reset", len(c.server.Log()), 0)
}

func TestLog(t *testing.T) {
	t.Parallel()
	c := newClient(t, tvfake.Options{OwnerID: "u50"})
	c.do("PUT", "/users/u50%20?x=1", `{"name":"A"}`)
	c.token = "wrong"
	c.do("GET", "/ping", "")
	log := c.server.Log()
	same(t, "first", log[0], tvfake.Call{
		Method: "PUT", Path: "/api/v1/users/u50%20", Query: "x=1", Function: "PUT /users/{id}", Owner: "u50",
		Body: `{"name":"A"}`, Status: http.StatusForbidden, Answer: log[0].Answer,
	})
	if !strings.Contains(log[0].Answer, "invalid_permission") {
		t.Errorf("answer %s, want the refusal", log[0].Answer)
	}
	same(t, "second", log[1], tvfake.Call{
		Method: "GET", Path: "/api/v1/ping", Function: "GET /ping", Status: 200, Answer: `{"token_valid":false}`,
	})
}

func TestLogIsBounded(t *testing.T) {
	t.Parallel()
	c := newClient(t, tvfake.Options{})
	for i := range 10_003 {
		c.do("GET", fmt.Sprint("/ping?", i), "")
	}
	log := c.server.Log()
	same(t, "calls held", len(log), 10_000)
	same(t, "oldest", log[0].Query, "3")
	same(t, "newest", log[9_999].Query, "10002")
	same(t, "count", c.server.TotalCalls(), 10_003)
}

func TestLogHidesSecrets(t *testing.T) {
	t.Parallel()
	const secret = "Hidden-1"
	for name, body := range map[string]string{
		"password":           newUser(map[string]any{"password": secret}),
		"customer":           newUser(map[string]any{"sso_customer_id": secret}),
		"other case, spaces": `{"PassWord" : "` + secret + `","Sso_Customer_Id":  "` + secret + `"}`,
		"quotes inside":      `{"password":"\"` + secret + `\\"}`,
		"cut short":          `{"password":"` + secret,
		"cut in an escape":   `{"password":"` + secret + `\`,
		"beyond the bound":   `{"x":"` + strings.Repeat("x", 4070) + `","password":"` + secret + strings.Repeat("y", 100) + `"}`,
	} {
		c := newClient(t, tvfake.Options{})
		var seen tvfake.Call
		c.server.OnCall(func(call tvfake.Call) { seen = call })
		c.do("POST", "/users", body)
		c.do("PUT", "/users/u1", body)
		text := fmt.Sprintf("%+v %+v", c.server.Log(), seen)
		for _, hidden := range []string{secret, "Hidden", c.server.Token()} {
			if strings.Contains(text, hidden) {
				t.Errorf("%s: the log shows %s: %s", name, hidden, text)
			}
		}
		if !strings.Contains(text, "<secret>") {
			t.Errorf("%s: the log does not show that something was hidden: %s", name, text)
		}
	}
}

func TestOnCall(t *testing.T) {
	t.Parallel()
	c := newClient(t, tvfake.Options{})
	var first, second []string
	c.server.OnCall(func(call tvfake.Call) {
		first = append(first, fmt.Sprint(call.Function, " ", call.Status, " of ", c.server.TotalCalls()))
	})
	c.do("GET", "/ping", "")
	c.server.OnCall(func(call tvfake.Call) { second = append(second, call.Function) })
	c.do("GET", "/users/u1", "")
	c.server.Fail(tvfake.Fault{Lost: true})
	_, _ = c.try(t.Context(), "GET", "/users", "")
	same(t, "first observer", first, []string{"GET /ping 200 of 1", "GET /users/{id} 404 of 2", "GET /users 0 of 3"})
	same(t, "second observer", second, []string{"GET /users/{id}", "GET /users"})
}

func TestLargeBodiesAreNotRead(t *testing.T) {
	t.Parallel()
	c := newClient(t, tvfake.Options{})
	r := c.want(http.StatusBadRequest, "POST", "/users", newUser(map[string]any{"name": strings.Repeat("x", 2<<20)}))
	if !strings.Contains(r.body, "JSON") {
		t.Errorf("answer %s, want it to say that the JSON is cut", r.body)
	}
	same(t, "body in the log", len(c.server.Log()[0].Body), 4096)
}
