package gateway_test

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"tvscim/cmd/config"
	"tvscim/proxy/certificate/certificatetest"
	"tvscim/tvapi/tvfake"
)

// acmeVariable is the variable with the settings of TestChildACME.
const acmeVariable = "TEST_CHILD_ACME"

// TestChildACME is no test: it is the gateway of TestPebbleOfAGateway, in a process whose system
// trusts the ACME server. Its listener is a file that it inherits, since the ACME server must know
// the port before.
func TestChildACME(t *testing.T) {
	text := os.Getenv(acmeVariable)
	if text == "" {
		t.Skip("runs in a child process alone")
	}
	var settings config.TLS
	if err := json.Unmarshal([]byte(text), &settings); err != nil {
		t.Fatal(err)
	}
	s := newStage(t, staging{direct: true, settings: func(c *config.Config, _ *tvfake.Server) { c.TLS = settings }})
	public, err := net.FileListener(os.NewFile(3, "listener"))
	if err != nil {
		t.Fatal(err)
	}
	private, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.gateway.Serve(ctx, public, private) }()
	_, _ = io.Copy(io.Discard, os.Stdin)
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// TestPebbleOfAGateway: a gateway with tls.acme and nothing in front obtains its certificate from a
// real ACME server, and serves SCIM with it to a client that trusts that server's authority alone.
func TestPebbleOfAGateway(t *testing.T) {
	t.Parallel()
	const host = "scim.example.com"
	public, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer public.Close()
	pebble := certificatetest.StartPebble(t, public.Addr())
	settings, err := json.Marshal(config.TLS{ACME: config.ACME{
		Domains: []string{host}, Cache: filepath.Join(t.TempDir(), "acme"), DirectoryURL: pebble.DirectoryURL,
	}})
	if err != nil {
		t.Fatal(err)
	}
	file, err := public.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestChildACME$", "-test.count=1")
	cmd.Env = append(os.Environ(), acmeVariable+"="+string(settings), "SSL_CERT_FILE="+pebble.AuthorityFile)
	cmd.ExtraFiles, cmd.Stderr = []*os.File{file}, os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = in.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("the gateway ended with %v", err)
		}
	}()
	client := &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: pebble.Roots(t), ServerName: host, MinVersion: tls.VersionTLS12},
	}}
	defer client.CloseIdleConnections()
	s := &stage{t: t, token: stageToken, client: client, url: "https://" + public.Addr().String() + "/scim/v2"}
	var a answer
	err = fmt.Errorf("not tried")
	for deadline := time.Now().Add(time.Minute); err != nil && time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		a, err = s.try(t.Context(), s.token, "GET", "/Users", "") // refused until the certificate is there
	}
	if err != nil || a.status != http.StatusOK {
		t.Errorf("%v: %d %s", err, a.status, a.body)
	}
}
