package page

import (
	"cmp"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// rowsPerPage is the number of entries on a page of the activity.
const rowsPerPage = 50

// row is one entry in a list.
type row struct {
	ID       string
	Time     time.Time
	State    string // for the colour
	Outcome  string
	What     string
	Kind     string
	Object   string
	Name     string
	Sought   string // the filter of a search
	Why      string // without the id of the request
	Caller   string
	Calls    int
	Duration time.Duration
}

func rowsOf(entries []Entry) []row {
	rows := make([]row, len(entries))
	for i, e := range entries {
		rows[i] = rowOf(e)
	}
	return rows
}

func rowOf(e Entry) row {
	r := row{ID: e.ID, Time: e.Time, Calls: e.Calls(), Why: withoutID(e.Why()), What: whatOf(e)}
	r.State, r.Outcome = outcomeOf(e)
	r.Kind, r.Object, r.Name = e.Object()
	if e.Request != nil {
		r.Caller, r.Duration = e.Request.Caller, e.Request.Duration
		r.Sought = soughtIn(e.Request.Query)
	}
	return r
}

// named is how the text of an error ends.
var named = regexp.MustCompile(` \(request [A-Z2-7]{26}\)$`)

// withoutID returns the text of an error without the id of the request, which a list does not need.
func withoutID(text string) string { return named.ReplaceAllString(text, "") }

// soughtIn returns the filter of a query.
func soughtIn(query string) string {
	values, err := url.ParseQuery(strings.ReplaceAll(query, "+", "%2B"))
	if err != nil {
		return ""
	}
	return values.Get("filter")
}

// causes are what the gateway does by itself, by the cause of the change log.
var causes = map[string]string{
	"gone": "TeamViewer does not have it", "reconcile": "compared with TeamViewer", "absent": "missing from TeamViewer's lists",
	"late": "a call without an answer was settled", "guard": "the guard was released", "identity": "the token was remembered",
}

// operations are the words for what requests are for.
var operations = map[string]string{"create": "Create", "change": "Change", "delete": "Delete", "find": "Find", "bulk": "Bulk request"}

func whatOf(e Entry) string {
	if e.Request == nil {
		if len(e.Changes) > 0 && causes[e.Changes[0].Cause] != "" {
			return causes[e.Changes[0].Cause]
		}
		if len(e.Changes) > 0 { // known from the change log only
			return cmp.Or(e.Changes[0].Method, "Change")
		}
		return "Under way"
	}
	q := e.Request
	word := operations[q.operation()]
	switch {
	case word == "":
		return q.Method + " " + q.Path
	case q.Kind == "":
		return word
	case word == "Find" && q.Object == "":
		return word + " " + q.Kind + "s"
	case word == "Find":
		return "Read " + q.Kind
	}
	return word + " " + q.Kind
}

// outcomeOf returns the colour and the words for how an entry ended.
func outcomeOf(e Entry) (state, outcome string) {
	status := 0
	if e.Request != nil {
		status = e.Request.Status
	}
	partly := slices.ContainsFunc(e.Changes, func(c Change) bool { return c.Outcome == "partly" })
	open := slices.ContainsFunc(e.Changes, func(c Change) bool { return c.Outcome == "unknown" })
	switch {
	case e.Class == Refused:
		return warn, "no access"
	case open:
		return failing, "no answer"
	case partly || e.Class == Failed && status < 400 && status > 0:
		return failing, "in part"
	case status == http.StatusNotFound && e.Class == Read:
		return unknown, "not found"
	case e.Class == Failed && (status == http.StatusTooManyRequests || status >= 500):
		return failing, "failed"
	case e.Class == Failed:
		return failing, "refused"
	case e.Request == nil && len(e.Changes) == 0:
		return unknown, "under way"
	case e.Class == Read:
		return unknown, "read"
	}
	return ok, "done"
}

// choice is one option of a filter.
type choice struct{ Value, Label string }

// The choices of the filters.
var (
	classes = []choice{{"", "Any outcome"}, {"failed", "Failed"}, {"changed", "Done"}, {"read", "Only read"}, {"refused", "No access"}}
	wanted  = []choice{{"", "Any request"}, {"create", "Create"}, {"change", "Change"}, {"delete", "Delete"}, {"find", "Find and read"}, {"bulk", "Bulk"}, {"other", "Other"}}
)

type activityPage struct {
	Filter
	Classes, Wanted    []choice
	Rows               []row
	More               bool
	Skip, Older, Newer int
}

// activity lists the newest entries. The filter is sent by POST, so that what is looked for is in
// no URL.
func (h *handler) activity(v *visit) {
	p := activityPage{Classes: classes, Wanted: wanted}
	if v.r.Method == http.MethodPost {
		p.Filter = Filter{Class: Class(v.r.PostFormValue("outcome")), Operation: v.r.PostFormValue("operation"), Text: clean(v.r.PostFormValue("text"))}
		p.Skip, _ = strconv.Atoi(v.r.PostFormValue("skip"))
		p.Skip = min(max(p.Skip, 0), 1_000_000)
		if id := idIn(p.Text); id != "" && !refreshes(v.r) {
			http.Redirect(v.w, v.r, Path+"/activity/"+id, http.StatusSeeOther)
			return
		}
	}
	found, more := h.Ring.Find(p.Filter, p.Skip, rowsPerPage)
	p.Rows, p.More = rowsOf(found), more
	p.Older, p.Newer = p.Skip+rowsPerPage, max(p.Skip-rowsPerPage, 0)
	h.render(v, http.StatusOK, "activity", p)
}

type entryPage struct {
	Entry
	Row        row
	Operations []string
	Undo       Undo
	Logged     bool // it is from the change log, which has no requests
}

// entry shows one request.
func (h *handler) entry(v *visit) {
	id := strings.TrimPrefix(v.r.URL.Path, Path+"/activity/")
	e, found := h.Ring.Get(id)
	p := entryPage{Entry: e}
	if !found && h.Log != nil && idIn(id) == id {
		if lines, err := h.Log.Lines("", id); err == nil && len(lines) > 0 {
			p.Entry, p.Logged, found = entryOf(id, lines), true, true
		}
	}
	if !found {
		h.problem(v, http.StatusNotFound, "There is no request with this id in memory"+h.orLog()+". The oldest are dropped first, and all when the gateway is restarted.")
		return
	}
	p.Row, p.Undo = rowOf(p.Entry), h.Explain.Undo(p.Entry)
	p.Changes = slices.DeleteFunc(p.Changes, func(c Change) bool { return c.saysNoMoreThan(p.Request) })
	if p.Request != nil {
		p.Operations = h.Explain.Operations(*p.Request)
	}
	h.render(v, http.StatusOK, "entry", p)
}

// saysNoMoreThan reports whether a line says nothing but the error of the request.
func (c Change) saysNoMoreThan(q *Request) bool {
	return q != nil && c.Operation == 0 && len(c.Steps)+len(c.Calls)+len(c.Before)+len(c.After) == 0 && strings.HasPrefix(q.Detail, c.Reason)
}

func (h *handler) orLog() string {
	if h.Log == nil {
		return ""
	}
	return " or in the change log"
}

// entryOf is an entry of lines of the change log.
func entryOf(id string, changes []Change) Entry {
	done := !slices.ContainsFunc(changes, func(c Change) bool { return c.Outcome != "done" })
	return Entry{ID: id, Class: classOf(nil, done), Time: changes[0].Time, Changes: changes}
}
