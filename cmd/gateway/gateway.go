package gateway

import (
	"io"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"go.uber.org/zap"

	"tvscim/cmd/alert"
	"tvscim/cmd/config"
	"tvscim/mapping"
	"tvscim/mapping/idmap"
	"tvscim/mapping/plan"
	"tvscim/proxy"
	"tvscim/proxy/admin"
	"tvscim/proxy/certificate"
	"tvscim/scim"
	"tvscim/tvapi"
	"tvscim/tvapi/dryrun"
)

// Options are the settings and dependencies of a gateway.
type Options struct {
	Config  config.Config     // checked settings, as config.Load returns them
	Version string            // of the program, for the User-Agent of calls, the log and the admin listener
	Logger  *zap.Logger       // required
	Network http.RoundTripper // sends the calls to TeamViewer; nil: a transport of the gateway's own

	Reload func() (config.Config, error) // reads the settings again, without changing anything; nil: they do not change
	Alerts http.RoundTripper             // posts to alert.webhook; nil: a transport of its own
	Level  *zap.AtomicLevel              // of Logger, set when log.level changes; nil: it stays
	Stdout io.Writer                     // for a change log on the standard output; nil: os.Stdout

	NoActivity bool               // holds nothing of the past for the status page, for tests that compare
	Planned    func(dryrun.Write) // called for each write of a dry run; nil: it is not

	ListLag    time.Duration // how long TeamViewer's lists may lack a write; 0: the default of mapping.Options
	LateWindow time.Duration // how long TeamViewer may carry out a call without an answer; 0: the default of mapping.Options
}

// Gateway is a wired gateway: two handlers and the packages behind them.
type Gateway struct {
	config  config.Config
	version string
	log     *zap.Logger

	server    atomic.Pointer[served] // serves new requests
	directory companyDirectory
	refused   refusals
	reloader  *reloader
	alerts    *alert.Watcher
	admin     http.Handler
	stop      func(within time.Duration) // see [proxy.Server.Stop]
	ready     atomic.Bool
	close     []func() // called in reverse order

	links       idmap.Map
	storeStatus func() admin.Status

	company func() *mapping.Company // returns nil while no company is served

	certificates *certificate.Source // nil: plain HTTP
	changes      *changeLog          // nil: no change log
	dry          *dryRun             // nil: no dry run
	ring         *activity           // what the status page shows of the past
	hidden       hidden              // tokens
	started      time.Time
	companyName  atomic.Pointer[string] // as TeamViewer named it at the start; nil: not known
	onRefusal    func(proxy.Refusal)
	onHandled    func(proxy.Handled)
}

// processMetrics returns the collectors of the metrics of the process, which all its gateways share.
var processMetrics = sync.OnceValue(func() []prometheus.Collector {
	return []prometheus.Collector{
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	}
})

// served is a SCIM server with one set of settings, and its handler.
type served struct {
	*proxy.Server
	handler http.Handler
	rules   *mapping.Rules
}

// New wires a gateway. It opens the store and the file of changelog.path and reads the files of
// tls. It makes no calls and opens no listener. The error names the setting that prevents the
// wiring.
func New(o Options) (*Gateway, error) {
	certificates, err := openTLS(o.Config.TLS, o.Logger, false)
	if err != nil {
		return nil, err
	}
	return wire(o, certificates)
}

