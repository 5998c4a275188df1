package scimtest_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"tvscim/scim/scimtest"
)

// TestChecksAreWellFormed looks at what a report shows of each check.
func TestChecksAreWellFormed(t *testing.T) {
	t.Parallel()
	section := regexp.MustCompile(`^[1-9][0-9]*(\.[1-9][0-9]*){0,3}$`)
	seen := map[string]bool{}
	for _, c := range scimtest.Checks() {
		if seen[c.ID()] {
			t.Errorf("%s: there are two of this name", c.ID())
		}
		seen[c.ID()] = true
		switch {
		case c.RFC != "7643" && c.RFC != "7644" && c.RFC != "9865":
			t.Errorf("%s: RFC %q", c.ID(), c.RFC)
		case !section.MatchString(c.Section):
			t.Errorf("%s: section %q", c.ID(), c.Section)
		case c.Level < scimtest.Must || c.Level > scimtest.May:
			t.Errorf("%s: %s", c.ID(), c.Level)
		case c.Name == "" || c.Run == nil:
			t.Errorf("%s: lacks a name or what to run", c.ID())
		case !strings.HasSuffix(c.Statement, "."):
			t.Errorf("%s: the statement is no sentence: %q", c.ID(), c.Statement)
		}
	}
	if len(seen) < 150 {
		t.Errorf("%d checks, want 150 at least", len(seen))
	}
}

// TestPointsThatServersMiss names the check of each point that other suites found missing in
// servers.
func TestPointsThatServersMiss(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	for _, c := range scimtest.Checks() {
		known[c.ID()] = true
	}
	for point, check := range map[string]string{
		"WWW-Authenticate on 401":                       "RFC 7644 2 401 challenges",
		"media type":                                    "RFC 7644 3.1 media type of a resource",
		"/Schemas is a ListResponse":                    "RFC 7644 4 schemas are a list",
		"/Schemas without extra members":                "RFC 7644 4 the list of schemas has no extra members",
		"/ResourceTypes is a ListResponse":              "RFC 7644 4 resource types are a list",
		"/ResourceTypes without extra members":          "RFC 7644 4 the list of resource types has no extra members",
		"ServiceProviderConfig":                         "RFC 7643 5 bulk",
		"a PUT that drops userName":                     "RFC 7644 3.5.1 PUT without userName",
		"a PATCH that drops userName":                   "RFC 7644 3.5.2.2 required attribute removed",
		".search":                                       "RFC 7644 3.4.3 search",
		"unmatched valuePath":                           "RFC 7644 3.5.2.3 value path that selects nothing",
		"a value that is there leaves lastModified":     "RFC 7644 3.5.2.1 add of the value that is there",
		"more than maxOperations":                       "RFC 7644 3.7.4 maxOperations",
		"circular bulkIds":                              "RFC 7644 3.7.1 circular references",
		"duplicate userName in any case":                "RFC 7643 4.1.1 userName twice in other case",
		"unknown id":                                    "RFC 7644 3.12 unknown user",
		"read-only attributes in a PATCH":               "RFC 7644 3.5.2 read-only attribute",
		"DELETE is 204":                                 "RFC 7644 3.6 deleted",
		"DELETE, then 404":                              "RFC 7644 3.6 what was deleted is gone",
		"unknown member of a group":                     "RFC 7643 4.2 a member that does not exist",
		`attributes=emails[type eq "work"]`:             "RFC 7644 3.10 attributes with a value path",
		"active True is read as a boolean":              "RFC 7643 2.3.2 text for true",
		"null sub-attributes":                           "RFC 7643 2.5 null sub-attribute",
		"test of a connection":                          "RFC 7644 3.4.2 test of a connection",
		"re-hire after the end":                         "RFC 7644 3.6 the name can be used again",
		"a server that dropped members above a hundred": "RFC 7644 3.5.2 many members",
		"creates of one name at once":                   "RFC 7644 3.3 creates at once",
	} {
		if !known[check] {
			t.Errorf("%s: there is no check %q", point, check)
		}
	}
}

