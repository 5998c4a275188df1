package main

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"go.uber.org/zap"

	"tvscim/cmd/config"
	"tvscim/mapping"
	"tvscim/mapping/idmap"
	"tvscim/mapping/idmap/boltmap"
	"tvscim/proxy"
	"tvscim/proxy/admin"
	"tvscim/scim"
	"tvscim/tvapi"
)

// gateway is all rooms, wired: two handlers and what is behind them.
type gateway struct {
	scim  http.Handler
	admin http.Handler
	stop  func(within time.Duration) // see [proxy.Server.Stop]
	ready atomic.Bool
	close []func() // what was opened first is closed last

	companies func() []*mapping.Company // those that are open
}

// newGateway wires a gateway from checked settings. Nothing is called and nothing listens yet. network is how TeamViewer
// is reached, nil for the real network.
func newGateway(c config.Config, log *zap.Logger, network http.RoundTripper) (_ *gateway, err error) {
	g := &gateway{}
	defer func() {
		if err != nil {
			g.Close()
		}
	}()
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	links, trouble, err := openLinks(c, log)
	if err != nil {
		return nil, err
	}
	g.close = append(g.close, func() {
		if err := links.Close(); err != nil {
			log.Error("store not closed", zap.Error(err))
		}
	})
	registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "tvscim_links", Help: "Users and groups of which something is remembered.",
	}, func() float64 { return float64(links.Len()) }))

	calls := tvapi.NewMetrics()
	registry.MustRegister(calls)
	options := mappingOptions(c, log)
	options.Links = links
	options.NewClient = func(token string) (*tvapi.Client, error) {
		return tvapi.New(tvapi.Options{
			BaseURL: c.TeamViewer.BaseURL, Token: token, Timeout: c.TeamViewer.Timeout, UserAgent: "tvscim/" + version,
			MaxWait: c.TeamViewer.MaxWait, MaxConcurrent: c.TeamViewer.MaxConcurrent, CallsPerDay: c.TeamViewer.CallsPerDay,
			Transport: network, Logger: log.Named("teamviewer"), Observe: calls.Observe,
		})
	}
	directory, auth, err := openDirectory(c, options)
	if err != nil {
		return nil, err
	}
	g.close = append(g.close, directory.Close)
	g.companies = directory.open
	health := health{companies: directory.open, callersTokens: c.Auth.Mode == config.AuthPassthrough}
	registry.MustRegister(pictures{directory}, tvapi.NewHealthMetrics(health.clients))

	server, err := proxy.New(proxy.Options{
		Directory: directory, Auth: auth,
		Users: mapping.UserType(options.Policy), Groups: mapping.GroupType(),
		BasePath: c.BasePath, PublicURL: c.PublicURL,
		MaxBody: int64(c.Limits.MaxBody), RequestTimeout: c.Limits.RequestTimeout,
		Limits: scim.Limits{Page: c.Limits.Page, MaxPage: c.Limits.MaxPage}, BulkOperations: c.Limits.BulkOperations,
		Logger: log.Named("scim"),
	})
	if err != nil {
		return nil, err
	}
	registry.MustRegister(server.Collector())
	g.scim, g.stop = server.Handler(), server.Stop
	components := []admin.Component{{Name: "teamviewer", Check: health.status}}
	if trouble != nil {
		components = append(components, admin.Component{Name: "store", Check: func() admin.Status { return storeStatus(trouble) }})
	}
	g.admin, err = admin.New(admin.Options{Gatherer: registry, Version: version, Ready: g.ready.Load, Components: components})
	return g, err
}

