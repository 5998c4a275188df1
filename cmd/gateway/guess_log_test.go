package gateway_test

import (
	"net/http"
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"tvscim/cmd/config"
	"tvscim/tvapi/tvfake"
)

// TestGuessesAreNoTrouble: a wrong token of a caller is said of the caller alone. The log does not
// warn of TeamViewer, and /readyz stays as it was, whether a company is served already or not.
func TestGuessesAreNoTrouble(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		served bool // a good token came first
		fault  *tvfake.Fault
		status int
	}{
		"first":                  {false, nil, http.StatusUnauthorized},
		"beside a company":       {true, nil, http.StatusUnauthorized},
		"used up, first":         {false, &tvfake.Fault{Limit: true}, http.StatusTooManyRequests},
		"used up, a company":     {true, &tvfake.Fault{Limit: true}, http.StatusTooManyRequests},
		"revoked before its use": {true, &tvfake.Fault{Status: http.StatusUnauthorized}, http.StatusUnauthorized},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			core, logs := observer.New(zapcore.InfoLevel)
			fake := tvfake.New(tvfake.Options{})
			s := newStage(t, staging{direct: true, network: fake.Transport(), log: zap.New(core), settings: func(c *config.Config, f *tvfake.Server) {
				usePassthrough(c, f)
			}})
			if test.served {
				if a := s.as(fake.Token(), "GET", "/Users", ""); a.status != http.StatusOK {
					t.Fatalf("status %d: %s", a.status, a.body)
				}
			}
			before, _ := s.component("teamviewer")
			if test.fault != nil {
				fake.Fail(*test.fault)
			}
			if a := s.as("wrong-token", "GET", "/Users", ""); a.status != test.status {
				t.Errorf("status %d, want %d: %s", a.status, test.status, a.body)
			}
			for _, line := range logs.All() {
				if line.Level > zapcore.InfoLevel && line.LoggerName == "teamviewer" {
					t.Errorf("%s: %s %v", line.Level, line.Message, line.ContextMap())
				}
			}
			if after, detail := s.component("teamviewer"); after != before {
				t.Errorf("teamviewer is %s, and was %s: %s", after, before, detail)
			}
		})
	}
}
