package mapping

import (
	"sync"
	"time"

	"tvscim/mapping/idmap"
	"tvscim/mapping/roster"
)

// writtenNote is the name of the note in the memory that says when TeamViewer was last written to.
const writtenNote = "written"

// writtenEvery is how often the note is replaced while there are writes: the last one may be that much later than it says.
const writtenEvery = 5 * time.Second

// written keeps the time of the last write, for the process that comes next: the lists that it loads first may trail the
// writes of this one. It is one per process.
type written struct {
	until time.Time // until when lists may trail the writes of the process before

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

// due returns the note for a write that is about to be made, nil while the latest note is young enough.
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
