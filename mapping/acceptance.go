package mapping

import (
	"sync"
	"time"

	"go.uber.org/zap"

	"tvscim/scim"
	"tvscim/tvapi"
)

// Bounds of a [Directory].
const (
	maxAccepted    = 16
	refusedFor     = time.Minute     // how long a refused token is not tried again
	proofAge       = 5 * time.Minute // how old the proof of a token may be
	acceptedUnused = 24 * time.Hour  // how long an unused token stays accepted
)

// acceptance is one accepted token.
type acceptance struct {
	sum     tokenSum
	company *Company // as this token sees it

	// Guarded by tokens.mu.
	proven time.Time // TeamViewer accepted the token then or later
	used   time.Time
}

// rejection is the answer to a refused token until it may be tried again.
type rejection struct {
	until time.Time
	err   error
}

// tokens are the tokens that TeamViewer accepted and refused, and the company of the accepted ones.
type tokens struct {
	log       *zap.Logger
	ownership *ownership

	mu       sync.Mutex // guards what follows, and the state of trials
	company  *Company   // nil: no token was accepted yet
	accepted map[tokenSum]*acceptance
	reading  *acceptance // whose token makes the shared reads; nil: there is none
	refused  map[tokenSum]rejection
	unproven map[tokenSum]*Company // of tokens that were accepted before and are not accepted now
}

// served returns the company that is served; nil while there is none.
func (t *tokens) served() *Company {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.company
}

// usersUnread is the beginning of errors that occur while a token is proven.
const usersUnread = "The users of the company cannot be read"

var errRefusedToken = scim.Unauthorized("TeamViewer does not accept this bearer token; it may have expired or been revoked. " +
	"Put a valid TeamViewer script token into the client's Secret Token.")

// drop ends the acceptance of a token that TeamViewer refuses, or to which it does not list users.
func (t *tokens) drop(sum tokenSum, reason *tvapi.Error) {
	t.mu.Lock()
	a := t.accepted[sum]
	if a != nil {
		err := errRefusedToken
		if reason.Kind == tvapi.KindPermission {
			err = a.company.kindError(reason, usersUnread)
		}
		t.refused[sum] = rejection{time.Now().Add(refusedFor), err}
		t.remove(a)
	}
	t.mu.Unlock()
	if a != nil {
		t.log.Warn("TeamViewer no longer accepts a bearer token that it accepted before, or no longer lists users to it", logged(reason))
	}
}

// remove removes an accepted token. The lock is held.
func (t *tokens) remove(a *acceptance) {
	delete(t.accepted, a.sum)
	if t.reading == a {
		t.reading = nil
		t.chooseReader()
	}
}

// chooseReader uses the most recently used token for shared reads if no token makes them. The lock
// is held.
func (t *tokens) chooseReader() {
	if t.reading != nil {
		return
	}
	for _, a := range t.accepted {
		if t.reading == nil || a.used.After(t.reading.used) {
			t.reading = a
		}
	}
	if t.reading != nil {
		t.company.client.UseTokenOf(t.reading.company.client)
	}
}

// sweep removes unused tokens. They remain known: the next request proves them again. The lock is
// held.
func (t *tokens) sweep() {
	now := time.Now()
	var oldest *acceptance
	for _, a := range t.accepted {
		if now.Sub(a.used) > acceptedUnused {
			t.remove(a)
		} else if a != t.reading && (oldest == nil || a.used.Before(oldest.used)) {
			oldest = a
		}
	}
	if len(t.accepted) > maxAccepted {
		t.remove(oldest)
	}
}

// accept adds a token of the company. The lock is held.
func (t *tokens) accept(token string) (*acceptance, error) {
	client, err := t.company.client.WithToken(token)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	a := &acceptance{sum: sumOf(token), proven: now, used: now}
	a.company = t.company.with(client, a.sum)
	t.accepted[a.sum] = a
	delete(t.unproven, a.sum)
	t.chooseReader()
	t.sweep()
	return a, nil
}

// recordProof records that TeamViewer accepted a token at a time.
func (t *tokens) recordProof(a *acceptance, at time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if at.After(a.proven) {
		a.proven = at
	}
}

// isProven reports whether the proof of a token is young enough, or its acceptance has ended.
func (t *tokens) isProven(a *acceptance) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.accepted[a.sum] != a || time.Since(a.proven) < proofAge
}

// forgetRefusals deletes the refusals that are over. There are few, since few tokens are tried. The
// lock is held.
func (t *tokens) forgetRefusals() {
	now := time.Now()
	for sum, r := range t.refused {
		if !now.Before(r.until) {
			delete(t.refused, sum)
		}
	}
}
