package main

import (
	"context"
	"fmt"

	"tvscim/cmd/config"
	"tvscim/mapping/idmap/pgmap"
)

type storeCommand struct {
	Migrate storeMigrateCommand `cmd:"" help:"Create or migrate the tables of store.url, with the URL of a user who has the right CREATE; then print the rights that the gateway's own user needs."`
}

type storeMigrateCommand struct {
	Config string `help:"Path of config.yaml, for its store.url; without it, the environment." type:"path" placeholder:"FILE"`
	User   string `help:"The user of the gateway in PostgreSQL, for the statements that grant its rights." default:"tvscim" placeholder:"NAME"`
}

// Run migrates the tables. It grants nothing: who may use them is the decision of their owner.
func (k storeMigrateCommand) Run(ctx context.Context, w world) error {
	c, err := loadSettings(k.Config, w.environ)
	if err != nil {
		return err
	}
	if c.Store.URL.IsZero() {
		return config.Problems{{Key: "store.url", Message: "missing; name the settings that have it with --config, or set the variable TVSCIM_STORE_URL"}}
	}
	name, schema, err := pgmap.Migrate(ctx, c.Store.URL.Reveal())
	if err != nil {
		return databaseError(err)
	}
	if _, err = fmt.Fprintf(w.out, "store %s has the tables of this version of tvscim.\nRights of another user than their owner, if the gateway uses one:\n", name); err != nil {
		return err
	}
	for _, statement := range pgmap.Grants(schema, k.User) {
		if _, err := fmt.Fprintln(w.out, "  "+statement); err != nil {
			return err
		}
	}
	return nil
}
