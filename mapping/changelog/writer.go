package changelog

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/DeRuina/timberjack"
)

// Limits of [Options].
const (
	MiB     = 1 << 20
	Day     = 24 * time.Hour
	MinSize = MiB // of Options.MaxSize
)

// fileMode is the mode of new files: lines hold personal data.
const fileMode = 0o600

// maxHeld is how many bytes of lines are held in memory while they cannot be written. Lines beyond
// are lost.
const maxHeld = 16 * MiB

// Options say where lines are written.
type Options struct {
	Path    string        // of the file; rotated files are beside it, with the time in their names, compressed
	MaxSize int64         // bytes after which the file is rotated, rounded down to MiB; at least MinSize
	MaxAge  time.Duration // after which the file is rotated; 0: never
	Keep    time.Duration // after which a rotated file is deleted, rounded up to days; 0: never
	Reserve int64         // how many bytes must be free on the disk of the file, or [Writer.Trouble] says so; 0: 1 MiB
	Output  io.Writer     // in place of a file; nil: the file of Path
	Failed  func(error)   // called when [Writer.Trouble] begins, and with nil when it ends; nil: nobody
}

// Writer writes lines. It is safe for concurrent use.
type Writer struct {
	options Options

	mu      sync.Mutex
	out     io.Writer
	file    *timberjack.Logger // out, if it is a file
	held    bytes.Buffer       // lines that could not be written
	at      os.FileInfo        // the file of Path when it was last written; nil: it was not
	cut     bool               // the latest write ended within a line
	lost    int                // lines that are neither written nor held
	trouble error              // why lines are held; nil: none is
	told    bool               // Options.Failed was told of trouble
	looked  time.Time          // when the free space was looked at
	scarce  error              // what was found then
	since   time.Time          // when trouble or scarce began; zero: there is neither
	counts  Counts
}

// Counts are what a writer has counted since it was opened.
type Counts struct {
	Written  int // lines
	Lost     int // lines that were neither written nor held
	Failures int // attempts to write that failed
}

// Open returns a writer. The error is that of a file that cannot be opened for writing.
func Open(o Options) (*Writer, error) {
	if o.Reserve == 0 {
		o.Reserve = MiB
	}
	w := &Writer{options: o, out: o.Output}
	if o.Output != nil {
		return w, nil
	}
	if err := tryFile(o.Path, os.O_CREATE); err != nil {
		return nil, err
	}
	var err error
	if w.cut, err = endsWithin(o.Path); err != nil {
		return nil, explain(o.Path, err)
	}
	w.reopen()
	return w, nil
}

// explain names the file and the remedy of an error of the file system.
func explain(path string, err error) error {
	if at, ok := errors.AsType[*os.PathError](err); ok {
		err = at.Err
	}
	return fmt.Errorf("file %s cannot be written: %w; name a file in a directory that the process may write to", path, err)
}

// endsWithin reports whether a file ends within a line: the process that wrote it was killed, or
// the disk was full.
func endsWithin(path string) (bool, error) {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() || info.Size() == 0 {
		return false, err
	}
	f, err := os.Open(path)
	if err != nil {
		if errors.Is(err, os.ErrPermission) { // it may be written and not read
			return true, nil
		}
		return false, err
	}
	defer func() { _ = f.Close() }() // it was read only
	last := make([]byte, 1)
	_, err = f.ReadAt(last, info.Size()-1)
	return last[0] != '\n', err
}

// reopen opens the file anew at the next write, which the writer of the library does not do after
// an error.
func (w *Writer) reopen() {
	if w.options.Output != nil {
		return
	}
	if w.file != nil {
		_ = w.file.Close() // the error of the write before is reported
	}
	w.file = &timberjack.Logger{
		Filename: w.options.Path, FileMode: fileMode, Compression: "gzip",
		MaxSize: int(w.options.MaxSize / MiB), RotationInterval: w.options.MaxAge, MaxAge: int((w.options.Keep + Day - 1) / Day),
	}
	w.out = w.file
}

// Write writes a line before it returns. A line that cannot be written is held and written before
// the next, or by [Writer.Trouble]. While lines are held, one that tells of no change is not:
// clients repeat what was refused.
func (w *Writer) Write(l Line) {
	text, err := w.encode(l)
	w.mu.Lock()
	defer w.mu.Unlock()
	defer w.tell()
	if w.trouble != nil {
		w.flush()
	}
	changes := l.Outcome != Refused && l.Outcome != Failed
	if err != nil || w.held.Len()+len(text) > maxHeld || w.trouble != nil && !changes {
		w.lost++
		w.counts.Lost++
		return
	}
	_, _ = w.held.Write(text)
	w.flush()
}

// tell has Options.Failed called if trouble began or ended.
func (w *Writer) tell() {
	err := w.cause()
	switch {
	case err == nil:
		w.since = time.Time{}
	case w.since.IsZero():
		w.since = time.Now()
	}
	if w.options.Failed != nil && (err != nil) != w.told {
		w.options.Failed(err)
	}
	w.told = err != nil
}

