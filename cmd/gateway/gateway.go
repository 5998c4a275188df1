package gateway

import (
	"errors"
	"io"
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

// Options are what a gateway is made of.
type Options struct {
	Config  config.Config     // checked settings, as config.Load returns them
	Version string            // of the program, for the User-Agent of calls, the log and the admin listener
	Logger  *zap.Logger       // required
	Network http.RoundTripper // sends the calls to TeamViewer; nil: a transport of the gateway's own
	Stdout  io.Writer         // for a change log on the standard output; nil: os.Stdout
}

// Gateway is all rooms, wired: two handlers and what is behind them.
type Gateway struct {
	config  config.Config
	version string
	log     *zap.Logger

	scim  http.Handler
	admin http.Handler
	stop  func(within time.Duration) // see [proxy.Server.Stop]
	ready atomic.Bool
	close []func() // what was opened first is closed last

	company func() *mapping.Company // the one that is served; nil: none yet
}

// New wires a gateway. It opens the files of store.path and changelog.path; it calls nothing and listens nowhere. The error is that of the
// setting that keeps the gateway from being wired.
func New(o Options) (_ *Gateway, err error) {
	c, log := o.Config, o.Logger
	g := &Gateway{config: c, version: o.Version, log: log}
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

	options := mappingOptions(c, log)
	changes, err := g.openChanges(o, &options)
	if err != nil {
		return nil, err
	}

	network := o.Network
	if network == nil { // one for all tokens
		connections := tvapi.NewTransport()
		g.close = append(g.close, connections.CloseIdleConnections)
		network = connections
	}
	calls := tvapi.NewMetrics()
	registry.MustRegister(calls)
	options.Links = links
	options.NewClient = func(token string) (*tvapi.Client, error) {
		return tvapi.New(tvapi.Options{
			BaseURL: c.TeamViewer.BaseURL, Token: token, Timeout: c.TeamViewer.Timeout, UserAgent: "tvscim/" + o.Version,
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
	registry.MustRegister(snapshots{directory}, tvapi.NewHealthMetrics(directory.health))

	server, err := proxy.New(proxy.Options{
		Directory: directory, Auth: auth,
		Users: plan.UserType(options.Policy), Groups: plan.GroupType(),
		BasePath: c.BasePath, PublicURL: c.PublicURL,
		MaxBody: int64(c.Limits.MaxBody), RequestTimeout: c.Limits.RequestTimeout,
		Limits: scim.Limits{Page: c.Limits.Page, MaxPage: c.Limits.MaxPage}, BulkOperations: c.Limits.BulkOperations,
		Logger: log.Named("scim"), OnRefusal: changes.onRefusal(),
	})
	if err != nil {
		return nil, err
	}
	registry.MustRegister(server.Collector())
	g.scim, g.stop = server.Handler(), server.Stop
	g.admin, err = admin.New(admin.Options{
		Gatherer: registry, Version: o.Version, Ready: g.ready.Load,
		Components: append([]admin.Component{
			{Name: "teamviewer", Check: func() admin.Status { return teamviewerStatus(directory) }},
			{Name: "store", Check: func() admin.Status { return storeStatus(directory, trouble) }},
		}, changes.components()...),
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
	}, Broken: func(err error) {
		log.Error("store broken", zap.Error(err))
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

// SCIM returns the handler of the SCIM endpoints, below base_path.
func (g *Gateway) SCIM() http.Handler { return g.scim }

// Admin returns the handler of the admin listener: health and metrics.
func (g *Gateway) Admin() http.Handler { return g.admin }

// Close ends what is behind the handlers, which must have been stopped before.
func (g *Gateway) Close() {
	for _, c := range slices.Backward(g.close) {
		c()
	}
}
