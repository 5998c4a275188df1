package changelog

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// pollInterval is how often [Reader.Follow] looks for new lines.
const pollInterval = 250 * time.Millisecond

// Reader reads a change log: the rotated files, then the file itself.
type Reader struct {
	Path    string
	Each    func(Line)         // gets each line, oldest first
	Skipped func(where string) // gets the place and the reason of what cannot be read; nil: nobody

	Containing string // a text that a line must have as it is written, to be read at all; "": every line is
	// Newest is how many bytes of rotated files are read at most, of the newest ones; 0: all. A
	// compressed file counts for ten times its size.
	Newest int64
}

// Read reads all lines. The error says that the file cannot be opened; what is damaged within a
// file is skipped.
func (r Reader) Read() error {
	t, err := r.read()
	if err != nil {
		return err
	}
	t.end(r)
	return t.close()
}

// Follow reads all lines and then waits for more, until ctx ends.
func (r Reader) Follow(ctx context.Context) error {
	t, err := r.read()
	if err != nil {
		return err
	}
	defer func() { _ = t.close() }() // it was read only
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pollInterval):
		}
		if err := t.more(r); err != nil {
			return err
		}
	}
}

// read reads all that is there, and returns the end of the file itself.
func (r Reader) read() (*tail, error) {
	rotated, err := rotatedFiles(r.Path)
	if err != nil {
		return nil, err
	}
	file, err := os.Open(r.Path)
	if err != nil && (len(rotated) == 0 || !errors.Is(err, os.ErrNotExist)) {
		return nil, err
	}
	for _, path := range r.newest(rotated) {
		if err := r.readRotated(path); err != nil {
			r.skip(path, err)
		}
	}
	t := &tail{file: file}
	if file != nil {
		err = t.drain(r)
	}
	return t, err
}

// newest returns the rotated files that are read.
func (r Reader) newest(rotated []string) []string {
	if r.Newest == 0 {
		return rotated
	}
	left, from := r.Newest, len(rotated)
	for ; from > 0; from-- {
		info, err := os.Stat(rotated[from-1])
		if err != nil {
			continue // it is skipped when it is read
		}
		size := info.Size()
		if strings.HasSuffix(rotated[from-1], compressed) {
			size *= 10
		}
		if left -= size; left < 0 {
			break
		}
	}
	return rotated[from:]
}

// readRotated reads a file that is complete.
func (r Reader) readRotated(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // it was read only
	var in io.Reader = f
	if strings.HasSuffix(path, compressed) {
		if in, err = gzip.NewReader(f); err != nil {
			return err
		}
	}
	t := tail{name: path}
	if err := t.lines(in, r); err != nil {
		return err
	}
	t.end(r)
	return nil
}

func (r Reader) skip(where string, err error) {
	if r.Skipped != nil {
		r.Skipped(fmt.Sprintf("%s: %v", where, err))
	}
}

// compressed is the end of the name of a compressed file.
const compressed = ".gz"

// rotatedFiles returns the rotated files of a log, oldest first. Of a file that is being compressed
// the original counts.
func rotatedFiles(path string) ([]string, error) {
	ext := filepath.Ext(path)
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	begin := strings.TrimSuffix(filepath.Base(path), ext) + "-"
	var files []string
	for _, e := range entries {
		plain := strings.TrimSuffix(e.Name(), compressed)
		rest, ours := strings.CutPrefix(plain, begin)
		if !ours || !strings.HasSuffix(plain, ext) || !e.Type().IsRegular() || !startsWithTime(rest) {
			continue
		}
		files = append(files, filepath.Join(filepath.Dir(path), e.Name()))
	}
	slices.SortFunc(files, func(a, b string) int {
		return strings.Compare(strings.TrimSuffix(a, compressed), strings.TrimSuffix(b, compressed))
	})
	return slices.DeleteFunc(files, func(name string) bool {
		return strings.HasSuffix(name, compressed) && slices.Contains(files, strings.TrimSuffix(name, compressed))
	}), nil
}

// startsWithTime reports whether a text starts with the time of a rotation.
func startsWithTime(text string) bool {
	const layout = "2006-01-02T15-04-05"
	if len(text) < len(layout) {
		return false
	}
	_, err := time.Parse(layout, text[:len(layout)])
	return err == nil
}

// tail is how far a file was read.
type tail struct {
	file   *os.File // nil: there is none yet
	name   string
	number int    // of the latest line
	part   []byte // of a line whose end is not written yet
}

func (t *tail) close() error {
	if t.file == nil {
		return nil
	}
	return t.file.Close()
}

// more reads what was written since. A file that was rotated is read to its end first.
func (t *tail) more(r Reader) error {
	if t.file != nil {
		if err := t.drain(r); err != nil {
			return err
		}
		now, err := os.Stat(r.Path)
		old, oldErr := t.file.Stat()
		if err != nil || oldErr != nil || os.SameFile(now, old) {
			return nil //nolint:nilerr // the new file is not there yet
		}
		if err := t.drain(r); err != nil { // what was written before the rotation
			return err
		}
		_ = t.file.Close() // it was read only
		t.end(r)
	}
	file, err := os.Open(r.Path)
	if err != nil {
		t.file = nil
		return nil //nolint:nilerr // it is not there yet
	}
	*t = tail{file: file}
	return t.drain(r)
}

// drain reads a file from where it was read to.
func (t *tail) drain(r Reader) error {
	t.name = t.file.Name()
	return t.lines(t.file, r)
}

// lines reads complete lines, and keeps the beginning of one that is not complete.
func (t *tail) lines(in io.Reader, r Reader) error {
	buffered := bufio.NewReaderSize(in, 1<<16)
	for {
		text, err := buffered.ReadBytes('\n')
		t.part = append(t.part, text...)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		t.number++
		t.line(t.part, r)
		t.part = nil
	}
}

// end reports the beginning of a line whose end will never be written.
func (t *tail) end(r Reader) {
	if len(t.part) > 0 {
		t.number++
		t.line(t.part, r)
		t.part = nil
	}
}

func (t *tail) line(text []byte, r Reader) {
	if text = bytes.TrimSpace(text); len(text) == 0 || r.Containing != "" && !bytes.Contains(text, []byte(r.Containing)) {
		return
	}
	var l Line
	if err := json.Unmarshal(text, &l); err != nil || l.Time.IsZero() || l.Outcome == "" {
		r.skip(fmt.Sprintf("%s, line %d", t.name, t.number), errDamaged)
		return
	}
	r.Each(l)
}

var errDamaged = errors.New("cut or damaged, skipped")
