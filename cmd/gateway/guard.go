package gateway

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"tvscim/cmd/alert"
	"tvscim/mapping"
	"tvscim/proxy/admin"
	"tvscim/scim"
)

// guardRemedy is the remedy for removals that are held back.
const guardRemedy = "Find out why the client removes so many. If that is intended, run \"tvscim guard release\" where the gateway runs"

// guardState shows the guard of the company that is served, and releases it.
type guardState struct{ gateway *Gateway }

var _ admin.Guard = guardState{}

// status returns what the guard counts by the settings in use; the zero status if no company is
// served yet.
func (s guardState) status() mapping.GuardStatus {
	company := s.gateway.company()
	if company == nil {
		return mapping.GuardStatus{}
	}
	return company.Under(s.gateway.server.Load().rules).Guard()
}

// guardReport is the body of /guard.
type guardReport struct {
	Enabled  bool       `json:"enabled"`
	Window   string     `json:"window"`
	Holds    bool       `json:"holds"`
	Released *time.Time `json:"released_until,omitempty"`
	Left     int        `json:"released_left,omitempty"` // -1: any number
	Users    guardCount `json:"users"`
	Groups   guardCount `json:"groups"`
}

type guardCount struct {
	Size      int       `json:"size"`
	Removed   int       `json:"removed"`
	Limit     int       `json:"limit"`
	HeldSince time.Time `json:"held_since,omitzero"`
	HeldLast  time.Time `json:"held_last,omitzero"`
	Refused   int       `json:"refused"`
}

func countOf(c mapping.GuardCount) guardCount {
	return guardCount{c.Size, c.Removed, c.Limit, c.HeldSince, c.HeldLast, c.Refused}
}

// Status returns the body of /guard.
func (s guardState) Status() any {
	now := s.status()
	r := guardReport{Enabled: now.Enabled, Window: now.Window.String(), Holds: now.Holds(), Left: now.Left, Users: countOf(now.Users), Groups: countOf(now.Groups)}
	if !now.Released.IsZero() {
		r.Released = &now.Released
	}
	return r
}

// Release lets removals through that the guard holds back.
func (s guardState) Release(r *http.Request, within time.Duration, count int) error {
	by := scim.Request{Caller: guardCaller, Address: hostOf(r.RemoteAddr), Method: r.Method}
	return s.release(scim.WithRequest(r.Context(), by), within, count)
}

// release lets removals through; ctx belongs to the request of who does it.
func (s guardState) release(ctx context.Context, within time.Duration, count int) error {
	company := s.gateway.company()
	if company == nil {
		return mapping.ErrNothingHeld
	}
	if err := company.ReleaseGuard(ctx, within, count); err != nil {
		switch {
		case errors.Is(err, mapping.ErrNothingHeld):
			return err
		case errors.Is(err, mapping.ErrNotReleased):
			return mapping.ErrNotReleased // the log has the reason
		}
		return errors.New("released, but the store does not hold it: a restart ends the release")
	}
	return nil
}

// guardCaller is what the change log names as the caller who released the guard: the admin listener
// knows only the address.
const guardCaller = "admin listener"

// hostOf returns the host of an address.
func hostOf(address string) string {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	return host
}

// component is the state in /readyz: it does not fail, since the gateway does what it is for.
func (s guardState) component() admin.Status {
	now := s.status()
	switch since, said := heldOf(now); {
	case said != "":
		return admin.Status{OK: true, Since: since, Detail: said + ". " + guardRemedy}
	case !now.Released.IsZero():
		return admin.Status{OK: true, Detail: "released until " + clock(now.Released)}
	}
	return admin.Status{OK: true}
}

// conditions is the alert while removals are held back.
func (s guardState) conditions() []alert.Condition {
	since, said := heldOf(s.status())
	if said == "" {
		return nil
	}
	return []alert.Condition{{Kind: alertGuard, Since: since, Summary: said, Remedy: guardRemedy}}
}

// heldOf returns since when the guard holds back removals and what it holds back; "" for nothing.
func heldOf(s mapping.GuardStatus) (since time.Time, said string) {
	for _, kind := range []struct {
		name  string
		count mapping.GuardCount
	}{{"users", s.Users}, {"groups", s.Groups}} {
		if c := kind.count; !c.HeldSince.IsZero() {
			return c.HeldSince, fmt.Sprintf("the guard holds back removals of %s: %d within %s, and the limit is %d", kind.name, c.Removed, s.Window, c.Limit)
		}
	}
	return time.Time{}, ""
}

// Metrics of the guard, each by kind of object.
var (
	guardRemovalsDesc = prometheus.NewDesc("tvscim_guard_removals", "Removals that the guard counts within guard.window.", []string{"kind"}, nil)
	guardLimitDesc    = prometheus.NewDesc("tvscim_guard_limit", "Removals that the guard allows within guard.window; 0: not known.", []string{"kind"}, nil)
	guardHeldDesc     = prometheus.NewDesc("tvscim_guard_held_total", "Requests that the guard has held back.", []string{"kind"}, nil)
)

// Describe implements prometheus.Collector.
func (guardState) Describe(to chan<- *prometheus.Desc) {
	to <- guardRemovalsDesc
	to <- guardLimitDesc
	to <- guardHeldDesc
}

// Collect implements prometheus.Collector.
func (s guardState) Collect(to chan<- prometheus.Metric) {
	now := s.status()
	for kind, c := range map[string]mapping.GuardCount{"user": now.Users, "group": now.Groups} {
		to <- prometheus.MustNewConstMetric(guardRemovalsDesc, prometheus.GaugeValue, float64(c.Removed), kind)
		to <- prometheus.MustNewConstMetric(guardLimitDesc, prometheus.GaugeValue, float64(c.Limit), kind)
		to <- prometheus.MustNewConstMetric(guardHeldDesc, prometheus.CounterValue, float64(c.Refused), kind)
	}
}
