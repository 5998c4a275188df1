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

// companyDirectory is a directory of either mode.
type companyDirectory interface {
	proxy.Directory
	company() *mapping.Company // nil: none is served yet
	health() []tvapi.Health
	unreached() mapping.Unreached // zero in auth.mode token, where health says it
	under(*mapping.Rules) proxy.Directory
	Close()
}

// openDirectory returns the directory of the mode.
func openDirectory(c config.Config, o mapping.Options) (companyDirectory, error) {
	if c.Auth.Mode == config.AuthPassthrough {
		return passthrough{directory: mapping.NewDirectory(o)}, nil
	}
	company, err := o.Open(c.TeamViewer.Token.Reveal(), false)
	if err != nil {
		return nil, err
	}
	return single{company}, nil
}

// newAuth returns who may call.
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

// single gives the company of the gateway's own token, in auth.mode token.
type single struct{ *mapping.Company }

// Open gives the company to every caller, who is proven already.
func (s single) Open(ctx context.Context, _ proxy.Caller) (scim.Store[scim.User], scim.Store[scim.Group], error) {
	return s.Users(), s.Groups(), nil
}

func (s single) company() *mapping.Company { return s.Company }

func (s single) health() []tvapi.Health { return []tvapi.Health{s.Calls()} }

func (s single) unreached() mapping.Unreached { return mapping.Unreached{} }

func (s single) under(r *mapping.Rules) proxy.Directory { return single{s.Under(r)} }

// passthrough gives the company to callers whose own tokens are proven.
type passthrough struct {
	directory *mapping.Directory
	rules     *mapping.Rules // nil: those that the directory was opened with
}

// Open lets TeamViewer prove the caller's token.
func (p passthrough) Open(ctx context.Context, c proxy.Caller) (scim.Store[scim.User], scim.Store[scim.Group], error) {
	company, err := p.directory.Open(ctx, mapping.Bearer{Token: c.Bearer, Address: c.Address, Listed: c.Name != ""})
	if err != nil {
		return nil, nil, err
	}
	if p.rules != nil {
		company = company.Under(p.rules)
	}
	return company.Users(), company.Groups(), nil
}

func (p passthrough) under(r *mapping.Rules) proxy.Directory { return passthrough{p.directory, r} }

func (p passthrough) company() *mapping.Company { return p.directory.Company() }

func (p passthrough) health() []tvapi.Health { return p.directory.Health() }

func (p passthrough) unreached() mapping.Unreached { return p.directory.Unreached() }

// Close ends the company and the trials under way.
func (p passthrough) Close() { p.directory.Close() }

// snapshots collects the figures of the company's snapshots. It describes nothing in advance, because there may be no
// company yet.
type snapshots struct{ directory companyDirectory }

// Describe implements prometheus.Collector.
func (snapshots) Describe(chan<- *prometheus.Desc) {}

// Collect implements prometheus.Collector.
func (s snapshots) Collect(to chan<- prometheus.Metric) {
	if c := s.directory.company(); c != nil {
		c.Roster().Collect(to)
	}
}
