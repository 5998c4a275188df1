package pgmap_test

import (
	"os"
	"testing"

	"go.uber.org/goleak"

	"tvscim/mapping/idmap/pgmap/pgtest"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		pgtest.Close()
		os.Exit(code)
	}))
}
