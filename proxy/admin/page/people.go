package page

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"
	"time"
)

// People shows users and groups: what TeamViewer holds by the latest snapshot, and what clients
// asked for.
type People interface {
	// Find returns users and groups whose name, address, externalId or id has the text in it, and
	// whether there are more than count. It makes no call.
	Find(text string, count int) (found []Found, more bool)
	// Object returns one of them. It makes no call.
	Object(id string) (Object, bool)
	// Memberships returns the members of a group, or the groups of a user. It may call TeamViewer.
	// The error is for the operator.
	Memberships(ctx context.Context, id string) ([]Found, error)
}

// Found is a user or group in a list.
type Found struct {
	Kind, ID, Name string
	Address        string // of a user
	Inactive       bool
}

// Object is a user or group.
type Object struct {
	Found
	Snapshot   time.Time // when its load began
	Stale      bool
	Attributes []Attribute
	Notes      []string // what else is to know, such as that a client has deleted the user
}

// Attribute is one attribute as TeamViewer holds it and as a client asked for it.
type Attribute struct {
	Name       string
	TeamViewer string // "" if TeamViewer has no such field
	Asked      string // "" if that is the same
	Why        string // why it differs
}

type peoplePage struct {
	Text   string
	Asked  bool
	Found  []Found
	More   bool
	Nobody bool // no snapshot is loaded yet
}

// maxFound is the number of users and groups that a search shows.
const maxFound = 100

// people searches. What is looked for is sent by POST, so that it is in no URL.
func (h *handler) people(v *visit) {
	p := peoplePage{}
	if v.r.Method == http.MethodPost {
		p.Text = strings.TrimSpace(clean(v.r.PostFormValue("text")))
		p.Asked = p.Text != ""
	}
	p.Nobody = len(h.Overview().Snapshots) == 0
	if p.Asked {
		p.Found, p.More = h.People.Find(p.Text, maxFound)
	}
	h.render(v, http.StatusOK, "people", p)
}

type objectPage struct {
	Object
	Changes []change
	Trouble string // why the change log could not be read
	Members []Found
	Read    bool   // Members was read
	Refused string // why it was not
}

// change is a change of an object in its history.
type change struct {
	Change
	Row row
}

func (h *handler) object(v *visit) { h.showObject(v, objectPage{}) }

// memberships shows an object with its memberships, which TeamViewer may be asked for.
func (h *handler) memberships(v *visit) {
	ctx, cancel := withTimeout(v, 20*time.Second)
	defer cancel()
	p := objectPage{}
	members, err := h.People.Memberships(ctx, idOf(v))
	if err != nil {
		p.Refused = err.Error()
	} else {
		p.Members, p.Read = members, true
	}
	h.showObject(v, p)
}

func idOf(v *visit) string { return strings.TrimPrefix(v.r.URL.Path, Path+"/people/") }

func (h *handler) showObject(v *visit, p objectPage) {
	id := idOf(v)
	o, found := h.People.Object(id)
	p.Object = o
	changes := h.changesOf(id, &p)
	if !found {
		if len(changes) == 0 {
			h.problem(v, http.StatusNotFound, "There is no user or group with this id in the snapshot, and no change of one is known.")
			return
		}
		latest := changes[len(changes)-1]
		p.Object = Object{Found: Found{Kind: latest.Kind, ID: id, Name: cmp.Or(latest.Name, id)}, Notes: []string{"The latest snapshot does not have it."}}
	}
	for _, c := range slices.Backward(changes) {
		one := entryOf(c.Request, []Change{c})
		p.Changes = append(p.Changes, change{c, rowOf(one)})
	}
	h.render(v, http.StatusOK, "object", p)
}

// changesOf returns the changes of an object, oldest first: those of the change log if there is
// one, else those of the ring.
func (h *handler) changesOf(id string, p *objectPage) []Change {
	if h.Log != nil {
		lines, err := h.Log.Lines(id, "")
		if err == nil {
			return lines
		}
		p.Trouble = err.Error()
	}
	entries, _ := h.Ring.Find(Filter{Object: id}, 0, 200)
	var changes []Change
	for _, e := range slices.Backward(entries) {
		for _, c := range e.Changes {
			if c.ID == id {
				changes = append(changes, c)
			}
		}
	}
	return changes
}
