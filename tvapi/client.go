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

// Options are what a Client needs. They hold a token, so they print as their address alone, with
// every verb and in zap fields.
type Options struct {
	BaseURL   string            // without /api/v1; empty = DefaultBaseURL
	Token     string            // the bearer token, required
	Timeout   time.Duration     // of one attempt; 0 = 20 s. A list of users has only its context's
	UserAgent string            // empty = "tvscim/" and the version of this program
	Transport http.RoundTripper // nil = a NewTransport of the client's own
	Logger    *zap.Logger       // nil = none
	Observe   func(CallEvent)   // called after each attempt, at once by many; nil = nobody listens

	// Attempts is how often a call may be sent when it fails without a clear answer and sending it
	// again is safe; 0 = 3. Being throttled is not counted.
	Attempts int
	// MaxConcurrent is how many calls may be under way at once; 0 = 8.
	MaxConcurrent int
	// MaxWait is how long a call may wait for its turn in all: for others to end, or for TeamViewer
	// to take calls of its function again; 0 = 15 s.
	MaxWait time.Duration
	// CallsPerDay is how many calls of one function TeamViewer allows the token in a day, for
	// warnings alone: nothing is held back; 0 = not known.
	CallsPerDay int
}

// CallEvent is one attempt at a call, as metrics see it. A call that is withheld is none.
type CallEvent struct {
	Function Function
	Outcome  Kind // 0 = done
	Status   int  // 0 = no answer
	Duration time.Duration
	Trial    bool // see the function Trial
}

// Client calls the Web API of one company with one token. Of its settings, only the token may
// change after New. It is safe for concurrent use.
type Client struct {
	rest       *resty.Client
	credential *credential     // alone holds the token
	host       string          // of the Web API, with its port if it has one
	own        *http.Transport // nil when the transport is somebody else's
	timeout    time.Duration
	attempts   int
	pace       *pacer // what calls have taught about TeamViewer
	log        *zap.Logger
	observe    func(CallEvent)
}

// setDefaults fills in what Options do not say.
func (o *Options) setDefaults() {
	o.BaseURL = cmp.Or(o.BaseURL, DefaultBaseURL)
	o.UserAgent = cmp.Or(o.UserAgent, "tvscim/"+version())
	o.Timeout = cmp.Or(o.Timeout, 20*time.Second)
	o.Attempts = cmp.Or(o.Attempts, 3)
	o.MaxConcurrent = cmp.Or(o.MaxConcurrent, 8)
	o.MaxWait = cmp.Or(o.MaxWait, 15*time.Second)
	if o.Logger == nil {
		o.Logger = zap.NewNop()
	}
}

// check returns what is wrong with the options, defaults set.
func (o *Options) check() error {
	switch {
	case o.Token == "":
		return errors.New("TeamViewer token: missing")
	case !printable(o.Token, '!'):
		return errToken
	case !printable(o.UserAgent, ' '):
		return errors.New("user agent: holds characters other than printable ASCII")
	case o.Timeout < 0:
		return errors.New("TeamViewer timeout: negative")
	case o.Attempts < 0:
		return errors.New("attempts of a call: negative")
	case o.MaxConcurrent < 0:
		return errors.New("calls at once: negative")
	case o.MaxWait < 0:
		return errors.New("wait of a call: negative")
	case o.CallsPerDay < 0:
		return errors.New("calls per day: negative")
	default:
		return nil
	}
}

// New returns a client. The base URL must be https, or http on this machine; the token must be
// something that fits in a header. Nothing is called.
func New(o Options) (*Client, error) {
	o.setDefaults()
	base, err := parseBase(o.BaseURL)
	if err != nil {
		return nil, fmt.Errorf("TeamViewer base URL: %w", err)
	}
	if err := o.check(); err != nil {
		return nil, err
	}
	c := &Client{
		host: base.Host, timeout: o.Timeout, attempts: o.Attempts, pace: newPacer(o),
		log: o.Logger, observe: o.Observe, credential: newCredential(o.Token),
	}
	network := o.Transport
	if network == nil {
		c.own = NewTransport()
		network = c.own
	}
	c.rest = newRest(base.String(), &guard{base: base, next: network}, c.credential, c.log).
		SetHeader("User-Agent", o.UserAgent)
	return c, nil
}

// newRest sets resty up as the plain sender of requests: it never repeats one, follows nothing,
// decodes nothing and logs to us. Bodies are read by this room, since resty reads all of them into
// memory.
func newRest(base string, transport http.RoundTripper, credential *credential, log *zap.Logger) *resty.Client {
	plain := &http.Client{
		Transport: transport,
		// A redirect would carry the token to wherever the answer says.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return resty.NewWithClient(plain).
		SetLogger(restLogger{log: log.Named("resty"), token: credential.token}).
		SetRetryCount(0).
		SetDoNotParseResponse(true).
		SetBaseURL(base).
		SetHeader("Accept", "application/json").
		SetHeader("Accept-Encoding", acceptEncoding)
}

// Close gives back the idle connections of a transport that New made. A transport from Options is
// its owner's to close.
func (c *Client) Close() {
	if c.own != nil {
		c.own.CloseIdleConnections()
	}
}

// Host returns the host that is called, with its port if it has one.
func (c *Client) Host() string { return c.host }

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
