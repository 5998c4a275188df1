package changelog_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"tvscim/mapping/changelog"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// line is a line that can be told from others.
func line(n int) changelog.Line {
	return changelog.Line{Time: time.Date(2026, 11, 28, 0, 0, n, 0, time.UTC), Cause: changelog.CauseRequest, Outcome: changelog.Done, Request: fmt.Sprint(n)}
}

func open(t *testing.T, o changelog.Options) *changelog.Writer {
	t.Helper()
	if o.MaxSize == 0 {
		o.MaxSize = changelog.MiB
	}
	w, err := changelog.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Close() })
	return w
}

// requests returns the request ids of all lines, and what was skipped.
func requests(t *testing.T, path string) (ids, skipped []string) {
	t.Helper()
	err := changelog.Reader{Path: path, Each: func(l changelog.Line) { ids = append(ids, l.Request) },
		Skipped: func(where string) { skipped = append(skipped, filepath.Base(where)) }}.Read()
	if err != nil {
		t.Fatal(err)
	}
	return ids, skipped
}

func numbers(n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprint(i)
	}
	return all
}

// TestRotatedFilesAreRead: a log of several files, compressed or not, is read in the order in which
// it was written, and only its own files are.
func TestRotatedFilesAreRead(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "changes.jsonl")
	for _, other := range []string{"changes-of-mine.jsonl", "changes-2026-11-28.txt", "other-2026-11-28T04-00-00.000-size.jsonl"} {
		if err := os.WriteFile(filepath.Join(dir, other), []byte("not a line\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	w := open(t, changelog.Options{Path: path})
	const lines = 50
	for n := range lines {
		l := line(n)
		l.Reason = strings.Repeat("x", 100_000)
		w.Write(l)
	}
	if err := w.Close(); err != nil { // waits for the compression
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "changes-*.gz"))
	if err != nil || len(files) < 3 {
		t.Fatalf("rotated files: %v, %v", files, err)
	}
	for _, f := range append(files, path) {
		if info, err := os.Stat(f); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", f, info, err)
		}
	}
	if ids, skipped := requests(t, path); !slices.Equal(ids, numbers(lines)) || skipped != nil {
		t.Errorf("lines %v, skipped %v", ids, skipped)
	}
}

// TestDamagedLinesAreSkipped: a line that is cut or damaged costs no other line.
func TestDamagedLinesAreSkipped(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "changes.jsonl")
	w := open(t, changelog.Options{Path: path})
	w.Write(line(0))
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(f, "\x00\x00garbage\n{}\n\n", `{"time":"2026-11-28T00:00:00Z","outcome":"do`)
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	w = open(t, changelog.Options{Path: path}) // the process was killed within a line
	w.Write(line(1))
	ids, skipped := requests(t, path)
	want := []string{"changes.jsonl, line 2: cut or damaged, skipped", "changes.jsonl, line 3: cut or damaged, skipped", "changes.jsonl, line 5: cut or damaged, skipped"}
	if !slices.Equal(ids, numbers(2)) || !slices.Equal(skipped, want) {
		t.Errorf("lines %v, skipped %v", ids, skipped)
	}
}

// disk is a file on a disk that may be full.
type disk struct {
	bytes.Buffer
	space int
}

var errFull = errors.New("no space left on device")

func (d *disk) Write(p []byte) (int, error) {
	n := min(len(p), d.space)
	d.space -= n
	d.Buffer.Write(p[:n])
	if n < len(p) {
		return n, errFull
	}
	return n, nil
}

// TestFullDisk: lines that cannot be written are written later, each whole, wherever the disk was
// full.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	whole := &disk{space: 1 << 20}
	open(t, changelog.Options{Output: whole}).Write(line(0))
	size := whole.Len()
	for space := range size + 1 {
		d := &disk{space: size + space}
		var told []error
		w := open(t, changelog.Options{Output: d, Failed: func(err error) { told = append(told, err) }})
		for n := range 3 {
			w.Write(line(n))
		}
		if err := w.Trouble(); !errors.Is(err, errFull) {
			t.Fatalf("trouble: %v", err)
		}
		d.space = 1 << 20
		if err := w.Trouble(); err != nil {
			t.Errorf("trouble after there was space: %v", err)
		}
		path := filepath.Join(t.TempDir(), "changes.jsonl")
		if err := os.WriteFile(path, d.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		if ids, skipped := requests(t, path); !slices.Equal(ids, numbers(3)) || len(skipped) > 1 {
			t.Errorf("space of %d bytes: lines %v, skipped %v", space, ids, skipped)
		}
		if len(told) != 2 || !errors.Is(told[0], errFull) || told[1] != nil {
			t.Errorf("told: %v", told)
		}
	}
}

