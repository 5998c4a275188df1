package page

import (
	"io"
	"net/http"
	"strings"
	"time"
)

// Plan is what a dry run has planned.
type Plan interface {
	// Plan returns the newest changes that would have been made, at most count.
	Plan(count int) PlanTable
	CSV(w io.Writer) error
	JSON(w io.Writer) error
}

// PlanTable is a plan in rows, newest first.
type PlanTable struct {
	Since  time.Time // when the dry run began
	Totals []PlanTotal
	Rows   []PlanRow
	All    int // number of changes, also of those that are not in Rows
}

// PlanTotal is the number of changes of one sort.
type PlanTotal struct {
	Change string
	Count  int
}

// PlanRow is one change that would have been made.
type PlanRow struct {
	Time           time.Time
	Request        string // id of the SCIM request
	Kind, ID, Name string
	Change         string // what it comes to, in a word
	Calls          string // of TeamViewer that would be made
	What           string // what would be changed
}

// Label is the name of the object or, where it is not known, its id.
func (r PlanRow) Label() string {
	if r.Name != "" {
		return r.Name
	}
	return r.Kind + " " + r.ID
}

// State is the colour of the change.
func (r PlanRow) State() string {
	switch r.Change {
	case "held back", "refused":
		return failing
	case "removed", "deactivated":
		return warn
	case "unchanged":
		return unknown
	}
	return ok
}

// Outcome is the word for the change.
func (r PlanRow) Outcome() string { return r.Change }

// maxPlan is the number of changes that the page shows; the downloads have more.
const maxPlan = 500

// plan shows what a dry run has planned, or downloads it.
func (h *handler) plan(v *visit) {
	name := strings.TrimPrefix(v.r.URL.Path, Path+"/")
	download := map[string]struct {
		typ   string
		write func(io.Writer) error
	}{"plan.csv": {"text/csv; charset=utf-8", h.Plan.CSV}, "plan.json": {"application/json", h.Plan.JSON}}
	if d, is := download[name]; is {
		v.w.Header().Set("Content-Type", d.typ)
		v.w.Header().Set("Content-Disposition", `attachment; filename="tvscim-`+name+`"`)
		_ = d.write(v.w) // the browser may be gone
		return
	}
	h.render(v, http.StatusOK, "plan", h.Plan.Plan(maxPlan))
}
