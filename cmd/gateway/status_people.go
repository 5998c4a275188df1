package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"tvscim/mapping"
	"tvscim/mapping/changelog"
	"tvscim/mapping/plan"
	"tvscim/proxy/admin/page"
	"tvscim/scim"
)

// people shows users and groups on the status page.
type people struct{ gateway *Gateway }

func foundOf(l mapping.Look) page.Found {
	f := page.Found{Kind: string(l.Kind), ID: l.ID, Name: l.Name, Address: l.Email, Inactive: l.Inactive}
	if f.Name == "" {
		f.Name = f.ID
	}
	return f
}

func allFound(looks []mapping.Look) []page.Found {
	found := make([]page.Found, len(looks))
	for i, l := range looks {
		found[i] = foundOf(l)
	}
	return found
}

// Find implements page.People.
func (p people) Find(text string, count int) ([]page.Found, bool) {
	company := p.gateway.company()
	if company == nil {
		return nil, false
	}
	looks, more := company.LookFor(text, count)
	return allFound(looks), more
}

// Object implements page.People.
func (p people) Object(id string) (page.Object, bool) {
	company := p.gateway.company()
	if company == nil {
		return page.Object{}, false
	}
	look, ok := company.LookAt(id)
	o := page.Object{Found: foundOf(look), Snapshot: look.Began, Stale: look.Stale, Notes: look.Notes}
	for _, h := range look.Attributes {
		o.Attributes = append(o.Attributes, page.Attribute{Name: h.Attribute, TeamViewer: h.TeamViewer, Asked: page.ValueText(h.Shown), Why: h.Why})
	}
	return o, ok
}

// Memberships implements page.People.
func (p people) Memberships(ctx context.Context, id string) ([]page.Found, error) {
	company := p.gateway.company()
	if company == nil {
		return nil, errors.New("no TeamViewer company is served yet")
	}
	looks, err := company.MembershipsOf(ctx, id)
	if err != nil {
		return nil, errors.New("the memberships cannot be read: " + err.Error())
	}
	return allFound(looks), nil
}

// Bounds of what is read of the change log for a page.
const (
	logBytes = 256 << 20 // of rotated files
	logLines = 500
)

// logOnDisk is the change log for the status page. One page reads it at a time.
type logOnDisk struct {
	path    string
	reading sync.Mutex
}

// read returns the newest lines that have a text and are wanted, oldest first.
func (l *logOnDisk) read(text string, wanted func(changelog.Line) bool) ([]changelog.Line, error) {
	l.reading.Lock()
	defer l.reading.Unlock()
	var lines []changelog.Line
	err := changelog.Reader{Path: l.path, Containing: text, Newest: logBytes, Each: func(line changelog.Line) {
		if !wanted(line) {
			return
		}
		if lines = append(lines, line); len(lines) >= 2*logLines {
			lines = append(lines[:0], lines[logLines:]...)
		}
	}}.Read()
	if err != nil {
		return nil, errors.New("the change log cannot be read: " + err.Error())
	}
	return lines[max(0, len(lines)-logLines):], nil
}

// Lines implements page.Log.
func (l *logOnDisk) Lines(object, request string) ([]page.Change, error) {
	text := request
	if text == "" {
		text = object
	}
	lines, err := l.read(`"`+text+`"`, func(line changelog.Line) bool {
		return request != "" && line.Request == request || object != "" && line.ID == object
	})
	changes := make([]page.Change, len(lines))
	for i, line := range lines {
		changes[i] = shownLine(line)
	}
	return changes, err
}

// explainer explains what the ring holds.
type explainer struct{ gateway *Gateway }

// Operations implements page.Explainer: what a PATCH is understood as, by the code that understood
// it.
func (e explainer) Operations(q page.Request) []string {
	t := map[string]*scim.ResourceType{changelog.KindUser: plan.UserType(PolicyOf(e.gateway.config)), changelog.KindGroup: plan.GroupType()}[q.Kind]
	if t == nil || q.Method != "PATCH" || len(q.Sent) == 0 {
		return nil
	}
	patch, err := scim.DecodePatch(t, q.Object, q.Sent)
	if err != nil {
		return nil // the answer says why
	}
	return patch.Describe(t)
}

// maxUndo is the number of objects of an entry whose changes are taken back.
const maxUndo = 10

// Undo implements page.Explainer.
func (e explainer) Undo(entry page.Entry) page.Undo {
	if e.gateway.dry != nil {
		return page.Undo{}
	}
	var undo page.Undo
	lines := e.history(entry)
	wanted := func(l changelog.Line) bool { return l.Request == entry.ID }
	for _, u := range changelog.TakeBack(lines, wanted) {
		undo.Notes = append(undo.Notes, u.Notes...)
		for _, r := range u.Requests {
			one := page.UndoRequest{Method: r.Method, Path: r.Path}
			if r.Body != nil {
				if body, err := json.MarshalIndent(r.Body, "", "  "); err == nil {
					one.Body = string(body)
				}
			}
			undo.Requests = append(undo.Requests, one)
		}
	}
	return undo
}

// history returns the lines about the objects of an entry: those of the change log if there is one,
// else those of the ring.
func (e explainer) history(entry page.Entry) []changelog.Line {
	var lines []changelog.Line
	seen := map[lineKey]bool{}
	add := func(l changelog.Line) {
		if k := (lineKey{l.Time, l.Request, l.Operation, l.ID}); !seen[k] {
			seen[k] = true
			lines = append(lines, l)
		}
	}
	objects := map[string]bool{}
	for _, c := range entry.Changes {
		if c.ID != "" && len(objects) < maxUndo {
			objects[c.ID] = true
		}
	}
	if len(objects) == 0 {
		return nil
	}
	if g := e.gateway; g.changes != nil && g.config.Changelog.Path != "-" {
		onDisk := &logOnDisk{path: g.config.Changelog.Path}
		for id := range objects {
			found, _ := onDisk.read(`"`+id+`"`, func(changelog.Line) bool { return true }) // else the ring has it
			for _, l := range found {
				add(l)
			}
		}
	}
	for _, value := range e.gateway.ring.Values() {
		if l, ok := value.(changelog.Line); ok {
			add(l)
		}
	}
	return lines
}

// lineKey tells lines apart.
type lineKey struct {
	time      time.Time
	request   string
	operation int
	id        string
}
