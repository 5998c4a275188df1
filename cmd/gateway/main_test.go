package gateway_test

import (
	"os"
	"runtime/debug"
	"testing"
)

// TestMain collects garbage less often: the tests create thousands of gateways, and this saves 10
// to 30 % of their CPU time. A child process keeps the default, because its memory is measured.
func TestMain(m *testing.M) {
	if os.Getenv(childVariable) == "" {
		debug.SetGCPercent(400)
	}
	os.Exit(m.Run())
}
