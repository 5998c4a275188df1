package mapping

import (
	"slices"
	"time"

	"tvscim/mapping/roster"
	"tvscim/tvapi"
)

// A check at the end of a watch leaves access that was ended in place for minutes. So an object is
// also checked when something shows, without a call for that, that the access is back.

// minLateCheck is how long an object is not checked again before the end of its watch. It doubles
// with each check: the access may have been given in the console, time and again, or cannot be
// ended now.
const minLateCheck = 5 * time.Second

// suspect has an object checked now if its watch protects what something shows to be overturned.
func (l *late) suspect(key lockKey, overturned func(*watch) bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	w := l.watches[key]
	now := time.Now()
	if w == nil || l.closed || !now.Before(w.until) || !overturned(w) {
		return
	}
	if w.asks > 0 && now.Sub(w.asked) < minLateCheck<<min(w.asks-1, 6) {
		return
	}
	w.asked, w.asks = now, w.asks+1
	w.timer.Reset(0)
}

// seenUsers has the users checked whose access was ended and whom a list shows as active.
func (l *late) seenUsers(view *roster.UserView) {
	for _, id := range l.endedUsers() {
		if t, ok := view.ByID(id); ok && t.Active {
			l.suspect(userKey(id.String()), (*watch).endedAccess)
		}
	}
}

// endedUsers returns the watched users whose access was ended.
func (l *late) endedUsers() (users []tvapi.UserID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, w := range l.watches {
		if w.user.Valid() && w.endedAccess() {
			users = append(users, w.user)
		}
	}
	return users
}

// seenMembers has a group checked that is shown with members who were removed.
func (l *late) seenMembers(g tvapi.GroupID, members []tvapi.UserID) {
	l.suspect(groupKey(g.String()), func(w *watch) bool {
		return slices.ContainsFunc(w.overturnable(), func(id tvapi.UserID) bool { return slices.Contains(members, id) })
	})
}