// openLinks returns what is remembered of users and groups: in memory, with the file of store.path behind it if there is
// one. trouble then tells why what is remembered from now on would be lost.
func openLinks(c config.Config, log *zap.Logger) (links idmap.Map, trouble func() error, err error) {
	if c.Store.Path == "" {
		links, err = idmap.NewLRU(c.Cache.IDs, nil)
		return links, nil, err
	}
	file, err := boltmap.Open(c.Store.Path, boltmap.Options{Damaged: func(id string, err error) {
		log.Error("a link cannot be read", zap.String("store", c.Store.Path), zap.String("id", id), zap.Error(err))
	}})
	if err != nil {
		return nil, nil, err
	}
	log.Info("store opened", zap.String("store", c.Store.Path), zap.Int("links", file.Len()))
	links, err = idmap.NewLRU(c.Cache.IDs, file)
	if err != nil {
		return nil, nil, errors.Join(err, file.Close())
	}
	return links, file.Trouble, nil
}

// mappingOptions are the settings that say how SCIM becomes TeamViewer.
func mappingOptions(c config.Config, log *zap.Logger) mapping.Options {
	return mapping.Options{
		Policy: mapping.Policy{
			OnDelete: mapping.OnDelete(c.Users.OnDelete), Language: c.Users.Language,
			SSOCustomerID: c.Users.SSOCustomerID.Reveal(), AcceptPassword: c.Users.AcceptPassword,
			Keep: c.Users.Keep, ProtectOwner: c.Protect.TokenOwner,
		},
		UsersMaxAge: c.Cache.UsersMaxAge, GroupsMaxAge: c.Cache.GroupsMaxAge, ForgetAfter: c.Store.ForgetAfter,
		WriteTimeout: c.Limits.RequestTimeout,
		Logger:       log.Named("mapping"),
	}
}

// Close ends what is behind the handlers, which must have been stopped before.
func (g *gateway) Close() {
	for _, c := range slices.Backward(g.close) {
		c()
	}
}

// companies is a directory of either mode.
type companies interface {
	proxy.Directory
	open() []*mapping.Company
	Close()
}

// openDirectory returns who may call and what they are given.
func openDirectory(c config.Config, o mapping.Options) (companies, proxy.Auth, error) {
	if c.Auth.Mode == config.AuthPassthrough {
		return passthrough{mapping.NewDirectory(o)}, proxy.Passthrough(), nil
	}
	var tokens []proxy.Token
	for _, t := range c.Auth.Tokens {
		tokens = append(tokens, proxy.Token{Name: t.Name, SHA256: t.SHA256, Expires: t.Expires})
	}
	auth, err := proxy.Tokens(tokens...)
	if err != nil {
		return nil, nil, err
	}
	company, err := o.Open(c.TeamViewer.Token.Reveal(), false)
	return single{company}, auth, err
}

// single is the one company of auth.mode token.
type single struct{ company *mapping.Company }

// Open gives the company to every caller, who is proven already.
func (s single) Open(context.Context, proxy.Caller) (scim.Store[scim.User], scim.Store[scim.Group], error) {
	return s.company.Users(), s.company.Groups(), nil
}

func (s single) open() []*mapping.Company { return []*mapping.Company{s.company} }

// Close ends the company.
func (s single) Close() { s.company.Close() }

// passthrough gives each caller the company of its own token.
type passthrough struct{ directory *mapping.Directory }

// Open lets TeamViewer prove the caller's token.
func (p passthrough) Open(ctx context.Context, c proxy.Caller) (scim.Store[scim.User], scim.Store[scim.Group], error) {
	company, err := p.directory.Open(ctx, c.Bearer)
	if err != nil {
		return nil, nil, err
	}
	return company.Users(), company.Groups(), nil
}

func (p passthrough) open() []*mapping.Company { return p.directory.Companies() }

// Close ends all companies.
func (p passthrough) Close() { p.directory.Close() }

// pictures collects the figures of all pictures that are open now. It describes nothing in advance, because companies
// come and go.
type pictures struct{ companies companies }

// Describe implements prometheus.Collector.
func (pictures) Describe(chan<- *prometheus.Desc) {}

// Collect implements prometheus.Collector.
func (p pictures) Collect(to chan<- prometheus.Metric) {
	for _, c := range p.companies.open() {
		c.Roster().Collect(to)
	}
}

// stopGrace is how long requests under way are waited for at a stop.
const stopGrace = 25 * time.Second
