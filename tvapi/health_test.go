package tvapi_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"tvscim/tvapi"
	"tvscim/tvapi/tvfake"
)

// wantHealth compares the client's health without its usage.
func (p *paced) wantHealth(want tvapi.Health) {
	p.Helper()
	got := p.client.Health()
	got.Usage = nil
	if diff := cmp.Diff(want, got); diff != "" {
		p.Errorf("health after %v (-want +got):\n%s", p.since(), diff)
	}
}

func TestHealthFollowsTheCalls(t *testing.T) {
	t.Parallel()
	inPaced(t, one, func(p *paced) {
		p.wantHealth(tvapi.Health{})
		p.must(p.ping())
		p.wantHealth(tvapi.Health{Since: p.start, Answered: p.start})

		time.Sleep(time.Minute)
		p.fail(1)
		first := time.Now()
		p.wantHealth(tvapi.Health{Since: first, Answered: p.start, Trouble: &tvapi.Trouble{Kind: tvapi.KindServer, Status: 500, Failures: 1}})
		time.Sleep(time.Minute)
		p.fail(4)
		p.wantHealth(tvapi.Health{Since: first, Answered: p.start, Trouble: &tvapi.Trouble{
			Kind: tvapi.KindServer, Status: 500, Failures: 5, NextProbe: time.Now().Add(time.Second),
		}})
		time.Sleep(time.Minute)
		p.fail(1)
		p.wantHealth(tvapi.Health{Since: first, Answered: p.start, Trouble: &tvapi.Trouble{
			Kind: tvapi.KindServer, Status: 500, Failures: 6, NextProbe: time.Now().Add(2 * time.Second),
		}})

		time.Sleep(time.Minute)
		p.must(p.ping())
		p.wantHealth(tvapi.Health{Since: time.Now(), Answered: time.Now()})
		well := time.Now()
		time.Sleep(time.Minute)
		p.must(p.ping())
		p.wantHealth(tvapi.Health{Since: well, Answered: time.Now()})
	})
}

func TestHealthShowsThrottledFunctions(t *testing.T) {
	t.Parallel()
	inPaced(t, tvapi.Options{MaxWait: 1}, func(p *paced) {
		p.fake.Fail(tvfake.Fault{Limit: true, RetryAfter: "40", Times: 2})
		p.wantKindOf(p.ping(), tvapi.KindThrottled)
		time.Sleep(10 * time.Second)
		p.wantKindOf(p.groups(), tvapi.KindThrottled)
		p.must(second(p.client.Account(p.Context())))
		p.wantHealth(tvapi.Health{Since: p.start, Answered: time.Now(), Throttled: []tvapi.Throttled{
			{Function: tvapi.FuncPing, Since: p.start, NextProbe: p.start.Add(40 * time.Second)},
			{Function: tvapi.FuncGroupList, Since: p.start.Add(10 * time.Second), NextProbe: p.start.Add(50 * time.Second)},
		}})
		time.Sleep(30 * time.Second)
		p.must(p.ping())
		p.wantHealth(tvapi.Health{Since: p.start, Answered: time.Now(), Throttled: []tvapi.Throttled{
			{Function: tvapi.FuncGroupList, Since: p.start.Add(10 * time.Second), NextProbe: p.start.Add(50 * time.Second)},
		}})
	})
}

// TestUsageOfTheDay: attempts count, failed ones too; a new day in UTC counts anew.
func TestUsageOfTheDay(t *testing.T) {
	t.Parallel()
	inPaced(t, tvapi.Options{CallsPerDay: 10}, func(p *paced) { // the bubble's clock begins at midnight UTC
		p.fake.Fail(tvfake.Fault{Function: string(tvapi.FuncPing), Status: 500, Times: 2})
		p.must(p.ping())
		p.must(p.groups())
		want := []tvapi.Usage{{Function: tvapi.FuncPing, Calls: 3, Allowed: 10}, {Function: tvapi.FuncGroupList, Calls: 1, Allowed: 10}}
		time.Sleep(24*time.Hour - p.since() - time.Nanosecond)
		if diff := cmp.Diff(want, p.client.Health().Usage); diff != "" {
			t.Errorf("at the end of the day (-want +got):\n%s", diff)
		}
		time.Sleep(time.Nanosecond)
		if got := p.client.Health().Usage; got != nil {
			t.Errorf("at midnight: %+v, want none", got)
		}
		p.must(p.ping())
		if diff := cmp.Diff([]tvapi.Usage{{Function: tvapi.FuncPing, Calls: 1, Allowed: 10}}, p.client.Health().Usage); diff != "" {
			t.Errorf("of the new day (-want +got):\n%s", diff)
		}
	})
}

