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
// TeamViewer does not accept the token of a call, or says that the token lacks the right to list
// users. It may replace the token with [Client.UseTokenOf]; the call is then sent again, since a
// call that was refused for its token was certainly not done. With such a function, a token that is
// not accepted does not open the breaker, and [Health] does not show it. It must be set before the
// first call, and applies to the clients that [Client.WithToken] returns.
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

// ReplaceToken replaces the token with another one of the same company, which TeamViewer accepts as
// the caller knows. Calls that are withheld because TeamViewer refused the old token are made again.
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

// renewed reports whether a call that failed may be sent again because the token that TeamViewer
// refused was replaced.
func (c *Client) renewed(failed *Error, used string) bool {
	unfit := failed.Kind == KindToken || failed.Kind == KindPermission && failed.Function == FuncUserList
	if c.credential.refused == nil || !unfit {
		return c.outdated(failed, used)
	}
	c.credential.refused(sha256.Sum256([]byte(used)), failed)
	return c.credential.token() != used
}

// trialKey is the context key of Trial.
type trialKey struct{}

// Trial returns a context for trying a token that may be wrong: its calls are never sent again, and
// [CallEvent] marks them.
func Trial(ctx context.Context) context.Context { return context.WithValue(ctx, trialKey{}, true) }

func isTrial(ctx context.Context) bool { return ctx.Value(trialKey{}) != nil }
