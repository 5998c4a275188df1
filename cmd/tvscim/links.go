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

// linksCommand reads and changes the store: a file only while no gateway uses it, a database at any
// time.
type linksCommand struct {
	List   linksListCommand   `cmd:"" help:"Show a table of the users and groups of which something is remembered."`
	Export linksExportCommand `cmd:"" help:"Write everything that is remembered to standard output, one JSON object a line."`
	Import linksImportCommand `cmd:"" help:"Read what export wrote: all of it or, where a line is wrong, nothing."`
	Forget linksForgetCommand `cmd:"" help:"Forget users or groups. Nothing changes in TeamViewer."`
}

// storeFlags are the flags that name the store. There is none for the URL of a database: other
// users of the machine can read command lines, and the URL may contain a password.
type storeFlags struct {
	Store  string `help:"The file; without it, store.path or store.url of the settings." type:"path" placeholder:"FILE"`
	Config string `help:"Path of config.yaml, for its store.path or store.url; without it, the environment." type:"path" placeholder:"FILE"`
}

// linkStore is a file or a database.
type linkStore interface {
	idmap.Map
	PutAll(records iter.Seq2[string, idmap.Record]) error
	DeleteAll(ids iter.Seq[string]) error
}

// open opens the store. With create, it creates a missing one.
func (f storeFlags) open(ctx context.Context, environ []string, create bool) (linkStore, error) {
	s, err := f.settings(environ)
	if err != nil {
		return nil, err
	}
	if !s.URL.IsZero() {
		m, err := pgmap.Open(ctx, s.URL.Reveal(), pgmap.Options{Existing: !create, Command: true})
		if err != nil { // else a nil *pgmap.Map is no nil linkStore
			return nil, databaseError(err)
		}
		return m, nil
	}
	m, err := boltmap.Open(s.Path, boltmap.Options{Existing: !create})
	if errors.Is(err, boltmap.ErrLocked) {
		return nil, fmt.Errorf("store %s: a gateway is using it; stop the gateway first", s.Path)
	}
	if err != nil {
		return nil, err
	}
	return m, nil
}

// databaseError returns an error of opening a database, as one of the settings unless it may pass
// without another setting.
func databaseError(err error) error {
	if pgmap.Temporary(err) {
		return err
	}
	return settingsError{err}
}

// settings returns the settings of the store: its path or its URL.
func (f storeFlags) settings(environ []string) (config.Store, error) {
	if strings.Contains(f.Store, "postgres:/") || strings.Contains(f.Store, "postgresql:/") {
		return config.Store{}, config.Problems{{Key: "--store", Message: "takes a file only; other users of the machine can read command lines. " +
			"Give the URL by store.url_file of the settings and --config, or by the variable TVSCIM_STORE_URL"}}
	}
	if f.Store != "" {
		return config.Store{Path: f.Store}, nil
	}
	c, err := loadSettings(f.Config, environ)
	if err != nil {
		return config.Store{}, err
	}
	if c.Store.Path == "" && c.Store.URL.IsZero() {
		return config.Store{}, config.Problems{{Key: "store.path", Message: "missing, and store.url too; name the file with --store, or the settings that have one of them with --config"}}
	}
	return c.Store, nil
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
func (k linksForgetCommand) Run(ctx context.Context, w world) error {
	m, err := k.open(ctx, w.environ, false)
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
