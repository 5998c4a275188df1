package page

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"go.uber.org/zap"
)

// Guard holds back removals.
type Guard interface {
	State() GuardState
	// Release lets removals through for a time; count 0 is any number. by is the name of the token
	// that signed in, "" if none was needed, and address that of the person. The error is for the
	// operator.
	Release(ctx context.Context, by, address string, within time.Duration, count int) error
}

// GuardState is the state of the guard.
type GuardState struct {
	Enabled  bool
	Window   time.Duration
	Holds    bool
	Released time.Time // until when removals are let through; zero: they are not
	Left     int       // how many are let through; -1: any number
	Counts   []GuardCount
}

// GuardCount is what the guard counts of one kind.
type GuardCount struct {
	Kind                string // "users" or "groups"
	Removed, Limit      int
	HeldSince, HeldLast time.Time
	Refused             int
}

// HeldText is how the error of a request begins that the guard holds back.
const HeldText = "The guard of the gateway holds back"

// releaseWord is what a person types to release the guard.
const releaseWord = "release"

// releases are the times that a release can have.
var releases = []choice{{"15m", "15 minutes"}, {"1h", "1 hour"}, {"4h", "4 hours"}, {"24h", "1 day"}}

type guardPage struct {
	GuardState
	Held     []row
	Releases []choice
	Word     string
	Problem  string
	Said     string
}

func (h *handler) guard(v *visit) { h.showGuard(v, http.StatusOK, guardPage{}) }

func (h *handler) showGuard(v *visit, status int, p guardPage) {
	p.GuardState, p.Releases, p.Word = h.Guard.State(), releases, releaseWord
	found, _ := h.Ring.Find(Filter{Class: Failed, Text: HeldText}, 0, rowsPerPage)
	p.Held = rowsOf(found)
	h.render(v, status, "guard", p)
}

// releaseGuard releases the guard if the word is typed.
func (h *handler) releaseGuard(v *visit) {
	within, err := time.ParseDuration(v.r.PostFormValue("for"))
	count, badCount := 0, error(nil)
	if text := v.r.PostFormValue("count"); text != "" {
		if count, badCount = strconv.Atoi(text); count == 0 { // only an empty field means any number
			count = -1
		}
	}
	known := false
	for _, r := range releases {
		known = known || r.Value == v.r.PostFormValue("for")
	}
	switch {
	case v.r.PostFormValue("word") != releaseWord:
		h.showGuard(v, http.StatusUnprocessableEntity, guardPage{Problem: "Nothing was released: type the word " + releaseWord + "."})
	case err != nil || !known || badCount != nil || count < 0 || count > 1_000_000:
		h.showGuard(v, http.StatusUnprocessableEntity, guardPage{Problem: "Nothing was released: the number must be empty, or a number of removals."})
	default:
		if err := h.Guard.Release(v.r.Context(), v.name, v.r.RemoteAddr, within, count); err != nil {
			h.showGuard(v, http.StatusConflict, guardPage{Problem: err.Error()})
			return
		}
		h.done(v, "guard released on the status page", zap.Duration("for", within), zap.Int("count", count))
		h.showGuard(v, http.StatusOK, guardPage{Said: "Removals are let through. The client sends them again in its next cycle."})
	}
}
