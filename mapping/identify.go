package mapping

import (
	"context"
	"errors"

	"go.uber.org/zap"

	"tvscim/tvapi"
)

// Identity is whose token a company's is, and how many users it shows.
type Identity struct {
	Account tvapi.Account // zero when the token may not view its account
	Users   int
}

// errTokenRefused is the error of a ping that says that the token is not valid.
var errTokenRefused = errors.New("TeamViewer does not accept the gateway's token. " + TokenRemedy)

// Identify asks TeamViewer whether it accepts the token and whose it is, and loads the users unless they are loaded: the
// snapshot that the first request uses. Two calls and that load. Errors hold no words of TeamViewer, which may name people.
func (c *Company) Identify(ctx context.Context) (Identity, error) {
	valid, err := c.client.Ping(ctx)
	if err == nil && !valid {
		_, _ = c.roster.Users.View(ctx) // a ping may say no with status 200: the refusal of this call shows in the client's health
		err = errTokenRefused
	}
	if err != nil {
		return Identity{}, inBrief(err)
	}
	var id Identity
	account, err := c.client.Account(ctx)
	switch kind := tvapi.KindOf(err); {
	case err == nil:
		id.Account = *account
	case kind != tvapi.KindPermission && kind != tvapi.KindLicense:
		return Identity{}, inBrief(err)
	}
	users, err := c.roster.Users.View(ctx)
	if err != nil {
		return id, inBrief(err)
	}
	id.Users = users.Len()
	return id, nil
}

// Fields describe the company on a line of the log. The owner's name and address are personal data and left out.
func (id Identity) Fields() []zap.Field {
	fields := []zap.Field{zap.String("company", id.Account.Company), zap.Int("users", id.Users)}
	if !id.Account.ID.Valid() {
		return append(fields, zap.String("token_owner", "not shown by TeamViewer"))
	}
	return append(fields, zap.Stringer("token_owner", id.Account.ID))
}
