package main

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"regexp"
	"sync"
	"testing"
	"time"
)

// transcript is a writer whose text can be waited for.
type transcript struct {
	mu      sync.Mutex
	text    bytes.Buffer
	changed chan struct{} // closed and replaced at each write
}

func newTranscript() *transcript { return &transcript{changed: make(chan struct{})} }

func (b *transcript) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	n, err := b.text.Write(p)
	close(b.changed)
	b.changed = make(chan struct{})
	return n, err
}

func (b *transcript) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// wait returns the submatches of a pattern once the text has it.
func (b *transcript) wait(t *testing.T, pattern string) []string {
	t.Helper()
	re := regexp.MustCompile(pattern)
	deadline := time.After(20 * time.Second)
	for {
		b.mu.Lock()
		found, changed := re.FindStringSubmatch(b.text.String()), b.changed
		b.mu.Unlock()
		if found != nil {
			return found
		}
		select {
		case <-changed:
		case <-deadline:
			t.Fatalf("no %q in:\n%s", pattern, b)
		}
	}
}

// command runs a command line in the background.
type command struct {
	out, err *transcript
	stop     func() int // ends it and returns its exit code
}

func start(t *testing.T, environ []string, args ...string) command {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	c := command{out: newTranscript(), err: newTranscript()}
	code := make(chan int, 1)
	go func() { code <- run(ctx, args, world{environ: environ, out: c.out, err: c.err}) }()
	c.stop = sync.OnceValue(func() int { cancel(); return <-code })
	t.Cleanup(func() { c.stop() })
	return c
}

// once runs a command line that ends by itself.
func once(t *testing.T, environ []string, args ...string) (code int, out, err string) {
	t.Helper()
	var o, e bytes.Buffer
	code = run(t.Context(), args, world{environ: environ, out: &o, err: &e})
	return code, o.String(), e.String()
}

// anyPort is an environ that listens where nobody else does, with more variables.
func anyPort(more ...string) []string {
	return append([]string{"TVSCIM_LISTEN=127.0.0.1:0", "TVSCIM_ADMIN_LISTEN=127.0.0.1:0"}, more...)
}

// freeAddress returns a loopback address that nobody listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func fetch(t *testing.T, url, token string) (status int, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(text)
}
