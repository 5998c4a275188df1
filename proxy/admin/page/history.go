package page

import (
	"sync"
	"time"
)

// The history is counted in quarters of an hour, of the last 24 hours.
const (
	slotTime = 15 * time.Minute
	slots    = int(24 * time.Hour / slotTime)
)

// History counts requests and TeamViewer calls of the last 24 hours. It is safe for concurrent use.
type History struct {
	mu    sync.Mutex
	slots [slots]slot
}

// slot is the count of one quarter of an hour.
type slot struct {
	began                   time.Time
	requests, failed, calls int
}

// at returns the slot of a time.
func (h *History) at(t time.Time) *slot {
	began := t.Truncate(slotTime)
	s := &h.slots[int(began.Unix()/int64(slotTime/time.Second))%slots]
	if !s.began.Equal(began) {
		*s = slot{began: began}
	}
	return s
}

// Handled counts a request.
func (h *History) Handled(failed bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := h.at(time.Now())
	s.requests++
	if failed {
		s.failed++
	}
}

// Called counts a call of TeamViewer.
func (h *History) Called() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.at(time.Now()).calls++
}

// last returns the slots of the 24 hours before now, oldest first. Those in which nothing happened
// are zero.
func (h *History) last(now time.Time) []slot {
	h.mu.Lock()
	defer h.mu.Unlock()
	last := make([]slot, slots)
	for i := range last {
		began := now.Truncate(slotTime).Add(time.Duration(i-slots+1) * slotTime)
		last[i].began = began
		if s := h.slots[int(began.Unix()/int64(slotTime/time.Second))%slots]; s.began.Equal(began) {
			last[i] = s
		}
	}
	return last
}
