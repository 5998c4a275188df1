package gateway

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.uber.org/zap"

	"tvscim/cmd/config"
	"tvscim/mapping"
	"tvscim/mapping/idmap"
	"tvscim/mapping/idmap/boltmap"
	"tvscim/mapping/idmap/pgmap"
	"tvscim/proxy/admin"
	"tvscim/scim"
)

// store is the memory of users and groups. trouble returns why new records would be lost, nil if
// they would not; a nil trouble means that there is no store outside the process.
type store struct {
	links   idmap.Map
	trouble func() error
	shared  *pgmap.Map // with store.url
}

// openStore opens the memory: an LRU and, with store.path, a file behind it; or, with store.url, a
// database, of which each replica has all records in memory.
func openStore(c config.Config, log *zap.Logger) (s store, err error) {
	switch {
	case c.DryRun:
		s.links, err = copyLinks(c)
		return s, err
	case !c.Store.URL.IsZero():
		return openDatabase(c, log)
	case c.Store.Path != "":
		return openFile(c, log)
	}
	s.links, err = idmap.NewLRU(c.Cache.IDs, nil)
	return s, err
}

func openFile(c config.Config, log *zap.Logger) (store, error) {
	file, err := boltmap.Open(c.Store.Path, boltmap.Options{Damaged: func(id string, err error) {
		log.Error("a link cannot be read", zap.String("store", c.Store.Path), zap.String("id", id), zap.Error(err))
	}, Broken: func(err error) {
		log.Error("store broken", zap.Error(err))
	}})
	if err != nil {
		return store{}, err
	}
	log.Info("store opened", zap.String("store", c.Store.Path), zap.Int("links", file.Len()))
	links, err := idmap.NewLRU(c.Cache.IDs, file)
	if err != nil {
		return store{}, errors.Join(err, file.Close())
	}
	return store{links: links, trouble: file.Err}, nil
}

// maxStoreWait is how long one operation of the database may take. A request makes a few of them,
// so it is a part of limits.request_timeout at most.
const maxStoreWait = 5 * time.Second

func openDatabase(c config.Config, log *zap.Logger) (store, error) {
	wait := min(maxStoreWait, c.Limits.RequestTimeout/4)
	m, err := pgmap.Open(context.Background(), c.Store.URL.Reveal(), pgmap.Options{
		Timeout: wait,
		Damaged: func(name string, err error) {
			log.Error("an entry of the store cannot be read", zap.String("entry", name), zap.Error(err))
		},
		Lost: func(err error) {
			log.Error("store unreachable: requests are answered from memory, and only changes that end access are made", zap.Error(err))
		},
		Reverted: func() {
			log.Warn("the store has less than before, as after a backup was restored: everything was read anew")
		},
		Found: func(after time.Duration) { log.Info("store can be reached again", zap.Duration("after", after)) },
	})
	if err != nil {
		return store{}, Problem{Key: urlKey(c.Store), Err: err, Setting: !pgmap.Temporary(err)}
	}
	log.Info("store opened", zap.String("store", m.Name()), zap.Int("links", m.Len()))
	return store{links: m, trouble: m.Err, shared: m}, nil
}

// checkStore returns the error that openStore would return, and whether there is a store already.
// It changes nothing.
func checkStore(ctx context.Context, c config.Store) (exists bool, key string, err error) {
	if c.URL.IsZero() {
		exists, err = boltmap.Check(c.Path, boltmap.Options{})
		return exists, "store.path", err
	}
	exists, err = pgmap.Check(ctx, c.URL.Reveal())
	if err != nil {
		err = Problem{Key: urlKey(c), Err: err, Setting: !pgmap.Temporary(err)}
	}
	return exists, urlKey(c), err
}

// urlKey returns the setting that the URL of the store was read from.
func urlKey(c config.Store) string {
	if c.URLFile != "" {
		return "store.url_file"
	}
	return "store.url"
}

// retryStore is after what time a client should send a change again that was withheld.
const retryStore = 10 * time.Second

// withhold returns why only ends of access may be carried out; nil while the store can be reached.
// Other changes need its locks, and something of most of them must be remembered.
func (s store) withhold() *scim.Error {
	if s.shared == nil {
		return nil
	}
	if err := s.shared.Err(); err != nil {
		return scim.Unavailable(retryStore, "The database of the gateway's store cannot be reached or written, so only changes that end access are made: "+
			"the component store of the gateway's /health says why. This change will be made when it is tried again.").Because(err)
	}
	return nil
}

// alsoWithheld adds a reason to withhold changes.
func alsoWithheld(to *mapping.Options, by func() *scim.Error) {
	first := to.Withhold
	if first == nil {
		to.Withhold = by
		return
	}
	to.Withhold = func() *scim.Error {
		if refused := first(); refused != nil {
			return refused
		}
		return by()
	}
}

// status returns the status of the store in /readyz.
func (s store) status(d companyDirectory) admin.Status {
	if c := d.company(); c != nil && c.Foreign() {
		return admin.Status{Detail: "the store was written for another TeamViewer company; name another file, or another database or schema"}
	}
	if s.trouble == nil {
		return admin.Status{OK: true, Detail: "in memory until the gateway exits"}
	}
	if s.shared == nil {
		if err := s.trouble(); err != nil {
			return admin.Status{Detail: err.Error()}
		}
		return admin.Status{OK: true}
	}
	if since, err := s.shared.Trouble(); err != nil {
		return admin.Status{Since: since, Detail: err.Error()}
	}
	detail := fmt.Sprintf("replicas that use it: %d", s.shared.Replicas())
	if !s.shared.Settled() {
		detail += ", still counting"
	}
	return admin.Status{OK: true, Detail: detail}
}
