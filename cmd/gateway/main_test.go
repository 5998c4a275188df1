package gateway_test

import (
	"flag"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"testing"

	"tvscim/mapping/idmap/pgmap/pgtest"
)

// TestMain collects garbage less often: the tests create thousands of gateways, and this saves 10
// to 30 % of their CPU time. A child process keeps the default, because its memory is measured. It
// lets more tests run at once than there are processors, unless -parallel says otherwise: those
// with PostgreSQL or child processes wait for a lock or a deadline most of the time.
func TestMain(m *testing.M) {
	flag.Parse()
	if os.Getenv(childVariable) == "" {
		debug.SetGCPercent(400)
	}
	if f := flag.Lookup("test.parallel"); f.Value.String() == strconv.Itoa(runtime.GOMAXPROCS(0)) {
		if err := f.Value.Set("10"); err != nil {
			panic(err)
		}
	}
	code := m.Run()
	pgtest.Close()
	os.Exit(code)
}