// totals returns the start of the lists, with the number of resources.
func totals(t *testing.T, where scimtest.Target) [2]string {
	t.Helper()
	var lists [2]string
	for i, endpoint := range []string{"/Users", "/Groups"} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, where.BaseURL+endpoint+"?count=0", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+where.Token)
		res, err := where.Client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(res.Body)
		if err != nil || res.Body.Close() != nil {
			t.Fatal(err)
		}
		lists[i] = string(b)
	}
	return lists
}

func TestTargetIsChecked(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		target scimtest.Target
		want   string
	}{
		"no address":        {scimtest.Target{}, `conformance target "": must begin with http:// or https:// and a host`},
		"no scheme":         {scimtest.Target{BaseURL: "localhost/scim"}, "must begin with http"},
		"not a URL":         {scimtest.Target{BaseURL: "http://[::1"}, "missing ']'"},
		"another scheme":    {scimtest.Target{BaseURL: "ftp://localhost/scim"}, "must begin with http"},
		"template":          {scimtest.Target{BaseURL: "http://localhost", UserTemplate: "ada@example.com"}, "must hold one asterisk"},
		"unknown departure": {scimtest.Target{BaseURL: "http://localhost", Departures: map[string]string{"RFC 1 2 x": "y"}}, `departure "RFC 1 2 x": there is no such check`},
	} {
		if _, err := scimtest.Run(t.Context(), test.target); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want %q", name, err, test.want)
		}
	}
}

// TestOutcomes runs one check against servers for which it comes out in each way.
func TestOutcomes(t *testing.T) {
	t.Parallel()
	const id = "RFC 7644 3.3 created"
	wrong := wrongServer{answer: status(201, 200)}
	for name, test := range map[string]struct {
		handler    http.Handler
		id         string
		departures map[string]string
		outcome    scimtest.Outcome
		detail     string
	}{
		"met":               {service(t), id, nil, scimtest.Passed, ""},
		"not met":           {wrong.wrap(service(t)), id, nil, scimtest.Failed, "status 200, want 201"},
		"departs":           {wrong.wrap(service(t)), id, map[string]string{id: "for old clients"}, scimtest.Departed, "for old clients"},
		"departs no longer": {service(t), id, map[string]string{id: "for old clients"}, scimtest.Failed, "it passes, but is listed as a departure: for old clients"},
		"does not apply":    {service(t), "RFC 7644 3.11 /Me", nil, scimtest.Skipped, "/Me: not advertised"},
		"is met otherwise":  {service(t), "RFC 7644 3.11 /Me is not supported", nil, scimtest.Passed, ""},
	} {
		where := target(t, test.handler)
		where.Departures = test.departures
		where.Select = func(c scimtest.Check) bool { return c.ID() == test.id }
		report, err := scimtest.Run(t.Context(), where)
		if err != nil {
			t.Fatal(err)
		}
		if len(report.Results) != 1 {
			t.Fatalf("%s: %d results, want 1", name, len(report.Results))
		}
		got := report.Results[0]
		if got.Outcome != test.outcome || !strings.Contains(got.Detail, test.detail) || (test.detail == "") != (got.Detail == "") {
			t.Errorf("%s: %s %q, want %s %q", name, got.Outcome, got.Detail, test.outcome, test.detail)
		}
	}
}

// TestFailuresNameTheRequest reads the failure as the developer of a server does.
func TestFailuresNameTheRequest(t *testing.T) {
	t.Parallel()
	where := target(t, wrongServer{answer: status(404, 200)}.wrap(service(t)))
	where.Select = func(c scimtest.Check) bool { return c.ID() == "RFC 7644 4 unknown schema" }
	report, err := scimtest.Run(t.Context(), where)
	if err != nil {
		t.Fatal(err)
	}
	want := regexp.MustCompile(`^GET /Schemas/urn:example:[a-z0-9]{12}: status 200, want 404\nanswer: 200 \{"schemas":`)
	if got := report.Results[0].Detail; !want.MatchString(got) {
		t.Errorf("detail %q does not match %s", got, want)
	}
	if strings.Contains(report.Results[0].Detail, token) {
		t.Error("the detail holds the token")
	}
}

