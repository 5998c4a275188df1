package mapping

import (
	"sync"
	"time"

	"tvscim/mapping/idmap"
)

// scanPause is how long a scan of records that other processes write too counts. Objects that this
// process creates are added at once.
const scanPause = 10 * time.Second

// newcomers are the users and groups that clients have created lately, by id. The guard leaves them
// out of the size of the company; to look each object of the company up in the memory instead would
// take a read of the disk for each that has no record.
type newcomers struct {
	mu      sync.Mutex
	created map[string]time.Time
	scanned time.Time
}

// add adds an object when its record is written.
func (n *newcomers) add(id string, r idmap.Record) {
	if r.Created.IsZero() {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.created != nil { // else the first scan finds it
		n.created[id] = r.Created
	}
}

// within returns how many of the objects that were created within the window are counted.
func (n *newcomers) within(links idmap.Map, window time.Duration, counts func(id string) bool) (found int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	now := time.Now()
	_, shared := links.(idmap.Shared)
	if n.created == nil || shared && now.Sub(n.scanned) >= scanPause {
		n.created, n.scanned = make(map[string]time.Time), now
		for id, r := range links.All() {
			if now.Sub(r.Created) <= window {
				n.created[id] = r.Created
			}
		}
	}
	for id, at := range n.created {
		switch {
		case now.Sub(at) > window:
			delete(n.created, id)
		case counts(id):
			found++
		}
	}
	return found
}
