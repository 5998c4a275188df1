package gateway

import (
	"context"
	"errors"
	"net"
	"strings"

	"tvscim/mapping/idmap/boltmap"
)

// Problem is one reason why a gateway does not start. Its text names the thing, the reason and the remedy.
type Problem struct {
	Key string // path of the setting that it is about, such as "store.path"; "" if it is about none
	Err error
}

// Error returns the text.
func (p Problem) Error() string { return p.Err.Error() }

// Unwrap returns Err.
func (p Problem) Unwrap() error { return p.Err }

// Problems are all reasons why a gateway does not start, at least one.
type Problems []Problem

// Error returns one problem a line.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.Error()
	}
	return strings.Join(lines, "\n")
}

// Check tries all that [Run] needs before it serves, and reports whether there is a file at store.path. It makes and
// changes no file. The error is [Problems].
func Check(ctx context.Context, o Options) (storeExists bool, err error) {
	held, err := prepare(ctx, o, true)
	held.close()
	return held.storeExists, err
}

// held is what Run takes hold of before it serves.
type held struct {
	gateway         *Gateway
	public, private net.Listener
	storeExists     bool // in a rehearsal
}

// close lets go of what was taken: first what hands on requests, then what is behind it.
func (h held) close() {
	for _, listener := range []net.Listener{h.public, h.private} {
		if listener != nil {
			_ = listener.Close() // a server that was stopped has closed it
		}
	}
	if h.gateway != nil {
		h.gateway.Close()
	}
}

// prepare takes hold of all that Run needs, or of nothing; the error is [Problems]. Every part is tried even when another
// is refused, so that all problems are told at once. Both Run and Check come here, so that a check never says ok of what
// Run refuses: a rehearsal differs in that the store is checked instead of opened, so that nothing is changed or made.
func prepare(ctx context.Context, o Options, rehearsal bool) (h held, err error) {
	var problems Problems
	note := func(key string, err error) {
		if err != nil {
			problems = append(problems, Problem{key, err})
		}
	}
	defer func() {
		if len(problems) > 0 {
			h.close()
			h, err = held{}, problems
		}
	}()
	c := o.Config
	if rehearsal && c.Store.Path != "" {
		h.storeExists, err = boltmap.Check(c.Store.Path, boltmap.Options{})
		note("store.path", err)
		o.Config.Store.Path = ""
	}
	note(changelogKey, checkChangeLog(c.Changelog))
	if rehearsal {
		o.Config.Changelog.Path = ""
	}
	if len(problems) == 0 {
		h.gateway, err = New(o)
		note(wiringKey(c.Store.Path, err), err)
	}
	h.public, err = listen(ctx, "listen", c.Listen)
	note("listen", err)
	h.private, err = listen(ctx, "admin_listen", c.AdminListen)
	note("admin_listen", err)
	return h, nil
}

// wiringKey is the setting that keeps a gateway from being wired: settings are checked before, so that only the store and
// the change log can be in the way.
func wiringKey(storePath string, err error) string {
	if p, ok := errors.AsType[Problem](err); ok {
		return p.Key
	}
	if storePath != "" {
		return "store.path"
	}
	return ""
}
