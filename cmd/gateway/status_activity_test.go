package gateway_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"tvscim/cmd/config"
	"tvscim/tvapi/tvfake"
)

var requestIn = regexp.MustCompile(`\(request ([A-Z2-7]{26})\)`)

// peopleLink is a link to a user or group, and plainID what may stand in it: no address or name.
var (
	peopleLink = regexp.MustCompile(`"/status/people/([^"]*)"`)
	plainID    = regexp.MustCompile(`^u?[0-9]{1,20}$`)
)

// TestStatusTellsWhyARequestFailed: every request that failed is found by the text of its error,
// also one that never reached the mapping, with what was sent and without secrets.
func TestStatusTellsWhyARequestFailed(t *testing.T) {
	t.Parallel()
	const secret = "S3cret-of-nora"
	s := newStage(t, staging{settings: func(c *config.Config, _ *tvfake.Server) { c.Users.AcceptPassword = true }})
	nora := s.user("nora@contoso.example")
	r := s.reader()
	for name, test := range map[string]struct {
		token, method, path, body string
		status                    int
		shown                     []string
	}{
		"malformed":    {stageToken, "PATCH", "/Users/" + nora, `{"Operations":[{"op"`, 400, []string{`Change user`, `{&#34;Operations&#34;:[{&#34;op&#34;`, "/status/people/" + nora}},
		"taken":        {stageToken, "POST", "/Users", `{"userName":"nora@contoso.example","password":"` + secret + `"}`, 409, []string{"Create user", "nora@contoso.example", "&lt;secret&gt;"}},
		"no token":     {"", "GET", "/Users?filter=x", "", 401, []string{"no accepted token", "no access"}},
		"wrong token":  {"no-token", "DELETE", "/Users/" + nora, "", 401, []string{"no accepted token"}},
		"unknown":      {stageToken, "PATCH", "/Users/u404404", patchOf(inactive), 404, []string{"Understood as", "replace active = false"}},
		"wrong filter": {stageToken, "GET", "/Users?filter=userName+eq", "", 400, []string{"Find users", "filter=userName eq"}},
		"wrong path":   {stageToken, "GET", "/Nothing", "", 404, []string{"GET"}},
	} {
		a := s.as(test.token, test.method, test.path, test.body)
		detail, _ := get(a.json(t), "detail").(string)
		id := requestIn.FindStringSubmatch(detail)
		if a.status != test.status || id == nil {
			t.Fatalf("%s: %d %s", name, a.status, a.body)
		}
		page := r.post("/activity", "text", "Error: "+detail)
		page.must(t, http.StatusOK, append(test.shown, id[1])...)
		if strings.Contains(page.body, secret) {
			t.Errorf("%s: a password is shown", name)
		}
	}
	s.do("POST", "/Bulk", bulkOf(`{"method":"DELETE","path":"/Users/u404404"}`))
	r.post("/activity", "outcome", "failed").must(t, http.StatusOK, "Bulk request", "in part")
	r.post("/activity", "outcome", "refused").must(t, http.StatusOK, "no access")
}

// TestStatusTellsWhatAChangeCameTo: steps, before and after, calls, the answer and how to take it
// back. With a change log it is found after a restart too.
func TestStatusTellsWhatAChangeCameTo(t *testing.T) {
	t.Parallel()
	s, path := logged(t, staging{})
	nora := s.user("nora@contoso.example")
	a := s.do("PATCH", "/Users/"+nora, patchOf(`{"op":"Replace","path":"displayName","value":"Nora Vale"}`))
	id := a.header.Get("X-Request-Id")
	r := s.reader()
	r.get("/activity/"+id).must(t, http.StatusOK, "Change user", "replace displayName = &#34;Nora Vale&#34;", "PUT /users/{id}", "What was done", "To take it back",
		"&#34;value&#34;: &#34;nora&#34;", "SCIM answer")
	r.get("/people/"+nora).must(t, http.StatusOK, "created", "changed displayName", id)
	again := s.restart(t, func(c *config.Config, _ *tvfake.Server) { c.Changelog.Path = path })
	r = again.reader()
	r.get("/activity").must(t, http.StatusOK, "No request has arrived since the start")
	r.get("/activity/"+id).must(t, http.StatusOK, "From the change log", "PUT /users/{id}", "To take it back")
	r.get("/people/"+nora).must(t, http.StatusOK, "changed displayName")
	r.get("/activity/AAAAAAAAAAAAAAAAAAAAAAAAAA").must(t, http.StatusNotFound, "no request with this id in memory or in the change log")
}

// TestStatusCallsNothingByItself: no page calls TeamViewer, but for the button that reads
// memberships.
func TestStatusCallsNothingByItself(t *testing.T) {
	t.Parallel()
	s := newStage(t, staging{})
	nora := s.user("nora@contoso.example")
	group := s.group("Team", nora)
	s.do("GET", "/Users?count=10", "")
	s.do("GET", "/Groups?count=10&excludedAttributes=members", "")
	r := s.reader()
	before := s.fake.Calls()
	for _, path := range append(everyPage(nora), "/people/"+group) {
		r.get(path)
	}
	r.post("/people", "text", "NORA").must(t, http.StatusOK, "nora@contoso.example", "/status/people/"+nora)
	r.post("/people", "text", "nobody").must(t, http.StatusOK, "No user or group in the snapshot matches")
	r.post("/activity", "text", "nora").must(t, http.StatusOK, "Create user")
	if diff := cmp.Diff(before, s.fake.Calls()); diff != "" {
		t.Errorf("pages called TeamViewer (-before +after):\n%s", diff)
	}
	r.post("/people/"+group).must(t, http.StatusOK, "nora@contoso.example")
	r.post("/people/"+nora).must(t, http.StatusOK, "Team")
}

