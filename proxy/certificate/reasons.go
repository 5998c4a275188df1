package certificate

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
)

// maxAnswer is the largest answer of an ACME server that is read for a reason, in bytes.
const maxAnswer = 64 << 10

// reasons sends the requests of an ACME client and remembers why the server could not validate a
// domain. autocert drops that text, which alone says what to mend: a missing name, a closed port.
type reasons struct {
	next http.RoundTripper

	mu     sync.Mutex
	ctx    context.Context // requests end with it; see until
	detail map[string]string
}

// newReasons returns a transport that sends by next.
func newReasons(next http.RoundTripper) *reasons {
	return &reasons{next: next, ctx: context.Background(), detail: make(map[string]string)}
}

// until ends all requests with the context: autocert has none for its work.
func (t *reasons) until(ctx context.Context) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ctx = ctx
}

// RoundTrip sends a request.
func (t *reasons) RoundTrip(r *http.Request) (*http.Response, error) {
	t.mu.Lock()
	end := t.ctx
	t.mu.Unlock()
	if end.Err() != nil {
		return nil, end.Err()
	}
	resp, err := t.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	head, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return nil, errors.Join(err, resp.Body.Close())
	}
	t.learn(head)
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(head), resp.Body), resp.Body}
	return resp, nil
}

// learn reads an authorization (RFC 8555 section 7.1.4). Other answers have no such fields.
func (t *reasons) learn(body []byte) {
	var authorization struct {
		Identifier struct{ Value string }
		Challenges []struct{ Error struct{ Detail string } }
	}
	if json.Unmarshal(body, &authorization) != nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, c := range authorization.Challenges {
		if c.Error.Detail != "" {
			t.detail[authorization.Identifier.Value] = c.Error.Detail
		}
	}
}

// explain adds the server's reason to the error of an attempt, and forgets it.
func (t *reasons) explain(domain string, err error) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	detail := t.detail[domain]
	delete(t.detail, domain)
	if detail == "" {
		return err
	}
	return fmt.Errorf("the ACME server could not validate the domain by connecting to its port 443: %s", detail)
}
