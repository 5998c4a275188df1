package gateway_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tvscim/cmd/config"
	"tvscim/tvapi/tvfake"
)

const (
	coreURN       = "urn:ietf:params:scim:schemas:core:2.0:User"
	enterpriseURN = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
)

// unadvertised are attributes that /Schemas does not show with the default settings, and some that
// no schema has.
var unadvertised = []string{
	"title", "nickName", "locale", "profileUrl", "password", "phoneNumbers", "addresses", "roles", "x509Certificates", "groups", "ims",
	"TITLE", "title.value", "phoneNumbers.value", "addresses.primary", "groups.value", "shoeSize", "shoeSize.left",
	coreURN + ":title", coreURN + ":phoneNumbers.value", coreURN + ":shoeSize",
	"manager", "department", "manager.displayName", enterpriseURN, enterpriseURN + ":manager", enterpriseURN + ":manager.value",
	enterpriseURN + ":employeeNumber", enterpriseURN + ":shoeSize", "urn:example:2.0:User", "urn:example:2.0:User:shoeSize",
}

// oddValues are values that few attributes take.
var oddValues = []string{
	`null`, `""`, `"x"`, `7`, `-1.5e9`, `true`, `[]`, `{}`, `[[]]`, `[null]`, `[7,"x",{}]`, `{"value":{"value":[1]}}`, `{"primary":"maybe","value":7}`,
	`[{"primary":true},{"primary":true}]`, `{"a":1,"a":2}`, `"bulkId:nobody"`, `[{"value":"bulkId:nobody"}]`,
	`[` + strings.Repeat(`"x",`, 250) + `"x"]`,
}

// filters are put behind the name of an attribute.
var oddFilters = []string{``, `[value eq "x"]`, `[type eq "work" and primary eq true]`, `[value eq "x"].value`, `[nonsense gt 7]`, `[value eq`, `[]`}

// oddRequest is a request of one attribute in one form: method, body, and whether it makes the
// user.
type oddRequest struct {
	name, method, body string
	data               bool // in a bulk request
}

// oddRequests are all forms in which a request can name an attribute with a value.
func oddRequests(attribute, filter, value string) []oddRequest {
	path := jsonOf(attribute + filter)
	forms := []oddRequest{
		{name: "POST", method: "POST", body: fmt.Sprintf(`{"userName":"nora.vale@contoso.example",%s:%s}`, path, value)},
		{name: "PUT", method: "PUT", body: fmt.Sprintf(`{"userName":"nora.vale@contoso.example",%s:%s}`, path, value)},
		{name: "POST twice", method: "POST", body: fmt.Sprintf(`{"userName":"nora.vale@contoso.example",%[1]s:%[2]s,%[1]s:"y"}`, path, value)},
		{name: "PUT under the core schema", method: "PUT", body: fmt.Sprintf(`{"userName":"nora.vale@contoso.example","%s":{%s:%s}}`, coreURN, path, value)},
		{name: "PUT under the extension", method: "PUT", body: fmt.Sprintf(`{"userName":"nora.vale@contoso.example","%s":{%s:%s}}`, enterpriseURN, path, value)},
		{name: "PATCH remove", method: "PATCH", body: patchOf(fmt.Sprintf(`{"op":"remove","path":%s}`, path))},
		{name: "PATCH remove with value", method: "PATCH", body: patchOf(fmt.Sprintf(`{"op":"remove","path":%s,"value":%s}`, path, value))},
	}
	for _, op := range []string{"add", "Replace"} {
		forms = append(forms,
			oddRequest{name: "PATCH path " + op, method: "PATCH", body: patchOf(fmt.Sprintf(`{"op":%q,"path":%s,"value":%s}`, op, path, value))},
			oddRequest{name: "PATCH without value " + op, method: "PATCH", body: patchOf(fmt.Sprintf(`{"op":%q,"path":%s}`, op, path))},
			oddRequest{name: "PATCH key " + op, method: "PATCH", body: patchOf(fmt.Sprintf(`{"op":%q,"value":{%s:%s}}`, op, path, value))},
			oddRequest{name: "PATCH under the extension " + op, method: "PATCH", body: patchOf(fmt.Sprintf(`{"op":%q,"value":{"%s":{%s:%s}}}`, op, enterpriseURN, path, value))},
		)
	}
	for _, f := range forms {
		f.name, f.data = f.name+" in bulk", true
		forms = append(forms, f)
	}
	return forms
}

// sent sends the request about a user, or to make one, and returns the status and the answer.
func (r oddRequest) sent(s *stage, id string) (string, answer) {
	path := "/Users"
	if r.method != "POST" {
		path += "/" + id
	}
	if r.data {
		statuses, a := s.bulk(fmt.Sprintf(`{"method":%q,"bulkId":"b","path":%q,"data":%s}`, r.method, path, r.body))
		return statuses[0][:1], a
	}
	a := s.do(r.method, path, r.body)
	return fmt.Sprint(a.status)[:1], a
}

