package tvapi

import (
	"maps"
	"time"

	"go.uber.org/zap"
)

// quota counts the calls of each function in one day. TeamViewer does not document when its day
// begins; UTC is used here. Calls of other programs with the same token, and calls before the start
// of this process, are not counted.
type quota struct {
	perDay int // calls of one function that are allowed; 0 = not known
	log    *zap.Logger

	day   time.Time // midnight before the latest call
	calls map[Function]int
}

// count counts one call, and logs a warning when it reaches four fifths of what is allowed per day.
func (q *quota) count(f Function, now time.Time) {
	if day := midnight(now); !day.Equal(q.day) || q.calls == nil {
		q.day, q.calls = day, make(map[Function]int)
	}
	q.calls[f]++
	if n := q.calls[f]; nearlyUsed(n, q.perDay) && !nearlyUsed(n-1, q.perDay) {
		q.log.Warn("TeamViewer's calls of the day are nearly used up", zap.String("function", string(f)),
			zap.Int("calls", n), zap.Int("calls_per_day", q.perDay))
	}
}

// today returns the counts of the current day.
func (q *quota) today(now time.Time) map[Function]int {
	if !midnight(now).Equal(q.day) {
		return nil
	}
	return maps.Clone(q.calls)
}

// midnight is the beginning of t's day in UTC.
func midnight(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour) }

// nearlyUsed reports whether calls are at least four fifths of allowed, if that is known.
func nearlyUsed(calls, allowed int) bool { return allowed > 0 && 5*calls >= 4*allowed }
