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

// checkTime is the time limit of all calls of check --online together.
const checkTime = 5 * time.Minute

// checkOnline makes one call without effects for each kind of right. A right that is only needed
// for changes cannot be tested without a change.
func checkOnline(ctx context.Context, client *tvapi.Client, token string, out io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	if err := checkToken(ctx, client, token, out); err != nil {
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
	if tvapi.KindOf(err) == tvapi.KindPermission {
		fmt.Fprintf(out, "account   WARNING: %v; the gateway works without it, but cannot protect the token's owner (protect.token_owner)\n", explained(err))
	} else {
		report("account", err, sayAccount(account))
	}
	users, err := count(client.Users(ctx))
	report("users", err, counted(users, "user", "users")+" can be viewed")
	groups, err := count(client.Groups(ctx))
	report("groups", err, counted(groups, "user group", "user groups")+" can be viewed")
	fmt.Fprintln(out, predefinedRole(ctx, client))
	if wrong > 0 {
		return fmt.Errorf("token: %s NOT ok, see above", counted(wrong, "answer is", "answers are"))
	}
	fmt.Fprintln(out, "rights to create and edit are seen only when something is created or edited")
	return nil
}

// checkToken asks whether TeamViewer accepts the token. token describes the token without showing
// it.
func checkToken(ctx context.Context, client *tvapi.Client, token string, out io.Writer) error {
	valid, err := client.Ping(ctx)
	switch {
	case err != nil:
		return fmt.Errorf("ping: %w", explained(err))
	case !valid:
		return errors.New("token: TeamViewer does not accept it; copy the script token again, whole and alone; if it has expired or was deleted, " +
			"make a new one in the Management Console" + otherCentre(client.Host()))
	}
	fmt.Fprintf(out, "token     ok: %s accepts it (%s)\n", client.Host(), token)
	return nil
}

// otherCentre returns the advice to try the other data centre of TeamViewer, or to check an address
// that belongs to neither.
func otherCentre(host string) string {
	other := tvapi.OtherBaseURL(host)
	if other == "" {
		return fmt.Sprintf("; is %s, of teamviewer.base_url, the right address for it?", host)
	}
	return fmt.Sprintf("; or, if the company is in TeamViewer's other data centre, set teamviewer.base_url to %s", other)
}

// predefinedRole returns the line about the role that each user gets whom the gateway creates. It
// is no error if the token may not read roles: provisioning does not need that right.
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

// sayAccount returns whose token it is, as far as TeamViewer shows it.
func sayAccount(account *tvapi.Account) string {
	if account == nil {
		return ""
	}
	said := fmt.Sprintf("the company is %q, ", account.Company)
	if !account.ID.Valid() {
		return said + "the token's owner is not named"
	}
	return said + fmt.Sprintf("the token's owner is user %s, who is never deactivated, removed or renamed", account.ID)
}

// counted formats a number and the noun that is counted.
func counted(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, more)
}

// explained returns an error of TeamViewer with its remedy, if there is one.
func explained(err error) error {
	e, ok := errors.AsType[*tvapi.Error](err)
	switch {
	case ok && e.Kind == tvapi.KindPermission && mapping.Right(e.Function) != "":
		return fmt.Errorf("tick %q for the script token in the Management Console (%w)", mapping.Right(e.Function), err)
	case ok && e.Kind == tvapi.KindForeign:
		return fmt.Errorf("what answers at %s is not TeamViewer's Web API; correct the setting teamviewer.base_url (%s), "+
			"or look for a proxy or firewall in between (%w)", e.Host, tvapi.DefaultBaseURL, err)
	}
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
