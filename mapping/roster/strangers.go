package roster

import (
	"context"
	"errors"
	"slices"
	"time"
)

// askSingly is up to how many ids that the picture lacks are asked about one by one. For more, one new picture is cheaper.
const askSingly = 3

// recent is how old a picture may be and still tell that many ids are unknown. It bounds what ever other unknown ids cost.
const recent = 10 * time.Second

// strangers returns those of the ids that TeamViewer does not know, as object would tell of each.
func (k *keeper[ID, V]) strangers(ctx context.Context, ids []ID) ([]ID, error) {
	if _, err := k.within(ctx); err != nil {
		return nil, err
	}
	strangers, open := k.sift(ids)
	if len(open) > askSingly {
		unknown, err := k.lacked(ctx, open)
		return append(strangers, unknown...), err
	}
	for _, id := range open {
		switch _, err := k.object(ctx, id); {
		case errors.Is(err, ErrUnknown):
			strangers = append(strangers, id)
		case err != nil:
			return nil, err
		}
	}
	return strangers, nil
}

// sift tells which of the ids are known to be unknown, and of which nothing is known.
func (k *keeper[ID, V]) sift(ids []ID) (unknown, open []ID) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := time.Now()
	for _, id := range ids {
		if _, here := k.current.get(id); here {
			continue
		}
		if k.unknown.has(id, now) {
			unknown = append(unknown, id)
		} else {
			open = append(open, id)
		}
	}
	return unknown, open
}

// lacked returns those of the ids that a recent picture lacks too. That is remembered if the picture was asked for
// now: one who was made since an older one must not be unknown for long.
func (k *keeper[ID, V]) lacked(ctx context.Context, ids []ID) ([]ID, error) {
	asked := time.Now()
	v, err := k.since(ctx, asked.Add(-recent))
	if err != nil {
		return nil, err
	}
	unknown := slices.DeleteFunc(ids, func(id ID) bool { _, here := v.ByID(id); return here })
	if v.picture.began.Before(asked) {
		return unknown, nil
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, id := range unknown {
		k.unknown.add(id, asked, k.age())
	}
	return unknown, nil
}
