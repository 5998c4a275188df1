package boltmap_test

import (
	"flag"
	"os"
	"runtime"
	"strconv"
	"testing"
)

// TestMain places the files of the tests in memory, where there is room for that: no test ends the
// operating system, and fsync of a disk takes most of their time. It lets more tests run at once
// than there are processors, unless -parallel says otherwise: many wait for a lock or a limit.
func TestMain(m *testing.M) {
	flag.Parse()
	const memory = "/dev/shm"
	if dir, err := os.MkdirTemp(memory, ""); err == nil {
		_ = os.Remove(dir)
		if err := os.Setenv("TMPDIR", memory); err != nil {
			panic(err)
		}
	}
	if f := flag.Lookup("test.parallel"); f.Value.String() == strconv.Itoa(runtime.GOMAXPROCS(0)) {
		if err := f.Value.Set("6"); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}