// wire is [New] with given certificates; nil means plain HTTP.
func wire(o Options, certificates *certificate.Source) (_ *Gateway, err error) {
	c, log := o.Config, o.Logger
	g := &Gateway{config: c, version: o.Version, log: log, certificates: certificates, ring: newActivity(), started: time.Now()}
	defer func() {
		if err != nil {
			g.Close()
		}
	}()
	registry := prometheus.NewRegistry()
	registry.MustRegister(processMetrics()...)
	kept, err := openStore(c, log)
	if err != nil {
		return nil, err
	}
	links := kept.links
	g.links = links
	g.close = append(g.close, func() {
		if err := links.Close(); err != nil {
			log.Error("store not closed", zap.Error(err))
		}
	})
	registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "tvscim_links", Help: "Users and groups of which something is remembered.",
	}, func() float64 { return float64(links.Len()) }))

	network := g.openNetwork(o)
	options := mappingOptions(c, log)
	options.ListLag, options.LateWindow = o.ListLag, o.LateWindow
	if err := g.recordChanges(o, &options); err != nil {
		return nil, err
	}
	if kept.shared != nil {
		alsoWithheld(&options, kept.withhold)
	}
	calls := tvapi.NewMetrics()
	registry.MustRegister(calls)
	options.Links = links
	options.NewClient = g.newClients(network, calls)
	directory, err := openDirectory(c, options, &g.hidden)
	if err != nil {
		return nil, err
	}
	g.close = append(g.close, directory.Close)
	g.directory, g.company = directory, directory.company
	registry.MustRegister(snapshots{directory}, tvapi.NewHealthMetrics(directory.health))

	served, err := g.serverOf(c, nil)
	if err != nil {
		return nil, err
	}
	registry.MustRegister(served.Collector())
	g.server.Store(served)
	g.stop = served.Stop
	g.reloader = newReloader(g, o)
	registry.MustRegister(g.reloader)
	g.storeStatus = func() admin.Status { return kept.status(directory) }
	if g.changes != nil {
		registry.MustRegister(g.changes)
	}
	if certificates != nil {
		registry.MustRegister(certificates)
		g.reloader.parts = append(g.reloader.parts, part{"tls", certificates.Reload})
	}
	return g, g.openAdmin(o, registry)
}

// openNetwork returns what sends the calls to TeamViewer: one transport for all tokens, which in a
// dry run lets only reads through.
func (g *Gateway) openNetwork(o Options) http.RoundTripper {
	network := o.Network
	if network == nil {
		connections := tvapi.NewTransport()
		g.close = append(g.close, connections.CloseIdleConnections)
		network = connections
	}
	g.dry, network = openDryRun(o, network)
	return network
}

// openAdmin makes the handler of the admin listener, which shows all the other parts.
func (g *Gateway) openAdmin(o Options, registry *prometheus.Registry) error {
	guard := guardState{g}
	components := g.components()
	g.alerts = newAlerts(g, o)
	registry.MustRegister(guard, componentState(components), g.alerts)
	registerInfo(registry, o.Version, g.config)
	status, err := g.statusPage()
	if err != nil {
		return err
	}
	g.admin, err = admin.New(admin.Options{
		Gatherer: registry, Version: o.Version, Ready: g.ready.Load, Components: components, Guard: guard, Plan: g.planSource(), Page: status,
		Users: func() any { return mapping.RememberedUsers(g.links) },
	})
	return err
}

// newClients returns the constructor of clients of the Web API, one for each token. They share the
// network and the metrics of calls.
func (g *Gateway) newClients(network http.RoundTripper, calls *tvapi.Metrics) func(token string) (*tvapi.Client, error) {
	c := g.config.TeamViewer
	return func(token string) (*tvapi.Client, error) {
		refused := g.refused.of()
		return tvapi.New(tvapi.Options{
			BaseURL: c.BaseURL, Token: token, Timeout: c.Timeout, UserAgent: "tvscim/" + g.version,
			MaxWait: c.MaxWait, MaxConcurrent: c.MaxConcurrent, CallsPerDay: c.CallsPerDay,
			Transport: network, DryRun: g.config.DryRun, Logger: g.log.Named("teamviewer"),
			Observe: func(e tvapi.CallEvent) {
				calls.Observe(e)
				refused(e)
				g.ring.history.Called()
			},
		})
	}
}

// components returns what /readyz and /health show of the gateway.
func (g *Gateway) components() []admin.Component {
	all := []admin.Component{
		{Name: "teamviewer", Check: func() admin.Status {
			return g.refused.apply(teamviewerStatus(g.directory), g.config.Auth.Mode == config.AuthToken)
		}},
		{Name: "store", Check: g.storeStatus},
		{Name: "settings", Check: func() admin.Status { return settingsStatus(g.reloader.status()) }},
	}
	if g.certificates != nil {
		all = append(all, admin.Component{Name: "tls", Check: func() admin.Status { return tlsStatus(g.certificates) }})
	}
	all = append(all, g.changes.components()...)
	all = append(all, g.dry.components()...)
	return append(all, admin.Component{Name: "guard", Check: guardState{g}.component})
}

