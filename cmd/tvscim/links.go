package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	"tvscim/cmd/config"
	"tvscim/mapping/idmap"
	"tvscim/mapping/idmap/boltmap"
	"tvscim/mapping/idmap/pgmap"
	"tvscim/tvapi"
)

// linksCommand reads and changes the store: the file of a gateway that is stopped, since only one
// process can use it, or the database of gateways that may be running.
type linksCommand struct {
	List   linksListCommand   `cmd:"" help:"Show a table of the users and groups of which something is remembered."`
	Export linksExportCommand `cmd:"" help:"Write everything that is remembered to standard output, one JSON object a line."`
	Import linksImportCommand `cmd:"" help:"Read what export wrote: all of it or, where a line is wrong, nothing."`
	Forget linksForgetCommand `cmd:"" help:"Forget users or groups. Nothing changes in TeamViewer."`
}

// storeFlags are the flags that name the store. There is none for a URL, since other users of the
// machine can read command lines.
type storeFlags struct {
	Store  string `help:"The file; without it, store.path or store.url of the settings." type:"path" placeholder:"FILE"`
	Config string `help:"Path of config.yaml, for its store.path or store.url; without it, the environment." type:"path" placeholder:"FILE"`
}

// linkStore is a store that can be changed as a whole.
type linkStore interface {
	idmap.Map
	PutAll(records iter.Seq2[string, idmap.Record]) error
	DeleteAll(ids iter.Seq[string]) error
}

// open opens the store. With create, it creates a missing file.
func (f storeFlags) open(environ []string, create bool) (linkStore, error) {
	if f.Store != "" {
		return openFile(f.Store, create)
	}
	c, err := loadSettings(f.Config, environ)
	switch {
	case err != nil:
		return nil, err
	case !c.Store.URL.IsZero():
		m, err := pgmap.Open(context.Background(), c.Store.URL.Reveal(), pgmap.Options{})
		if err != nil {
			return nil, databaseError(err)
		}
		return m, nil
	case c.Store.Path != "":
		return openFile(c.Store.Path, create)
	}
	return nil, config.Problems{{Key: "store.path", Message: "missing; name the file with --store, or the settings that have store.path or store.url with --config"}}
}

func openFile(path string, create bool) (linkStore, error) {
	m, err := boltmap.Open(path, boltmap.Options{Existing: !create})
	if errors.Is(err, boltmap.ErrLocked) {
		return nil, fmt.Errorf("store %s: a gateway is using it; stop the gateway first", path)
	}
	return m, err
}

// Kinds of linked objects.
const (
	kindUser  = "user"
	kindGroup = "group"
)

// kindOf returns the kind of object that an id belongs to, "" if it is not an id of TeamViewer.
func kindOf(id string) string {
	if _, err := tvapi.ParseUserID(id); err == nil {
		return kindUser
	}
	if _, err := tvapi.ParseGroupID(id); err == nil {
		return kindGroup
	}
	return ""
}

type linksForgetCommand struct {
	storeFlags
	IDs []string `arg:"" name:"id" help:"Ids as list shows them: u123 for a user, 456 for a group."`
}

// Run deletes the records of all ids, or none if an id has no record, since it may be mistyped.
func (k linksForgetCommand) Run(w world) error {
	m, err := k.open(w.environ, false)
	if err != nil {
		return err
	}
	var unknown []string
	for _, id := range k.IDs {
		if _, ok := m.Peek(id); !ok {
			unknown = append(unknown, id)
		}
	}
	if len(unknown) > 0 {
		return errors.Join(fmt.Errorf("nothing is remembered of %s; nothing was forgotten", strings.Join(unknown, ", ")), m.Close())
	}
	before := m.Len()
	if err := errors.Join(m.DeleteAll(slices.Values(k.IDs)), m.Close()); err != nil {
		return err
	}
	_, err = fmt.Fprintf(w.out, "%d forgotten, %d left\n", before-m.Len(), m.Len())
	return err
}