func TestNearlyUsed(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		calls, allowed int
		want           bool
	}{{0, 0, false}, {1_000_000, 0, false}, {0, 10, false}, {7, 10, false}, {8, 10, true}, {11, 10, true}, {1, 1, true}, {2, 3, false}, {28_800, 36_000, true}, {28_799, 36_000, false}} {
		if got := (tvapi.Usage{Calls: test.calls, Allowed: test.allowed}).NearlyUsed(); got != test.want {
			t.Errorf("%d of %d: %v", test.calls, test.allowed, got)
		}
	}
}

// logged returns the lines of a log from warning upwards, or of one message.
func logged(lines *observer.ObservedLogs, message string) []map[string]any {
	var all []map[string]any
	for _, line := range lines.FilterMessage(message).All() {
		fields := line.ContextMap()
		fields["level"] = line.Level.String()
		all = append(all, fields)
	}
	return all
}

// TestWarningOfTheDay comes once a day and function.
func TestWarningOfTheDay(t *testing.T) {
	t.Parallel()
	core, lines := observer.New(zapcore.InfoLevel)
	inPaced(t, tvapi.Options{CallsPerDay: 10, Logger: zap.New(core)}, func(p *paced) {
		for range 2 {
			for range 20 {
				p.must(p.ping())
			}
			for range 7 {
				p.must(p.groups())
			}
			time.Sleep(24 * time.Hour)
		}
	})
	each := map[string]any{"level": "warn", "function": "GET /ping", "calls": int64(8), "calls_per_day": int64(10)}
	if diff := cmp.Diff([]map[string]any{each, each}, logged(lines, "TeamViewer's calls of the day are nearly used up")); diff != "" {
		t.Errorf("warnings (-want +got):\n%s", diff)
	}
	if lines.Len() != 2 {
		t.Errorf("%d lines, want the two warnings alone: %v", lines.Len(), lines.All())
	}
}

// TestTroubleIsLoggedOnce when it begins and when it ends, without the words of any answer.
func TestTroubleIsLoggedOnce(t *testing.T) {
	t.Parallel()
	core, lines := observer.New(zapcore.InfoLevel)
	inPaced(t, tvapi.Options{Attempts: 1, MaxWait: 1, Logger: zap.New(core)}, func(p *paced) {
		lift := p.fake.Fail(tvfake.Fault{Status: 500, Body: `{"error":"internal_error","error_description":"of ada@example.com"}`})
		for range 100 {
			p.wantKindOf(p.ping(), tvapi.KindServer)
			time.Sleep(time.Second)
		}
		lift()
		time.Sleep(time.Minute)
		p.must(p.ping())
		lift = p.fake.Fail(tvfake.Fault{Limit: true})
		for range 100 {
			p.wantKindOf(p.ping(), tvapi.KindThrottled)
			time.Sleep(time.Second)
		}
		lift()
		time.Sleep(5 * time.Minute)
		p.must(p.ping())
	})
	want := map[string][]map[string]any{
		"TeamViewer answers with errors of its own: calls are withheld": {{"level": "warn", "kind": "server", "status": int64(500), "failures": int64(5)}},
		"TeamViewer is available again: calls are made":                 {{"level": "info"}},
		"TeamViewer's limit of calls is used up: calls wait":            {{"level": "warn", "function": "GET /ping"}},
		"TeamViewer accepts calls of the function again":                {{"level": "info", "function": "GET /ping"}},
	}
	for message, fields := range want {
		if diff := cmp.Diff(fields, logged(lines, message)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", message, diff)
		}
	}
	if lines.Len() != len(want) {
		t.Errorf("%d lines, want %d: %v", lines.Len(), len(want), lines.All())
	}
}

