package main

import (
	"fmt"
	"sync"
	"time"

	"tvscim/proxy/admin"
	"tvscim/tvapi"
)

// health knows from the calls themselves whether TeamViewer answers.
type health struct {
	callersTokens bool // a refused token is the caller's and no trouble of ours

	mu      sync.Mutex
	trouble tvapi.Kind // 0 while all is well
	since   time.Time
}

func newHealth(callersTokens bool) *health { return &health{callersTokens: callersTokens} }

// observe takes note of a call. Refusals of what was sent say nothing about TeamViewer's health.
func (h *health) observe(e tvapi.CallEvent) {
	trouble := tvapi.Kind(0)
	switch e.Outcome {
	case tvapi.KindToken:
		if h.callersTokens {
			return
		}
		trouble = e.Outcome
	case tvapi.KindLost, tvapi.KindUnsent, tvapi.KindForeign, tvapi.KindServer, tvapi.KindThrottled, tvapi.KindBlocked:
		trouble = e.Outcome
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if trouble != h.trouble || h.since.IsZero() {
		h.trouble, h.since = trouble, time.Now()
	}
}

// status is what /readyz shows.
func (h *health) status() admin.Status {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.since.IsZero():
		return admin.Status{OK: true, Detail: "not called yet"}
	case h.trouble == 0:
		return admin.Status{OK: true, Since: h.since}
	default:
		return admin.Status{Since: h.since, Detail: fmt.Sprintf("calls to TeamViewer fail: %s", h.trouble)}
	}
}
