package mapping

import (
	"context"
	"errors"

	"go.uber.org/zap"

	"tvscim/tvapi"
)

// Identity describes the company of a token.
type Identity struct {
	Account tvapi.Account // of the token; zero if the token may not view it
	Users   int           // number of users that the token shows
}

// errTokenRefused is the error of a ping that answers that the token is not valid.
var errTokenRefused = errors.New("TeamViewer does not accept the gateway's token. " + TokenRemedy)

// Identify checks the token, reads its account, and loads the users unless they are loaded; the
// first request uses that snapshot. The owner of the token is remembered, so that the end of an
// access need not ask for it. It makes two calls and the load. Its errors contain no text of
// TeamViewer, which may name people.
//
// TeamViewer Web API: GET /ping, GET /account, GET /users
func (c *Company) Identify(ctx context.Context) (Identity, error) {
	valid, err := c.client.Ping(ctx)
	if err == nil && !valid {
		// a ping refuses with status 200, which the health of the client does not show
		_, _ = c.roster.Users.View(ctx)
		err = errTokenRefused
	}
	if err != nil {
		return Identity{}, inBrief(err)
	}
	var id Identity
	sum := c.client.TokenSum()
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
	if release, err := c.locks.acquire(ctx, ownerKey); err == nil {
		defer release()
		if id.Account.ID.Valid() && sum == c.client.TokenSum() {
			c.ownerNamed(ctx, sum, id.Account.ID)
		}
	}
	return id, nil
}

// Fields returns the fields that describe the company in the log. The name and the address of the
// owner are personal data and are omitted.
func (id Identity) Fields() []zap.Field {
	fields := []zap.Field{zap.String("company", id.Account.Company), zap.Int("users", id.Users)}
	if !id.Account.ID.Valid() {
		return append(fields, zap.String("token_owner", "not shown by TeamViewer"))
	}
	return append(fields, zap.Stringer("token_owner", id.Account.ID))
}
