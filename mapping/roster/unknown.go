package roster

import (
	"context"
	"errors"
	"slices"
	"time"
)

// maxSingleLookups is up to how many ids are read one by one. For more, one list costs less.
const maxSingleLookups = 3

// maxUnknownListAge is up to what age a list shows that many ids are unknown. It bounds the number
// of lists that other unknown ids cost.
const maxUnknownListAge = 10 * time.Second

// Unknown returns those of the ids that TeamViewer does not know, as [Cache.Get] would report for
// each. For more than a few ids without evidence, a list is loaded instead.
//
// TeamViewer Web API: GET /users/{id}, GET /usergroups/{id}, GET /users, GET /usergroups
func (c *Cache[ID, V]) Unknown(ctx context.Context, ids []ID) ([]ID, error) {
	if _, err := c.View(ctx); err != nil {
		return nil, err
	}
	missing, open := c.partition(ids)
	if len(open) > maxSingleLookups {
		unknown, err := c.missingFromList(ctx, open)
		return append(missing, unknown...), err
	}
	for _, id := range open {
		switch _, err := c.Get(ctx, id); {
		case errors.Is(err, ErrUnknown):
			missing = append(missing, id)
		case err != nil:
			return nil, err
		}
	}
	return missing, nil
}

// partition returns which of the ids are known to be unknown, and for which there is no evidence.
func (c *Cache[ID, V]) partition(ids []ID) (unknown, open []ID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, id := range ids {
		switch _, here, known := c.known(id); {
		case !known:
			open = append(open, id)
		case !here:
			unknown = append(unknown, id)
		}
	}
	return unknown, open
}

// missingFromList returns those of the ids that a recent list lacks. If the list was loaded now,
// that is stored: an object that was created after an older list must not be unknown for long.
func (c *Cache[ID, V]) missingFromList(ctx context.Context, ids []ID) ([]ID, error) {
	asked := time.Now()
	v, err := c.ViewSince(ctx, asked.Add(-maxUnknownListAge))
	if err != nil {
		return nil, err
	}
	unknown := slices.DeleteFunc(ids, func(id ID) bool { _, here := v.ByID(id); return here })
	if v.snapshot.began.Before(asked) {
		return unknown, nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, id := range unknown {
		c.unknown.add(id, asked, c.age())
	}
	return unknown, nil
}
