package tvfake_test

import (
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tvscim/tvapi/tvfake"
)

// client calls an emulator as a program would, without a socket.
type client struct {
	t      testing.TB
	server *tvfake.Server
	token  string
	header http.Header // sent with each call, over what the client sends itself
}

// newClient is a client of a new emulator.
func newClient(t testing.TB, o tvfake.Options) *client {
	t.Helper()
	s := tvfake.New(o)
	return &client{t: t, server: s, token: s.Token()}
}

// reply is an answer, read to its end.
type reply struct {
	t      testing.TB
	status int
	header http.Header
	body   string
}

// request builds a call. A body of "" is none.
func (c *client) request(ctx context.Context, method, path, body string) *http.Request {
	c.t.Helper()
	var in io.Reader
	if body != "" {
		in = strings.NewReader(body)
	}
	r, err := http.NewRequestWithContext(ctx, method, "https://tv.example/api/v1"+path, in)
	if err != nil {
		c.t.Fatalf("%s %s: %v", method, path, err)
	}
	r.Header.Set("User-Agent", "tvfake-test")
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json; charset=utf-8")
	}
	maps.Copy(r.Header, c.header)
	return r
}

// try makes a call that may get no answer.
func (c *client) try(ctx context.Context, method, path, body string) (reply, error) {
	c.t.Helper()
	res, err := c.server.Transport().RoundTrip(c.request(ctx, method, path, body))
	if err != nil {
		return reply{}, err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	return reply{c.t, res.StatusCode, res.Header, string(text)}, err
}

// do makes a call that gets an answer.
func (c *client) do(method, path, body string) reply {
	c.t.Helper()
	r, err := c.try(c.t.Context(), method, path, body)
	if err != nil {
		c.t.Fatalf("%s %s: %v", method, path, err)
	}
	return r
}

// want makes a call and checks its status.
func (c *client) want(status int, method, path, body string) reply {
	c.t.Helper()
	r := c.do(method, path, body)
	if r.status != status {
		c.t.Fatalf("%s %s %s: status %d, want %d; answer %s", method, path, body, r.status, status, r.body)
	}
	return r
}

// object is the JSON object of an answer.
func (r reply) object() map[string]any {
	r.t.Helper()
	return decode[map[string]any](r)
}

// category is the `error` of an answer in TeamViewer's error body, or "".
func (r reply) category() string {
	var body struct {
		Error string `json:"error"`
	}
	if json.Unmarshal([]byte(r.body), &body) != nil {
		return ""
	}
	return body.Error
}

// decode reads the JSON of an answer.
func decode[T any](r reply) T {
	r.t.Helper()
	var into T
	if err := json.Unmarshal([]byte(r.body), &into); err != nil {
		r.t.Fatalf("answer %q: %v", r.body, err)
	}
	return into
}

// keys are the members of a JSON object, sorted.
func keys(object map[string]any) []string { return slices.Sorted(maps.Keys(object)) }

// same fails when got is not want.
func same[T any](t testing.TB, what string, got, want T) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// account is the number of a user id, as member calls take it.
func account(id string) string { return strings.TrimPrefix(id, "u") }

// accounts is the JSON array of a member call.
func accounts(ids ...string) string {
	numbers := make([]string, len(ids))
	for i, id := range ids {
		numbers[i] = account(id)
	}
	return "[" + strings.Join(numbers, ",") + "]"
}

// create makes a user by POST /users and returns its id.
func (c *client) create(email string) string {
	c.t.Helper()
	r := c.want(http.StatusOK, "POST", "/users", `{"email":"`+email+`","name":"Some One","language":"en","password":"Secret-1"}`)
	id, _ := r.object()["id"].(string)
	return id
}

// listed are the users of GET /users by id.
func (c *client) listed(query string) map[string]map[string]any {
	c.t.Helper()
	r := c.want(http.StatusOK, "GET", "/users"+query, "")
	users := map[string]map[string]any{}
	for _, u := range decode[struct{ Users []map[string]any }](r).Users {
		users[u["id"].(string)] = u
	}
	return users
}
