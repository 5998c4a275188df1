package gateway

import (
	"net"
	"net/http"
	"net/netip"
	"strings"

	"tvscim/mapping/changelog"
	"tvscim/proxy"
	"tvscim/proxy/admin/page"
)

// activity is what the status page shows of the past: it observes requests, changes and calls.
type activity struct {
	*page.Ring
	history page.History
}

func newActivity() *activity { return &activity{Ring: page.NewRing(page.DefaultRing, shownLine)} }

// handled adds a request that was answered.
func (a *activity) handled(h proxy.Handled) {
	a.history.Handled(h.Status >= http.StatusBadRequest && h.Status != http.StatusNotFound || h.Failed > 0)
	r := h.Request
	a.Handled(page.Request{
		ID: r.ID, Activity: r.Activity, Caller: r.Caller, Address: r.Address, Method: r.Method,
		Kind: kinds[h.Type], Object: h.ID, Path: h.Path, Query: h.Query,
		Began: h.Began.UTC(), Duration: h.Duration, Status: h.Status, Failed: h.Failed, Detail: h.Detail,
		Sent: h.Sent, Answered: h.Answered, SentN: h.SentN, AnsweredN: h.AnsweredN,
	})
}

// line adds a line of the change log.
func (a *activity) line(l changelog.Line) {
	a.Changed(page.Line{Request: l.Request, Object: l.ID, Done: l.Outcome == changelog.Done, Time: l.Time, Value: l, Size: sizeOf(l)})
}

// statusPage returns the status page.
func (g *Gateway) statusPage() (http.Handler, error) {
	o := page.Options{
		Version: g.version, Loopback: isLoopback(g.config.AdminListen), Tokens: g.adminTokens, Logger: g.log.Named("status"),
		Overview: g.overview, Ring: g.ring.Ring, History: &g.ring.history,
		Explain: explainer{g}, Hide: g.hidden.text, People: people{g}, Guard: pageGuard{guardState{g}},
	}
	if path := g.config.Changelog.Path; g.changes != nil && path != "-" {
		o.Log = &logOnDisk{path: path}
	}
	if g.dry != nil {
		o.Plan = pagePlan{g}
	}
	return page.New(o)
}

// adminTokens are the tokens that sign in by the settings in use.
func (g *Gateway) adminTokens() []page.Token {
	var tokens []page.Token
	for _, t := range g.reloader.status().adminTokens {
		tokens = append(tokens, page.Token{Name: t.Name, SHA256: t.SHA256, Expires: t.Expires})
	}
	return tokens
}

// isLoopback reports whether an address host:port is reached from this machine alone.
func isLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && ip.IsLoopback()
}
