package gateway

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"go.uber.org/zap"

	"tvscim/proxy"
)

// adminConnections is the number of connections to the admin listener that may be open at once.
// Probes and a monitoring system need few.
const adminConnections = 64

// stopGrace is how long a stop waits for the requests that are being served.
const stopGrace = 25 * time.Second

// stopReserve is the part of stopGrace in which responses reach their clients.
const stopReserve = 5 * time.Second

// Run serves on the addresses of the settings until ctx ends or a listener fails. Then it stops in
// order: it refuses new requests, finishes the current ones, and closes what they use. If it cannot
// start, the error is [Problems]. It reads its settings again on SIGHUP and when files change.
func Run(ctx context.Context, o Options) error {
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP) // from now on, since it would end the process while Run starts
	defer signal.Stop(hangup)
	held, err := prepare(ctx, o, false)
	if err != nil {
		return err
	}
	defer held.close()
	g := held.gateway
	g.log.Info("serving", zap.String("version", g.version), zap.Stringer("scim", held.public.Addr()), zap.Bool("tls", g.certificates != nil), zap.String("base_path", g.config.BasePath),
		zap.Stringer("admin", held.private.Addr()), zap.String("auth", string(g.config.Auth.Mode)))
	_ = g.log.Sync() // the addresses are needed at once, not when the buffer is written; a failure cannot be reported
	defer g.announce(ctx)()
	defer g.follow(ctx, hangup)()
	defer g.watch(ctx)()
	err = g.Serve(ctx, held.public, held.private)
	g.log.Info("stopped")
	return err
}

// Serve serves SCIM on public, and health and metrics on private, until ctx ends or one of them
// fails, and closes both. The admin listener stops last, so that probes can see that the gateway
// stops. The caller must call [Gateway.Close].
func (g *Gateway) Serve(ctx context.Context, public, private net.Listener) error {
	limits := g.config.Limits
	scimServer := proxy.HTTPServer(g.SCIM(), limits.RequestTimeout, g.log)
	if g.certificates != nil {
		scimServer.TLSConfig = g.certificates.Config()
		defer g.keepCertificates(ctx)()
	}
	public = proxy.Bounded(public, scimServer, limits.Connections, g.log)
	adminServer := proxy.HTTPServer(g.admin, limits.RequestTimeout, g.log)
	private = proxy.Bounded(private, adminServer, adminConnections, g.log)
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
