package gateway_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tvscim/tvapi/tvfake"
)

// page is a ListResponse as a client reads it.
type page struct {
	TotalResults int
	NextCursor   string
	Resources    []struct {
		ID, DisplayName string
		Members         []struct{ Value string }
	}
}

// page sends a request that must be answered by a list.
func (s *stage) page(method, path, body string) page {
	s.t.Helper()
	a := s.do(method, path, body)
	var p page
	if err := json.Unmarshal([]byte(a.body), &p); err != nil || a.status != http.StatusOK {
		s.t.Fatalf("%s %s: %d, %v: %s", method, path, a.status, err, a.body)
	}
	return p
}

// names are the display names of a list, in its order.
func (p page) names() []string {
	var names []string
	for _, r := range p.Resources {
		names = append(names, r.DisplayName)
	}
	return names
}

// TestListByCursor walks through the company by cursor, sorted, on every variant. However many
// pages there are, they cost what one list costs.
func TestListByCursor(t *testing.T) {
	t.Parallel()
	onEveryVariant(t, func(t *testing.T, o tvfake.Options) {
		s := newStage(t, staging{fake: o})
		var want []string
		for i := range 12 {
			name := fmt.Sprintf("%c%d", "nN"[i%2], i*7%12)
			s.fake.AddUser(tvfake.User{Name: name, Email: name + "@contoso.example", Active: true})
			want = append(want, name)
		}
		slices.SortFunc(want, func(a, b string) int { return strings.Compare(strings.ToLower(b), strings.ToLower(a)) })
		var got []string
		cursor := ""
		for range len(want) {
			p := s.page("GET", "/Users?filter=displayName+sw+%22n%22&sortBy=displayName&sortOrder=descending&count=5&cursor="+cursor, "")
			got = append(got, p.names()...)
			if cursor = p.NextCursor; cursor == "" {
				break
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("users by cursor (-want +got):\n%s", diff)
		}
		if n := s.fake.Count("GET /users"); n != 1 {
			t.Errorf("the pages cost %d lists of users, want 1", n)
		}
	})
}

// TestSearchEverything searches users and groups at once. Members are read of the groups on the
// page and of no others.
func TestSearchEverything(t *testing.T) {
	t.Parallel()
	s := newStage(t, staging{})
	nora := s.user("nora.vale@contoso.example")
	s.user("jan.arp@contoso.example")
	lab := s.group("Lab", nora)
	s.group("Office")
	s.group("Pool", nora)

	all := s.page("POST", "/.search", `{"attributes":["displayName"],"filter":"displayName pr","sortBy":"displayName"}`)
	sorted := []string{"jan.arp", "nora.vale", "Token Owner", "Lab", "Office", "Pool"}
	if diff := cmp.Diff(sorted, all.names()); diff != "" || all.TotalResults != 6 {
		t.Errorf("users and groups by name, of %d (-want +got):\n%s", all.TotalResults, diff)
	}

	before := s.fake.Count("GET /usergroups/{id}/members")
	filter := `"filter":"displayName eq \"LAB\" or displayName eq \"nora.vale\" or displayName eq \"pool\""`
	first := s.page("POST", "/.search", `{"attributes":["members","displayName"],`+filter+`,"count":2,"cursor":""}`)
	if diff := cmp.Diff([]string{"nora.vale", "Lab"}, first.names()); diff != "" || first.Resources[1].ID != lab {
		t.Errorf("first page (-want +got):\n%s", diff)
	}
	if members := first.Resources[1].Members; len(members) != 1 || members[0].Value != nora {
		t.Errorf("members of Lab = %v, want %s", members, nora)
	}
	second := s.page("POST", "/.search", `{"attributes":["displayName"],`+filter+`,"count":2,"cursor":"`+first.NextCursor+`"}`)
	if diff := cmp.Diff([]string{"Pool"}, second.names()); diff != "" || second.NextCursor != "" {
		t.Errorf("second page, and %q behind it (-want +got):\n%s", second.NextCursor, diff)
	}
	if n := s.fake.Count("GET /usergroups/{id}/members") - before; n != 1 {
		t.Errorf("members were read %d times, want once", n)
	}
}
