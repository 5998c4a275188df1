package gateway_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// TestDeleteNeverReachesTheCompany: DELETE /users without an id deletes the whole company in
// TeamViewer. No way of writing a SCIM DELETE sends anything there unless it names a user.
func TestDeleteNeverReachesTheCompany(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("9", 10_000)
	for _, path := range []string{
		"/Users", "/Users/", "/Users//", "/Users/%20", "/Users/%2F", "/Users/.", "/Users/..", "/Users/%2e%2e", "/Users/%2e%2e/", "/Users/u", "/Users/u0",
		"/Users/U1", "/Users/0", "/Users/1", "/Users/-1", "/Users/u-1", "/Users/u+1", "/Users/u1.0", "/Users/u01", "/Users/u1/tfa", "/Users/u1%2Ftfa", "/Users/u99999999999",
		"/Users/u4294967297", "/Users/u" + long, "/Users/" + long, "/Users/%00", "/Users/u1%00", "/Users/u%31%2e%2e", "//Users", "//Users//", "/Users?id=u1", "/Users/?id=",
		"/Users/%F0%9D%9F%8F", "/Users/u%D9%A1", "/Users/;", "/Users/u;1", "/Users/*", "/Users/%ff",
		"/Groups", "/Groups/", "/Groups//", "/Groups/..", "/Groups/%2e%2e", "/Groups/0", "/Groups/-1", "/Groups/01", "/Groups/99999999999999999999",
		"/Groups/1%2Fmembers", "/Groups/1/members", "/Groups/" + long, "/", "", "/Users/../Groups",
	} {
		name := path
		if len(name) > 40 {
			name = name[:40]
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, staging{})
			status := s.raw(t, "DELETE", path)
			if status < 400 || status >= 500 {
				t.Errorf("status %d, want a refusal", status)
			}
			if s.fake.TotalCalls() != 0 {
				t.Errorf("TeamViewer was called: %v", s.fake.Calls())
			}
		})
	}
}

// TestDeleteOfAnUnknownIDAsks: an id that could exist is looked for each time, and nothing is
// deleted.
func TestDeleteOfAnUnknownIDAsks(t *testing.T) {
	t.Parallel()
	s := newStage(t, staging{})
	for range 3 {
		if a := s.do("DELETE", "/Users/u123456", ""); a.status != http.StatusNotFound {
			t.Errorf("status %d, want 404: %s", a.status, a.body)
		}
	}
	want := "map[GET /users:1 GET /users/{id}:3]"
	if got := fmt.Sprint(s.fake.Calls()); got != want {
		t.Errorf("calls = %s, want %s", got, want)
	}
}

// raw sends a request with the path as it is: a client of net/http would tidy it up.
func (s *stage) raw(t *testing.T, method, path string) int {
	t.Helper()
	u, err := url.Parse(s.url)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", u.Host)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "%s %s%s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nConnection: close\r\n\r\n", method, u.Path, path, u.Host, s.token)
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	return res.StatusCode
}
