package mapping

import (
	"sync"
	"time"

	"tvscim/mapping/idmap"
)

// writtenNote is the name of the note in the memory with the time of the last write to TeamViewer.
const writtenNote = "written"

// written stores the time of the last write for the next process: its first lists may trail the
// writes of this one. There is one in a process.
type written struct {
	// every is how often the note is replaced while there are writes: the last write may be later
	// than the note by that much.
	every time.Duration
	until time.Time // until when lists may trail the writes of the previous process

	mu    sync.Mutex
	noted time.Time
}

// newWritten returns the written of a memory, where lists trail writes by at most the lag.
func newWritten(links idmap.Map, lag time.Duration) *written {
	w := &written{every: lag / 2}
	var last time.Time
	if note := links.Note(writtenNote); note == nil || last.UnmarshalText(note) != nil {
		return w
	}
	if now := time.Now(); last.After(now) { // the clock was set back
		last = now
	}
	w.until = last.Add(w.every + lag)
	return w
}

// due returns the note for a write that is about to be made; nil if the latest note is young
// enough.
func (w *written) due() []byte {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	if now.Sub(w.noted) < w.every {
		return nil
	}
	w.noted = now
	return now.UTC().AppendFormat(nil, time.RFC3339Nano)
}
