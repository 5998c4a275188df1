package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
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
	for _, warning := range c.Warnings() {
		log.Warn(warning)
	}
	g, err := newGateway(c, log, nil)
	if err != nil {
		return err
	}
	defer g.Close()
	public, private, err := listen(ctx, c)
	if err != nil {
		return err
	}
	log.Info("serving", zap.String("version", version), zap.Stringer("scim", public.Addr()), zap.String("base_path", c.BasePath),
		zap.Stringer("admin", private.Addr()), zap.String("auth", string(c.Auth.Mode)))
	err = g.serve(ctx, public, private, c.Limits, log)
	log.Info("stopped")
	return err
}

// listen opens both addresses or none.
func listen(ctx context.Context, c config.Config) (public, private net.Listener, err error) {
	var lc net.ListenConfig
	if public, err = lc.Listen(ctx, "tcp", c.Listen); err != nil {
		return nil, nil, fmt.Errorf("listen: %w", err)
	}
	if private, err = lc.Listen(ctx, "tcp", c.AdminListen); err != nil {
		return nil, nil, errors.Join(fmt.Errorf("admin_listen: %w", err), public.Close())
	}
	return public, private, nil
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
