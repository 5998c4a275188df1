package gateway

import (
	"context"
	"errors"
	"net/http"
	"os"
	"strings"
	"time"

	"tvscim/cmd/config"
	"tvscim/mapping"
	"tvscim/mapping/changelog"
	"tvscim/mapping/idmap"
	"tvscim/mapping/idmap/boltmap"
	"tvscim/mapping/idmap/pgmap"
	"tvscim/proxy"
	"tvscim/proxy/admin"
	"tvscim/tvapi/dryrun"
)

// dryRun is what a gateway with dry_run has: the plan in place of a change log.
type dryRun struct {
	since time.Time
	plan  changelog.Plan
}

// openDryRun returns the dry run of the settings, nil if they have none. network is replaced by one
// that lets only reads through.
func openDryRun(o Options, network http.RoundTripper) (*dryRun, http.RoundTripper) {
	if !o.Config.DryRun {
		return nil, network
	}
	o.Logger.Warn("dry run: nothing is changed in TeamViewer or in the store; \"tvscim plan\" shows what would be changed")
	return &dryRun{since: time.Now().UTC()}, dryrun.New(network, o.Planned)
}

// components are the part of the gateway's state that the dry run has.
func (d *dryRun) components() []admin.Component {
	if d == nil {
		return nil
	}
	return []admin.Component{{Name: "dry_run", Check: func() admin.Status {
		return admin.Status{OK: true, Since: d.since, Detail: "nothing is changed in TeamViewer or in the store; run \"tvscim plan\" to see what would be changed"}
	}}}
}

// planReport is the body of /plan.
type planReport struct {
	Since time.Time   `json:"since"`
	Guard guardReport `json:"guard"`
	changelog.Planned
}

// Plan returns what a dry run came to so far; empty without a dry run.
func (g *Gateway) Plan() changelog.Planned {
	if g.dry == nil {
		return changelog.Planned{}
	}
	return g.dry.plan.Planned()
}

// planSource returns what returns the body of /plan; nil without a dry run.
func (g *Gateway) planSource() func() any {
	if g.dry == nil {
		return nil
	}
	return func() any {
		guard, _ := guardState{g}.Status().(guardReport)
		return planReport{Since: g.dry.since, Guard: guard, Planned: g.dry.plan.Planned()}
	}
}

// recordChanges has what the gateway changes and refuses written to the change log, or, in a dry
// run, to the plan; and in either case to the ring of the status page.
func (g *Gateway) recordChanges(o Options, to *mapping.Options) (err error) {
	var records []func(changelog.Line)
	if g.dry == nil {
		if g.changes, err = g.openChanges(o, to); err != nil {
			return err
		}
		if g.changes != nil {
			records = append(records, g.changes.writer.Write)
		}
	} else {
		if o.Config.Changelog.Path != "" {
			o.Logger.Info("dry run: the change log is not written")
		}
		records = append(records, g.dry.plan.Add)
	}
	if !o.NoActivity {
		records = append(records, g.ring.line)
		g.onHandled = func(h proxy.Handled) { g.ring.handled(g.hidden.request(h)) }
	}
	if len(records) == 0 {
		return nil
	}
	record := func(l changelog.Line) {
		l = g.hidden.line(l)
		for _, r := range records {
			r(l)
		}
	}
	to.Observers = append(to.Observers, eachLine(record))
	g.onRefusal = eachRefusal(record)
	return nil
}

// copyLinks returns a copy in memory of the store, which is closed again. What the process before
// did not know about calls without an answer is left out: that is for a gateway that can change
// something.
func copyLinks(c config.Config) (idmap.Map, error) {
	file, err := openToCopy(c)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }() // nothing was written
	links, err := idmap.NewLRU(max(c.Cache.IDs, 2*file.Len()), nil)
	if err != nil {
		return nil, err
	}
	for id, record := range file.All() {
		if err := links.Put(id, record); err != nil {
			return nil, err
		}
	}
	for name, note := range file.Notes("") {
		if strings.HasPrefix(name, mapping.LateNotes) {
			continue
		}
		if err := links.PutNote(name, note); err != nil {
			return nil, err
		}
	}
	if broken, ok := file.(interface{ Err() error }); ok { // a file that breaks is read as if it were empty
		return links, broken.Err()
	}
	return links, nil
}

// openToCopy returns the store, which must not be written; an empty one if there is none.
func openToCopy(c config.Config) (idmap.Map, error) {
	if !c.Store.URL.IsZero() {
		m, err := pgmap.Copy(context.Background(), c.Store.URL.Reveal())
		if err != nil {
			return nil, Problem{Key: urlKey(c.Store), Err: err, Setting: !pgmap.Temporary(err)}
		}
		return m, nil
	}
	if _, err := os.Stat(c.Store.Path); c.Store.Path == "" || errors.Is(err, os.ErrNotExist) {
		return idmap.NewLRU(c.Cache.IDs, nil)
	}
	return boltmap.Open(c.Store.Path, boltmap.Options{})
}
