package mapping

import (
	"testing"
	"time"

	"tvscim/tvapi"
)

// TestLateNotesAreSmall: what is written for one call without an answer does not grow with the
// number of such calls, and concerns its object alone.
func TestLateNotesAreSmall(t *testing.T) {
	t.Parallel()
	type written struct {
		object string
		bytes  int
	}
	var notes []written
	l := &late{window: time.Hour, check: func(lockKey) {}, putNote: func(_ action, object string, note []byte) {
		notes = append(notes, written{object, len(note)})
	}}
	defer l.close()
	activation, inactive := true, false
	const calls = 5000
	for i := range calls {
		id := tvapi.UserID(i + 1)
		l.lost(action{}, userKey(id.String()), func(w *watch) { w.user, w.lost = id, append(w.lost, tvapi.UserUpdate{Active: &activation}) })
		l.acknowledged(action{}, userKey(id.String()), func(w *watch) { w.done.Active = &inactive })
		for _, n := range notes[2*i:] {
			if n.object != id.String() || n.bytes == 0 || n.bytes > 128 {
				t.Fatalf("call %d: %d bytes about %s", i, n.bytes, n.object)
			}
		}
	}
	if len(notes) != 2*calls {
		t.Errorf("%d notes, want %d", len(notes), 2*calls)
	}
}
