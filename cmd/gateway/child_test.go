package gateway_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"tvscim/cmd/config"
	"tvscim/tvapi/tvfake"
)

// childVariable is the variable with the settings of a gateway in a process of its own.
const childVariable = "TEST_CHILD"

// childSettings are its settings. The zero value of a field is the default.
type childSettings struct {
	Base, Token string // of the emulator
	Store       string // path of the file
	URL         string // of the database
	OnDelete    config.OnDelete
	Timeout     time.Duration // of a call to TeamViewer
	Request     time.Duration // time limit of a request
	Window      time.Duration // gateway.Options.LateWindow
	MaxRemovals int           // of the guard; 0: it is off, since it counts a removal again that a kill cut short
}

// apply changes the settings of a gateway.
func (s childSettings) apply(c *config.Config) {
	c.TeamViewer.BaseURL, c.TeamViewer.Token = s.Base, config.NewSecret(s.Token)
	c.Store.Path, c.Store.URL = s.Store, config.NewSecret(s.URL)
	if s.OnDelete != "" {
		c.Users.OnDelete = s.OnDelete
	}
	c.Guard.MaxRemovals, c.Guard.Enabled = s.MaxRemovals, s.MaxRemovals != 0
	if s.Timeout != 0 {
		c.TeamViewer.Timeout = s.Timeout
	}
	if s.Request != 0 {
		c.Limits.RequestTimeout = s.Request
	}
}

// TestChildGateway is no test: it is the gateway that other tests kill. It serves until its
// standard input ends, as it does when the test that started it dies.
func TestChildGateway(t *testing.T) {
	var settings childSettings
	text := os.Getenv(childVariable)
	if text == "" {
		t.Skip("runs in a child process alone")
	}
	if err := json.Unmarshal([]byte(text), &settings); err != nil {
		t.Fatal(err)
	}
	// The emulator's lists do not lag here; with the default, each restart would take 15 s of real
	// time.
	s := newStage(t, staging{direct: true, lag: 50 * time.Millisecond, window: settings.Window, network: http.DefaultTransport, settings: func(c *config.Config, _ *tvfake.Server) {
		settings.apply(c)
	}})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	private, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintln(os.Stdout, "serving", listener.Addr(), private.Addr())
	go http.Serve(listener, s.gateway.SCIM())
	go http.Serve(private, s.gateway.Admin())
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// child is a gateway in a process of its own.
type child struct {
	cmd     *exec.Cmd
	stdin   io.Closer
	address string
	admin   string // URL of the admin listener
	stage   *stage // to send it requests
}

// startChild starts one and waits until it serves. It may be called from any goroutine.
func startChild(t *testing.T, settings childSettings) (child, error) {
	text, err := json.Marshal(settings)
	if err != nil {
		return child{}, err
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestChildGateway$", "-test.count=1")
	cmd.Env = append(os.Environ(), childVariable+"="+string(text))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return child{}, err
	}
	in, err := cmd.StdinPipe()
	if err != nil {
		return child{}, err
	}
	if err := cmd.Start(); err != nil {
		return child{}, err
	}
	lines := bufio.NewScanner(out)
	var said []string
	for lines.Scan() {
		if addresses, ok := strings.CutPrefix(lines.Text(), "serving "); ok {
			address, private, _ := strings.Cut(addresses, " ")
			go func() { _, _ = io.Copy(io.Discard, out) }()
			s := &stage{t: t, token: stageToken, client: http.DefaultClient, url: "http://" + address + "/scim/v2"}
			return child{cmd, in, address, "http://" + private, s}, nil
		}
		said = append(said, lines.Text())
	}
	_ = cmd.Wait()
	return child{}, fmt.Errorf("the gateway did not start:\n%s", strings.Join(said, "\n"))
}

// mustStartChild is startChild for the goroutine of a test, which ends the child too.
func mustStartChild(t *testing.T, settings childSettings) child {
	t.Helper()
	c, err := startChild(t, settings)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.kill)
	return c
}

// kill ends a child at once, as kill -9 does.
func (c child) kill() {
	_ = c.cmd.Process.Kill()
	_ = c.cmd.Wait()
}

// stop ends a child in good order.
func (c child) stop(t *testing.T) {
	t.Helper()
	_ = c.stdin.Close()
	if err := c.cmd.Wait(); err != nil {
		t.Errorf("the gateway ended with %v", err)
	}
}
