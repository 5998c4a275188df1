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

// Level is the requirement level of a statement (RFC 2119). Shall is Must.
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

// Check is one statement of an RFC about a service provider, and the requests that test it. It
// creates the resources that it needs and deletes them, so checks can run in any order and
// concurrently.
type Check struct {
	RFC       string // "7643", "7644" or "9865"
	Section   string // as "3.5.2.1"
	Level     Level
	Name      string    // short, unique within its section
	Statement string    // the statement in short
	Needs     []Feature // it is skipped if one of these is missing
	Unless    []Feature // it is skipped if one of these is present: it tests a provider without them
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

// unless returns the check with features that must be missing.
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

// may returns a check of behaviour that the RFC leaves open and clients rely on.
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

// Target is the service provider under test. The suite writes to it: it creates users and groups
// with random names and deletes them.
type Target struct {
	// BaseURL is the address to which "/Users" is appended.
	BaseURL string
	// Client sends the requests; nil is a default client. It should not follow redirects.
	Client *http.Client
	// Token is sent as bearer token; "" sends none, and skips the checks of tokens.
	Token string
	// UserTemplate is the userName of created users: the asterisk is replaced by a dozen letters
	// and digits that make it unique. "" is "*@conformance.example".
	UserTemplate string
	// Select selects the checks to run; nil selects all.
	Select func(Check) bool
	// Features are present although the provider does not advertise them.
	Features []Feature
	// Departures names checks, by [Check.ID], that the provider fails deliberately, with the
	// reason. It is a failure if such a check passes, so that the list stays up to date.
	Departures map[string]string
}

// Run runs the whole suite against a target. The error is about the target itself; a check that
// fails is no error.
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

// RunTesting runs the suite with one subtest per check, each named by [Check.ID], and returns the
// same report as [Run].
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
			default:
			}
		})
	}
	return report
}

// suite is one run of the checks at one target.
type suite struct {
	target   Target
	features map[Feature]bool
}

// newSuite checks the target and discovers its features.
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

// knownIDs refuses departures from checks that do not exist, such as renamed ones.
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

// checks returns the checks to run.
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

// inapplicable returns why a check does not apply, "" if it does.
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