// TestUnreachable runs the suite against an address without a listener, and one whose requests
// are cancelled.
func TestUnreachable(t *testing.T) {
	t.Parallel()
	closed := httptest.NewServer(nil)
	closed.Close()
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for name, run := range map[string]func() (scimtest.Report, error){
		"closed": func() (scimtest.Report, error) {
			return scimtest.Run(t.Context(), scimtest.Target{BaseURL: closed.URL})
		},
		"cancelled": func() (scimtest.Report, error) { return scimtest.Run(cancelled, target(t, service(t))) },
	} {
		report, err := run()
		if err != nil {
			t.Fatal(err)
		}
		if n := report.Count(scimtest.Must, scimtest.Passed); n != 0 {
			t.Errorf("%s: %d checks pass", name, n)
		}
		if report.Count(scimtest.Must, scimtest.Failed) == 0 {
			t.Errorf("%s: no check fails", name)
		}
	}
}

// TestUserTemplate looks at the userNames that reach the server.
func TestUserTemplate(t *testing.T) {
	t.Parallel()
	var names []string
	where := target(t, wrongServer{ask: asked(func(_ *http.Request, o map[string]any) {
		if name, ok := o["userName"].(string); ok {
			names = append(names, name)
		}
	})}.wrap(service(t)))
	where.UserTemplate = "scim-*-test@users.example"
	where.Select = func(c scimtest.Check) bool { return c.ID() == "RFC 7643 3.1 ids differ" }
	if _, err := scimtest.Run(t.Context(), where); err != nil {
		t.Fatal(err)
	}
	if len(names) != 2 || names[0] == names[1] {
		t.Fatalf("names %q, want two that differ", names)
	}
	for _, name := range names {
		if !regexp.MustCompile(`^scim-[a-z0-9]{12}-test@users\.example$`).MatchString(name) {
			t.Errorf("name %q does not follow the template", name)
		}
	}
}

// TestWriteMarkdown writes a report of every outcome.
func TestWriteMarkdown(t *testing.T) {
	t.Parallel()
	outcomes := []scimtest.Outcome{scimtest.Passed, scimtest.Failed, scimtest.Skipped, scimtest.Departed}
	var one, other scimtest.Report
	for i, c := range scimtest.Checks() {
		one.Results = append(one.Results, scimtest.Result{Check: c, Outcome: outcomes[min(i, 3)%4], Detail: "because"})
		other.Results = append(other.Results, scimtest.Result{Check: c, Outcome: scimtest.Passed})
	}
	var text bytes.Buffer
	if err := scimtest.WriteMarkdown(&text, scimtest.Column{Name: "one", Report: one}, scimtest.Column{Name: "other", Report: other}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"| level | checks | one | other |\n|---|---|---|---|\n",
		"| RFC | section | level | check | statement | one | other |\n|---|---|---|---|---|---|---|\n",
		"| 7644 | 4 | MUST | the configuration can be read | GET /ServiceProviderConfig answers 200 with one resource of that schema. | met | met |\n",
		" | **not met** | met |\n",
		" | n/a | met |\n",
		" | departs | met |\n",
		"\n## one: what is not met\n\n- RFC 7643 section 5 (MUST), patch: not met\n",
		": because\n",
	} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the report lacks %q", want)
		}
	}
	if strings.Contains(text.String(), "## other") {
		t.Error("a section for a target that meets everything")
	}
	if got, want := strings.Count(text.String(), "\n| 7"), len(scimtest.Checks()); got > want || got < want-20 {
		t.Errorf("%d lines of RFC 7643 and 7644 among %d checks", got, want)
	}
	one.Results = one.Results[1:]
	if err := scimtest.WriteMarkdown(io.Discard, scimtest.Column{Name: "one", Report: one}); err == nil || !strings.Contains(err.Error(), "report one: no result of") {
		t.Errorf("error %v for a report that is not whole", err)
	}
}
