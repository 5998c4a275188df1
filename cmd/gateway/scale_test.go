package gateway_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"testing"
	"time"

	"tvscim/tvapi/tvfake"
)

// TestSoakScale measures a gateway, in a process of its own, in front of a company of 100,000
// users: the time to the first answer, which needs the whole list, and to those after it; the
// calls; the most memory that the process ever held.
func TestSoakScale(t *testing.T) {
	soaking(t)
	const users = 100_000
	fake := tvfake.New(tvfake.Options{})
	for i := range users - 1 {
		fake.AddUser(tvfake.User{Name: benchName(i), Email: benchAddress(i), Active: true})
	}
	for i := range 3 {
		fake.AddOutsider(fmt.Sprintf("taken%d@fabrikam.example", i))
	}
	api := httptest.NewServer(fake.Handler())
	t.Cleanup(api.Close)
	c := mustStartChild(t, childSettings{Base: api.URL, Token: fake.Token()})
	resting := mostMemory(t, c.cmd.Process.Pid)

	first := c.timed(t, http.StatusOK, "GET", "/Users?filter="+eq("userName", "nobody@contoso.example"), "")
	loaded := mostMemory(t, c.cmd.Process.Pid)
	const searches = 1000
	began := time.Now()
	for i := range searches {
		c.timed(t, http.StatusOK, "GET", "/Users?filter="+eq("userName", benchAddress(i*97)), "")
	}
	each := time.Since(began) / searches
	// An address that is taken outside the company needs a new list, so that two snapshots are held
	// at once.
	var again time.Duration
	for i := range 3 {
		again = max(again, c.timed(t, http.StatusConflict, "POST", "/Users", newUser(fmt.Sprintf("taken%d@fabrikam.example", i))))
	}
	t.Logf("%d users: first answer after %v, with a load anew after at most %v, others after %v each; calls: %v; most memory: %d MiB before, %d MiB "+
		"with the first picture, %d MiB after three more loads", users, first.Round(time.Millisecond), again.Round(time.Millisecond), each.Round(time.Microsecond),
		fake.Calls(), resting>>20, loaded>>20, mostMemory(t, c.cmd.Process.Pid)>>20)
	if n := fake.Count(listUsers); n != 4 {
		t.Errorf("%s was called %d times, want one for the first answer and one for each of three conflicts", listUsers, n)
	}
	if most := 100 << 20; loaded > most {
		t.Errorf("%d bytes of memory for %d users, want at most %d", loaded, users, most)
	}
	c.stop(t)
}

// timed sends a request that must be answered with a status, and returns how long that took.
func (c child) timed(t *testing.T, status int, method, path, body string) time.Duration {
	t.Helper()
	began := time.Now()
	if a := c.stage.do(method, path, body); a.status != status {
		t.Fatalf("%s %s: %d %s", method, path, a.status, a.body)
	}
	return time.Since(began)
}

var highWater = regexp.MustCompile(`VmHWM:\s+(\d+) kB`)

// mostMemory is the most memory that a process ever held, in bytes. It is known on Linux alone.
func mostMemory(t *testing.T, pid int) int {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Skip("the memory of a process cannot be read here:", err)
	}
	var kilobytes int
	if m := highWater.FindSubmatch(status); m != nil {
		fmt.Sscan(string(m[1]), &kilobytes)
	}
	return kilobytes << 10
}
