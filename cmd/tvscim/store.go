package main

import (
	"context"
	"errors"
	"fmt"

	"tvscim/cmd/config"
	"tvscim/mapping/idmap/pgmap"
)

// databaseError returns an error of the database as one of the settings, unless a retry may help.
func databaseError(err error) error {
	if errors.Is(err, pgmap.ErrUnreachable) {
		return err
	}
	return settingsError{err}
}

// storeCommand has the commands for the database of store.url.
type storeCommand struct {
	Migrate storeMigrateCommand `cmd:"" help:"Make the tables, or migrate them to this version, and print the rights that the gateway's user needs."`
}

type storeMigrateCommand struct {
	Config string `help:"Path of config.yaml, for its store.url; without it, the environment." type:"path" placeholder:"FILE"`
}

// Help is shown below the command's own line.
func (storeMigrateCommand) Help() string {
	return "serve does the same at its start if its user may create tables. This command is for a user who may, so that the gateway's own need not: " +
		"TVSCIM_STORE_URL with the URL of that user."
}

// Run migrates the tables.
func (k storeMigrateCommand) Run(ctx context.Context, w world) error {
	c, err := loadSettings(k.Config, w.environ)
	if err != nil {
		return err
	}
	if c.Store.URL.IsZero() {
		return config.Problems{{Key: "store.url", Message: "missing; set TVSCIM_STORE_URL, or name the settings that have store.url with --config"}}
	}
	name, schema, err := pgmap.Migrate(ctx, c.Store.URL.Reveal())
	if err != nil {
		return databaseError(err)
	}
	fmt.Fprintf(w.out, "%s has the tables of this version. A user of its own for the gateway needs these rights:\n\n", name)
	for _, grant := range pgmap.Grants(schema) {
		fmt.Fprintln(w.out, grant)
	}
	return nil
}
