package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"tvscim/cmd/config"
	"tvscim/mapping/idmap/pgmap"
)

type storeCommand struct {
	Migrate storeMigrateCommand `cmd:"" help:"Create or migrate the tables of store.url, with the URL of their owner; then print as SQL the rights that another user needs."`
}

type storeMigrateCommand struct {
	Config string `help:"Path of config.yaml, for its store.url; without it, the environment." type:"path" placeholder:"FILE"`
	User   string `help:"The user that the gateway connects as, for the statements that grant its rights." default:"tvscim" placeholder:"NAME"`
}

// Run migrates the tables. It grants nothing: who may use them is the decision of their owner. What
// it prints is SQL.
func (k storeMigrateCommand) Run(ctx context.Context, w world) error {
	if k.User == "" {
		return errors.New("--user: must not be empty; name the user that the gateway connects as")
	}
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
	text := fmt.Sprintf("-- store %s has the tables of this version of tvscim.\n"+
		"-- If the gateway connects as another user than the owner, run this as the owner:\n", strings.Join(strings.Fields(name), " ")) // a line break would end the comment
	for _, statement := range pgmap.Grants(schema, k.User) {
		text += statement + "\n"
	}
	_, err = fmt.Fprint(w.out, text)
	return err
}
