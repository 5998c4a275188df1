package certificate

import (
	"crypto/x509"
	"fmt"
	"time"
)

// Status is how the certificates fare. Detail is one sentence for the operator.
type Status struct {
	OK     bool
	Since  time.Time // since when it fails; zero if unknown
	Detail string
}

// A certificate expires soon when less than a sixth of its lifetime is left, and less than this:
// ACME renews 30 days before the end, or after two thirds of the lifetime.
const (
	soonFile = 14 * 24 * time.Hour
	soonACME = 7 * 24 * time.Hour
)

// Status returns the first of these that is true: files cannot be used, a domain has no
// certificate, a certificate has expired, is not valid yet or expires soon.
func (s *Source) Status() Status {
	s.mu.Lock()
	problem, since := s.problem, s.since
	s.mu.Unlock()
	if problem != nil {
		return Status{Since: since, Detail: "the files on disk cannot be used, those loaded before are served: " + problem.Error()}
	}
	for _, h := range s.held() {
		if h.leaf == nil {
			return Status{Since: h.attempt.since, Detail: h.missing()}
		}
		if text := h.validity(s.now()); text != "" {
			return Status{Detail: text}
		}
	}
	return Status{OK: true}
}

// Warnings returns a line for each certificate that has expired, is not valid yet, or expires soon.
func (s *Source) Warnings() []string {
	var warnings []string
	for _, h := range s.held() {
		if h.leaf == nil {
			continue
		}
		if text := h.validity(s.now()); text != "" {
			warnings = append(warnings, text)
		}
	}
	return warnings
}

// held is one certificate.
type held struct {
	setting string // that it comes from
	domain  string // of ACME
	leaf    *x509.Certificate
	attempt attempt
	soon    time.Duration
}

// held returns the certificates: that of the files, or one for each domain of ACME.
func (s *Source) held() []held {
	if s.issuer == nil {
		return []held{{setting: "tls.cert_file", leaf: s.current.Load().leaf, soon: soonFile}}
	}
	var all []held
	for _, domain := range s.issuer.domains {
		h := held{setting: "tls.acme", domain: domain, soon: soonACME}
		h.leaf, h.attempt = s.issuer.state(domain)
		all = append(all, h)
	}
	return all
}

// missing is the detail of a domain without a certificate.
func (h held) missing() string {
	a := h.attempt
	if a.err == nil {
		return "the certificate of " + h.domain + " is being obtained by ACME"
	}
	text := fmt.Sprintf("no certificate for %s by ACME: %v", h.domain, a.err)
	if !a.next.IsZero() {
		text += "; next attempt at " + a.next.UTC().Format(time.RFC3339)
	}
	return text
}

// validity says what is wrong with the validity of the certificate, "" if nothing is.
func (h held) validity(now time.Time) string {
	left := h.leaf.NotAfter.Sub(now)
	name, day := nameOf(h.leaf), h.leaf.NotAfter.UTC().Format(time.DateOnly)
	remedy := "replace the files"
	if h.domain != "" {
		remedy = "it was not renewed: check that the ACME server can be reached, and that it reaches port 443 of the domain"
	}
	switch {
	case left < 0:
		return fmt.Sprintf("%s: the certificate of %s expired on %s, so that clients refuse it; %s", h.setting, name, day, remedy)
	case now.Before(h.leaf.NotBefore):
		return fmt.Sprintf("%s: the certificate of %s is not valid before %s; check the clock of this machine",
			h.setting, name, h.leaf.NotBefore.UTC().Format(time.RFC3339))
	case left < min(h.soon, h.leaf.NotAfter.Sub(h.leaf.NotBefore)/6):
		return fmt.Sprintf("%s: the certificate of %s expires on %s; %s", h.setting, name, day, remedy)
	}
	return ""
}

// nameOf returns the first name of a certificate.
func nameOf(leaf *x509.Certificate) string {
	switch {
	case len(leaf.DNSNames) > 0:
		return leaf.DNSNames[0]
	case len(leaf.IPAddresses) > 0:
		return leaf.IPAddresses[0].String()
	}
	return leaf.Subject.CommonName
}
