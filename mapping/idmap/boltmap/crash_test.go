package boltmap_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"sync"
	"testing"
	"time"

	"tvscim/mapping/idmap/boltmap"
	"tvscim/mapping/idmap/idmaptest"
)

// childStore is the variable that names the file of a child process.
const childStore = "TEST_CHILD_STORE"

// crashWriters is the number of goroutines of a child; each has an id of its own.
const crashWriters = 8

// TestChildWriter is no test: it is the process that TestCrash kills. It writes record after
// record, each the next of its id, and prints what it was told is on the disk, until its standard
// input ends.
func TestChildWriter(t *testing.T) {
	path := os.Getenv(childStore)
	if path == "" {
		t.Skip("runs in a child process alone")
	}
	m, err := boltmap.Open(path, boltmap.Options{LockTimeout: 10 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	for w := range crashWriters {
		go func() {
			id := fmt.Sprintf("u%d", w)
			for n := sequence(m, id) + 1; ; n++ {
				if err := m.Put(id, idmaptest.Full(n)); err != nil {
					fmt.Fprintln(os.Stdout, "error", err)
					return
				}
				fmt.Fprintf(os.Stdout, "ack %s %d\n", id, n)
				if n%10 == 0 {
					_ = m.Delete(fmt.Sprintf("u%d", crashWriters+w))
				} else if n%5 == 0 {
					_ = m.Put(fmt.Sprintf("u%d", crashWriters+w), idmaptest.Full(n))
				}
			}
		}()
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// sequence is the number of the record that an id has, 0 for none.
func sequence(m *boltmap.Map, id string) (n int) {
	r, ok := m.Get(id)
	if !ok {
		return 0
	}
	_, _ = fmt.Sscanf(r.Keys[0].Value, "ada%d@", &n)
	return n
}

// TestCrash kills a process that writes, at random moments, the making of the file among them. What
// was acknowledged is there, and the file is sound: Open compares the index with the records.
func TestCrash(t *testing.T) {
	t.Parallel()
	kills := 15
	if os.Getenv("TVSCIM_SOAK") != "" {
		kills = 200
	}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	chance := rand.New(rand.NewPCG(seed, 0))
	path := fresh(t)
	acked := map[string]int{}
	total := 0
	for round := range kills {
		writing := round%2 > 0 // else it may be killed before it has made the file
		crash(t, path, time.Duration(chance.Int64N(int64(80*time.Millisecond))), writing, acked)
		m, err := boltmap.Open(path, boltmap.Options{Existing: true})
		if errors.Is(err, boltmap.ErrMissing) && len(acked) == 0 {
			continue // killed before the file was complete
		}
		if err != nil {
			t.Fatal(err)
		}
		for id, n := range acked {
			got := sequence(m, id)
			if got < n {
				t.Errorf("%s is at %d, though %d was acknowledged", id, got, n)
			}
			if r, _ := m.Get(id); idmaptest.Diff(idmaptest.Full(got), r) != "" {
				t.Errorf("%s is half written: %+v", id, r)
			}
			if !slices.Contains(m.Find(idmaptest.Key(got)), id) {
				t.Errorf("%s is not found", id)
			}
			total += n
		}
		if err := m.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if total == 0 {
		t.Error("nothing was ever acknowledged: no write was under way when it was killed")
	}
}

// crash starts a child, kills it after a time and notes what it had acknowledged. The time is that
// since its start or, if it is to be writing, since it first acknowledged a write: on a busy
// machine a start takes longer than any time chosen before.
func crash(t *testing.T, path string, after time.Duration, writing bool, acked map[string]int) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestChildWriter$", "-test.count=1")
	cmd.Env = append(os.Environ(), childStore+"="+path)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	dieIn := sync.OnceFunc(func() {
		kill := time.AfterFunc(after, func() { _ = cmd.Process.Kill() })
		t.Cleanup(func() { kill.Stop() })
	})
	if !writing {
		dieIn()
	}
	lines := bufio.NewReader(out)
	for {
		line, err := lines.ReadString('\n')
		if err != nil { // what has no end was not said
			break
		}
		var id string
		var n int
		if _, err := fmt.Sscanf(line, "ack %s %d\n", &id, &n); err == nil {
			acked[id] = max(acked[id], n)
			dieIn()
		} else {
			t.Errorf("the child says %q", line)
		}
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); err != nil && !errors.As(err, &exit) && !errors.Is(err, fs.ErrClosed) {
		t.Error(err)
	}
}