// mappingOptions returns the settings that package mapping uses.
func mappingOptions(c config.Config, log *zap.Logger) mapping.Options {
	return mapping.Options{
		Policy:      PolicyOf(c),
		UsersMaxAge: c.Cache.UsersMaxAge, GroupsMaxAge: c.Cache.GroupsMaxAge, ForgetAfter: c.Store.ForgetAfter,
		WriteTimeout: c.Limits.RequestTimeout,
		Logger:       log.Named("mapping"),
	}
}

// PolicyOf returns the policy that the settings define for users.
func PolicyOf(c config.Config) plan.Policy {
	return plan.Policy{
		OnDelete: plan.OnDelete(c.Users.OnDelete), Language: c.Users.Language,
		SSOCustomerID: c.Users.SSOCustomerID.Reveal(), AcceptPassword: c.Users.AcceptPassword,
		Keep: c.Users.Keep, ProtectOwner: c.Protect.TokenOwner,
		ProtectEmails: c.Protect.Emails, ProtectGroups: c.Protect.Groups,
		Guard: plan.Guard{Enabled: c.Guard.Enabled, MaxShare: int(c.Guard.MaxShare), MaxRemovals: c.Guard.MaxRemovals, Window: c.Guard.Window},
	}
}

// serverOf returns a SCIM server with the given settings. It replaces before, which is nil for the
// first server. All that a reload can change is in the server, so that a request is served with the
// settings of one moment.
func (g *Gateway) serverOf(c config.Config, before *proxy.Server) (*served, error) {
	auth, err := newAuth(c.Auth)
	if err != nil {
		return nil, err
	}
	g.hidden.add(c.TeamViewer.Token.Reveal())
	policy := PolicyOf(c)
	rules := mapping.NewRules(policy, c.Limits.RequestTimeout)
	options := proxy.Options{
		Directory: g.directory.under(rules), Auth: hidingAuth{auth, &g.hidden},
		Users: rules.UserType(), Groups: plan.GroupType(),
		BasePath: c.BasePath, PublicURL: c.PublicURL, TrustedProxies: c.TrustedNetworks(),
		MaxBody: int64(c.Limits.MaxBody), RequestTimeout: c.Limits.RequestTimeout,
		Limits: scim.Limits{Page: c.Limits.Page, MaxPage: c.Limits.MaxPage}, BulkOperations: c.Limits.BulkOperations,
		Logger: g.log.Named("scim"), OnRefusal: g.onRefusal, OnHandled: g.onHandled,
	}
	create := proxy.New
	if before != nil {
		create = before.Renewed
	}
	server, err := create(options)
	if err != nil {
		return nil, err
	}
	return &served{server, server.Handler(), rules}, nil
}

// renewed prepares the gateway for other settings; use applies them. Requests that begin after use
// are served with the new settings. Earlier requests end with the settings that they began with.
func (g *Gateway) renewed(c config.Config) (use func(), err error) {
	next, err := g.serverOf(c, g.server.Load().Server)
	if err != nil {
		return nil, err
	}
	return func() {
		g.server.Store(next)
		g.alerts.SetURL(c.Alert.Webhook.Reveal())
	}, nil
}

// SCIM returns the handler of the SCIM endpoints, below base_path.
func (g *Gateway) SCIM() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { g.server.Load().handler.ServeHTTP(w, r) })
}

// Admin returns the handler of the admin listener: health and metrics.
func (g *Gateway) Admin() http.Handler { return g.admin }

// Close closes what the handlers use. The handlers must have been stopped before.
func (g *Gateway) Close() {
	for _, c := range slices.Backward(g.close) {
		c()
	}
}
