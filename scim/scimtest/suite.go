package scimtest

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// Level tells how strongly an RFC asks for something (RFC 2119). Shall is Must.
type Level int

// The levels, from the strongest.
const (
	Must Level = iota + 1
	Should
	May
)

// String returns the word of RFC 2119.
func (l Level) String() string {
	switch l {
	case Must:
		return "MUST"
	case Should:
		return "SHOULD"
	case May:
		return "MAY"
	default:
		return "unknown level"
	}
}

// Check is one statement of an RFC about a service provider, and the requests that find out whether
// it holds. It makes the resources that it needs and takes them away again, so checks may run in
// any order, and beside each other.
type Check struct {
	RFC       string // "7643", "7644" or "9865"
	Section   string // as "3.5.2.1"
	Level     Level
	Name      string    // short, unique within its section
	Statement string    // what the RFC says, in our words
	Needs     []Feature // it is skipped where one of these is missing
	Unless    []Feature // it is skipped where one of these is there: what has to happen without them
	Run       func(*Probe)
}

// ID names the check: "RFC 7644 3.5.2.1 add appends to a list".
func (c Check) ID() string {
	return "RFC " + c.RFC + " " + c.Section + " " + c.Name
}

// needs returns the check with more features that it needs.
func (c Check) needs(features ...Feature) Check {
	c.Needs = slices.Concat(c.Needs, features)
	return c
}

// unless returns the check with features that it must not find.
func (c Check) unless(features ...Feature) Check {
	c.Unless = slices.Concat(c.Unless, features)
	return c
}

// must returns a check of a MUST or SHALL. ref is the number of the RFC and the section: "7644
// 3.3".
func must(ref, name, statement string, run func(*Probe)) Check {
	return newCheck(Must, ref, name, statement, run)
}

// should returns a check of a SHOULD.
func should(ref, name, statement string, run func(*Probe)) Check {
	return newCheck(Should, ref, name, statement, run)
}

// may returns a check of something that the RFC leaves open, or is silent on, and that clients rely
// on.
func may(ref, name, statement string, run func(*Probe)) Check {
	return newCheck(May, ref, name, statement, run)
}

func newCheck(level Level, ref, name, statement string, run func(*Probe)) Check {
	rfc, section, _ := strings.Cut(ref, " ")
	return Check{RFC: rfc, Section: section, Level: level, Name: name, Statement: statement, Run: run}
}

// Checks returns the whole suite, by theme. The slice is the caller's.
func Checks() []Check {
	return slices.Concat(
		configChecks, resourceTypeChecks, schemaChecks, schemaAttributeChecks,
		transportChecks, errorChecks, syntaxChecks,
		commonChecks, metaChecks, valueChecks, attributeChecks(), passwordChecks, uniquenessChecks,
		createChecks, readChecks, listChecks, pageChecks,
		filterChecks(), filterListChecks, invalidFilterChecks(), sortChecks, cursorChecks,
		projectionChecks, projectionWriteChecks, searchChecks,
		replaceChecks, replaceRefusalChecks,
		patchChecks, patchRefusalChecks, patchAddChecks, patchAddListChecks, patchRemoveChecks,
		patchReplaceChecks, patchReplaceListChecks,
		deleteChecks, bulkChecks, bulkReferenceChecks, bulkLimitChecks, etagChecks, meChecks,
		groupChecks, groupPatchChecks, lifecycleChecks, concurrencyChecks,
	)
}

// Target is the service provider under test. The suite writes to it: it makes users and groups with
// random names and deletes them.
type Target struct {
	// BaseURL is the address in front of "/Users".
	BaseURL string
	// Client sends the requests; nil is a client of its own. It should not follow redirects.
	Client *http.Client
	// Token is sent as bearer token; "" sends none, and skips what is about tokens.
	Token string
	// UserTemplate is the userName of a user to be made: the asterisk stands for a dozen letters
	// and digits that make it unique. "" is "*@conformance.example".
	UserTemplate string
	// Select picks the checks to be made; nil picks all.
	Select func(Check) bool
	// Features are there although the provider does not advertise them.
	Features []Feature
	// Departures names checks, by [Check.ID], that the provider fails knowingly, with the reason.
	// One that passes after all is a failure, so that the list stays true.
	Departures map[string]string
}

