package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"

	"go.uber.org/zap"

	"tvscim/cmd/config"
	"tvscim/mapping/idmap/boltmap"
)

// held is what serve takes hold of before it serves.
type held struct {
	gateway         *gateway
	public, private net.Listener
	storeExists     bool // in a rehearsal
}

// store is the line about the file of store.path that a rehearsal has checked.
func (s held) store(c config.Config) []string {
	switch {
	case c.Store.Path == "":
		return nil
	case s.storeExists:
		return []string{fmt.Sprintf("store     ok: %s is there", c.Store.Path)}
	}
	return []string{fmt.Sprintf("store     ok: %s will be made", c.Store.Path)}
}

// close lets go of what was taken: first what hands on requests, then what is behind it.
func (s held) close() {
	for _, listener := range []net.Listener{s.public, s.private} {
		if listener != nil {
			_ = listener.Close() // a server that was stopped has closed it
		}
	}
	if s.gateway != nil {
		s.gateway.Close()
	}
}

// startProblem is one reason why serve does not start. Key is the setting that it is about, if any. The text names the
// thing, the reason and the remedy.
type startProblem struct {
	Key string
	error
}

// startProblems are all of them. None is empty.
type startProblems []startProblem

// Error returns one problem a line.
func (ps startProblems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.Error()
	}
	return strings.Join(lines, "\n")
}

// prepare takes hold of all that serve needs, or of nothing; the error is [startProblems]. Every part is tried even when
// another is refused, so that all problems are told at once. Both serve and check come here, so that check never says
// ok of what serve refuses: a rehearsal differs in that the store is checked instead of opened, so that nothing is
// changed or made.
func prepare(ctx context.Context, c config.Config, log *zap.Logger, rehearsal bool) (s held, err error) {
	var problems startProblems
	note := func(key string, err error) {
		if err != nil {
			problems = append(problems, startProblem{key, err})
		}
	}
	defer func() {
		if len(problems) > 0 {
			s.close()
			s, err = held{}, problems
		}
	}()
	wired := c
	if rehearsal && c.Store.Path != "" {
		s.storeExists, err = boltmap.Check(c.Store.Path, boltmap.Options{})
		note("store.path", err)
		wired.Store.Path = ""
	}
	if len(problems) == 0 {
		s.gateway, err = newGateway(wired, log, nil)
		note(wiringKey(c), err)
	}
	s.public, err = listen(ctx, "listen", c.Listen)
	note("listen", err)
	s.private, err = listen(ctx, "admin_listen", c.AdminListen)
	note("admin_listen", err)
	return s, nil
}

// wiringKey is the setting that keeps a gateway from being wired: settings are checked before, so that the store alone
// can be in the way.
func wiringKey(c config.Config) string {
	if c.Store.Path != "" {
		return "store.path"
	}
	return ""
}

// listen opens the address of a setting.
func listen(ctx context.Context, key, address string) (net.Listener, error) {
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("%s: %s %s", key, address, listenProblem(err))
	}
	return listener, nil
}

// listenProblem says why an address cannot be listened on and what to do.
func listenProblem(err error) string {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return "is in use by another process, such as a gateway that runs already; stop that process, or set another port"
	case errors.Is(err, syscall.EACCES):
		return "is refused: permission denied; set a port of 1024 or more, or give the process the capability CAP_NET_BIND_SERVICE"
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return "is no address of this machine; set one that it has, or 0.0.0.0 for all of them"
	}
	if name, ok := errors.AsType[*net.DNSError](err); ok {
		return fmt.Sprintf("names a host that is not found (%s); write an address, such as 127.0.0.1", name.Err)
	}
	return "cannot be listened on: " + err.Error() + "; set another address"
}
