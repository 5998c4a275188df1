package tvapi

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/go-resty/resty/v2"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// Options are what a Client needs. They hold a token, so they print as their
// address alone, with every verb and in zap fields.
type Options struct {
	BaseURL   string            // without /api/v1; empty = DefaultBaseURL
	Token     string            // the bearer token, required
	Timeout   time.Duration     // of one call; 0 = 20 s. A list of users has only its context's
	UserAgent string            // empty = "tvscim/" and the version of this program
	Transport http.RoundTripper // nil = a NewTransport of the client's own
	Logger    *zap.Logger       // nil = none
	Observe   func(CallEvent)   // called after each call, at once by many; nil = nobody listens
}

// CallEvent is one call that was made, as metrics see it.
type CallEvent struct {
	Function Function
	Outcome  Kind // 0 = done
	Status   int  // 0 = no answer
	Duration time.Duration
}

// Client calls the Web API of one company with one token. It never changes after
// New and is safe for concurrent use.
type Client struct {
	rest    *resty.Client   // alone holds the token
	own     *http.Transport // nil when the transport is somebody else's
	timeout time.Duration
	log     *zap.Logger
	observe func(CallEvent)
}

// defaultTimeout is that of one call when Options do not say.
const defaultTimeout = 20 * time.Second

// New returns a client. The base URL must be https, or http on this machine; the
// token must be something that fits in a header. Nothing is called.
func New(o Options) (*Client, error) {
	base, err := parseBase(cmp.Or(o.BaseURL, DefaultBaseURL))
	if err != nil {
		return nil, fmt.Errorf("TeamViewer base URL: %w", err)
	}
	userAgent := cmp.Or(o.UserAgent, "tvscim/"+version())
	switch {
	case o.Token == "":
		return nil, errors.New("TeamViewer token: missing")
	case !printable(o.Token, '!'):
		return nil, errors.New("TeamViewer token: holds characters other than printable ASCII")
	case !printable(userAgent, ' '):
		return nil, errors.New("user agent: holds characters other than printable ASCII")
	case o.Timeout < 0:
		return nil, errors.New("TeamViewer timeout: negative")
	}
	c := &Client{timeout: cmp.Or(o.Timeout, defaultTimeout), log: o.Logger, observe: o.Observe}
	if c.log == nil {
		c.log = zap.NewNop()
	}
	network := o.Transport
	if network == nil {
		c.own = NewTransport()
		network = c.own
	}
	c.rest = newRest(base.String(), &guard{base: base, next: network}, o.Token, c.log).
		SetHeader("User-Agent", userAgent)
	return c, nil
}

// newRest sets resty up as the plain sender of requests: it never repeats one,
// follows nothing, decodes nothing and logs to us. Bodies are read by this room,
// since resty reads all of them into memory.
func newRest(base string, transport http.RoundTripper, token string, log *zap.Logger) *resty.Client {
	plain := &http.Client{
		Transport: transport,
		// A redirect would carry the token to wherever the answer says.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return resty.NewWithClient(plain).
		SetLogger(restLogger{log: log.Named("resty"), token: token}).
		SetRetryCount(0).
		SetDoNotParseResponse(true).
		SetBaseURL(base).
		SetAuthToken(token).
		SetHeader("Accept", "application/json")
}

// Close gives back the idle connections of a transport that New made. A transport
// from Options is its owner's to close.
func (c *Client) Close() {
	if c.own != nil {
		c.own.CloseIdleConnections()
	}
}

// String returns the address of the Web API.
func (o Options) String() string { return "tvapi.Options{" + o.shownBase() + "}" }

// MarshalLogObject gives zap the address of the Web API and nothing else.
func (o Options) MarshalLogObject(enc zapcore.ObjectEncoder) error {
	enc.AddString("base_url", o.shownBase())
	return nil
}

// shownBase is the address if New would take it: others may hold a password.
func (o Options) shownBase() string {
	base, err := parseBase(cmp.Or(o.BaseURL, DefaultBaseURL))
	if err != nil {
		return "invalid address"
	}
	return base.String()
}

// String returns the address of the Web API.
func (c Client) String() string {
	if c.rest == nil {
		return "tvapi.Client{}"
	}
	return "tvapi.Client{" + c.rest.BaseURL + "}"
}

// printable says whether s is ASCII from the character least to the tilde.
func printable(s string, least byte) bool {
	for i := range len(s) {
		if s[i] < least || s[i] > '~' {
			return false
		}
	}
	return true
}

// version is this program's as the Go tool wrote it into the binary.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" || info.Main.Version == "(devel)" {
		return "devel"
	}
	return info.Main.Version
}