// TestStatusIsHarmedByNothing: markup, huge texts and control characters in whatever a client or
// TeamViewer sends are shown as text, and no page grows without bound.
func TestStatusIsHarmedByNothing(t *testing.T) {
	t.Parallel()
	s := newStage(t, staging{settings: func(c *config.Config, _ *tvfake.Server) { c.Users.Keep = []string{"*"} }})
	evil := []string{
		`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `{{.CSRF}}`, "a\u202eb\u2066c\u0007d\u0000e\u009bf", `javascript:alert(1)`,
		strings.Repeat("Ω", 5000), strings.Repeat("<b>", 3000), "\u2028\u2029</pre></script>",
	}
	r := s.reader()
	var ids, requests []string
	for i, text := range evil {
		quoted := fmt.Sprintf("%q", text)
		quoted = strings.NewReplacer(`\x00`, `\u0000`, `\a`, `\u0007`, `\u009b`, `\u009b`).Replace(quoted)
		a := s.do("POST", "/Users", fmt.Sprintf(`{"userName":"user%d@contoso.example","displayName":%s,"title":%[2]s,"externalId":%[2]s}`, i, quoted))
		if id, ok := a.json(t)["id"].(string); ok {
			ids = append(ids, id)
		}
		requests = append(requests, a.header.Get("X-Request-Id"))
		for _, b := range []answer{
			s.do("POST", "/Groups", fmt.Sprintf(`{"displayName":%s}`, quoted)),
			s.do("PATCH", "/Users/"+url.PathEscape(text), patchOf(inactive)),
			s.do("POST", "/Users", fmt.Sprintf(`{"userName":%s}`, quoted)),
			s.do("GET", "/Users?filter="+url.QueryEscape(`userName eq `+quoted), ""),
			s.do("PATCH", "/Users/u1", `{"`+text),
			s.as("wrong", "GET", "/"+url.PathEscape(text), "", [2]string{"ActivityId", "<script>"}, [2]string{"User-Agent", "<script>"}),
		} {
			requests = append(requests, b.header.Get("X-Request-Id"))
		}
		s.fake.AddUser(tvfake.User{Name: strings.ToValidUTF8(text, ""), Email: fmt.Sprintf("console%d@contoso.example", i), Active: true})
	}
	s.do("GET", "/Users?count=1", "")
	pages := map[string]answer{"overview": r.get(""), "activity": r.get("/activity"), "found": r.post("/people", "text", "contoso"), "guard": r.get("/guard")}
	for _, id := range ids {
		pages["person "+id] = r.get("/people/" + id)
	}
	for _, id := range requests {
		pages["request "+id] = r.get("/activity/" + id)
	}
	for i, text := range evil {
		pages[fmt.Sprint("search ", i)] = r.post("/activity", "text", text)
		pages[fmt.Sprint("search of people ", i)] = r.post("/people", "text", text)
	}
	for name, page := range pages {
		for _, bad := range []string{"<script>alert", "<img src=x", "<b><b>", "\u202e", "\u2066", "\a", "\x00", "\u009b", "\u2028", "</pre></script>"} {
			if strings.Contains(page.body, bad) {
				at := strings.Index(page.body, bad)
				t.Errorf("%s holds %q: %q", name, bad, page.body[max(0, at-200):at+len(bad)])
			}
		}
		for _, link := range peopleLink.FindAllStringSubmatch(page.body, -1) {
			if !plainID.MatchString(link[1]) {
				t.Errorf("%s has a link with what a client sent: %q", name, link[1])
			}
		}
		if !utf8.ValidString(page.body) || len(page.body) > 1<<20 || page.status >= 500 {
			t.Errorf("%s: %d, %d bytes, valid: %t", name, page.status, len(page.body), utf8.ValidString(page.body))
		}
	}
}

// TestStatusShowsThePlan of a dry run, and only of one.
func TestStatusShowsThePlan(t *testing.T) {
	t.Parallel()
	s := newStage(t, staging{settings: func(c *config.Config, _ *tvfake.Server) { dry(c) }})
	s.user("-nora@contoso.example")
	r := s.reader()
	r.get("").must(t, http.StatusOK, "Dry run: nothing is changed at TeamViewer.")
	r.get("/plan").must(t, http.StatusOK, "-nora@contoso.example", "created", "Download CSV")
	csv := r.get("/plan.csv").must(t, http.StatusOK, "'-nora@contoso.example", "change,time,kind,id,name,calls,what")
	if got := csv.header.Get("Content-Disposition"); got != `attachment; filename="tvscim-plan.csv"` {
		t.Errorf("Content-Disposition: %s", got)
	}
	if totals := get(r.get("/plan.json").json(t), "totals", "created"); totals != 1.0 {
		t.Errorf("created in the JSON: %v", totals)
	}
	without := newStage(t, staging{}).reader()
	without.get("/plan").must(t, http.StatusNotFound)
	if page := without.get(""); strings.Contains(page.body, "/status/plan") {
		t.Error("the plan is offered without a dry run")
	}
}
