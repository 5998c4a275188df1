package gateway_test

import (
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"github.com/google/go-cmp/cmp"

	"tvscim/cmd/config"
	"tvscim/cmd/gateway"
	"tvscim/proxy/admin"
	"tvscim/tvapi"
	"tvscim/tvapi/tvfake"
)

func TestStatusOfTeamViewer(t *testing.T) {
	t.Parallel()
	at := func(minute int) time.Time { return time.Date(2026, 7, 1, 12, minute, 0, 0, time.UTC) }
	well := tvapi.Health{Since: at(1)}
	failing := tvapi.Health{Since: at(5), Trouble: &tvapi.Trouble{Kind: tvapi.KindServer, Status: 503, Failures: 2}}
	down := tvapi.Health{Since: at(3), Trouble: &tvapi.Trouble{Kind: tvapi.KindLost, Failures: 9, NextProbe: at(7)}}
	closed := func(since int, fs ...tvapi.Function) tvapi.Health {
		h := tvapi.Health{Since: at(0)}
		for i, f := range fs {
			h.Throttled = append(h.Throttled, tvapi.Throttled{Function: f, Since: at(since + i), NextProbe: at(30)})
		}
		return h
	}
	used := func(calls int) tvapi.Health {
		return tvapi.Health{Since: at(2), Usage: []tvapi.Usage{
			{Function: tvapi.FuncUserList, Calls: calls, Allowed: 100}, {Function: tvapi.FuncPing, Calls: 1, Allowed: 100},
		}}
	}
	tests := map[string]struct {
		clients []tvapi.Health
		want    admin.Status
	}{
		"no company":   {nil, admin.Status{OK: true, Unknown: true, Detail: "not called yet"}},
		"never called": {[]tvapi.Health{{}}, admin.Status{OK: true, Unknown: true, Detail: "not called yet"}},
		"well":         {[]tvapi.Health{{}, well}, admin.Status{OK: true, Since: at(1)}},
		"one failing": {[]tvapi.Health{well, failing}, admin.Status{
			Since: at(5), Detail: "calls to TeamViewer fail: server (HTTP status 503). The fault is TeamViewer's own: if it stays, look at TeamViewer's status page",
		}},
		"the longest trouble": {[]tvapi.Health{failing, down, closed(1, tvapi.FuncPing)}, admin.Status{
			Since: at(3), Detail: "calls to TeamViewer fail: lost. Check the network, the firewalls on the way and teamviewer.base_url; " +
				"\"tvscim check --config FILE --online\" tells more; requests are answered without a call until 2026-07-01T12:07:00Z",
		}},
		"throttled": {[]tvapi.Health{closed(9, tvapi.FuncPing), closed(4, tvapi.FuncUserCreate, tvapi.FuncPing), well}, admin.Status{
			Since: at(4), Detail: "TeamViewer's limit of calls is used up: POST /users since 2026-07-01T12:04:00Z, next call at 2026-07-01T12:30:00Z; " +
				"GET /ping since 2026-07-01T12:05:00Z, next call at 2026-07-01T12:30:00Z",
		}},
		"throttled at its first call": {[]tvapi.Health{{Throttled: closed(4, tvapi.FuncPing).Throttled}}, admin.Status{
			Since: at(4), Detail: "TeamViewer's limit of calls is used up: GET /ping since 2026-07-01T12:04:00Z, next call at 2026-07-01T12:30:00Z",
		}},
		"quota": {[]tvapi.Health{used(80), used(95), used(81)}, admin.Status{
			OK: true, Since: at(2), Detail: "calls of today are nearly used up: GET /users 95 of 100",
		}},
		"enough left": {[]tvapi.Health{used(79)}, admin.Status{OK: true, Since: at(2)}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, gateway.StatusOf(test.clients)); diff != "" {
				t.Errorf("status (-want +got):\n%s", diff)
			}
		})
	}
}

