package gateway

import (
	"cmp"
	"context"
	"net/http"
	"time"

	"tvscim/mapping"
	"tvscim/proxy/admin/page"
	"tvscim/scim"
	"tvscim/tvapi"
)

// overview returns the state of the gateway. It makes no call.
func (g *Gateway) overview() page.Overview {
	c := g.config
	o := page.Overview{TenantURL: tenantURL(c), Mode: string(c.Auth.Mode), Started: g.started}
	if name := g.companyName.Load(); name != nil {
		o.Company = *name
	}
	for _, part := range g.components() {
		s := part.Check()
		o.Components = append(o.Components, page.Component{Name: part.Name, State: string(s.State()), Since: s.Since, Detail: s.Detail})
	}
	calls := g.directory.health()
	o.Usage = usageOf(calls)
	for _, client := range calls {
		if client.Answered.After(o.Answered) {
			o.Answered = client.Answered
		}
	}
	if company := g.company(); company != nil {
		o.Snapshots = snapshotsOf(company)
	}
	o.Remembered = g.links.Len()
	if g.dry != nil {
		o.DryRun = "on: nothing is changed at TeamViewer"
	}
	return o
}

// usageOf adds up the calls of today of all tokens; the limit is that of one.
func usageOf(clients []tvapi.Health) []page.Usage {
	var all []page.Usage
	at := map[tvapi.Function]int{}
	for _, client := range clients {
		for _, u := range client.Usage {
			i, known := at[u.Function]
			if !known {
				i = len(all)
				at[u.Function] = i
				all = append(all, page.Usage{Function: string(u.Function), Allowed: u.Allowed})
			}
			all[i].Calls = max(all[i].Calls, u.Calls)
		}
	}
	return all
}

// snapshotsOf describes the latest snapshots.
func snapshotsOf(c *mapping.Company) []page.Snapshot {
	var all []page.Snapshot
	if v := c.Roster().Users.Latest(); v != nil {
		all = append(all, page.Snapshot{Kind: "users", Count: v.Len(), Began: v.Began(), Stale: v.StaleErr() != nil})
	}
	if v := c.Roster().Groups.Latest(); v != nil {
		all = append(all, page.Snapshot{Kind: "groups", Count: v.Len(), Began: v.Began(), Stale: v.StaleErr() != nil})
	}
	return all
}

// pageGuard is the guard on the status page.
type pageGuard struct{ guardState }

// State implements page.Guard.
func (p pageGuard) State() page.GuardState {
	now := p.status()
	return page.GuardState{
		Enabled: now.Enabled, Window: now.Window, Holds: now.Holds(), Released: now.Released, Left: now.Left,
		Counts: []page.GuardCount{countFor("users", now.Users), countFor("groups", now.Groups)},
	}
}

func countFor(kind string, c mapping.GuardCount) page.GuardCount {
	return page.GuardCount{Kind: kind, Removed: c.Removed, Limit: c.Limit, HeldSince: c.HeldSince, HeldLast: c.HeldLast, Refused: c.Refused}
}

// Release implements page.Guard.
func (p pageGuard) Release(ctx context.Context, by, address string, within time.Duration, count int) error {
	request := scim.Request{Caller: cmp.Or(by, "status page"), Address: hostOf(address), Method: http.MethodPost}
	return p.release(scim.WithRequest(ctx, request), within, count)
}