// Run runs the whole suite against a target and reports what was found. The error is one of the
// target itself; a check that fails is no error.
func Run(ctx context.Context, target Target) (Report, error) {
	s, err := newSuite(ctx, target)
	if err != nil {
		return Report{}, err
	}
	var report Report
	for _, c := range s.checks() {
		report.Results = append(report.Results, s.run(ctx, c))
	}
	return report, nil
}

// RunTesting runs the suite as one subtest a check, each named by [Check.ID], and returns the same
// report as [Run].
func RunTesting(t *testing.T, target Target) Report {
	t.Helper()
	s, err := newSuite(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	var report Report
	for _, c := range s.checks() {
		t.Run(c.ID(), func(t *testing.T) {
			r := s.run(t.Context(), c)
			report.Results = append(report.Results, r)
			switch r.Outcome {
			case Failed:
				t.Errorf("%s: %s\n%s", c.Level, c.Statement, r.Detail)
			case Skipped:
				t.Skip(r.Detail)
			case Departed:
				t.Log(r.Detail)
			}
		})
	}
	return report
}

// suite is the checks on their way through one target.
type suite struct {
	target   Target
	features map[Feature]bool
}

// newSuite checks the target and asks it what it can do.
func newSuite(ctx context.Context, target Target) (*suite, error) {
	base, err := url.Parse(target.BaseURL)
	switch {
	case err != nil:
		return nil, fmt.Errorf("conformance target: %w", err)
	case base.Host == "" || (base.Scheme != "http" && base.Scheme != "https"):
		return nil, fmt.Errorf("conformance target %q: must begin with http:// or https:// and a host", target.BaseURL)
	case target.UserTemplate != "" && strings.Count(target.UserTemplate, "*") != 1:
		return nil, fmt.Errorf("conformance target: user template %q: must hold one asterisk", target.UserTemplate)
	}
	if err := knownIDs(target.Departures); err != nil {
		return nil, err
	}
	target.BaseURL = strings.TrimRight(target.BaseURL, "/")
	if target.UserTemplate == "" {
		target.UserTemplate = "*@conformance.example"
	}
	if target.Client == nil {
		target.Client = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	}
	s := &suite{target: target, features: map[Feature]bool{}}
	s.discover(ctx)
	return s, nil
}

// knownIDs refuses departures from checks that do not exist: one whose name was changed would go
// unseen.
func knownIDs(departures map[string]string) error {
	known := map[string]bool{}
	for _, c := range Checks() {
		known[c.ID()] = true
	}
	for id := range departures {
		if !known[id] {
			return fmt.Errorf("conformance target: departure %q: there is no such check", id)
		}
	}
	return nil
}

// checks returns the checks to be made.
func (s *suite) checks() []Check {
	return slices.DeleteFunc(Checks(), func(c Check) bool { return s.target.Select != nil && !s.target.Select(c) })
}

// run runs one check.
func (s *suite) run(ctx context.Context, c Check) Result {
	if reason := s.inapplicable(c); reason != "" {
		return Result{Check: c, Outcome: Skipped, Detail: reason}
	}
	p := s.probe(ctx)
	c.Run(p)
	p.clean()
	departure, departs := s.target.Departures[c.ID()]
	switch {
	case p.skipped != "" && p.failure == "":
		return Result{Check: c, Outcome: Skipped, Detail: p.skipped}
	case p.failure != "" && departs:
		return Result{Check: c, Outcome: Departed, Detail: departure}
	case p.failure != "":
		return Result{Check: c, Outcome: Failed, Detail: p.failure}
	case departs:
		return Result{Check: c, Outcome: Failed, Detail: "it passes, but is listed as a departure: " + departure}
	default:
		return Result{Check: c, Outcome: Passed}
	}
}

// inapplicable says why a check does not apply, "" when it does.
func (s *suite) inapplicable(c Check) string {
	for _, f := range c.Needs {
		if !s.features[f] {
			return string(f) + ": not advertised"
		}
	}
	for _, f := range c.Unless {
		if s.features[f] {
			return string(f) + ": advertised"
		}
	}
	return ""
}
