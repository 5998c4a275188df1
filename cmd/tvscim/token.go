package main

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"tvscim/cmd/config"
)

// tokenCommand has the commands for the tokens of auth.mode token.
type tokenCommand struct {
	New tokenNewCommand `cmd:"" help:"Make a token for the SCIM client or the status page, and its lines for config.yaml."`
}

type tokenNewCommand struct {
	Name string `help:"What logs and metrics call the token." default:"entra"`
}

// Help is shown below the command's own line.
func (tokenNewCommand) Help() string {
	return "The token alone goes to standard output, so that it can be written into a file; the lines go to standard error. " +
		"The gateway needs the hash only: the token is not kept anywhere."
}

// Run makes a token of 130 random bits and prints it. The name must be valid in the settings.
func (t tokenNewCommand) Run(w world) error {
	token := "tvscim-" + rand.Text()
	hash := sha256.Sum256([]byte(token))
	c := config.Default()
	c.Auth.Mode, c.Auth.Tokens = config.AuthToken, []config.Token{{Name: t.Name, SHA256: hash}}
	c.TeamViewer.Token = config.NewSecret("any") // any valid token: only the name is checked here
	if err := c.Validate(); err != nil {
		return settingsError{fmt.Errorf("--name %q: must be 1 to 64 letters, digits, dots, hyphens or underscores", t.Name)}
	}
	fmt.Fprintf(w.err, "For config.yaml; merge these lines into the section auth that is there:\n\n"+
		"auth:\n  mode: token\n  tokens:\n    - name: %q\n      sha256: %s\n\n"+
		"For the status page, put name and sha256 into admin.tokens instead, and leave auth as it is.\n\n"+
		"The token, for the SCIM client (Entra ID: Secret Token) or for the sign-in, is written to standard output, this once:\n\n", t.Name, hex.EncodeToString(hash[:]))
	_, err := fmt.Fprintln(w.out, token)
	return err
}