// TestLostLinesAreTold: what cannot be held in memory either is lost, and a line says how many
// lines are.
func TestLostLinesAreTold(t *testing.T) {
	t.Parallel()
	d := &disk{}
	w := open(t, changelog.Options{Output: d})
	big := line(0)
	big.Reason = strings.Repeat("x", 7<<20)
	for range 4 {
		w.Write(big)
	}
	if size, lost := w.Held(); lost != 2 || size < 14<<20 {
		t.Errorf("held %d bytes, lost %d", size, lost)
	}
	if c := w.Counts(); c.Written != 0 || c.Lost != 2 || c.Failures == 0 || w.Since().IsZero() {
		t.Errorf("counts %+v, since %v", c, w.Since())
	}
	d.space = 1 << 30
	if err := w.Trouble(); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(d.String()), "\n")
	if last := lines[len(lines)-1]; len(lines) != 3 || !strings.Contains(last, "2 lines before this one are missing") {
		t.Errorf("%d lines, the last one is %.300s", len(lines), last)
	}
	if c := w.Counts(); c.Written != 3 || c.Lost != 2 || !w.Since().IsZero() {
		t.Errorf("counts %+v, since %v", c, w.Since())
	}
}

// TestReserve: trouble is told before the disk is full, and lines are written meanwhile.
func TestReserve(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "changes.jsonl")
	var told []error
	w := open(t, changelog.Options{Path: path, Reserve: 1 << 62, Failed: func(err error) { told = append(told, err) }})
	if err := w.Trouble(); err == nil || !strings.Contains(err.Error(), "free on the disk") {
		t.Skipf("the free space of this disk is not known: %v", err)
	}
	w.Write(line(0))
	if ids, _ := requests(t, path); len(ids) != 1 || len(told) != 1 {
		t.Errorf("lines %v, told %v", ids, told)
	}
	if err := open(t, changelog.Options{Path: path}).Trouble(); err != nil {
		t.Errorf("trouble with the usual reserve: %v", err)
	}
}

// TestRefusalsAreNotHeld: what changed nothing takes no room from lines of changes while the disk
// is full.
func TestRefusalsAreNotHeld(t *testing.T) {
	t.Parallel()
	d := &disk{}
	w := open(t, changelog.Options{Output: d})
	refused := line(9)
	refused.Outcome = changelog.Failed
	w.Write(line(0))
	for range 3 {
		w.Write(refused)
	}
	w.Write(line(1))
	d.space = 1 << 20
	w.Write(refused)
	text := d.String()
	if strings.Count(text, "\n") != 4 || !strings.Contains(text, "3 lines before this one are missing") || strings.Count(text, `"failed"`) != 1 {
		t.Errorf("log:\n%s", text)
	}
}

// TestLongLine: a line that no file can hold is shortened, so that it does not stand in the way of
// others.
func TestLongLine(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "changes.jsonl")
	w := open(t, changelog.Options{Path: path})
	long := line(0)
	long.Added = []string{strings.Repeat("u", changelog.MiB)}
	w.Write(long)
	w.Write(line(1))
	var lines []changelog.Line
	if err := (changelog.Reader{Path: path, Each: func(l changelog.Line) { lines = append(lines, l) }}).Read(); err != nil {
		t.Fatal(err)
	}
	if len(lines) != 2 || !lines[0].Shortened || lines[0].Added != nil || lines[1].Shortened || w.Trouble() != nil {
		t.Errorf("lines %+v, trouble %v", lines, w.Trouble())
	}
}

// TestFollow: a reader that follows gets the lines that are written later, also those after a
// rotation.
func TestFollow(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "changes.jsonl")
	w := open(t, changelog.Options{Path: path})
	const lines = 25
	write := func(n int) {
		l := line(n)
		l.Reason = strings.Repeat("x", 100_000)
		w.Write(l)
	}
	write(0)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var ids []string
	err := changelog.Reader{Path: path, Each: func(l changelog.Line) {
		ids = append(ids, l.Request)
		if len(ids) == lines {
			cancel()
		} else {
			write(len(ids))
		}
	}}.Follow(ctx)
	if err != nil || !slices.Equal(ids, numbers(lines)) {
		t.Errorf("%v, %v", ids, err)
	}
}

// TestUnwritable: a file that cannot be written is refused by Open and by Check, and Check leaves
// nothing behind.
func TestUnwritable(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, path := range map[string]string{"directory": dir, "no directory": filepath.Join(dir, "missing", "changes.jsonl")} {
		if _, err := changelog.Open(changelog.Options{Path: path, MaxSize: changelog.MiB}); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: Open: %v", name, err)
		}
		if err := changelog.Check(path); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: Check: %v", name, err)
		}
	}
	if err := changelog.Check(filepath.Join(dir, "changes.jsonl")); err != nil {
		t.Error(err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
