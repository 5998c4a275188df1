package gateway

import (
	"context"
	"errors"
	"sync"
	"time"

	"go.uber.org/zap"

	"tvscim/cmd/config"
)

// announceTimeout bounds what TeamViewer is asked at start. Nobody waits for it.
const announceTimeout = time.Minute

// announce says on one line of the log what is served: the Tenant URL to paste, the mode and, where the gateway has a
// token of its own, what TeamViewer says of it. TeamViewer is asked beside the start, which neither waits for the answer
// nor depends on it. The returned function ends the asking and waits for that.
func (g *Gateway) announce(ctx context.Context) (stop func()) {
	c, log := g.config, g.log
	fields := []zap.Field{zap.String("tenant_url", tenantURL(c)), zap.String("auth", string(c.Auth.Mode))}
	if c.Auth.Mode == config.AuthPassthrough {
		log.Info("paste the Tenant URL into the identity provider; its Secret Token is a TeamViewer script token", fields...)
		return func() {}
	}
	ctx, cancel := context.WithTimeout(ctx, announceTimeout)
	var asking sync.WaitGroup
	asking.Go(func() {
		id, err := g.company().Identify(ctx)
		switch {
		case errors.Is(ctx.Err(), context.Canceled): // the gateway is stopping
		case err != nil:
			log.Warn("TeamViewer could not be asked at start; paste the Tenant URL into the identity provider", append(fields, zap.Error(err))...)
		default:
			log.Info("paste the Tenant URL into the identity provider; its Secret Token is one of auth.tokens", append(fields, id.Fields()...)...)
			log.Debug("owner of the TeamViewer token", zap.String("name", id.Account.Name), zap.String("email", id.Account.Email))
		}
	})
	return func() {
		cancel()
		asking.Wait()
	}
}

// tenantURL is what is typed into the identity provider. Without public_url, its host is known here only with ACME.
func tenantURL(c config.Config) string {
	switch {
	case c.PublicURL != "":
		return c.PublicURL + c.BasePath
	case c.TLS.ACME.Enabled():
		return "https://" + c.TLS.ACME.Domains[0] + c.BasePath
	case c.TLS.Enabled():
		return "https://<host of the certificate>" + c.BasePath + " (set public_url to see the whole address)"
	}
	return "https://<host of the proxy with TLS>" + c.BasePath + " (set public_url to see the whole address)"
}
