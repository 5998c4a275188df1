package roster

import (
	"context"
	"errors"
	"slices"
	"time"
)

// maxSingleLookups is up to how many ids of which nothing is known are asked about one by one. For more, one list is cheaper.
const maxSingleLookups = 3

// maxUnknownListAge is how old a snapshot may be and still tell that many ids are unknown. It bounds what ever other unknown ids
// cost.
const maxUnknownListAge = 10 * time.Second

// Unknown returns those of the ids that TeamViewer does not know, as [Cache.Get] would tell of each. For more than a few of
// which nothing is known, a list is loaded instead.
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

// partition returns which of the ids are known to be unknown, and of which nothing is known.
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

// missingFromList returns those of the ids that a maxUnknownListAge list lacks too. That is remembered if the list was asked for
// now: an object that was made since an older one must not be unknown for long.
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
