package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"go.uber.org/zap"

	"tvscim/cmd/config"
	"tvscim/proxy"
)

type serveCommand struct {
	Config string `help:"Path of config.yaml; without it, the defaults and the environment." type:"path" placeholder:"FILE"`
}

// Run serves until the context ends, then stops in order: no new requests, those under way finished, then what is behind
// them.
func (s serveCommand) Run(ctx context.Context, w world) error {
	c, err := loadSettings(s.Config, w.environ)
	if err != nil {
		return err
	}
	log, flush := newLogger(c.Log, w.err)
	defer flush()
	defer ignoreHangup(log)()
	for _, warning := range warningsOf(c, s.Config) {
		log.Warn(warning)
	}
	held, err := prepare(ctx, c, log, false)
	if err != nil {
		return err
	}
	defer held.close()
	g := held.gateway
	log.Info("serving", zap.String("version", version), zap.Stringer("scim", held.public.Addr()), zap.String("base_path", c.BasePath),
		zap.Stringer("admin", held.private.Addr()), zap.String("auth", string(c.Auth.Mode)))
	defer g.announce(ctx, c, log)()
	err = g.serve(ctx, held.public, held.private, c.Limits, log)
	log.Info("stopped")
	return err
}

// warningsOf are the warnings of settings and of the files that they name.
func warningsOf(c config.Config, file string) []string {
	return append(c.Warnings(), c.FileWarnings(file)...)
}

// ignoreHangup keeps SIGHUP from ending the process until the returned function is called: operators send it to have
// settings read again, and it is sent when the terminal is closed.
func ignoreHangup(log *zap.Logger) (stop func()) {
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	var listening sync.WaitGroup
	listening.Go(func() {
		for range hangup {
			log.Warn("SIGHUP: there is nothing to reload; restart the gateway to apply new settings")
		}
	})
	return func() {
		signal.Stop(hangup)
		close(hangup)
		listening.Wait()
	}
}

// adminConnections is how many connections to the admin listener are open at once: those of probes and of a monitoring.
const adminConnections = 64

// stopReserve is how much of stopGrace is left for answers to reach their clients.
const stopReserve = 5 * time.Second

// serve runs both listeners until ctx ends or one of them fails. The admin listener is the last to stop, so that a probe
// sees the end coming.
func (g *gateway) serve(ctx context.Context, public, private net.Listener, limits config.Limits, log *zap.Logger) error {
	scimServer := proxy.HTTPServer(g.scim, limits.RequestTimeout, log)
	public = proxy.Bounded(public, scimServer, limits.Connections, log)
	adminServer := proxy.HTTPServer(g.admin, limits.RequestTimeout, log)
	private = proxy.Bounded(private, adminServer, adminConnections, log)
	failed := make(chan error, 2)
	for server, listener := range map[*http.Server]net.Listener{scimServer: public, adminServer: private} {
		go func() { failed <- server.Serve(listener) }()
	}
	g.ready.Store(true)
	var cause error
	select {
	case <-ctx.Done():
	case cause = <-failed:
	}
	g.ready.Store(false)
	g.stop(stopGrace - stopReserve)
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopGrace)
	defer cancel()
	err := errors.Join(scimServer.Shutdown(grace), adminServer.Shutdown(grace))
	if cause != nil && !errors.Is(cause, http.ErrServerClosed) {
		return errors.Join(cause, err)
	}
	return err
}
