package mapping

import (
	"sync"
	"time"

	"tvscim/mapping/idmap"
	"tvscim/mapping/roster"
)

// writtenNote is the name of the note in the memory with the time of the last write to TeamViewer.
const writtenNote = "written"

// writtenEvery is how often the note is replaced while there are writes. The last write may be
// later than the note by that much.
const writtenEvery = 5 * time.Second

// written stores the time of the last write for the next process: its first lists may trail the
// writes of this one. There is one in a process.
type written struct {
	until time.Time // until when lists may trail the writes of the previous process

	mu    sync.Mutex
	noted time.Time
}

func newWritten(links idmap.Map) *written {
	w := &written{}
	var last time.Time
	if note := links.Note(writtenNote); note == nil || last.UnmarshalText(note) != nil {
		return w
	}
	if now := time.Now(); last.After(now) { // the clock was set back
		last = now
	}
	w.until = last.Add(writtenEvery + roster.DefaultLag)
	return w
}

// due returns the note for a write that is about to be made; nil if the latest note is young
// enough.
func (w *written) due() []byte {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	if now.Sub(w.noted) < writtenEvery {
		return nil
	}
	w.noted = now
	return now.UTC().AppendFormat(nil, time.RFC3339Nano)
}
