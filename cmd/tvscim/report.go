package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"go.uber.org/zap"

	"tvscim/cmd/config"
	"tvscim/mapping"
	"tvscim/mapping/idmap/boltmap"
	"tvscim/tvapi"
)

// reportCommand lists the accounts that an administrator should look at.
type reportCommand struct {
	guardAddress
	Config       string `help:"Path of config.yaml; without it, the defaults and the environment." type:"path" placeholder:"FILE"`
	Token        string `help:"The TeamViewer token in auth.mode passthrough, where the settings have none." env:"TVSCIM_CHECK_TOKEN"`
	InactiveDays int    `help:"List accounts whose last access is more than N days ago." default:"90" placeholder:"N"`
	JSON         bool   `help:"Print the report as JSON." name:"json" xor:"form"`
	CSV          bool   `help:"Print the accounts as CSV, one row for each reason." name:"csv" xor:"form"`
}

// maxInactiveDays bounds --inactive-days: ten years.
const maxInactiveDays = 3650

// maxUsersBody bounds the answer of /users, in bytes.
const maxUsersBody = 1 << 30

// Run makes the report from one list of users and the memory. TeamViewer is only read.
func (k reportCommand) Run(ctx context.Context, w world) error {
	if k.InactiveDays < 1 || k.InactiveDays > maxInactiveDays {
		return settingsError{fmt.Errorf("--inactive-days: must be from 1 to %d", maxInactiveDays)}
	}
	c, err := loadSettings(k.Config, w.environ)
	if err != nil {
		return err
	}
	token, err := liveToken(c, k.Token)
	if err != nil {
		return err
	}
	client, err := tvapi.New(tvapi.Options{BaseURL: c.TeamViewer.BaseURL, Token: token, Timeout: c.TeamViewer.Timeout, Logger: zap.NewNop()})
	if err != nil {
		return err
	}
	defer client.Close()
	var notes []string
	memory, err := k.memory(ctx, w, c)
	if err != nil {
		notes = append(notes, fmt.Sprintf("which accounts a client has named, and which addresses wait for confirmation, is not known: %v", err))
	}
	users, err := usersOf(ctx, client)
	if err != nil {
		return err
	}
	r := newReport(users, memory, k.InactiveDays, time.Now())
	r.Notes = append(notes, r.Notes...)
	r.addLicenses(client.Licenses(ctx))
	return k.write(w, r)
}

// write prints the report in the form that was asked for.
func (k reportCommand) write(w world, r *report) error {
	switch {
	case k.JSON:
		encoder := json.NewEncoder(w.out)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", "  ")
		return encoder.Encode(r)
	case k.CSV:
		for _, note := range r.Notes { // not into the rows
			fmt.Fprintln(w.err, "note:", note)
		}
		return r.writeCSV(w.out)
	}
	return r.writeTable(w.out)
}

// liveToken returns the token of the company that is asked: that of the settings or, in auth.mode
// passthrough, the given one.
func liveToken(c config.Config, given string) (string, error) {
	if c.Auth.Mode == config.AuthToken {
		given = c.TeamViewer.Token.Reveal()
	}
	if given == "" {
		return "", errors.New("token: auth.mode passthrough has none in the settings; give one in the environment variable TVSCIM_CHECK_TOKEN")
	}
	if reason := config.TokenProblem(given); reason != "" {
		return "", fmt.Errorf("token: %s", reason)
	}
	return given, nil
}

// usersOf returns the list of users. It holds at least the owner of the token, so an empty one is
// an error.
func usersOf(ctx context.Context, client *tvapi.Client) ([]tvapi.UserAccess, error) {
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	var users []tvapi.UserAccess
	for u, err := range client.UsersWithAccess(ctx) {
		if err != nil {
			return nil, fmt.Errorf("users: %w", explained(err))
		}
		users = append(users, u)
	}
	if len(users) == 0 {
		return nil, errors.New("users: the list of TeamViewer is empty, which it cannot be; try again later")
	}
	return users, nil
}

// memory returns what is remembered: by the file of store.path or, while a gateway runs, by the
// gateway. It is nil after an error.
func (k reportCommand) memory(ctx context.Context, w world, c config.Config) ([]mapping.RememberedUser, error) {
	if c.Store.Path != "" {
		m, err := boltmap.Open(c.Store.Path, boltmap.Options{Existing: true})
		if err == nil {
			users := mapping.RememberedUsers(m)
			return users, errors.Join(m.Err(), m.Close())
		}
		if !errors.Is(err, boltmap.ErrLocked) && !errors.Is(err, boltmap.ErrMissing) {
			return nil, err
		}
	}
	k.Admin = cmp.Or(k.Admin, c.AdminListen)
	body, err := k.send(ctx, w, http.MethodGet, "/users", nil, maxUsersBody)
	if err != nil {
		return nil, fmt.Errorf("the gateway at %s: %w; run this where the gateway runs, and name its admin_listen with --admin", k.Admin, err)
	}
	var users []mapping.RememberedUser
	if err := json.Unmarshal(body, &users); err != nil || users == nil {
		return nil, fmt.Errorf("the answer of %s is not that of a gateway", k.Admin)
	}
	return users, nil
}
