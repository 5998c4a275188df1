package gateway_test

import (
	"flag"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"testing"
)

// TestMain collects garbage less often: the tests create thousands of gateways, and this saves 10
// to 30 % of their CPU time. A child process keeps the default, because its memory is measured.
// Twice as many tests run at once as there are processors, unless -parallel says otherwise: those
// with PostgreSQL or with children wait for seconds.
func TestMain(m *testing.M) {
	flag.Parse()
	if f := flag.Lookup("test.parallel"); f.Value.String() == strconv.Itoa(runtime.GOMAXPROCS(0)) {
		if err := f.Value.Set(strconv.Itoa(2 * runtime.GOMAXPROCS(0))); err != nil {
			panic(err)
		}
	}
	if os.Getenv(childVariable) == "" {
		debug.SetGCPercent(400)
	}
	os.Exit(m.Run())
}
