package proxy_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// member adds a user to a group, or removes it.
func member(op, group, user string) string {
	return fmt.Sprintf(`{"method":"PATCH","path":"/Groups/%s","data":{"Operations":[{"op":%q,"path":"members","value":[{"value":%q}]}]}}`, group, op, user)
}

// TestSharedMembers: changes of members that share calls have the same effects and results as
// single ones.
func TestSharedMembers(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		operations []string
		want       string
		members    []string
	}{
		"adds":                {[]string{member("add", "group-1", "a"), member("add", "group-1", "b"), member("add", "group-1", "a")}, "204 204 204", []string{"a", "b"}},
		"adds, then a remove": {[]string{member("add", "group-1", "a"), member("add", "group-1", "b"), member("remove", "group-1", "a")}, "204 204 204", []string{"b"}},
		"removes":             {[]string{member("add", "group-1", "a"), member("remove", "group-1", "a"), member("remove", "group-1", "b")}, "204 204 204", []string{}},
		"two groups":          {[]string{member("add", "group-1", "a"), member("add", "group-2", "b"), member("add", "group-1", "c")}, "204 204 204", []string{"a", "c"}},
		"unknown group":       {[]string{member("add", "group-9", "a"), member("add", "group-9", "b"), member("add", "group-1", "c")}, "404 404 204", []string{"c"}},
		"malformed between":   {[]string{member("add", "group-1", "a"), member("nonsense", "group-1", "b"), member("add", "group-1", "c")}, "204 400 204", []string{"a", "c"}},
		"reference":           {[]string{member("add", "group-1", "a"), member("add", "group-1", "bulkId:x"), member("add", "group-1", "b")}, "204 409 204", []string{"a", "b"}},
		"with a version": {[]string{member("add", "group-1", "a"),
			strings.Replace(member("add", "group-1", "b"), `{`, `{"version":"W/\"x\"",`, 1), member("add", "group-1", "c")}, "204 412 204", []string{"a", "c"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := serve(t, roomy)
			c.send("POST", "/Groups", `{"displayName":"one"}`)
			c.send("POST", "/Groups", `{"displayName":"two"}`)
			a := c.bulk(tt.operations...)
			if got := a.statuses(t); got != tt.want {
				t.Errorf("statuses %s, want %s: %s", got, tt.want, a.body)
			}
			for _, r := range a.results(t) {
				if !strings.Contains(r.Location, "/Groups/group-") {
					t.Errorf("location %q of %s", r.Location, r.Method)
				}
			}
			var g struct{ Members []struct{ Value string } }
			if err := json.Unmarshal([]byte(c.send("GET", "/Groups/group-1", "").body), &g); err != nil {
				t.Fatal(err)
			}
			got := make([]string, len(g.Members))
			for i, m := range g.Members {
				got[i] = m.Value
			}
			if diff := cmp.Diff(tt.members, got); diff != "" {
				t.Errorf("members (-want +got):\n%s", diff)
			}
		})
	}
}
