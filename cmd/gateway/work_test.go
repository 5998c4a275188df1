package gateway_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"tvscim/cmd/config"
	"tvscim/tvapi/tvfake"
)

// longFilter is a filter of 8 KiB and 500 terms at most, as much as is read, as an outsider with a
// token would send it: true of nobody, and no index helps.
func longFilter(term string) string {
	return strings.Repeat(term+" or ", min(8<<10/(len(term)+4), 500)-1) + term
}

// crowdedStage is a gateway in front of a company with that many users and groups.
func crowdedStage(t *testing.T, users, groups int) *stage {
	t.Helper()
	s := newStage(t, staging{direct: true, fake: tvfake.Options{PageSize: 100}, settings: func(c *config.Config, _ *tvfake.Server) {
		c.Limits.RequestTimeout = 10 * time.Minute // the budget, and not the clock of a loaded machine
	}})
	for i := range users {
		s.fake.AddUser(tvfake.User{Name: fmt.Sprint("User ", i), Email: fmt.Sprintf("user%d@contoso.example", i), Active: true})
	}
	for i := range groups {
		s.fake.AddGroup(fmt.Sprint("Group ", i))
	}
	return s
}

// TestFilterHasABudget: a filter that would keep a core busy for long is refused with a remedy,
// wherever it stands, and an honest one is answered.
func TestFilterHasABudget(t *testing.T) {
	long(t)
	t.Parallel()
	s := crowdedStage(t, 10_000, 6_000)
	search, err := json.Marshal(map[string]string{"filter": longFilter(`id gt "z"`)})
	if err != nil {
		t.Fatal(err)
	}
	for name, a := range map[string]answer{
		"users":  s.do("GET", "/Users?filter="+url.QueryEscape(longFilter(`emails.value co "zz"`)), ""),
		"groups": s.do("POST", "/Groups/.search", string(search)),
	} {
		if a.status != http.StatusBadRequest || !strings.Contains(a.body, `"tooMany"`) || !strings.Contains(a.body, "use fewer terms") {
			t.Errorf("%s: status %d: %.300s", name, a.status, a.body)
		}
	}
	for path, attribute := range map[string]string{"/Users": "emails.value", "/Groups": "displayName"} {
		a := s.do("GET", path+"?count=1&filter="+url.QueryEscape(attribute+` co "1" and `+attribute+` co "99"`), "")
		if total, _ := a.json(t)["totalResults"].(float64); a.status != http.StatusOK || total < 10 {
			t.Errorf("%s, an honest filter: status %d, %v found", path, a.status, total)
		}
	}
}