// TestEveryTroubleHasARemedy: what withholds calls for all is told with what to do.
func TestEveryTroubleHasARemedy(t *testing.T) {
	t.Parallel()
	for kind, remedy := range map[tvapi.Kind]string{
		tvapi.KindToken:   "teamviewer.token, teamviewer.token_file or TVSCIM_TEAMVIEWER_TOKEN",
		tvapi.KindServer:  "TeamViewer's status page",
		tvapi.KindLost:    "check --config FILE --online",
		tvapi.KindUnsent:  "check --config FILE --online",
		tvapi.KindForeign: "check teamviewer.base_url",
		tvapi.KindBlocked: "TeamViewer's support",
	} {
		status := gateway.StatusOf([]tvapi.Health{{Since: time.Unix(1, 0), Trouble: &tvapi.Trouble{Kind: kind}}})
		if status.OK || !strings.Contains(status.Detail, remedy) {
			t.Errorf("%s: %q does not say %q", kind, status.Detail, remedy)
		}
	}
}

// admin asks the admin listener.
func (s *stage) admin(path string) answer {
	s.t.Helper()
	recorder := httptest.NewRecorder()
	s.gateway.Admin().ServeHTTP(recorder, httptest.NewRequestWithContext(s.t.Context(), "GET", path, http.NoBody))
	return answer{recorder.Code, recorder.Header(), recorder.Body.String()}
}

// teamviewer is what /readyz says of TeamViewer: whether it does not fail.
func (s *stage) teamviewer() (ok bool, detail string) {
	s.t.Helper()
	state, detail := s.component("teamviewer")
	return state != admin.StateFailing, detail
}

// component is what /health says of a component; it must be 503 while one fails. /readyz has the same
// body and is 200.
func (s *stage) component(name string) (state admin.State, detail string) {
	s.t.Helper()
	var body struct {
		Components []struct {
			Name, Detail string
			State        admin.State
		}
	}
	s.gateway.SetReady()
	a := s.admin("/health")
	if err := json.Unmarshal([]byte(a.body), &body); err != nil {
		s.t.Fatalf("%v: %s", err, a.body)
	}
	failing := false
	for _, c := range body.Components {
		failing = failing || c.State == admin.StateFailing
		if c.Name == name {
			state, detail = c.State, c.Detail
		}
	}
	if state == "" {
		s.t.Fatalf("no %s in %s", name, a.body)
	}
	if (a.status == http.StatusServiceUnavailable) != failing {
		s.t.Errorf("/health: %d: %s", a.status, a.body)
	}
	if r := s.admin("/readyz"); r.status != http.StatusOK {
		s.t.Errorf("/readyz: %d while SCIM is answered", r.status)
	}
	return state, detail
}

// TestHealthBeforeTheFirstCall is unknown, not ok, and fails once TeamViewer has refused the token.
func TestHealthBeforeTheFirstCall(t *testing.T) {
	t.Parallel()
	s := newStage(t, staging{direct: true})
	if state, _ := s.component("teamviewer"); state != admin.StateUnknown {
		t.Errorf("before the first call: %s", state)
	}
	s.fake.SetTokenState(tvfake.TokenRevoked)
	s.do("GET", "/Users", "")
	if state, detail := s.component("teamviewer"); state != admin.StateFailing || !strings.Contains(detail, "refuses the gateway's token") {
		t.Errorf("after a refused token: %s, %q", state, detail)
	}
}

// TestLimitUsedUp: a request waits its turn, then it is 429 with Retry-After, and its
// followers are answered at once; /readyz and /metrics show it.
func TestLimitUsedUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, staging{direct: true})
		nora := s.user("nora.vale@contoso.example")
		deactivate := func() answer {
			return s.do("PATCH", "/Users/"+nora, patchOf(`{"op":"Replace","path":"active","value":"False"}`))
		}
		lift := s.fake.Fail(tvfake.Fault{Function: "PUT /users/{id}", Limit: true, RetryAfter: "4"})
		for i, most := range []time.Duration{config.Default().TeamViewer.MaxWait, 0} {
			start := time.Now()
			a := deactivate()
			if wait, err := strconv.Atoi(a.header.Get("Retry-After")); a.status != http.StatusTooManyRequests || err != nil || wait < 1 {
				t.Errorf("request %d: %d, Retry-After %q: %s", i, a.status, a.header.Get("Retry-After"), a.body)
			}
			if took := time.Since(start); took > most {
				t.Errorf("request %d took %v, want at most %v", i, took, most)
			}
		}
		if ok, detail := s.teamviewer(); ok || !strings.Contains(detail, "PUT /users/{id}") {
			t.Errorf("/readyz: ok %v, %q", ok, detail)
		}
		for _, line := range []string{
			`tvscim_teamviewer_throttled{function="PUT /users/{id}"} 1`, `tvscim_teamviewer_throttled{function="POST /users"} 0`,
			`tvscim_teamviewer_calls_today{function="POST /users"} 1`, `tvscim_teamviewer_withheld 0`,
		} {
			if body := s.admin("/metrics").body; !strings.Contains(body, line+"\n") {
				t.Errorf("/metrics lacks %s", line)
			}
		}
		lift()
		time.Sleep(time.Minute)
		if a := deactivate(); a.status != http.StatusOK {
			t.Errorf("afterwards: %d %s", a.status, a.body)
		}
		if ok, detail := s.teamviewer(); !ok {
			t.Errorf("/readyz afterwards: %q", detail)
		}
	})
}

