package main

import (
	"context"

	"tvscim/cmd/config"
	"tvscim/cmd/gateway"
)

type serveCommand struct {
	Config string `help:"Path of config.yaml; without it, the defaults and the environment." type:"path" placeholder:"FILE"`
}

// Run serves until the context ends.
func (s serveCommand) Run(ctx context.Context, w world) error {
	c, err := loadSettings(s.Config, w.environ)
	if err != nil {
		return err
	}
	log, flush := gateway.NewLogger(c.Log, w.err)
	defer flush()
	for _, warning := range warningsOf(c, s.Config) {
		log.Warn(warning)
	}
	return gateway.Run(ctx, gateway.Options{Config: c, Version: version, Logger: log, Stdout: w.out})
}

// warningsOf are the warnings of settings and of the files that they name.
func warningsOf(c config.Config, file string) []string {
	return append(c.Warnings(), c.FileWarnings(file)...)
}
