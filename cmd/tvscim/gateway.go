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
	"tvscim/mapping/plan"
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

	company func() *mapping.Company // the one that is served; nil: none yet
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

	if network == nil { // one for all tokens
		connections := tvapi.NewTransport()
		g.close = append(g.close, connections.CloseIdleConnections)
		network = connections
	}
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
	g.company = directory.company
	registry.MustRegister(pictures{directory}, tvapi.NewHealthMetrics(directory.health))

	server, err := proxy.New(proxy.Options{
		Directory: directory, Auth: auth,
		Users: plan.UserType(options.Policy), Groups: plan.GroupType(),
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
	g.admin, err = admin.New(admin.Options{
		Gatherer: registry, Version: version, Ready: g.ready.Load,
		Components: []admin.Component{
			{Name: "teamviewer", Check: func() admin.Status { return teamviewerStatus(directory) }},
			{Name: "store", Check: func() admin.Status { return storeStatus(directory, trouble) }},
		},
	})
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
		Policy: plan.Policy{
			OnDelete: plan.OnDelete(c.Users.OnDelete), Language: c.Users.Language,
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

// companyDirectory is a directory of either mode.
type companyDirectory interface {
	proxy.Directory
	company() *mapping.Company // nil: none is served yet
	health() []tvapi.Health
	Close()
}

// openDirectory returns who may call and what they are given.
func openDirectory(c config.Config, o mapping.Options) (companyDirectory, proxy.Auth, error) {
	var tokens []proxy.Token
	for _, t := range c.Auth.Tokens {
		tokens = append(tokens, proxy.Token{Name: t.Name, SHA256: t.SHA256, Expires: t.Expires})
	}
	if c.Auth.Mode == config.AuthPassthrough {
		auth, err := proxy.PassthroughOf(tokens...)
		return passthrough{mapping.NewDirectory(o)}, auth, err
	}
	auth, err := proxy.Tokens(tokens...)
	if err != nil {
		return nil, nil, err
	}
	company, err := o.Open(c.TeamViewer.Token.Reveal(), false)
	return single{company}, auth, err
}

// single gives the company of the gateway's own token, in auth.mode token.
type single struct{ *mapping.Company }

// Open gives the company to every caller, who is proven already.
func (s single) Open(ctx context.Context, _ proxy.Caller) (scim.Store[scim.User], scim.Store[scim.Group], error) {
	if err := s.Ready(ctx); err != nil {
		return nil, nil, err
	}
	return s.Users(), s.Groups(), nil
}

func (s single) company() *mapping.Company { return s.Company }

func (s single) health() []tvapi.Health { return []tvapi.Health{s.Calls()} }

// passthrough gives the company to callers whose own tokens are proven.
type passthrough struct{ directory *mapping.Directory }

// Open lets TeamViewer prove the caller's token.
func (p passthrough) Open(ctx context.Context, c proxy.Caller) (scim.Store[scim.User], scim.Store[scim.Group], error) {
	company, err := p.directory.Open(ctx, mapping.Bearer{Token: c.Bearer, Address: c.Address, Listed: c.Name != ""})
	if err != nil {
		return nil, nil, err
	}
	return company.Users(), company.Groups(), nil
}

func (p passthrough) company() *mapping.Company { return p.directory.Company() }

func (p passthrough) health() []tvapi.Health { return p.directory.Health() }

// Close ends the company and the trials under way.
func (p passthrough) Close() { p.directory.Close() }

// pictures collects the figures of the company's pictures. It describes nothing in advance, because there may be no
// company yet.
type pictures struct{ directory companyDirectory }

// Describe implements prometheus.Collector.
func (pictures) Describe(chan<- *prometheus.Desc) {}

// Collect implements prometheus.Collector.
func (p pictures) Collect(to chan<- prometheus.Metric) {
	if c := p.directory.company(); c != nil {
		c.Roster().Collect(to)
	}
}

// stopGrace is how long requests under way are waited for at a stop.
const stopGrace = 25 * time.Second
