package tvfake_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"tvscim/tvapi/tvfake"
)

// controller speaks to the control address of a client's emulator.
type controller struct {
	*client
	control http.Handler
}

func newController(t testing.TB, o tvfake.Options) *controller {
	t.Helper()
	c := newClient(t, o)
	return &controller{c, c.server.Control()}
}

// ask makes a call of the control address and checks its status.
func (c *controller) ask(status int, method, path, body string) reply {
	c.t.Helper()
	w := httptest.NewRecorder()
	c.control.ServeHTTP(w, httptest.NewRequestWithContext(c.t.Context(), method, path, strings.NewReader(body)))
	text, err := io.ReadAll(w.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	if w.Code != status {
		c.t.Fatalf("%s %s %s: status %d, want %d; answer %s", method, path, body, w.Code, status, text)
	}
	return reply{c.t, w.Code, w.Header(), string(text)}
}

func TestControlSeeds(t *testing.T) {
	t.Parallel()
	c := newController(t, tvfake.Options{OwnerID: "u50"})
	made := c.ask(http.StatusCreated, "POST", "/users", `{"id":"u7","email":"a@example.com","sso_customer_id":"hidden","has_password":true}`)
	same(t, "user shown", made.object(), map[string]any{
		"id": "u7", "name": "a", "email": "a@example.com", "active": true, "language": "en",
		"sso_customer_id": "<secret>", "has_password": true,
	})
	c.ask(http.StatusCreated, "POST", "/users", `{"id":"u8","active":false}`)
	c.ask(http.StatusCreated, "POST", "/groups", `{"name":"Sales","members":["u7"]}`)
	c.ask(http.StatusCreated, "POST", "/outsiders", `{"email":"out@example.com"}`)

	u7, _ := c.server.User("u7")
	same(t, "u7", u7, tvfake.User{
		ID: "u7", Name: "a", Email: "a@example.com", Active: true, Language: "en", SSOCustomerID: "hidden", HasPassword: true,
	})
	u8, _ := c.server.User("u8")
	same(t, "u8 active", u8.Active, false)
	g, _ := c.server.GroupByName("Sales")
	same(t, "members", g.Members, []string{"u7"})
	same(t, "outsiders", c.server.Outsiders(), []string{"out@example.com"})
	same(t, "calls", c.server.TotalCalls(), 0)
}

func TestControlRefuses(t *testing.T) {
	t.Parallel()
	c := newController(t, tvfake.Options{})
	c.server.AddUser(tvfake.User{ID: "u7", Email: "a@example.com"})
	c.server.AddGroup("Sales")
	for _, tt := range []struct{ path, body, says string }{
		{"/users", `{"email":"A@example.com"}`, "taken"},
		{"/users", `{"id":"u7"}`, "taken"},
		{"/users", `{"id":"7"}`, "wrong"},
		{"/users", `{"mail":"a@example.com"}`, "mail"},
		{"/users", `{`, "body"},
		{"/groups", `{"name":"sales"}`, "taken"},
		{"/groups", `{"name":1}`, "name"},
		{"/outsiders", `{"email":"a@example.com"}`, "taken"},
		{"/outsiders", `[]`, "body"},
		{"/faults", `{"status":99}`, "status"},
		{"/faults", `{"status":600}`, "status"},
		{"/faults", `{"truncate":"most"}`, "truncate"},
		{"/faults", `{"delay":"soon"}`, "duration"},
		{"/faults", `{"late":"-1s"}`, "late"},
		{"/faults", `{"short":true,"keep":-1}`, "keep"},
		{"/faults", `{"statuss":500}`, "statuss"},
	} {
		message := c.ask(http.StatusBadRequest, "POST", tt.path, tt.body).category()
		if !strings.Contains(message, tt.says) {
			t.Errorf("POST %s %s: %q, want it to name %s", tt.path, tt.body, message, tt.says)
		}
	}
	c.ask(http.StatusMethodNotAllowed, "GET", "/reset", "")
	c.ask(http.StatusNotFound, "GET", "/nowhere", "")
	c.want(http.StatusOK, "GET", "/ping", "") // no fault was armed
}

func TestControlFaults(t *testing.T) {
	t.Parallel()
	c := newController(t, tvfake.Options{})
	fault := func(body string) (id string) {
		var armed struct{ ID json.Number }
		if err := json.Unmarshal([]byte(c.ask(http.StatusCreated, "POST", "/faults", body).body), &armed); err != nil {
			t.Fatal(err)
		}
		return armed.ID.String()
	}
	ping := func() int {
		r, _ := c.try(t.Context(), "GET", "/ping", "")
		return r.status
	}
	first := fault(`{"function":"GET /ping","status":502,"retry_after":"4","body":"x","content_type":"text/plain"}`)
	r := c.do("GET", "/ping", "")
	same(t, "answer", []string{r.body, r.header.Get("Retry-After"), r.header.Get("Content-Type")}, []string{"x", "4", "text/plain"})
	second := fault(`{"lost":true,"skip":1,"times":1,"delay":"1ns","for":"0s","rate":1}`)
	c.ask(http.StatusNoContent, "DELETE", "/faults/"+first, "")
	c.ask(http.StatusNotFound, "DELETE", "/faults/"+first, "")
	c.ask(http.StatusNotFound, "DELETE", "/faults/x", "")
	same(t, "pings", []int{ping(), ping(), ping()}, []int{200, 0, 200})
	c.ask(http.StatusNoContent, "DELETE", "/faults/"+second, "")

	for name, want := range map[string]string{"empty": "", "object": "{}", "half": `{"token_va`} {
		fault(`{"truncate":"` + name + `","times":1}`)
		same(t, name, c.do("GET", "/ping", "").body, want)
	}
	fault(`{"truncate":"broken","times":1}`)
	if _, err := c.try(t.Context(), "GET", "/ping", ""); err == nil {
		t.Error("the broken answer is whole")
	}
	c.ask(http.StatusCreated, "POST", "/users", `{"email":"a@example.com"}`)
	fault(`{"function":"GET /users","short":true,"times":1}`)
	fault(`{"function":"GET /users","short":true,"keep":1,"times":1}`)
	same(t, "users", []int{len(c.listed("")), len(c.listed(""))}, []int{1, 2})
	fault(`{"function":"POST /usergroups","late":"1h","lost":true,"times":1}`)
	_, _ = c.try(t.Context(), "POST", "/usergroups", `{"name":"Late"}`)
	same(t, "groups", len(c.server.Groups()), 0)
	same(t, "late work", c.ask(http.StatusOK, "POST", "/late", "").body, `{"done":1}`+"\n")
	same(t, "groups", len(c.server.Groups()), 1)
	fault(`{"limit":true}`)
	fault(`{"status":500,"after":true,"token":"none"}`)
	same(t, "limit", ping(), http.StatusForbidden)
	c.ask(http.StatusNoContent, "DELETE", "/faults", "")
	same(t, "cleared", ping(), http.StatusOK)
}

func TestControlShows(t *testing.T) {
	t.Parallel()
	v, _ := tvfake.VariantByName("email-pending")
	c := newController(t, tvfake.Options{Token: "very-secret-token", OwnerID: "u50", Variant: v})
	same(t, "empty log", c.ask(http.StatusOK, "GET", "/log", "").body, "[]\n")
	u := c.create("jo@example.com")
	c.want(http.StatusNoContent, "PUT", "/users/"+u, `{"email":"new@example.com","sso_customer_id":"hidden"}`)
	c.server.AddGroup("Sales", u)
	c.server.AddOutsider("out@example.com")

	same(t, "calls", c.ask(http.StatusOK, "GET", "/calls", "").body, `{"POST /users":1,"PUT /users/{id}":1}`+"\n")
	log := c.ask(http.StatusOK, "GET", "/log", "")
	same(t, "log", decode[[]tvfake.Call](log), c.server.Log())
	shown := c.ask(http.StatusOK, "GET", "/state", "")
	state := shown.object()
	same(t, "members", keys(state), []string{"company_deleted", "groups", "mails", "outsiders", "owner", "users", "variant"})
	same(t, "variant", state["variant"], any("email-pending"))
	same(t, "owner", state["owner"], any("u50"))
	same(t, "outsiders", state["outsiders"], any([]any{"out@example.com"}))
	same(t, "mails", state["mails"], any(map[string]any{"welcome": 1.0, "confirmation": 1.0}))
	same(t, "pending", strings.Contains(shown.body, `"pending_email":"new@example.com"`), true)
	for _, r := range []reply{log, shown} {
		for _, secret := range []string{"very-secret-token", "hidden", "Secret-1"} {
			if strings.Contains(r.body, secret) {
				t.Errorf("%s is shown in %s", secret, r.body)
			}
		}
	}

	c.ask(http.StatusNoContent, "POST", "/confirm-emails", "")
	got, _ := c.server.User(u)
	same(t, "address", got.Email, "new@example.com")
	c.ask(http.StatusNoContent, "POST", "/reset", "")
	same(t, "users", len(c.server.Users()), 1)
	empty := c.ask(http.StatusOK, "GET", "/state", "").object()
	same(t, "groups", empty["groups"], any([]any{}))
	same(t, "outsiders", empty["outsiders"], any([]any{}))
}

func TestControlVariants(t *testing.T) {
	t.Parallel()
	c := newController(t, tvfake.Options{})
	names := decode[[]string](c.ask(http.StatusOK, "GET", "/variants", ""))
	same(t, "names", len(names), len(tvfake.Variants()))
	same(t, "first", names[0], "default")
	same(t, "last", names[len(names)-1], "hostile-b")
}
