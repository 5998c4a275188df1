package alert

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"syscall"
	"time"
)

// Limits of one post.
const (
	postTimeout = 10 * time.Second
	maxAnswer   = 64 << 10 // bytes of a response that are read before the connection is closed
)

// state is the state in a message.
type state string

const (
	firing   state = "firing"
	resolved state = "resolved"
)

// message is the JSON object of a post.
type message struct {
	Kind     string    `json:"kind"`
	Name     string    `json:"name,omitempty"`
	State    state     `json:"state"`
	Since    time.Time `json:"since"`
	Until    time.Time `json:"until,omitzero"`
	Summary  string    `json:"summary"`
	Remedy   string    `json:"remedy"`
	Instance string    `json:"instance"`
	Version  string    `json:"version"`
}

func (a *alert) state() state {
	if a.firing {
		return firing
	}
	return resolved
}

func (w *Watcher) messageOf(a *alert) message {
	m := message{
		Kind: a.Kind, Name: a.Name, State: a.state(), Since: a.Since.UTC().Truncate(time.Second),
		Summary: a.Summary, Remedy: a.Remedy, Instance: w.options.Instance, Version: w.options.Version,
	}
	if !a.firing {
		m.Until = a.until.UTC().Truncate(time.Second)
	}
	return m
}

// newClient returns a client that follows no redirect, since a redirect would send the message to
// another address.
func newClient(network http.RoundTripper) *http.Client {
	if network == nil {
		network = &http.Transport{
			Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true, // posts are rare
			TLSHandshakeTimeout: postTimeout, MaxResponseHeaderBytes: maxAnswer,
		}
	}
	return &http.Client{
		Transport: network, Timeout: postTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// send posts a message. Only a status of 2xx is success. The error contains neither the address nor
// the response.
func (w *Watcher) send(ctx context.Context, m message) error {
	body, err := json.Marshal(m)
	if err != nil {
		return errors.New("the message cannot be written as JSON")
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url, bytes.NewReader(body))
	if err != nil {
		return errors.New("the address is not a URL")
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "tvscim/"+w.options.Version)
	answer, err := w.client.Do(request)
	if err != nil {
		return errors.New(reason(err))
	}
	defer func() { _ = answer.Body.Close() }()
	_, _ = io.CopyN(io.Discard, answer.Body, maxAnswer) // only the status matters
	if answer.StatusCode < 200 || answer.StatusCode > 299 {
		return fmt.Errorf("the receiver answers with HTTP status %d", answer.StatusCode)
	}
	return nil
}

// reason returns why there was no response. It does not use the error of the transport, which shows
// the address.
func reason(err error) string {
	if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
		return "the receiver does not answer in time"
	}
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return "the host of the receiver is not found"
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return "the certificate of the receiver is not trusted"
	}
	if errors.Is(err, syscall.ECONNREFUSED) {
		return "the receiver refuses connections"
	}
	return "the receiver cannot be reached"
}
