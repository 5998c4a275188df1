package tvfake_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"tvscim/tvapi/tvfake"
)

// FuzzCall sends any method, path and body: there is always an answer, an error answer always has
// TeamViewer's body or is the front's page, and what a company must hold it holds.
func FuzzCall(f *testing.F) {
	for _, seed := range [][3]string{
		{"GET", "/users?email=a,b&name=c&full_list=true", ""},
		{"POST", "/users", createBody},
		{"PUT", "/users/u50", `{"active":false,"AssignUserRoleIds":[]}`},
		{"DELETE", "/users/u50?isPermanentDelete=x", ""},
		{"DELETE", "/users/%20/..", ""},
		{"POST", "/usergroups", `{"name":"Sales"}`},
		{"PUT", "/usergroups/99999999999999999999", `{"name":null}`},
		{"GET", "/usergroups?limit=-1&paginationToken=x", ""},
		{"POST", "/usergroups/5/members", "[1,-1,2147483648]"},
		{"DELETE", "/usergroups/5/members/0", "[]"},
		{"POST", "/userroles", `{"Name":"R","Permissions":["ManageUsers"]}`},
		{"POST", "/userroles/assign/account", `{"UserIds":[null],"UserRoleId":null}`},
		{"GET", "/userroles/assignments/account?userRoleId=%00", "\x00"},
	} {
		f.Add(seed[0], seed[1], seed[2])
	}
	f.Fuzz(func(t *testing.T, method, path, body string) {
		target, err := url.Parse("https://tv.example/api/v1" + path)
		if err != nil || target.Host != "tv.example" {
			t.Skip("no URL")
		}
		r, err := http.NewRequestWithContext(t.Context(), method, target.String(), strings.NewReader(body))
		if err != nil {
			t.Skip("no request")
		}
		s := tvfake.New(tvfake.Options{Token: "t", OwnerID: "u50"})
		s.SetRights(tvfake.AllRights()...)
		r.Header.Set("Authorization", "Bearer t")
		r.Header.Set("Content-Type", "application/json")
		res, err := s.Transport().RoundTrip(r)
		if err != nil {
			t.Fatalf("%s %s: %v", method, path, err)
		}
		defer res.Body.Close()
		page := strings.HasPrefix(res.Header.Get("Content-Type"), "text/html")
		var refused struct{ Error string }
		if res.StatusCode >= 400 && !page && (json.NewDecoder(res.Body).Decode(&refused) != nil || refused.Error == "") {
			t.Errorf("%s %s %q: status %d without an error body", method, path, body, res.StatusCode)
		}
		if res.StatusCode >= 500 {
			t.Errorf("%s %s %q: status %d", method, path, body, res.StatusCode)
		}
		if _, ok := s.User("u50"); ok == s.CompanyDeleted() {
			t.Errorf("%s %s: owner there %v, company deleted %v", method, path, ok, s.CompanyDeleted())
		}
		if s.CompanyDeleted() && method != http.MethodDelete {
			t.Errorf("%s %s deleted the company", method, path)
		}
	})
}

// FuzzFault arms any fault over the control address: calls are answered or lost, and clearing it
// makes all well again.
func FuzzFault(f *testing.F) {
	for _, seed := range []string{
		`{"status":500}`, `{"status":204,"body":"x"}`, `{"lost":true,"after":true,"times":2}`, `{"truncate":"broken"}`,
		`{"limit":true,"skip":1,"for":"1h"}`, `{"rate":-1,"status":404,"function":"GET /ping"}`, `{"skip":-5}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		if strings.Contains(strings.ToLower(body), "delay") {
			t.Skip("would wait")
		}
		c := newController(t, tvfake.Options{})
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://control/faults", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		c.control.ServeHTTP(w, r)
		if w.Code != http.StatusCreated && w.Code != http.StatusBadRequest {
			t.Fatalf("status %d", w.Code)
		}
		for range 3 {
			_, _ = c.try(t.Context(), "GET", "/ping", "")
		}
		c.ask(http.StatusNoContent, "DELETE", "/faults", "")
		c.want(http.StatusOK, "GET", "/ping", "")
		same(t, "calls", c.server.TotalCalls(), 4)
	})
}
