package proxy

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"tvscim/scim"
)

// maxBearer is the length limit of a bearer token in bytes. It leaves room for a signed token with
// many claims.
const maxBearer = 8 << 10

// Caller is the client of a request. Name is the name of the token that matched, "" in passthrough
// without a list of tokens. Bearer is the caller's own token, set only in passthrough: the caller
// is then not authenticated until [Directory.Open] accepts the token. Address is the IP address of
// the client, for IPv6 its /64 network, since one client has a whole network: that of the peer, or
// what a proxy of [Options.TrustedProxies] says. A Caller prints and encodes without token and
// address.
type Caller struct {
	Name    string
	Bearer  string `json:"-"`
	Address string `json:"-"`
}

// String returns the name, never the token.
func (c Caller) String() string {
	if c.Bearer != "" && c.Name == "" {
		return "<bearer>"
	}
	return c.Name
}

// GoString returns what String returns, for %#v.
func (c Caller) GoString() string { return "proxy.Caller(" + c.String() + ")" }

// Auth returns the caller of a well-formed bearer token. Errors are [scim.Unauthorized] with a
// detail for the admin of the client.
type Auth interface {
	Caller(ctx context.Context, bearer string) (Caller, error)
}

var (
	_ Auth = passthrough{}
	_ Auth = tokens(nil)
)

// passthrough accepts all tokens, or those that are listed, and leaves their proof to the
// [Directory].
type passthrough struct{ listed tokens }

// Passthrough returns the mode in which the [Directory] checks the caller's own token.
func Passthrough() Auth { return passthrough{} }

// PassthroughOf is [Passthrough] for the tokens of a list alone; for all if the list is empty.
func PassthroughOf(list ...Token) (Auth, error) {
	if len(list) == 0 {
		return Passthrough(), nil
	}
	listed, err := newTokens(list)
	return passthrough{listed}, err
}

// Caller returns the token itself.
func (p passthrough) Caller(ctx context.Context, bearer string) (Caller, error) {
	if p.listed == nil {
		return Caller{Bearer: bearer}, nil
	}
	caller, err := p.listed.Caller(ctx, bearer)
	if err != nil {
		return Caller{}, err
	}
	caller.Bearer = bearer
	return caller, nil
}

// Token is one token that is accepted: the SHA-256 of its text, under a name for the log. It is
// accepted until Expires; the zero time is never.
type Token struct {
	Name    string
	SHA256  [sha256.Size]byte
	Expires time.Time
}

// tokens are the tokens that are accepted.
type tokens []Token

// Tokens returns the mode in which the service has its own tokens: one or more, so that they can be
// rotated.
func Tokens(list ...Token) (Auth, error) {
	if len(list) == 0 {
		return nil, errors.New("tokens: none given; nobody could call")
	}
	return newTokens(list)
}

// newTokens checks a list.
func newTokens(list []Token) (tokens, error) {
	names, sums := map[string]bool{}, map[[sha256.Size]byte]string{}
	for i, t := range list {
		switch {
		case t.Name == "":
			return nil, fmt.Errorf("token %d: missing name", i+1)
		case names[t.Name]:
			return nil, fmt.Errorf("token %s: name given twice", t.Name)
		case t.SHA256 == [sha256.Size]byte{}:
			return nil, fmt.Errorf("token %s: missing SHA-256", t.Name)
		case sums[t.SHA256] != "":
			return nil, fmt.Errorf("token %s: the same as token %s", t.Name, sums[t.SHA256])
		}
		names[t.Name], sums[t.SHA256] = true, t.Name
	}
	return tokens(append([]Token(nil), list...)), nil
}

// Caller returns the name of the token. Every token is compared in constant time, whether one
// before it matched or not, so that the response time reveals nothing about the list.
func (ts tokens) Caller(_ context.Context, bearer string) (Caller, error) {
	sum := sha256.Sum256([]byte(bearer))
	found := -1
	for i := range ts {
		if subtle.ConstantTimeCompare(sum[:], ts[i].SHA256[:]) == 1 {
			found = i
		}
	}
	if found < 0 {
		return Caller{}, scim.Unauthorized("the bearer token is none of those in the setting auth.tokens; give the client one of them, or list the SHA-256 hash of this one")
	}
	t := ts[found]
	if !t.Expires.IsZero() && !time.Now().Before(t.Expires) {
		return Caller{}, scim.Unauthorized("the bearer token %q expired at %s; give the client a new token",
			t.Name, t.Expires.UTC().Format(time.RFC3339))
	}
	return Caller{Name: t.Name}, nil
}

// bearerOf returns the token of the Authorization header (RFC 6750 section 2.1), or a 401 error
// with the reason. presented reports whether there was a token, valid or not.
func bearerOf(h http.Header) (token string, presented bool, err error) {
	values := h.Values("Authorization")
	switch {
	case strings.TrimSpace(strings.Join(values, "")) == "":
		return "", false, scim.Unauthorized("the Authorization header is missing; send a bearer token")
	case len(values) > 1:
		return "", true, scim.Unauthorized("%d Authorization headers were sent; send one", len(values))
	}
	scheme, token, _ := strings.Cut(strings.Trim(values[0], " \t"), " ")
	token = strings.TrimLeft(token, " ")
	switch again, _, _ := strings.Cut(token, " "); {
	case !strings.EqualFold(scheme, "Bearer"):
		return "", false, scim.Unauthorized("the scheme of the Authorization header is not Bearer; send a bearer token")
	case token == "":
		return "", false, scim.Unauthorized("the bearer token is empty; give the client a token")
	case strings.EqualFold(again, "Bearer"):
		return "", true, scim.Unauthorized(`the bearer token begins with the word "Bearer"; give the client the token without this word`)
	case len(token) > maxBearer:
		return "", true, scim.Unauthorized("the bearer token is longer than %d bytes; check that only the token was entered", maxBearer)
	case strings.ContainsFunc(token, notVisible):
		return "", true, scim.Unauthorized("the bearer token contains a space or another character that a token cannot have; check that only the token was entered")
	}
	return token, true, nil
}

// notVisible reports whether a character is not allowed in a token. More characters are allowed
// than in b64token of RFC 6750, because a token of this service may be any password, but none that
// could break a header.
func notVisible(r rune) bool { return r < '!' || r > '~' }
