package tvfake_test

import (
	"os"
	"runtime/debug"
	"testing"
)

// TestMain collects garbage less often, which saves CPU time.
func TestMain(m *testing.M) {
	debug.SetGCPercent(400)
	os.Exit(m.Run())
}
