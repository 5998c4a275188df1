package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"tvscim/cmd/config"
	"tvscim/mapping/idmap/boltmap"
	"tvscim/tvapi"
)

// linksCommand reads and changes the store of a gateway that is stopped, since only one process can
// use the file.
type linksCommand struct {
	List   linksListCommand   `cmd:"" help:"Show a table of the users and groups of which something is remembered."`
	Export linksExportCommand `cmd:"" help:"Write everything that is remembered to standard output, one JSON object a line."`
	Import linksImportCommand `cmd:"" help:"Read what export wrote: all of it or, where a line is wrong, nothing."`
	Forget linksForgetCommand `cmd:"" help:"Forget users or groups. Nothing changes in TeamViewer."`
}

// storeFlags are the flags that name the file.
type storeFlags struct {
	Store  string `help:"The file; without it, store.path of the settings." type:"path" placeholder:"FILE"`
	Config string `help:"Path of config.yaml, for its store.path; without it, the environment." type:"path" placeholder:"FILE"`
}

// open opens the file. With create, it creates a missing one.
func (f storeFlags) open(environ []string, create bool) (*boltmap.Map, error) {
	path, err := f.path(environ)
	if err != nil {
		return nil, err
	}
	m, err := boltmap.Open(path, boltmap.Options{Existing: !create})
	if errors.Is(err, boltmap.ErrLocked) {
		return nil, fmt.Errorf("store %s: a gateway is using it; stop the gateway first", path)
	}
	return m, err
}

func (f storeFlags) path(environ []string) (string, error) {
	if f.Store != "" {
		return f.Store, nil
	}
	c, err := loadSettings(f.Config, environ)
	if err != nil {
		return "", err
	}
	if c.Store.Path == "" {
		return "", config.Problems{{Key: "store.path", Message: "missing; name the file with --store, or the settings that have store.path with --config"}}
	}
	return c.Store.Path, nil
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
