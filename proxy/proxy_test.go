package proxy_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"tvscim/proxy"
	"tvscim/scim"
	"tvscim/scim/scimtest"
)

var update = flag.Bool("update", false, "write the golden files instead of comparing with them")

// TestMain collects garbage less often, which saves CPU time.
func TestMain(m *testing.M) {
	debug.SetGCPercent(400)
	goleak.VerifyTestMain(m)
}

// bearer is the token of the client in these tests.
const bearer = "the-token-of-the-client"

// auth is a mode with the client's token and one that has expired.
func auth(t testing.TB) proxy.Auth {
	t.Helper()
	a, err := proxy.Tokens(
		proxy.Token{Name: "entra", SHA256: sha256.Sum256([]byte(bearer))},
		proxy.Token{Name: "old", SHA256: sha256.Sum256([]byte("expired")), Expires: time.Date(2020, 2, 29, 12, 0, 0, 0, time.UTC)},
	)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// directory returns the same stores for all callers, unless open returns an error.
type directory struct {
	users  scim.Store[scim.User]
	groups scim.Store[scim.Group]
	open   func(context.Context, proxy.Caller) error // nil: all callers are accepted
}

func (d *directory) Open(ctx context.Context, c proxy.Caller) (scim.Store[scim.User], scim.Store[scim.Group], error) {
	if d.open != nil {
		if err := d.open(ctx, c); err != nil {
			return nil, nil, err
		}
	}
	return d.users, d.groups, nil
}

// userType is what users are in these tests.
func userType() *scim.ResourceType {
	return &scim.ResourceType{
		Name: "User", Endpoint: "/Users", Description: "A user account",
		Schema: scim.UserSchema(), Extensions: []scim.Schema{scim.EnterpriseSchema()},
	}
}

// groupType is what groups are in these tests.
func groupType() *scim.ResourceType {
	return &scim.ResourceType{Name: "Group", Endpoint: "/Groups", Description: "A user group", Schema: scim.GroupSchema()}
}

// options are those of a server over two empty stores, in token mode.
func options(t testing.TB) proxy.Options {
	t.Helper()
	return proxy.Options{
		Directory: &directory{
			users:  scimtest.NewMemory[scim.User](userType()),
			groups: scimtest.NewMemory[scim.Group](groupType()),
		},
		Users:     userType(),
		Groups:    groupType(),
		Auth:      auth(t),
		PublicURL: "https://scim.example.test",
		MaxBody:   4 << 10,
		Limits:    scim.Limits{Page: 3, MaxPage: 5},
	}
}

// newServer builds a server, changed by the given functions.
func newServer(t testing.TB, change ...func(*proxy.Options)) *proxy.Server {
	t.Helper()
	o := options(t)
	for _, c := range change {
		c(&o)
	}
	s, err := proxy.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// client sends requests to a server on loopback and records a transcript.
type client struct {
	t          *testing.T
	url        string
	http       *http.Client
	transcript bytes.Buffer
}

// serve starts a server and returns a client of it.
func serve(t *testing.T, change ...func(*proxy.Options)) *client {
	t.Helper()
	return dial(t, newServer(t, change...).Handler())
}

// dial serves a handler and returns a client of it.
func dial(t *testing.T, h http.Handler) *client {
	t.Helper()
	ts := httptest.NewServer(h)
	t.Cleanup(ts.Close)
	c := ts.Client()
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &client{t: t, url: ts.URL, http: c}
}

// reply is an answer that was read to its end.
type reply struct {
	status int
	header http.Header
	body   string
}

// request is one request of a test. The path is below the base path, and written as it is sent.
type request struct {
	method, path, body string
	header             http.Header // nil: the client's token and, with a body, the SCIM media type
}

// do sends a request and writes it down.
func (c *client) do(r request) reply {
	c.t.Helper()
	req, err := http.NewRequestWithContext(c.t.Context(), r.method, c.url+"/scim/v2"+r.path, strings.NewReader(r.body))
	if err != nil {
		c.t.Fatal(err)
	}
	req.Header = r.header
	if r.header == nil {
		req.Header = http.Header{"Authorization": {"Bearer " + bearer}}
		if r.body != "" {
			req.Header.Set("Content-Type", "application/scim+json")
		}
	}
	resp, err := c.http.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	out := reply{status: resp.StatusCode, header: resp.Header, body: string(body)}
	c.write(r, out)
	return out
}

// send is do with the usual headers.
func (c *client) send(method, path, body string) reply {
	c.t.Helper()
	return c.do(request{method: method, path: path, body: body})
}

// volatile is what differs from run to run: times, request ids and ports.
var volatile = []struct {
	pattern *regexp.Regexp
	text    string
}{
	{regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`), "<time>"},
	{regexp.MustCompile(` \(request [A-Z2-7]{26}\)`), ""}, // see scimError, which looks for it
	{regexp.MustCompile(`127\.0\.0\.1:\d+`), "<host>"},
	{regexp.MustCompile(`ursor":"[\w-]{30,}"`), `ursor":"<cursor>"`},
	{regexp.MustCompile(`cursor=[\w-]{30,}`), `cursor=<cursor>`},
}

// steady replaces what is volatile.
func steady(text string) string {
	for _, v := range volatile {
		text = v.pattern.ReplaceAllString(text, v.text)
	}
	return text
}

// write adds a request and its answer to the transcript, with the headers that differ from answer
// to answer.
func (c *client) write(r request, a reply) {
	w := &c.transcript
	fmt.Fprintf(w, "> %s %s\n", r.method, steady(abbreviated(r.path)))
	for _, name := range []string{"Authorization", "Content-Type", "Content-Encoding", "If-Match", "If-None-Match"} {
		for _, value := range r.header.Values(name) {
			fmt.Fprintf(w, "> %s: %s\n", name, abbreviated(value))
		}
	}
	if r.body != "" {
		fmt.Fprintf(w, "> %s\n", steady(abbreviated(r.body)))
	}
	fmt.Fprintf(w, "< %d %s\n", a.status, http.StatusText(a.status))
	for _, name := range []string{"Allow", "Content-Type", "Content-Location", "Location", "ETag", "Retry-After", "WWW-Authenticate"} {
		for _, value := range a.header.Values(name) {
			fmt.Fprintf(w, "< %s: %s\n", name, value)
		}
	}
	if a.body != "" {
		fmt.Fprintf(w, "< %s\n", steady(a.body))
	}
	w.WriteString("\n")
}

// abbreviated cuts what is long on purpose.
func abbreviated(s string) string {
	const longest = 500
	if len(s) <= longest {
		return s
	}
	return fmt.Sprintf("%s... (%d bytes)", s[:40], len(s))
}

// golden compares the transcript with a file.
func (c *client) golden(name string) {
	c.t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, c.transcript.Bytes(), 0o644); err != nil {
			c.t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		c.t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), c.transcript.String()); diff != "" {
		c.t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}
