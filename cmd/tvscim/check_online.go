package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"tvscim/mapping"
	"tvscim/tvapi"
)

// checkTime bounds all questions of check --online together.
const checkTime = 5 * time.Minute

// checkOnline asks one harmless question for each kind of right. A right that is only used when something is changed
// cannot be asked for without changing something.
func checkOnline(ctx context.Context, client *tvapi.Client, out io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	if err := checkToken(ctx, client, out); err != nil {
		return err
	}
	wrong := 0
	report := func(what string, err error, good string) {
		if err != nil {
			wrong++
			fmt.Fprintf(out, "%-9s NOT ok: %v\n", what, explained(err))
			return
		}
		fmt.Fprintf(out, "%-9s ok: %s\n", what, good)
	}
	account, err := client.Account(ctx)
	owner := "the owner is not named"
	if err == nil && account.ID.Valid() {
		owner = fmt.Sprintf("the token's owner is user %s, who is never deactivated, removed or renamed", account.ID)
	}
	report("account", err, owner)
	users, err := count(client.Users(ctx))
	report("users", err, fmt.Sprintf("%d users can be viewed", users))
	groups, err := count(client.Groups(ctx))
	report("groups", err, fmt.Sprintf("%d user groups can be viewed", groups))
	fmt.Fprintln(out, predefinedRole(ctx, client))
	if wrong > 0 {
		return fmt.Errorf("token: %d of 3 questions were refused; edit its rights in the Management Console", wrong)
	}
	fmt.Fprintln(out, "rights to create and edit are seen only when something is created or edited")
	return nil
}

// checkToken asks whether TeamViewer accepts the token.
func checkToken(ctx context.Context, client *tvapi.Client, out io.Writer) error {
	valid, err := client.Ping(ctx)
	switch {
	case err != nil:
		return fmt.Errorf("ping: %w", explained(err))
	case !valid:
		return errors.New("token: TeamViewer does not accept it; make a script token in the Management Console" + otherCentre(client.Host()))
	}
	fmt.Fprintln(out, "token     accepted by TeamViewer")
	return nil
}

// otherCentre is the advice to try the other data centre of TeamViewer; "" for an address that is none of them.
func otherCentre(host string) string {
	other := tvapi.OtherBaseURL(host)
	if other == "" {
		return ""
	}
	return fmt.Sprintf(", or, if the company is in TeamViewer's other data centre, set teamviewer.base_url to %s", other)
}

// predefinedRole is the line about the role that every user whom the gateway creates gets. It is no error that the token
// may not look at roles: provisioning works without.
func predefinedRole(ctx context.Context, client *tvapi.Client) string {
	id, err := client.PredefinedRole(ctx)
	if err == nil && id == "" {
		return "new users ok: the company has no predefined role for them"
	}
	var roles []tvapi.Role
	if err == nil {
		roles, err = client.Roles(ctx)
	}
	if err != nil {
		return fmt.Sprintf("new users not known: which role they get could not be read: %v", explained(err))
	}
	for _, role := range roles {
		if !strings.EqualFold(role.ID, id) {
			continue
		}
		if may := role.Administers(); len(may) > 0 {
			return fmt.Sprintf("new users WARNING: every user whom the gateway creates gets the company's predefined role %q, which can administer (%s); "+
				"choose another predefined role in the Management Console", role.Name, strings.Join(may, ", "))
		}
		return fmt.Sprintf("new users ok: they get the company's predefined role %q, which cannot administer", role.Name)
	}
	return fmt.Sprintf("new users not known: they get the role %s, which TeamViewer does not list", id)
}

// explained is an error of TeamViewer with what to do about the network, where that is the reason.
func explained(err error) error {
	if advice := mapping.NetworkTrouble(err); advice != "" {
		return fmt.Errorf("%s (%w)", advice, err)
	}
	return err
}

func count[T any](items func(yield func(T, error) bool)) (int, error) {
	n := 0
	for _, err := range items {
		if err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}
