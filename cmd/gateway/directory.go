package gateway

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"

	"tvscim/cmd/config"
	"tvscim/mapping"
	"tvscim/proxy"
	"tvscim/scim"
	"tvscim/tvapi"
)

// companyDirectory is a directory of either auth.mode.
type companyDirectory interface {
	proxy.Directory
	company() *mapping.Company // nil: none is served yet
	health() []tvapi.Health
	unreached() mapping.Unreached // zero in auth.mode token, where health reports it
	under(*mapping.Rules) proxy.Directory
	Close()
}

// openDirectory returns the directory of the mode.
func openDirectory(c config.Config, o mapping.Options, hide *hidden) (companyDirectory, error) {
	if c.Auth.Mode == config.AuthPassthrough {
		return passthrough{directory: mapping.NewDirectory(o), hidden: hide}, nil
	}
	company, err := o.Open(c.TeamViewer.Token.Reveal(), false)
	if err != nil {
		return nil, err
	}
	return single{company}, nil
}

// newAuth returns the authentication of callers.
func newAuth(c config.Auth) (proxy.Auth, error) {
	var tokens []proxy.Token
	for _, t := range c.Tokens {
		tokens = append(tokens, proxy.Token{Name: t.Name, SHA256: t.SHA256, Expires: t.Expires})
	}
	if c.Mode == config.AuthPassthrough {
		return proxy.PassthroughOf(tokens...)
	}
	return proxy.Tokens(tokens...)
}

// single is the directory of auth.mode token: the company of the gateway's own token.
type single struct{ *mapping.Company }

// Open returns the stores of the company. The caller is already authenticated.
func (s single) Open(ctx context.Context, _ proxy.Caller) (scim.Store[scim.User], scim.Store[scim.Group], error) {
	return s.Users(), s.Groups(), nil
}

func (s single) company() *mapping.Company { return s.Company }

func (s single) health() []tvapi.Health { return []tvapi.Health{s.Calls()} }

func (s single) unreached() mapping.Unreached { return mapping.Unreached{} }

func (s single) under(r *mapping.Rules) proxy.Directory { return single{s.Under(r)} }

// passthrough is the directory of auth.mode passthrough: TeamViewer checks the tokens of callers.
type passthrough struct {
	directory *mapping.Directory
	rules     *mapping.Rules // nil: those that the directory was opened with
	hidden    *hidden
}

// Open returns the stores of the company if TeamViewer accepts the caller's token.
func (p passthrough) Open(ctx context.Context, c proxy.Caller) (scim.Store[scim.User], scim.Store[scim.Group], error) {
	company, err := p.directory.Open(ctx, mapping.Bearer{Token: c.Bearer, Address: c.Address, Listed: c.Name != ""})
	if err != nil {
		return nil, nil, err
	}
	p.hidden.add(c.Bearer)
	if p.rules != nil {
		company = company.Under(p.rules)
	}
	return company.Users(), company.Groups(), nil
}

func (p passthrough) under(r *mapping.Rules) proxy.Directory {
	return passthrough{p.directory, r, p.hidden}
}

func (p passthrough) company() *mapping.Company { return p.directory.Company() }

func (p passthrough) health() []tvapi.Health { return p.directory.Health() }

func (p passthrough) unreached() mapping.Unreached { return p.directory.Unreached() }

// Close closes the company and ends the trials of tokens.
func (p passthrough) Close() { p.directory.Close() }

// snapshots collects the metrics of the company's snapshots. It describes none in advance, because
// there may be no company yet.
type snapshots struct{ directory companyDirectory }

// Describe implements prometheus.Collector.
func (snapshots) Describe(chan<- *prometheus.Desc) {}

// Collect implements prometheus.Collector.
func (s snapshots) Collect(to chan<- prometheus.Metric) {
	if c := s.directory.company(); c != nil {
		c.Roster().Collect(to)
	}
}
