package certificate

import (
	"context"
	"crypto/tls"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"
)

// pollInterval is the time between two looks at the files. Their contents are compared, since
// symbolic links are swapped (Kubernetes), files replaced (certbot) and times copied.
const pollInterval = 10 * time.Second

// remindInterval is the time between two log lines about the same expiry.
const remindInterval = 24 * time.Hour

// Options configures a [Source]: CertFile and KeyFile, or ACME.
type Options struct {
	CertFile     string      // PEM file with the certificate, followed by those of its intermediates
	KeyFile      string      // PEM file with its private key
	ClientCAFile string      // PEM file with the authorities of clients; "": clients need no certificate
	ACME         *ACME       // nil: the files
	Logger       *zap.Logger // nil is none
	Rehearsal    bool        // nothing is created: the source is for [Source.Warnings] only
}

// Problem is the reason why a setting cannot be used. Setting is its name, such as "cert_file".
type Problem struct {
	Setting string
	Reason  string // reason and remedy
}

// Error returns the setting and the reason.
func (p Problem) Error() string { return p.Setting + ": " + p.Reason }

// Problems are all problems of one look at the files, at least one.
type Problems []Problem

// Error returns all problems in one line.
func (ps Problems) Error() string {
	texts := make([]string, len(ps))
	for i, p := range ps {
		texts[i] = p.Error()
	}
	return strings.Join(texts, "; ")
}

// Source provides the TLS settings of a listener. It is safe for concurrent use.
type Source struct {
	options Options
	log     *zap.Logger
	issuer  *issuer // nil: the files
	now     func() time.Time

	config  *tls.Config // see Config
	current atomic.Pointer[loaded]
	reloads *prometheus.CounterVec

	mu       sync.Mutex
	seen     digest // of the latest look at the files
	reported bool   // the outcome of that look is known to be lasting, and was reported
	problem  error  // why the files cannot be used; nil: those in use are the files
	since    time.Time
	reminded time.Time // time of the latest log line about an expiry
}

// New reads the files. The error is [Problems].
func New(o Options) (*Source, error) {
	s := &Source{options: o, log: o.Logger, now: time.Now, reloads: newReloads()}
	if s.log == nil {
		s.log = zap.NewNop()
	}
	var problems Problems
	if o.ACME != nil {
		var err error
		if s.issuer, err = newIssuer(*o.ACME, s.log, o.Rehearsal); err != nil {
			problems = append(problems, Problem{"acme.cache", err.Error()})
		}
	}
	files := s.read()
	l, err := s.build(files)
	if found, ok := errors.AsType[Problems](err); ok {
		problems = append(problems, found...)
	}
	if len(problems) > 0 {
		return nil, problems
	}
	s.current.Store(l)
	s.config = &tls.Config{MinVersion: tls.VersionTLS12, GetConfigForClient: s.configFor}
	s.seen, s.reported = files.digest(), true
	return s, nil
}

// Config returns the settings for a listener. Each handshake uses the files of its moment.
func (s *Source) Config() *tls.Config { return s.config }

// configFor returns the settings for a handshake.
func (s *Source) configFor(hello *tls.ClientHelloInfo) (*tls.Config, error) {
	if s.issuer != nil && isChallenge(hello) {
		return s.issuer.challenge, nil
	}
	return s.current.Load().config, nil
}

// Run keeps the certificate current until the context ends: it looks at the files every 10 seconds,
// or obtains certificates by ACME, and logs an expiry that comes near. The listener must be served
// meanwhile, since the ACME server connects to it.
func (s *Source) Run(ctx context.Context) {
	var obtaining sync.WaitGroup
	defer obtaining.Wait()
	if s.issuer != nil {
		s.issuer.start(ctx, &obtaining)
	}
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	for {
		s.remind()
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			s.poll()
		}
	}
}

// Reload reads the files at once. If they cannot be used, those in use stay, and the error is
// [Problems].
func (s *Source) Reload() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	files := s.read()
	s.seen, s.reported = files.digest(), true
	return s.use(s.build(files))
}

// poll looks at the files. Certificate and key may be replaced one after the other: files that
// cannot be used are reported once a second look finds the same.
func (s *Source) poll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	files := s.read()
	again := files.digest() == s.seen
	if again && s.reported {
		return
	}
	s.seen = files.digest()
	l, err := s.build(files)
	s.reported = err == nil || again
	if s.reported {
		_ = s.use(l, err) // it logs the error
	}
}

// use takes what was built into use, or reports why it cannot.
func (s *Source) use(l *loaded, err error) error {
	if err != nil {
		if s.problem == nil {
			s.since = s.now()
		}
		s.problem = err
		s.reloads.WithLabelValues("failed").Inc()
		s.log.Warn("TLS files cannot be used; those in use stay in use", zap.Error(err))
		return err
	}
	mended := s.problem != nil
	s.problem = nil
	if l.digest == s.current.Load().digest {
		if mended {
			s.log.Info("TLS files are again those in use")
		}
		return nil
	}
	s.current.Store(l)
	s.reminded = time.Time{}
	s.reloads.WithLabelValues("loaded").Inc()
	fields := []zap.Field{}
	if l.leaf != nil {
		fields = append(fields, zap.String("subject", nameOf(l.leaf)), zap.Time("expires", l.leaf.NotAfter))
	}
	s.log.Info("TLS files loaded", fields...)
	return nil
}

// remind logs the warnings, once a day.
func (s *Source) remind() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.reminded.IsZero() && s.now().Sub(s.reminded) < remindInterval {
		return
	}
	warnings := s.Warnings()
	for _, w := range warnings {
		s.log.Warn(w)
	}
	if len(warnings) > 0 {
		s.reminded = s.now()
	}
}