// encode returns a line as JSON. One that no file can hold is shortened.
func (w *Writer) encode(l Line) ([]byte, error) {
	text, err := json.Marshal(l)
	const ends = 2 // the end of the line, and of one that was cut before it
	if longest := w.options.MaxSize/MiB*MiB - ends; w.options.Output == nil && int64(len(text)) > longest {
		l.Shortened = true
		l.Before, l.After, l.Added, l.Removed, l.Open, l.Calls, l.Steps = nil, nil, nil, nil, nil, nil, nil
		l.Reason = l.Reason[:min(len(l.Reason), 1000)]
		text, err = json.Marshal(l)
	}
	return append(text, '\n'), err
}

// flush writes the held lines, one by one: a file is rotated between two lines.
func (w *Writer) flush() {
	w.trouble = nil
	w.follow()
	for w.trouble == nil && w.held.Len() > 0 {
		w.trouble = w.flushLine()
	}
	if w.trouble != nil {
		w.counts.Failures++
		w.reopen()
	} else if w.lost > 0 {
		lost := w.lost
		w.lost = 0
		reason := fmt.Sprintf("%d lines before this one are missing: they could not be written, and were not held in memory", lost)
		if lost == 1 {
			reason = "1 line before this one is missing: it could not be written, and was not held in memory"
		}
		// it holds nothing that cannot be encoded
		text, _ := w.encode(Line{Time: time.Now().UTC(), Cause: CauseLost, Outcome: Unknown, Reason: reason})
		_, _ = w.held.Write(text)
		w.flush()
	}
}

// follow opens the file anew if the path leads to another one, or to none: it was moved or deleted,
// as by a program that rotates logs.
func (w *Writer) follow() {
	if w.file == nil {
		return
	}
	now, err := os.Stat(w.options.Path)
	if w.at != nil && (err != nil || !os.SameFile(w.at, now)) {
		w.reopen()
		w.cut = false
		if err == nil {
			w.cut, _ = endsWithin(w.options.Path) // a blank line does no harm
		}
	}
	w.at = now
}

// CauseLost is the cause of a line that says that lines are missing.
const CauseLost = "lost"

// flushLine writes the first of the held lines.
func (w *Writer) flushLine() error {
	held := w.held.Bytes()
	line := held[:bytes.IndexByte(held, '\n')+1]
	text := line
	if w.cut {
		text = append([]byte{'\n'}, line...)
	}
	n, err := w.out.Write(text)
	if err != nil {
		switch {
		case n >= len(text)-1: // the line is complete, but for its end perhaps: it must not be there twice
			w.cut = false
			w.counts.Written++
			w.held.Next(len(line) - (len(text) - n))
		case n > 0:
			w.cut = text[n-1] != '\n'
		}
		if at, ok := errors.AsType[*os.PathError](err); ok {
			err = at.Err
		}
		return err
	}
	w.cut = false
	w.counts.Written++
	w.held.Next(len(line))
	return nil
}

// Trouble returns why lines cannot be written, or soon cannot be; nil if they can. It tries again
// to write those that are held.
func (w *Writer) Trouble() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	defer w.tell()
	if w.trouble != nil {
		w.flush()
	}
	return w.cause()
}

// cause returns why lines cannot be written, or soon cannot be.
func (w *Writer) cause() error {
	if w.trouble != nil || w.file == nil {
		return w.trouble
	}
	if now := time.Now(); now.Sub(w.looked) >= lookEvery {
		w.looked, w.scarce = now, nil
		if free, known := freeSpace(w.options.Path); known && free < w.options.Reserve {
			w.scarce = fmt.Errorf("%d bytes are free on the disk, less than %d", free, w.options.Reserve)
		}
	}
	return w.scarce
}

// lookEvery is how often the free space is looked at: a look costs as much as a line.
const lookEvery = 100 * time.Millisecond

// Held returns how many bytes of lines wait to be written, and how many lines were lost since the
// last that was written.
func (w *Writer) Held() (size, lost int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.held.Len(), w.lost
}

// Counts returns what was counted.
func (w *Writer) Counts() Counts {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.counts
}

// Since returns when the trouble began that [Writer.Trouble] returns; the zero time if there is
// none.
func (w *Writer) Since() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.since
}

// Close writes the held lines and closes the file. The error says that lines are lost.
func (w *Writer) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.flush()
	err := w.trouble
	if err != nil {
		err = fmt.Errorf("the last lines are lost: %w", err)
	}
	if w.file != nil {
		err = errors.Join(err, w.file.Close())
	}
	return err
}

// Check returns the error that [Open] would return for a file, and leaves none behind.
func Check(path string) error {
	err := tryFile(path, 0)
	if !errors.Is(err, os.ErrNotExist) {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.check")
	if err != nil {
		return explain(path, err)
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// tryFile opens a file for writing and closes it.
func tryFile(path string, create int) error {
	if info, err := os.Stat(path); err == nil && info.Mode()&(os.ModeNamedPipe|os.ModeSocket) != 0 {
		return fmt.Errorf("file %s is a pipe or a socket; name a regular file, or - for the standard output", path)
	}
	f, err := os.OpenFile(path, create|os.O_APPEND|os.O_WRONLY, fileMode)
	if err != nil {
		return explain(path, err)
	}
	return f.Close()
}