// TestTeamViewerDown: quick answers with 503 and Retry-After, one call now and then, and
// all is well by itself when TeamViewer is back.
func TestTeamViewerDown(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]tvfake.Fault{
		"500": {Status: 500}, "HTML": {Status: 503, Body: "<html>maintenance</html>"}, "token refused": {Status: 401},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newStage(t, staging{direct: true})
				nora := s.user("nora.vale@contoso.example")
				lift := s.fake.Fail(fault)
				before := s.fake.TotalCalls()
				for range 600 {
					a := s.do("PATCH", "/Users/"+nora, patchOf(`{"op":"Replace","path":"active","value":"False"}`))
					if a.status != http.StatusServiceUnavailable || a.header.Get("Retry-After") == "" {
						t.Fatalf("%d, Retry-After %q: %s", a.status, a.header.Get("Retry-After"), a.body)
					}
					time.Sleep(time.Second)
				}
				if n := s.fake.TotalCalls() - before; n > 60 {
					t.Errorf("%d calls in ten minutes, want few", n)
				}
				if ok, detail := s.teamviewer(); ok || !strings.Contains(detail, "without a call") {
					t.Errorf("/readyz: ok %v, %q", ok, detail)
				}
				lift()
				time.Sleep(time.Minute)
				if a := s.do("PATCH", "/Users/"+nora, patchOf(`{"op":"Replace","path":"active","value":"False"}`)); a.status != http.StatusOK {
					t.Errorf("afterwards: %d %s", a.status, a.body)
				}
				if ok, detail := s.teamviewer(); !ok {
					t.Errorf("/readyz afterwards: %q", detail)
				}
			})
		})
	}
}

// TestFirstTrialFails: in passthrough, before any token is accepted, the component is unknown and
// names why the latest trial failed.
func TestFirstTrialFails(t *testing.T) {
	t.Parallel()
	s := newStage(t, staging{direct: true, log: zap.NewNop(), settings: usePassthrough, network: unreachable{}})
	if a := s.as("some-token", "GET", "/Users", ""); a.status != http.StatusServiceUnavailable {
		t.Errorf("GET: %d %s", a.status, a.body)
	}
	state, detail := s.component("teamviewer")
	if state != admin.StateUnknown || !strings.Contains(detail, "TeamViewer was not reached") || !strings.Contains(detail, "refuses connections") {
		t.Errorf("%s, %q", state, detail)
	}
}

// unreachable is a network in which nothing listens.
type unreachable struct{}

// RoundTrip fails as a dial does.
func (unreachable) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
}

// TestRefusedCallersTokenIsNoTrouble of the gateway's.
func TestRefusedCallersTokenIsNoTrouble(t *testing.T) {
	t.Parallel()
	s := newStage(t, staging{settings: usePassthrough})
	if a := s.as("wrong", "GET", "/Users", ""); a.status != http.StatusUnauthorized {
		t.Errorf("wrong token: %d %s", a.status, a.body)
	}
	if ok, detail := s.teamviewer(); !ok || strings.Contains(detail, "not reached") {
		t.Errorf("/readyz: %q", detail)
	}
	s.as(s.fake.Token(), "GET", "/Users", "")
	s.fake.SetTokenState(tvfake.TokenRevoked)
	s.as(s.fake.Token(), "POST", "/Users", `{"userName":"nora.vale@contoso.example","displayName":"Nora"}`)
	if ok, detail := s.teamviewer(); !ok {
		t.Errorf("/readyz after a revoked token: %q", detail)
	}
}
