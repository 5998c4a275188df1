package page

import (
	"io"
	"net/http"
	"strings"
)

// Plan is what a dry run has planned.
type Plan interface {
	// Table returns the newest changes that would have been made, at most count, and how many there are.
	Table(count int) (rows []PlanRow, all int)
	CSV(w io.Writer) error
	JSON(w io.Writer) error
}

// PlanRow is one change that would have been made.
type PlanRow struct {
	Kind, ID, Name string
	Change         string // what would change, in words
	Cells          []PlanCell
}

// PlanCell is one attribute of a change.
type PlanCell struct{ Attribute, Before, After string }

// maxPlan is the number of changes that the page shows; the downloads have all.
const maxPlan = 500

type planPage struct {
	Rows []PlanRow
	All  int
}

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
	rows, all := h.Plan.Table(maxPlan)
	h.render(v, http.StatusOK, "plan", planPage{rows, all})
}
