package page

import (
	"crypto/sha256"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"
)

// TestSessionEnds after half an hour without the person, however often a script refreshes the page,
// and after eight hours.
func TestSessionEnds(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		every   time.Duration // between requests
		scripts bool          // make them
		within  time.Duration // the session must have ended by then
		before  time.Duration // and not by then
	}{
		"nobody":  {31 * time.Minute, false, 31 * time.Minute, 0},
		"scripts": {5 * time.Second, true, 30*time.Minute + 5*time.Second, 29 * time.Minute},
		"busy":    {10 * time.Minute, false, 8*time.Hour + 10*time.Minute, 7*time.Hour + 40*time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newSessions(func() []Token { return []Token{{Name: "ada", SHA256: sha256.Sum256([]byte("token"))}} })
				value, _, ok := s.begin("token")
				if !ok {
					t.Fatal("not signed in")
				}
				r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, Path, nil)
				r.AddCookie(cookie(r, value))
				if test.scripts {
					r.Header.Set("HX-Request", "true")
				}
				began := time.Now()
				for ok {
					<-time.After(test.every)
					_, ok = s.of(r)
					if ok && time.Since(began) > test.within {
						t.Fatalf("it has not ended after %s", time.Since(began))
					}
				}
				if lasted := time.Since(began); lasted < test.before {
					t.Errorf("it ended after %s", lasted)
				}
			})
		})
	}
}

// TestSessionsAreBounded: a new session ends the one that was idle for longest.
func TestSessionsAreBounded(t *testing.T) {
	t.Parallel()
	s := newSessions(func() []Token { return []Token{{Name: "ada", SHA256: sha256.Sum256([]byte("token"))}} })
	request := func(value string) *http.Request {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, Path, nil)
		r.AddCookie(cookie(r, value))
		return r
	}
	first, _, _ := s.begin("token")
	for range maxSessions {
		_, _, _ = s.begin("token")
	}
	if _, ok := s.of(request(first)); ok || len(s.byID) != maxSessions {
		t.Errorf("the first session is there: %t; %d sessions", ok, len(s.byID))
	}
}

func TestForecast(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 28, 6, 0, 0, 0, time.UTC)
	for name, test := range map[string]struct {
		started time.Time
		want    int
		state   string
	}{
		"since yesterday": {now.Add(-24 * time.Hour), 4000, ok},
		"since an hour":   {now.Add(-time.Hour), 19000, warn},
		"just now":        {now, 73000, warn}, // counted as a quarter of an hour
	} {
		p := overviewPage{Overview: Overview{Started: test.started, Usage: []Usage{{Calls: 1000, Allowed: 10000}}}}
		p.forecast(now)
		if got := p.Usage[0]; got.Forecast != test.want || got.State() != test.state {
			t.Errorf("%s: %d, %s; want %d, %s", name, got.Forecast, got.State(), test.want, test.state)
		}
	}
}

func TestVerdict(t *testing.T) {
	t.Parallel()
	for want, o := range map[string]overviewPage{
		"Everything works.": {Overview: Overview{Components: []Component{{"store", ok, time.Time{}, ""}}}},
		"The gateway is ready. It has not been used yet.": {Overview: Overview{Components: []Component{{"teamviewer", unknown, time.Time{}, ""}}}},
		"The component store fails: the disk is full.":    {Overview: Overview{Components: []Component{{"store", failing, time.Time{}, "the disk is full. Free space"}}}, Guard: GuardState{Holds: true}},
		"2 components fail: a, b.":                        {Overview: Overview{Components: []Component{{"a", failing, time.Time{}, ""}, {"b", failing, time.Time{}, ""}}}},
		"The guard holds back removals.":                  {Guard: GuardState{Holds: true}},
		"Dry run: nothing is changed at TeamViewer.":      {Overview: Overview{DryRun: "on"}},
	} {
		if got, _ := o.verdict(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// TestHistory: a day has 96 quarters of an hour, and what is older is not counted.
func TestHistory(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var h History
		h.Handled(true)
		h.Called()
		<-time.After(23 * time.Hour)
		h.Handled(false)
		c := chartOf(h.last(time.Now()))
		if c.Requests != 2 || c.Failed != 1 || c.Calls != 1 || c.Narrow.Requests != 2 {
			t.Errorf("%d requests, %d failed, %d calls; narrow: %d", c.Requests, c.Failed, c.Calls, c.Narrow.Requests)
		}
		<-time.After(2 * time.Hour)
		if c := chartOf(h.last(time.Now())); c.Requests != 1 || c.Failed != 0 || c.Calls != 0 {
			t.Errorf("a day later: %d requests, %d failed, %d calls", c.Requests, c.Failed, c.Calls)
		}
		for _, b := range c.Bars {
			if b.X < c.Left || b.X+b.Width > c.Right || b.Y < 0 || b.Y+b.Height > c.Floor+0.01 {
				t.Errorf("a bar leaves the chart: %+v", b)
			}
		}
	})
}
