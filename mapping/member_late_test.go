package mapping

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"tvscim/tvapi"
)

// TestSupposedAddition: a removal is protected from an addition that another process may have made
// without its lock, but the user need not wait for that before a return; after one without an answer it
// must. Other processes, which know the note, agree.
func TestSupposedAddition(t *testing.T) {
	t.Parallel()
	const user = tvapi.UserID(7)
	const group = tvapi.GroupID(1)
	key := groupKey(group.String())
	for name, lost := range map[string]bool{"supposed": false, "without an answer": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var noted watchNote
			here := &late{window: time.Hour, check: func(lockKey) {}, putNote: func(_ action, _ string, note []byte) {
				if err := json.Unmarshal(note, &noted); err != nil {
					t.Error(err)
				}
			}}
			there := &late{check: func(lockKey) {}}
			defer here.close()
			defer there.close()
			here.unlocked = func() time.Time { return time.Now().Add(time.Hour) }
			if lost {
				here.lost(action{}, key, func(w *watch) { w.group = group; w.membersLost(addition, []tvapi.UserID{user}) })
			}
			here.acknowledged(action{}, key, func(w *watch) { w.membersDone(removal, []tvapi.UserID{user}) })
			there.resumeWatch(noted, true)
			for _, l := range []*late{here, there} {
				if !slices.Equal(l.watches[key].overturnable(), []tvapi.UserID{user}) {
					t.Errorf("protected: %v, want the user", l.watches[key].overturnable())
				}
				if waits := time.Now().Before(l.changesUntil(group, user)); waits != lost {
					t.Errorf("a return waits: %t, want %t", waits, lost)
				}
			}
		})
	}
}
