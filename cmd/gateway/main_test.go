package gateway_test

import (
	"os"
	"runtime/debug"
	"testing"
)

// TestMain collects garbage less often: the tests create thousands of gateways, and a quarter of
// their time was the collector's. A child process keeps the default, because its memory is measured.
func TestMain(m *testing.M) {
	if os.Getenv(childVariable) == "" {
		debug.SetGCPercent(400)
	}
	os.Exit(m.Run())
}
