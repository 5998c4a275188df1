package gateway

import (
	"context"
	"errors"
	"sync"
	"time"

	"go.uber.org/zap"

	"tvscim/cmd/config"
	"tvscim/mapping"
	"tvscim/tvapi"
)

// announceTimeout is the time limit of the request to TeamViewer at start. Nothing waits for it.
const announceTimeout = time.Minute

// announce logs, on one line, the Tenant URL to paste, the mode and, if the gateway has a token of
// its own, the owner of that token. TeamViewer is asked for the owner at the same time as the
// gateway starts: the start neither waits for the answer nor depends on it. The returned function
// cancels the request and waits for its end.
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
		case tvapi.KindOf(err) == tvapi.KindPermission:
			log.Error("TeamViewer refuses the gateway's token a right that it needs: requests are answered 503 until it is given",
				append(fields, zap.String("right", mapping.Right(tvapi.FuncUserList)), zap.Error(err))...)
		case err != nil:
			log.Warn("TeamViewer could not be asked at start; paste the Tenant URL into the identity provider", append(fields, zap.Error(err))...)
		default:
			g.companyName.Store(&id.Account.Company)
			log.Info("paste the Tenant URL into the identity provider; its Secret Token is one of auth.tokens", append(fields, id.Fields()...)...)
			log.Debug("owner of the TeamViewer token", zap.String("name", id.Account.Name), zap.String("email", id.Account.Email))
		}
	})
	return func() {
		cancel()
		asking.Wait()
	}
}

// tenantURL returns the URL to type into the identity provider. Without public_url, its host is
// known only with ACME.
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
