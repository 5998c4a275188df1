package gateway

import (
	"encoding/json"
	"io"
	"slices"
	"strings"

	"tvscim/mapping/changelog"
	"tvscim/proxy/admin/page"
)

// pagePlan is the plan of a dry run on the status page: what "tvscim plan" shows.
type pagePlan struct{ gateway *Gateway }

// Plan implements page.Plan.
func (p pagePlan) Plan(count int) page.PlanTable {
	planned := p.gateway.dry.plan.Planned()
	t := page.PlanTable{Since: p.gateway.dry.since, All: len(planned.Lines) + planned.LeftOut}
	for _, change := range changelog.Changes {
		if n := planned.Totals[change]; n > 0 {
			t.Totals = append(t.Totals, page.PlanTotal{Change: string(change), Count: n})
		}
	}
	for _, l := range slices.Backward(planned.Lines) {
		if len(t.Rows) == count {
			break
		}
		t.Rows = append(t.Rows, page.PlanRow{
			Time: l.Time, Request: l.Request, Kind: l.Kind, ID: l.ID, Name: l.Name, Change: string(l.Change), Calls: strings.Join(l.Writes(), ", "), What: l.What(),
		})
	}
	return t
}

// CSV implements page.Plan.
func (p pagePlan) CSV(w io.Writer) error { return p.gateway.dry.plan.Planned().WriteCSV(w) }

// JSON implements page.Plan.
func (p pagePlan) JSON(w io.Writer) error { return json.NewEncoder(w).Encode(p.gateway.planSource()()) }
