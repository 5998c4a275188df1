package gateway

import (
	"context"
	"errors"
	"net"
	"strings"
	"syscall"

	"tvscim/cmd/config"
	"tvscim/mapping/idmap/boltmap"
)

// Problem is one reason why a gateway does not start. Its text names the object, the reason and the
// remedy.
type Problem struct {
	Key string // path of the setting, such as "store.path"; "" if it concerns no setting
	Err error
	// Setting reports that the setting must be corrected, or the file that it names: a retry does
	// not help.
	Setting bool
	// InUse reports that another process uses the address or the store: a gateway that runs
	// already, in most cases.
	InUse bool
}

// Error returns the text.
func (p Problem) Error() string { return p.Err.Error() }

// Unwrap returns Err.
func (p Problem) Unwrap() error { return p.Err }

// Problems are all reasons why a gateway does not start. There is at least one.
type Problems []Problem

// Error returns one line per problem.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.Error()
	}
	return strings.Join(lines, "\n")
}

// Checked is the result of [Check].
type Checked struct {
	StoreExists bool     // there is a file at store.path, or there are tables at store.url
	Warnings    []string // about certificates, key first
}

// Check tries all that [Run] needs before it serves. It neither creates nor changes files. The
// error is [Problems].
func Check(ctx context.Context, o Options) (Checked, error) {
	held, err := prepare(ctx, o, true)
	held.close()
	checked := Checked{StoreExists: held.storeExists}
	if held.gateway != nil && held.gateway.certificates != nil {
		checked.Warnings = held.gateway.certificates.Warnings()
	}
	return checked, err
}

// held are the resources that Run needs before it serves.
type held struct {
	gateway         *Gateway
	public, private net.Listener
	storeExists     bool // in a rehearsal
}

// close releases the resources: first the listeners, then the gateway behind them.
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

// prepare opens all that Run needs, or nothing; the error is [Problems]. Every part is tried even
// if another one fails, so that all problems are reported at once. Run and Check both use it, so
// that a successful check means that Run can start. A rehearsal checks the store instead of opening
// it, so that nothing is created or changed.
func prepare(ctx context.Context, o Options, rehearsal bool) (h held, err error) {
	var problems Problems
	note := func(key string, err error) {
		if p, ok := errors.AsType[Problem](err); ok {
			problems = append(problems, p)
		} else if err != nil {
			problems = append(problems, Problem{Key: key, Err: err, InUse: errors.Is(err, syscall.EADDRINUSE) || errors.Is(err, boltmap.ErrLocked)})
		}
	}
	defer func() {
		if len(problems) > 0 {
			h.close()
			h, err = held{}, problems
		}
	}()
	c := o.Config
	if rehearsal && (c.Store.Path != "" || !c.Store.URL.IsZero()) {
		var key string
		h.storeExists, key, err = checkStore(ctx, c.Store)
		note(key, err)
		o.Config.Store = config.Store{ForgetAfter: c.Store.ForgetAfter}
	}
	note(changelogKey, checkChangeLog(c.Changelog))
	if rehearsal {
		o.Config.Changelog.Path = ""
	}
	filesWrong := len(problems) > 0
	certificates, err := openTLS(c.TLS, o.Logger, rehearsal)
	if found, ok := errors.AsType[Problems](err); ok {
		problems = append(problems, found...)
	}
	if !filesWrong {
		h.gateway, err = wire(o, certificates)
		note(wiringKey(c.Store.Path, err), err)
	}
	h.public, err = listen(ctx, "listen", c.Listen)
	note("listen", err)
	h.private, err = listen(ctx, "admin_listen", c.AdminListen)
	note("admin_listen", err)
	return h, nil
}

// wiringKey returns the setting that prevents the wiring. Settings are checked earlier, so only the
// store and the change log can be the reason.
func wiringKey(storePath string, err error) string {
	if p, ok := errors.AsType[Problem](err); ok {
		return p.Key
	}
	if storePath != "" {
		return "store.path"
	}
	return ""
}
