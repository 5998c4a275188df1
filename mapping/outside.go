package mapping

import (
	"maps"
	"sync"
	"time"

	"tvscim/scim"
	"tvscim/tvapi"
)

// maxOutside bounds the number of stored addresses.
const maxOutside = 10_000

// outside stores the addresses that TeamViewer refused as taken although no user of the company has
// them. Finding that out takes a create call and a list of users, and clients repeat refused
// requests. An entry counts for the maximum age of the snapshot of users.
type outside struct {
	maxAge time.Duration

	mu    sync.Mutex
	until map[string]time.Time // by folded address
}

func newOutside(maxAge time.Duration) *outside {
	return &outside{maxAge: maxAge, until: make(map[string]time.Time)}
}

// note stores an address, as of the time when its list was requested. If there are too many
// entries, it is not stored.
func (o *outside) note(userName string, began time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.until) >= maxOutside {
		now := time.Now()
		maps.DeleteFunc(o.until, func(_ string, until time.Time) bool { return !now.Before(until) })
	}
	if len(o.until) < maxOutside {
		o.until[tvapi.FoldEmail(userName)] = began.Add(o.maxAge)
	}
}

// has reports whether an address is known to be taken outside the company.
func (o *outside) has(userName string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return time.Now().Before(o.until[tvapi.FoldEmail(userName)])
}

// takenOutsideError returns the 409 for such an address.
func takenOutsideError(userName string) error {
	return scim.Uniqueness("userName %q belongs to a TeamViewer account outside this company. "+
		"Ask its owner to join the company (the account is then found and linked), or to change that account's address.", userName)
}