// TestHealthIsAValue: what was asked for does not change when calls go on.
func TestHealthIsAValue(t *testing.T) {
	t.Parallel()
	inPaced(t, one, func(p *paced) {
		p.must(p.ping())
		p.fail(2)
		before, again := p.client.Health(), p.client.Health()
		p.fail(2)
		p.must(p.groups())
		if diff := cmp.Diff(again, before); diff != "" {
			t.Errorf("changed meanwhile:\n%s", diff)
		}
	})
}

// shown gathers the metrics of these clients by name and function.
func shown(t *testing.T, clients ...tvapi.Health) map[string]float64 {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(tvapi.NewHealthMetrics(func() []tvapi.Health { return clients }))
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]float64{}
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			name := family.GetName()
			for _, label := range metric.GetLabel() {
				name += " " + label.GetValue()
			}
			values[name] = metric.GetGauge().GetValue()
		}
	}
	return values
}

func TestHealthMetrics(t *testing.T) {
	t.Parallel()
	now := time.Now()
	tests := map[string]struct {
		clients []tvapi.Health
		want    map[string]float64
	}{
		"no client":    {nil, map[string]float64{"tvscim_teamviewer_withheld": 0}},
		"never called": {[]tvapi.Health{{}}, map[string]float64{"tvscim_teamviewer_withheld": 0}},
		"one": {[]tvapi.Health{{Usage: []tvapi.Usage{{Function: tvapi.FuncPing, Calls: 3}}}}, map[string]float64{
			"tvscim_teamviewer_withheld": 0, "tvscim_teamviewer_calls_today GET /ping": 3, "tvscim_teamviewer_throttled GET /ping": 0,
		}},
		"the one with the most": {[]tvapi.Health{
			{Usage: []tvapi.Usage{{Function: tvapi.FuncPing, Calls: 3}, {Function: tvapi.FuncUserList, Calls: 9}}},
			{Usage: []tvapi.Usage{{Function: tvapi.FuncPing, Calls: 5}}, Throttled: []tvapi.Throttled{{Function: tvapi.FuncPing}}},
		}, map[string]float64{
			"tvscim_teamviewer_withheld":               0,
			"tvscim_teamviewer_calls_today GET /ping":  5,
			"tvscim_teamviewer_calls_today GET /users": 9,
			"tvscim_teamviewer_throttled GET /ping":    1,
			"tvscim_teamviewer_throttled GET /users":   0,
		}},
		"throttled since yesterday": {[]tvapi.Health{{Throttled: []tvapi.Throttled{{Function: tvapi.FuncPing}}}}, map[string]float64{
			"tvscim_teamviewer_withheld": 0, "tvscim_teamviewer_throttled GET /ping": 1,
		}},
		"failing":  {[]tvapi.Health{{Trouble: &tvapi.Trouble{Kind: tvapi.KindLost}}}, map[string]float64{"tvscim_teamviewer_withheld": 0}},
		"withheld": {[]tvapi.Health{{}, {Trouble: &tvapi.Trouble{NextProbe: now}}}, map[string]float64{"tvscim_teamviewer_withheld": 1}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, shown(t, test.clients...)); diff != "" {
				t.Errorf("metrics (-want +got):\n%s", diff)
			}
		})
	}
}

// TestDefaultsOfNew are those that the comments of Options promise.
func TestDefaultsOfNew(t *testing.T) {
	t.Parallel()
	inPaced(t, tvapi.Options{}, func(p *paced) {
		p.fake.Fail(tvfake.Fault{Function: string(tvapi.FuncPing), Status: 500})
		p.wantKind(p.ping(), tvapi.KindServer, false)
		p.wantCalls(3)
		p.fake.Fail(tvfake.Fault{Delay: time.Hour})
		before := p.since()
		go func() { _ = p.all(8, func(ctx context.Context) error { return second(p.client.Account(ctx)) }) }()
		synctest.Wait()
		p.wantCalls(11)
		p.wantKind(p.client.DeleteGroup(p.Context(), 7), tvapi.KindUnsent, false)
		if took := p.since() - before; took != 15*time.Second {
			t.Errorf("waited %v, want 15s", took)
		}
		time.Sleep(time.Hour)
	})
}
