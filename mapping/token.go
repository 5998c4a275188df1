package mapping

import (
	"context"
	"errors"

	"go.uber.org/zap"

	"tvscim/mapping/roster"
	"tvscim/tvapi"
)

// ErrTokenUnfit is the error of a token that [Company.ReplaceToken] refuses for good: TeamViewer
// refuses it, or it is of another company.
var ErrTokenUnfit = errors.New("the token cannot take the place of the one in use")

// ReplaceToken replaces the token of the company after TeamViewer has shown that the new one is of
// the same company: it must list more than half of the known users. Until then, and on error, the
// old one stays in use. The error is [ErrTokenUnfit], or the reason why the token cannot be proven
// now. It contains no text of TeamViewer, which may name people. The cost is one list of users, or
// two if none was loaded before.
//
// TeamViewer Web API: GET /users
func (c *Company) ReplaceToken(ctx context.Context, token string) error {
	// a separate client, so that its failures do not withhold calls of the company
	client, err := c.newClient(token)
	if err != nil {
		return unfit{err}
	}
	defer client.Close()
	switch same, err := c.ownsToken(ctx, client, sumOf(token)); {
	case tvapi.KindOf(err) == tvapi.KindToken:
		return unfit{errors.New("TeamViewer refuses it; put a valid script token there")}
	case err != nil:
		return inBrief(err)
	case !same:
		return unfit{errors.New("it is of another TeamViewer company, or does not show the " +
			"users of this one; put a script token of this company there")}
	}
	release, err := c.locks.acquire(ctx, ownerKey)
	if err != nil {
		return err
	}
	defer release()
	if err := c.client.ReplaceToken(token); err != nil {
		return unfit{err}
	}
	c.owner = owner{} // another account may have made the new token
	_ = c.act(ctx, Event{Cause: CauseIdentity}, func(a action, _ *Event) error {
		c.ownership.remember(a, sumOf(token))
		return nil
	})
	c.log.Info("TeamViewer's token was replaced")
	return nil
}

// unfit is an [ErrTokenUnfit] with the text of its cause.
type unfit struct{ error }

// Is reports whether target is ErrTokenUnfit.
func (unfit) Is(target error) bool { return target == ErrTokenUnfit }

// Unwrap returns the cause.
func (u unfit) Unwrap() error { return u.error }

// ownsToken reports whether a client's token is of the company: by its users or, if they were never
// loaded and the old token cannot load them, by the memory. If there is neither, every company
// matches.
func (c *Company) ownsToken(ctx context.Context, client *tvapi.Client, sum tokenSum) (bool, error) {
	if c.foreign.Load() {
		return false, errors.New("the store was written for another company than that of the token in use; restart the gateway")
	}
	known := c.roster.Users.Latest()
	if known == nil {
		view, err := c.roster.Users.View(ctx)
		switch {
		case err == nil:
			known = view
		case tvapi.KindOf(err) != tvapi.KindToken:
			return false, err
		}
	}
	if known != nil {
		return among(known, client.Users(tvapi.Trial(ctx)))
	}
	loader := roster.New(client, roster.Options{Logger: zap.NewNop()})
	defer loader.Close()
	view, err := loader.Users.View(tvapi.Trial(ctx))
	if err != nil {
		return false, err
	}
	return c.ownership.matches(view, sum), nil
}
