package gateway_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// TestLongGroupNames: two groups whose long names are equal as TeamViewer holds them, cut to 100
// characters. The second is not linked to the first, and the answer says which part has to differ.
func TestLongGroupNames(t *testing.T) {
	in(t, staging{}, func(t *testing.T, s *stage) {
		stem := strings.Repeat("Field Service ", 8)
		first, second := stem+"North", stem+"South"
		post := func(name, externalID string) answer {
			return s.do("POST", "/Groups", fmt.Sprintf(`{"displayName":%q,"externalId":%q}`, name, externalID))
		}
		a := post(first, "")
		id := fmt.Sprint(a.json(t)["id"])
		if a.status != http.StatusCreated {
			t.Fatalf("%d %s", a.status, a.body)
		}
		cut, _ := s.fake.GroupByName(strings.TrimSpace(stem[:98]))
		if fmt.Sprint(cut.ID) != id {
			t.Fatalf("TeamViewer's groups: %+v", s.fake.Groups())
		}
		explained := func(a answer) {
			t.Helper()
			if a.status != http.StatusConflict || !strings.Contains(a.body, "is cut to") || !strings.Contains(a.body, "user group "+id) || !strings.Contains(a.body, "differ in this part") {
				t.Errorf("%d %s", a.status, a.body)
			}
		}
		explained(post(second, "south"))
		explained(post(second, "south"))
		other := s.group("Warehouse")
		explained(s.do("PATCH", "/Groups/"+other, patchOf(fmt.Sprintf(`{"op":"replace","path":"displayName","value":%q}`, second))))
		explained(s.do("PUT", "/Groups/"+other, fmt.Sprintf(`{"displayName":%q}`, second)))
		if ids := s.foundBy(t, "/Groups", "externalId", "south"); len(ids) != 0 {
			t.Errorf("the second group is linked to %v", ids)
		}
		if shown := s.do("GET", "/Groups/"+id, ""); !strings.Contains(shown.body, first) || strings.Contains(shown.body, "externalId") {
			t.Errorf("the first group: %s", shown.body)
		}
		if a := post(first, "north"); a.status != http.StatusConflict || !strings.Contains(a.body, "is taken by TeamViewer user group") {
			t.Errorf("the same name again: %d %s", a.status, a.body)
		}
		s.wantFound(t, "/Groups", "externalId", "north", id)
	})
}
