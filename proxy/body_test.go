package proxy_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"tvscim/proxy"
)

func TestMediaTypes(t *testing.T) {
	t.Parallel()
	c := serve(t)
	tests := []struct {
		contentType, encoding string
		status                int
	}{
		{"application/scim+json", "", 201},
		{"application/json", "", 201},
		{"application/scim+json; charset=utf-8", "", 201},
		{"Application/SCIM+JSON;Charset=UTF-8", "", 201},
		{"application/json", "identity", 201},
		{"", "", 201},
		{"text/plain", "", 415},
		{"text/json", "", 415},
		{"application/x-www-form-urlencoded", "", 415},
		{"multipart/form-data; boundary=x", "", 415},
		{"application/json-patch+json", "", 415},
		{"application/jsonx", "", 415},
		{"*/*", "", 415},
		{"application/json; charset", "", 415},
		{";", "", 415},
		{"application/json", "gzip", 415},
	}
	for i, test := range tests {
		header := authorization("Bearer " + bearer)
		if test.contentType != "" {
			header.Set("Content-Type", test.contentType)
		}
		if test.encoding != "" {
			header.Set("Content-Encoding", test.encoding)
		}
		body := fmt.Sprintf(`{"userName":"user%d@contoso.example"}`, i)
		a := c.do(request{method: "POST", path: "/Users", body: body, header: header})
		if a.status != test.status {
			t.Errorf("%q %q: status %d, want %d: %s", test.contentType, test.encoding, a.status, test.status, a.body)
		}
		if a.status >= 400 {
			scimError(t, a)
		}
	}
	for _, method := range []string{"PUT", "PATCH"} {
		header := authorization("Bearer " + bearer)
		header.Set("Content-Type", "text/plain")
		a := c.do(request{method: method, path: "/Users/user-1", body: "{}", header: header})
		if a.status != http.StatusUnsupportedMediaType {
			t.Errorf("%s: status %d, want 415", method, a.status)
		}
	}
}

// TestHeadersThatAreRepeated: all lines of a header count, not the first alone.
func TestHeadersThatAreRepeated(t *testing.T) {
	t.Parallel()
	c := serve(t)
	for name, header := range map[string]http.Header{
		"two types":                 {"Content-Type": {"application/json", "text/plain"}},
		"a type and an empty line":  {"Content-Type": {"application/json", ""}},
		"the same type twice":       {"Content-Type": {"application/json", "application/json"}},
		"a coding behind none":      {"Content-Encoding": {"identity", "gzip"}},
		"a coding behind an empty":  {"Content-Encoding": {"", "gzip"}},
		"a coding in the same line": {"Content-Encoding": {"identity, gzip"}},
	} {
		header.Set("Authorization", "Bearer "+bearer)
		a := c.do(request{method: "POST", path: "/Users", body: `{"userName":"nora@contoso.example"}`, header: header})
		if a.status != http.StatusUnsupportedMediaType {
			t.Errorf("%s: status %d, want 415: %s", name, a.status, a.body)
		}
	}
}

func TestBodyLimit(t *testing.T) {
	t.Parallel()
	const limit = 4 << 10 // of the options
	c := serve(t)
	sized := func(name string, size int) string {
		body := fmt.Sprintf(`{"userName":"%s@contoso.example"`, name)
		return body + strings.Repeat(" ", size-len(body)-1) + "}"
	}
	tests := []struct {
		name   string
		size   int
		status int
	}{
		{"at", limit, 201},
		{"above", limit + 1, 413},
		{"far-above", 1 << 20, 413},
	}
	for _, test := range tests {
		for _, framing := range []string{"length", "chunked"} {
			body := io.Reader(strings.NewReader(sized(test.name+"-"+framing, test.size)))
			if framing == "chunked" {
				body = struct{ io.Reader }{body} // hides its length from the client
			}
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, c.url+"/scim/v2/Users", body)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Authorization", "Bearer "+bearer)
			resp, err := c.http.Do(req)
			if err != nil {
				t.Fatalf("%s, %s: %v", test.name, framing, err)
			}
			text, err := io.ReadAll(resp.Body)
			resp.Body.Close()
			if err != nil {
				t.Fatal(err)
			}
			if resp.StatusCode != test.status {
				t.Errorf("%s, %s: status %d, want %d: %s", test.name, framing, resp.StatusCode, test.status, text)
			}
			if resp.StatusCode == http.StatusRequestEntityTooLarge {
				e := scimError(t, reply{status: resp.StatusCode, header: resp.Header, body: string(text)})
				if !strings.Contains(e.Detail, "4096 bytes") {
					t.Errorf("%s, %s: the detail does not name the limit: %s", test.name, framing, e.Detail)
				}
			}
		}
	}
}

// pipes is a listener whose connections are pipes in memory, so that a test can use a fake clock.
type pipes struct {
	conns chan net.Conn
	once  sync.Once
}

func (p *pipes) Accept() (net.Conn, error) {
	conn, ok := <-p.conns
	if !ok {
		return nil, net.ErrClosed
	}
	return conn, nil
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.conns) })
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe", Net: "unix"} }

// TestSlowClients sends part of a request and then nothing. The clock is synctest's.
func TestSlowClients(t *testing.T) {
	t.Parallel()
	const head = "POST /scim/v2/Users HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + bearer + "\r\n"
	tests := map[string]struct {
		sent   string
		status int // 0: what net/http makes of it
		after  time.Duration
	}{
		"nothing":           {"", 0, 10 * time.Second},
		"half of the head":  {head[:40], 0, 10 * time.Second},
		"half of the body":  {head + "Content-Length: 100\r\n\r\n{\"userName\":", 408, 30 * time.Second},
		"half of the chunk": {head + "Transfer-Encoding: chunked\r\n\r\n64\r\n{\"userName\":", 408, 30 * time.Second},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				listener := &pipes{conns: make(chan net.Conn)}
				server := proxy.HTTPServer(newServer(t).Handler(), time.Minute, nil)
				ended := make(chan error, 1)
				go func() { ended <- server.Serve(listener) }()
				client, conn := net.Pipe()
				defer func() {
					client.Close()
					server.Close()
					<-ended
				}()
				listener.conns <- conn
				started := time.Now()
				go func() { _, _ = io.WriteString(client, test.sent) }()
				resp, err := http.ReadResponse(bufio.NewReader(client), nil)
				if took := time.Since(started); took != test.after {
					t.Errorf("ended after %s, want %s", took, test.after)
				}
				if test.status != 0 {
					if err != nil {
						t.Fatal(err)
					}
					body, _ := io.ReadAll(resp.Body)
					if resp.StatusCode != test.status {
						t.Errorf("status %d, want %d: %s", resp.StatusCode, test.status, body)
					}
					scimError(t, reply{status: resp.StatusCode, header: resp.Header, body: string(body)})
				}
			})
		})
	}
}

func TestBodyThatEndsEarly(t *testing.T) {
	t.Parallel()
	c := serve(t)
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(c.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "POST /scim/v2/Users HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", bearer)
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	e := scimError(t, reply{status: resp.StatusCode, header: resp.Header, body: string(body)})
	if e.Status != "400" || e.ScimType != "invalidSyntax" {
		t.Errorf("status %s, scimType %s", e.Status, e.ScimType)
	}
}
