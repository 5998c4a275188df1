package mapping

import (
	"time"

	"tvscim/tvapi"
)

// acceptance is one accepted token.
type acceptance struct {
	sum     tokenSum
	company *Company // as this token sees it

	// Guarded by Directory.mu.
	proven time.Time // when TeamViewer last accepted the token, at the least
	used   time.Time
}

// rejection is what callers of a refused token are told until it may be tried again.
type rejection struct {
	until time.Time
	err   error
}

// drop ends the acceptance of a token that TeamViewer refuses, or to which it does not list users. If it read for all,
// another takes its place.
func (d *Directory) drop(sum tokenSum, reason *tvapi.Error) {
	d.mu.Lock()
	a := d.accepted[sum]
	if a != nil {
		err := errRefusedToken
		if reason.Kind == tvapi.KindPermission {
			err = a.company.sayKind(reason, usersUnread)
		}
		d.refused[sum] = rejection{time.Now().Add(refusedFor), err}
		d.remove(a)
	}
	d.mu.Unlock()
	if a != nil {
		d.options.Logger.Warn("TeamViewer no longer accepts a bearer token that it accepted before, or no longer lists users to it", logged(reason))
	}
}

// remove takes a token out. The lock is held.
func (d *Directory) remove(a *acceptance) {
	delete(d.accepted, a.sum)
	if d.reading == a {
		d.reading = nil
		d.read()
	}
}

// read has the token that was used last read for all, if none does. The lock is held.
func (d *Directory) read() {
	if d.reading != nil {
		return
	}
	for _, a := range d.accepted {
		if d.reading == nil || a.used.After(d.reading.used) {
			d.reading = a
		}
	}
	if d.reading != nil {
		d.company.client.UseTokenOf(d.reading.company.client)
	}
}

// sweep takes out tokens that nobody uses any more: one that was replaced is still good, and still known if it comes
// back. The lock is held.
func (d *Directory) sweep() {
	now := time.Now()
	var oldest *acceptance
	for _, a := range d.accepted {
		if now.Sub(a.used) > acceptedUnused {
			d.remove(a)
		} else if a != d.reading && (oldest == nil || a.used.Before(oldest.used)) {
			oldest = a
		}
	}
	if len(d.accepted) > mostAccepted {
		d.remove(oldest)
	}
}

// accept lets a token of the company in. The lock is held.
func (d *Directory) accept(token string) (*acceptance, error) {
	client, err := d.company.client.WithToken(token)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	a := &acceptance{sum: sumOf(token), proven: now, used: now}
	a.company = d.company.with(client, a.sum)
	d.accepted[a.sum] = a
	delete(d.unproven, a.sum)
	d.read()
	d.sweep()
	return a, nil
}
