package page

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Overview is the state of the gateway at one moment.
type Overview struct {
	Company    string // as TeamViewer names it; "" if it is not known
	TenantURL  string
	Mode       string // auth.mode
	Started    time.Time
	Components []Component
	Answered   time.Time // when TeamViewer last answered a call: its component is as old as that; zero: it has not
	Usage      []Usage   // calls of today
	Snapshots  []Snapshot
	Remembered int    // users and groups with a record
	DryRun     string // what dry run is doing; "" if it is off
}

// Component is a part of the gateway. State is "ok", "unknown" or "failing"; Detail says what is
// wrong and what to do.
type Component struct {
	Name, State string
	Since       time.Time
	Detail      string
}

// Usage is the number of calls of a function since midnight UTC. Allowed is 0 if it is not known.
type Usage struct {
	Function       string
	Calls, Allowed int
	Forecast       int // at midnight, at the pace of today
}

// Share returns the used part of what is allowed, in percent and at most 100.
func (u Usage) Share() int { return min(100, 100*u.Calls/max(u.Allowed, 1)) }

// State is "ok", "warn" from four fifths of what is allowed, and "failing" when all is used.
func (u Usage) State() string {
	switch {
	case u.Allowed > 0 && u.Calls >= u.Allowed:
		return failing
	case u.Allowed > 0 && (5*u.Calls >= 4*u.Allowed || u.Forecast > u.Allowed):
		return warn
	}
	return ok
}

// Snapshot is what TeamViewer listed.
type Snapshot struct {
	Kind  string // "users" or "groups"
	Count int
	Began time.Time // of the load
	Stale bool      // it is past its age, so that the next request loads it again
}

// Age returns the time since the load began.
func (s Snapshot) Age() time.Duration { return time.Since(s.Began) }

// The states that the pages show.
const (
	ok      = "ok"
	warn    = "warn"
	failing = "failing"
	unknown = "unknown"
)

// overviewPage is what the overview shows.
type overviewPage struct {
	Overview
	Verdict, State string
	Guard          GuardState
	Chart          chart
	Failures       []row
	Now            time.Time
	RingSize       int
	Entries        int
}

func (h *handler) overview(v *visit) {
	now := time.Now()
	p := overviewPage{Overview: h.Overview(), Guard: h.Guard.State(), Chart: chartOf(h.History.last(now)), Now: now}
	p.forecast(now)
	p.Verdict, p.State = p.verdict()
	found, _ := h.Ring.Find(Filter{Class: Failed}, 0, 5)
	p.Failures = rowsOf(found)
	p.RingSize, p.Entries = h.Ring.Size()
	h.render(v, http.StatusOK, "overview", p)
}

// forecast sets what the calls of a day come to if they go on as they did today.
func (p *overviewPage) forecast(now time.Time) {
	midnight := now.UTC().Truncate(24 * time.Hour)
	counted := now.Sub(midnight)
	if p.Started.After(midnight) {
		counted = now.Sub(p.Started)
	}
	// a quarter of an hour at least: the first calls come together
	counted = max(counted, 15*time.Minute)
	left := midnight.Add(24 * time.Hour).Sub(now)
	for i := range p.Usage {
		u := &p.Usage[i]
		u.Forecast = u.Calls + int(float64(u.Calls)*left.Seconds()/counted.Seconds())
	}
}

// verdict returns in one sentence whether everything is well.
func (p *overviewPage) verdict() (sentence, state string) {
	var bad []string
	why := ""
	for _, c := range p.Components {
		if c.State == failing {
			bad = append(bad, c.Name)
			why, _, _ = strings.Cut(c.Detail, ". ")
		}
	}
	switch {
	case len(bad) == 1:
		return fmt.Sprintf("The component %s fails: %s.", bad[0], strings.TrimSuffix(why, ".")), failing
	case len(bad) > 1:
		return fmt.Sprintf("%d components fail: %s.", len(bad), strings.Join(bad, ", ")), failing
	case p.Guard.Holds:
		return "The guard holds back removals.", warn
	case slices.ContainsFunc(p.Usage, func(u Usage) bool { return u.State() != ok }):
		return "The calls that TeamViewer allows are nearly used, or will be before midnight UTC.", warn
	case p.DryRun != "":
		return "Dry run: nothing is changed at TeamViewer.", warn
	case slices.ContainsFunc(p.Components, func(c Component) bool { return c.State == unknown }):
		return "The gateway is ready. It has not been used yet.", unknown
	}
	return "Everything works.", ok
}
