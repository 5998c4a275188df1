package tvapi

import (
	"context"
	"crypto/sha256"
	"errors"
	"sync/atomic"
	"time"
)

// errToken is the error of a token that is not valid in a header.
var errToken = errors.New("TeamViewer token: contains characters other than printable ASCII")

// credential is the token of a client. It can be replaced while calls are under way.
type credential struct {
	text    atomic.Pointer[string]
	refused func(sum [sha256.Size]byte, reason *Error) // nil = a refused token opens the breaker
}

func newCredential(token string) *credential {
	var c credential
	c.text.Store(&token)
	return &c
}

func (c *credential) token() string { return *c.text.Load() }

// OnRefused sets a function that is called with the SHA-256 of the token and the error whenever
// TeamViewer does not accept the token of a call and confirms that when it is asked with
// [Client.Ping], or says that the token lacks the right to list users. The function may replace the
// token with [Client.UseTokenOf]; the call is then sent again, since a call that was refused for
// its token was certainly not done. It is also sent again, once, when TeamViewer says that the
// token is valid. Without the confirmation, the error is Unconfirmed and the function is not
// called. With such a function, a token that is not accepted does not open the breaker, and
// [Health] does not show it. It must be set before the first call, and applies to the clients that
// [Client.WithToken] returns.
func (c *Client) OnRefused(refused func(sum [sha256.Size]byte, reason *Error)) {
	c.credential.refused = refused
}

// WithToken returns a client that uses another token of the same company and shares everything else
// with this one: the connections, the limit of concurrent calls, and the state of TeamViewer. It
// need not be closed.
func (c *Client) WithToken(token string) (*Client, error) {
	if token == "" || !printable(token, '!') {
		return nil, errToken
	}
	other := *c
	other.own = nil
	other.credential = newCredential(token)
	other.credential.refused = c.credential.refused
	return &other, nil
}

// UseTokenOf replaces the token with the current token of another client.
func (c *Client) UseTokenOf(other *Client) { c.credential.text.Store(other.credential.text.Load()) }

// TokenSum returns the SHA-256 of the current token.
func (c *Client) TokenSum() [sha256.Size]byte { return sha256.Sum256([]byte(c.credential.token())) }

// ReplaceToken replaces the token with another one of the same company, which TeamViewer accepts as
// the caller knows. Calls that are withheld because TeamViewer refused the old token are made
// again.
func (c *Client) ReplaceToken(token string) error {
	if token == "" || !printable(token, '!') {
		return errToken
	}
	c.credential.text.Store(&token)
	c.pace.tokenReplaced(time.Now())
	return nil
}

// outdated reports whether a call was refused for a token that was replaced meanwhile: this says
// nothing about the current one.
func (c *Client) outdated(failed *Error, used string) bool {
	return failed.Kind == KindToken && c.credential.token() != used
}

// renewed reports whether a call that TeamViewer refused for its token may be sent again: because
// the token was replaced, or because TeamViewer says that it is valid, the first time.
func (c *Client) renewed(ctx context.Context, failed *Error, used string, t *turn) bool {
	switch {
	case c.outdated(failed, used):
		return true
	case c.credential.refused == nil || failed.Function == FuncPing:
		return false
	case failed.Kind == KindToken:
		if again, confirmed := c.confirm(ctx, failed, used, t); !confirmed {
			return again
		}
	case failed.Kind != KindPermission || failed.Function != FuncUserList:
		return false
	}
	c.credential.refused(sha256.Sum256([]byte(used)), failed)
	return c.credential.token() != used
}

// confirm asks TeamViewer about a token that it did not accept for a call: one wrong answer would
// otherwise end the use of a valid token. Unless the refusal is confirmed, the error says so, and
// again reports whether to send the call again.
func (c *Client) confirm(ctx context.Context, failed *Error, used string, t *turn) (again, confirmed bool) {
	if t.tokenValid { // it was asked already
		failed.Unconfirmed = true
		return false, false
	}
	valid, err := c.Ping(ctx)
	switch {
	case c.outdated(failed, used): // the answer may be about the new one
		return true, false
	case err == nil && !valid:
		return false, true
	}
	failed.Unconfirmed, t.tokenValid = true, err == nil
	return t.tokenValid, false
}

// trialKey is the context key of Trial.
type trialKey struct{}

// Trial returns a context for trying a token that may be wrong: its calls are never sent again, and
// [CallEvent] marks them.
func Trial(ctx context.Context) context.Context { return context.WithValue(ctx, trialKey{}, true) }

func isTrial(ctx context.Context) bool { return ctx.Value(trialKey{}) != nil }
