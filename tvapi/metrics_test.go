package tvapi_test

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"tvscim/tvapi"
)

// gather returns counters by function and outcome (those that are not zero) and the number and sum
// of the durations by function.
func gather(t *testing.T, m *tvapi.Metrics) (calls map[[2]string]float64, seconds map[string][2]float64) {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(m)
	families, err := registry.Gather()
	if err != nil {
		t.Fatalf("gather: %v", err)
	}
	calls, seconds = map[[2]string]float64{}, map[string][2]float64{}
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			label := map[string]string{}
			for _, pair := range metric.GetLabel() {
				label[pair.GetName()] = pair.GetValue()
			}
			switch family.GetName() {
			case "tvscim_teamviewer_calls_total":
				if v := metric.GetCounter().GetValue(); v != 0 {
					calls[[2]string{label["function"], label["outcome"]}] = v
				}
			case "tvscim_teamviewer_call_duration_seconds":
				h := metric.GetHistogram()
				seconds[label["function"]] = [2]float64{float64(h.GetSampleCount()), h.GetSampleSum()}
			default:
				t.Errorf("unknown metric %s", family.GetName())
			}
		}
	}
	return calls, seconds
}

func TestMetricsCount(t *testing.T) {
	t.Parallel()
	m := tvapi.NewMetrics()
	for _, e := range []tvapi.CallEvent{
		{Function: tvapi.FuncUserList, Status: 200, Duration: 2 * time.Second},
		{Function: tvapi.FuncUserList, Status: 200, Duration: time.Second},
		{Function: tvapi.FuncUserList, Outcome: tvapi.KindThrottled, Status: 403, Duration: time.Second},
		{Function: tvapi.FuncUserUpdate, Outcome: tvapi.KindLost, Duration: 20 * time.Second},
		{Function: tvapi.FuncUserUpdate, Outcome: tvapi.KindInvalid + 1}, // of no meaning, ignored
		{Function: tvapi.FuncUserUpdate, Outcome: -1},
	} {
		m.Observe(e)
	}
	calls, seconds := gather(t, m)
	wantCalls := map[[2]string]float64{
		{"GET /users", "ok"}: 2, {"GET /users", "throttled"}: 1, {"PUT /users/{id}", "lost"}: 1,
	}
	wantSeconds := map[string][2]float64{"GET /users": {3, 4}, "PUT /users/{id}": {1, 20}}
	if diff := cmp.Diff(wantCalls, calls); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(wantSeconds, seconds); diff != "" {
		t.Errorf("durations (-want +got):\n%s", diff)
	}
}

func TestMetricsOfNothing(t *testing.T) {
	t.Parallel()
	calls, seconds := gather(t, tvapi.NewMetrics())
	if len(calls) != 0 || len(seconds) != 0 {
		t.Errorf("calls %v, durations %v", calls, seconds)
	}
}

// TestMetricsHaveEveryOutcomeFromTheStart: a first failure must be a step that an alert can see.
func TestMetricsHaveEveryOutcomeFromTheStart(t *testing.T) {
	t.Parallel()
	m := tvapi.NewMetrics()
	m.Observe(tvapi.CallEvent{Function: tvapi.FuncPing})
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(m)
	families, err := registry.Gather()
	if err != nil {
		t.Fatalf("gather: %v", err)
	}
	var outcomes []string
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			for _, pair := range metric.GetLabel() {
				if pair.GetName() == "outcome" {
					outcomes = append(outcomes, pair.GetValue())
				}
			}
		}
	}
	slices.Sort(outcomes)
	const want = "blocked conflict foreign invalid license lost not_found ok permission server throttled token unsent"
	if got := strings.Join(outcomes, " "); got != want {
		t.Errorf("outcomes = %s, want %s", got, want)
	}
}

func TestMetricsOfManyAtOnce(t *testing.T) {
	t.Parallel()
	m := tvapi.NewMetrics()
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 100 {
				m.Observe(tvapi.CallEvent{Function: tvapi.FuncUserGet})
				m.Observe(tvapi.CallEvent{Function: tvapi.FuncMemberAdd, Outcome: tvapi.KindServer})
			}
		})
	}
	all.Wait()
	calls, _ := gather(t, m)
	want := map[[2]string]float64{{"GET /users/{id}", "ok"}: 800, {"POST /usergroups/{id}/members", "server"}: 800}
	if diff := cmp.Diff(want, calls); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}

func TestMetricsOfAClient(t *testing.T) {
	t.Parallel()
	m := tvapi.NewMetrics()
	s, _ := serve(t, ok(`{"token_valid":true}`), refused(404, "not_found"))
	c := newClient(t, tvapi.Options{BaseURL: s.server.URL, Token: token, Observe: m.Observe})
	_, _ = c.Ping(t.Context())
	_, _ = c.User(t.Context(), 12)
	_, _ = c.User(t.Context(), 0) // never a call
	calls, _ := gather(t, m)
	want := map[[2]string]float64{{"GET /ping", "ok"}: 1, {"GET /users/{id}", "not_found"}: 1}
	if diff := cmp.Diff(want, calls); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}
