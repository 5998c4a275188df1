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
	log, level, flush := gateway.NewLogger(c.Log, w.err)
	defer flush()
	for _, warning := range warningsOf(c, s.Config) {
		log.Warn(warning)
	}
	options := gateway.Options{Config: c, Version: version, Logger: log, Level: &level, Stdout: w.out}
	if c.Rereadable(s.Config) {
		options.Reload = func() (config.Config, error) { return loadSettings(s.Config, w.environ) }
	} else {
		log.Info("a file of settings or secrets is no regular file, such as a pipe: changed settings need a restart")
	}
	return gateway.Run(ctx, options)
}

// warningsOf returns the warnings about settings and about the files that they name.
func warningsOf(c config.Config, file string) []string {
	return append(c.Warnings(), c.FileWarnings(file)...)
}
