package gateway

import "time"

// StatusOf is statusOf for the tests of package gateway_test.
var StatusOf = statusOf

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
