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

// Options are the settings of a Client. They hold a token, so they print as their address only,
// with every verb and in zap fields.
type Options struct {
	BaseURL   string            // without /api/v1; empty = DefaultBaseURL
	Token     string            // the bearer token, required
	Timeout   time.Duration     // of one attempt; 0 = 20 s. A list of users has only its context's
	UserAgent string            // empty = "tvscim/" and the version of this program
	Transport http.RoundTripper // nil = a NewTransport of the client's own
	DryRun    bool              // Transport answers writes itself, see package dryrun; invented ids are used
	Logger    *zap.Logger       // nil = none
	Observe   func(CallEvent)   // called after each attempt, concurrently; nil = none

	// Attempts is the number of attempts at a call that fails without a clear answer and is safe to
	// send again; 0 = 3. Throttled attempts do not count.
	Attempts int
	// MaxConcurrent is the number of calls that may be under way at once; 0 = 8.
	MaxConcurrent int
	// MaxWait is how long a call may wait in total: for other calls to end, or for TeamViewer to
	// accept calls of its function again; 0 = 15 s.
	MaxWait time.Duration
	// CallsPerDay is the number of calls of one function that TeamViewer allows the token per day.
	// It is used for warnings only, no call is withheld; 0 = not known.
	CallsPerDay int
}

// CallEvent describes one attempt at a call. A call that is withheld has none.
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
	credential *credential     // the only place of the token
	host       string          // of the Web API, with its port if it has one
	own        *http.Transport // nil when the transport comes from Options
	timeout    time.Duration
	attempts   int
	dryRun     bool
	pace       *pacer // the state of TeamViewer, as the calls showed it
	log        *zap.Logger
	observe    func(CallEvent)
}

// setDefaults sets the defaults of the options that are not set.
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

// check validates the options after setDefaults.
func (o *Options) check() error {
	switch {
	case o.Token == "":
		return errors.New("TeamViewer token: missing")
	case !printable(o.Token, '!'):
		return errToken
	case !printable(o.UserAgent, ' '):
		return errors.New("user agent: contains characters other than printable ASCII")
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
// valid in a header. It makes no call.
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
		host: base.Host, timeout: o.Timeout, attempts: o.Attempts, dryRun: o.DryRun, pace: newPacer(o),
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

// newRest configures resty as a plain sender of requests: no retries, no redirects, no decoding,
// and logs through log. This package reads the bodies, since resty would read them into memory as a
// whole.
func newRest(base string, transport http.RoundTripper, credential *credential, log *zap.Logger) *resty.Client {
	plain := &http.Client{
		Transport: transport,
		// A redirect would send the token to the address in the answer.
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

// Close closes the idle connections of a transport that New made. A transport from Options is
// closed by its owner.
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

// shownBase returns the address if it is valid: others may contain a password.
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

// printable reports whether s is ASCII from the character least to the tilde.
func printable(s string, least byte) bool {
	for i := range len(s) {
		if s[i] < least || s[i] > '~' {
			return false
		}
	}
	return true
}

// version returns the version that the Go tool wrote into the binary.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" || info.Main.Version == "(devel)" {
		return "devel"
	}
	return info.Main.Version
}
