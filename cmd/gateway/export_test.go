package gateway

import (
	"context"
	"time"
)

// StatusOf is statusOf for the tests of package gateway_test.
var StatusOf = statusOf

// AlertKinds are the kinds of alerts.
var AlertKinds = []string{alertTokenRefused, alertAway, alertCalls, alertCallerToken, alertAdminToken, alertSettings, alertStore, alertGuard, alertChangeLog}

// SetReady lets /readyz answer as it does while [Gateway.Serve] serves.
func (g *Gateway) SetReady() { g.ready.Store(true) }

// OnStop has f called once the requests under way were told to end.
func (g *Gateway) OnStop(f func()) {
	stop := g.stop
	g.stop = func(within time.Duration) {
		stop(within)
		f()
	}
}

// TenantURL is tenantURL for the tests of package gateway_test.
var TenantURL = tenantURL

// Poll looks for new settings once, as [Run] does every few seconds.
func (g *Gateway) Poll(ctx context.Context) { g.reloader.poll(ctx) }

// ReloadToo has a further part reloaded with the settings.
func (g *Gateway) ReloadToo(name string, reload func() error) {
	g.reloader.parts = append(g.reloader.parts, part{name, reload})
}

// Watch posts alerts, as [Run] does, until the returned function is called.
func (g *Gateway) Watch(ctx context.Context) (stop func()) { return g.watch(ctx) }

// ReloadTLS reads the files of tls again.
func (g *Gateway) ReloadTLS() error { return g.certificates.Reload() }

// TokenConditions is tokenConditions for the tests of package gateway_test.
var TokenConditions = tokenConditions

// Announce is announce for the tests of package gateway_test.
func (g *Gateway) Announce(ctx context.Context) (stop func()) { return g.announce(ctx) }