// TestNothingUnadvertisedRefuses: an attribute that is neither carried nor kept refuses no request,
// in whatever form. A POST of a user who is there already is refused for that alone.
func TestNothingUnadvertisedRefuses(t *testing.T) {
	t.Parallel()
	s := newStage(t, staging{direct: true, settings: func(c *config.Config, _ *tvfake.Server) { c.Limits.BulkOperations = 10 }})
	id := s.user("nora.vale@contoso.example")
	check := func(t rapid.TB, attribute, filter, value string) {
		for _, r := range oddRequests(attribute, filter, value) {
			if strings.Contains(value, "bulkId:") && !r.data {
				continue // a text like any other
			}
			status, a := r.sent(s, id)
			if r.method == "POST" && strings.Contains(a.body, `"uniqueness"`) && strings.Contains(a.body, id) {
				continue
			}
			if status != "2" {
				t.Errorf("%s %s%s = %.60s: %d %s", r.name, attribute, filter, value, a.status, a.body)
			}
		}
	}
	for _, attribute := range unadvertised {
		check(t, attribute, "", `[7,"x",{}]`)
		check(t, attribute, `[value eq`, `{"value":7}`)
	}
	if t.Failed() {
		return
	}
	rapid.Check(t, func(t *rapid.T) {
		check(t, rapid.SampledFrom(unadvertised).Draw(t, "attribute"), rapid.SampledFrom(oddFilters).Draw(t, "filter"), rapid.SampledFrom(oddValues).Draw(t, "value"))
	})
	if u, _ := s.fake.User(id); !u.Active || u.Email != "nora.vale@contoso.example" {
		t.Errorf("the user was changed: %+v", u)
	}
}

// TestNothingUnadvertisedRefusesAQuery: a filter on what is ignored finds nobody, whatever it asks.
func TestNothingUnadvertisedRefusesAQuery(t *testing.T) {
	t.Parallel()
	s := newStage(t, staging{direct: true})
	s.user("nora.vale@contoso.example")
	for _, filter := range []string{
		`roles.primary gt true`, `phoneNumbers[primary le false]`, `phoneNumbers[type eq "work" and primary gt true]`, `x509Certificates.value gt "x"`,
		`title eq 7`, `groups.value gt true`, `manager.displayName gt true`, `shoeSize gt true`, `password pr`,
	} {
		for _, path := range []string{"/Users?filter=" + query(filter), "/Users?sortBy=phoneNumbers&attributes=roles.primary&filter=" + query(filter)} {
			if a := s.do("GET", path, ""); a.status != http.StatusOK || !strings.Contains(a.body, `"totalResults":0`) {
				t.Errorf("%s: %d %s", path, a.status, a.body)
			}
		}
	}
	if a := s.do("GET", "/Users?filter="+query("active gt true"), ""); a.status != http.StatusBadRequest {
		t.Errorf("an order of booleans that are kept: %d %s", a.status, a.body)
	}
}

// TestAdvertisedIsChecked is the other half: what is kept is checked.
func TestAdvertisedIsChecked(t *testing.T) {
	t.Parallel()
	s := newStage(t, staging{direct: true, settings: func(c *config.Config, _ *tvfake.Server) { c.Users.Keep = []string{"title"} }})
	id := s.user("nora.vale@contoso.example")
	for body, want := range map[string]int{
		patchOf(`{"op":"replace","path":"title","value":7}`):                  http.StatusBadRequest,
		patchOf(`{"op":"replace","path":"title[value eq","value":"x"}`):       http.StatusBadRequest,
		patchOf(`{"op":"replace","path":"nickName[value eq","value":"x"}`):    http.StatusOK,
		patchOf(`{"op":"replace","value":{"nickName":7,"title":"Engineer"}}`): http.StatusOK,
	} {
		if a := s.do("PATCH", "/Users/"+id, body); a.status != want {
			t.Errorf("%s: %d %s, want %d", body, a.status, a.body, want)
		}
	}
}

// TestIgnoredIsVisible: what has no effect stands in /metrics, also what only the gateway's memory
// drops.
func TestIgnoredIsVisible(t *testing.T) {
	t.Parallel()
	const mails = `[{"value":"a@contoso.example","type":"work"},{"value":"b@contoso.example","type":"home"}]`
	s := newStage(t, staging{direct: true})
	id := s.made(t, "/Users", `{"userName":"nora.vale@contoso.example","displayName":"Nora","nickName":"N","emails":`+mails+`}`)
	s.status(t, http.StatusOK, "PUT", "/Users/"+id, `{"userName":"nora.vale@contoso.example","displayName":"Nora","nickName":"N","emails":`+mails+`}`)
	s.status(t, http.StatusOK, "PATCH", "/Users/"+id, patchOf(`{"op":"replace","path":"emails","value":`+mails+`}`, `{"op":"remove","path":"active"}`))
	s.status(t, http.StatusOK, "PATCH", "/Users/"+id, patchOf(`{"op":"replace","path":"emails[value eq \"b@contoso.example\"].value","value":"c@contoso.example"}`))
	s.status(t, http.StatusOK, "PATCH", "/Users/"+id, patchOf(`{"op":"replace","path":"displayName","value":"Norah"}`))
	metrics := s.admin("/metrics").body
	for attribute, n := range map[string]int{"emails": 4, "nickName": 2, "active": 1} {
		if line := fmt.Sprintf("tvscim_ignored_attributes_total{attribute=%q} %d\n", attribute, n); !strings.Contains(metrics, line) {
			t.Errorf("/metrics lacks %s", line)
		}
	}
	if strings.Contains(metrics, `attribute="displayName"`) {
		t.Error("displayName is counted")
	}
}
