package main

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"tvscim/cmd/config"
	"tvscim/tvapi/tvfake"
)

// Variables of a child process: the emulator's address and token, and the file.
const (
	childBase  = "TEST_CHILD_BASE"
	childToken = "TEST_CHILD_TOKEN"
	childStore = "TEST_CHILD_STORE"
)

// TestChildGateway is no test: it is the gateway that TestKill kills. It serves until its standard input ends, as it does
// when the test that started it dies.
func TestChildGateway(t *testing.T) {
	if os.Getenv(childBase) == "" {
		t.Skip("runs in a child process alone")
	}
	s := newStage(t, staging{direct: true, network: http.DefaultTransport, settings: func(c *config.Config, _ *tvfake.Server) {
		c.TeamViewer.BaseURL, c.TeamViewer.Token = os.Getenv(childBase), config.NewSecret(os.Getenv(childToken))
		c.Store.Path = os.Getenv(childStore)
	}})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println("serving", listener.Addr())
	go http.Serve(listener, s.gateway.scim)
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// child is a gateway in a process of its own.
type child struct {
	cmd   *exec.Cmd
	stdin io.Closer
	stage *stage // to send it requests
}

func startChild(t *testing.T, base, token, store string) child {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestChildGateway$", "-test.count=1")
	cmd.Env = append(os.Environ(), childBase+"="+base, childToken+"="+token, childStore+"="+store)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	lines := bufio.NewScanner(out)
	var said []string
	for lines.Scan() {
		if address, ok := strings.CutPrefix(lines.Text(), "serving "); ok {
			go func() { _, _ = io.Copy(io.Discard, out) }()
			return child{cmd, in, &stage{t: t, token: stageToken, url: "http://" + address + "/scim/v2"}}
		}
		said = append(said, lines.Text())
	}
	t.Fatalf("the gateway did not start:\n%s", strings.Join(said, "\n"))
	return child{}
}

// stop ends a child in good order.
func (c child) stop(t *testing.T) {
	t.Helper()
	_ = c.stdin.Close()
	if err := c.cmd.Wait(); err != nil {
		t.Errorf("the gateway ended with %v", err)
	}
}

// ward is one user or group of the kill test: what the client asked for, and what it was told of it.
type ward struct {
	endpoint, name string
	id             string // "" until a POST was answered or a search found it
	asked          string // externalId of the last request
	acked          string // externalId of the last request that was answered with success
}

// write gives the ward an externalId, with a POST if it is not known to be made yet. It reports whether the gateway is
// still there.
func (w *ward) write(s *stage, externalID string) (alive bool) {
	method, path := "POST", w.endpoint
	body := fmt.Sprintf(`{"userName":%q,"displayName":%q,"externalId":%q}`, w.name, w.name, externalID)
	if w.id != "" {
		method, path = "PATCH", w.endpoint+"/"+w.id
		body = patchOf(fmt.Sprintf(`{"op":"Replace","path":"externalId","value":%q}`, externalID))
	}
	w.asked = externalID
	a, err := s.try(method, path, body)
	switch {
	case err != nil:
		return false
	case a.status == http.StatusCreated:
		w.id = fmt.Sprint(a.json(s.t)["id"])
		w.acked = externalID
	case a.status == http.StatusOK, a.status == http.StatusNoContent:
		w.acked = externalID
	case a.status == http.StatusConflict: // made by a request whose answer was lost
	default:
		s.t.Errorf("%s: %d %s", w.name, a.status, a.body)
	}
	return true
}

// try is do for a gateway that may die meanwhile.
func (s *stage) try(method, path, body string) (answer, error) {
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+s.token)
	req.Header.Set("Content-Type", "application/scim+json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	return answer{res.StatusCode, res.Header, string(text)}, err
}

// check wants the gateway to remember what it said it would: the last externalId that it acknowledged, or one that it was
// asked for since.
func (w *ward) check(t *testing.T, s *stage) {
	t.Helper()
	attribute := "userName"
	if w.endpoint == "/Groups" {
		attribute = "displayName"
	}
	ids := s.foundBy(t, w.endpoint, attribute, w.name)
	if w.id == "" && len(ids) == 1 {
		w.id = ids[0] // made by a request whose answer was lost
	}
	if w.id == "" && len(ids) == 0 {
		return // never made
	}
	if len(ids) != 1 || ids[0] != w.id {
		t.Errorf("%s: found %v, want %s", w.name, ids, w.id)
		return
	}
	shown, _ := s.do("GET", w.endpoint+"/"+w.id, "").json(t)["externalId"].(string)
	if shown != w.acked && shown != w.asked {
		t.Errorf("%s: externalId %q, though %q was acknowledged and %q asked for since", w.name, shown, w.acked, w.asked)
	}
	if shown != "" {
		s.wantFound(t, w.endpoint, "externalId", shown, w.id)
	}
	w.acked = shown
}

// TestKill kills a gateway at random moments while it writes, and starts it again on the same file: what it acknowledged
// is there, and in the end everything is.
func TestKill(t *testing.T) {
	t.Parallel()
	kills := 10
	if os.Getenv("TVSCIM_SOAK") != "" {
		kills = 50
	}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	chance := rand.New(rand.NewPCG(seed, 0))
	fake := tvfake.New(tvfake.Options{})
	api := httptest.NewServer(fake.Handler())
	t.Cleanup(api.Close)
	store := filepath.Join(t.TempDir(), "links.db")
	var wards []*ward
	for i := range 24 {
		wards = append(wards, &ward{endpoint: "/Users", name: fmt.Sprintf("user%d@contoso.example", i)})
		if i%4 == 0 {
			wards = append(wards, &ward{endpoint: "/Groups", name: fmt.Sprintf("Group %d", i)})
		}
	}
	for round := range kills {
		c := startChild(t, api.URL, fake.Token(), store)
		for _, w := range wards {
			w.check(t, c.stage)
		}
		kill := time.AfterFunc(time.Duration(chance.Int64N(int64(100*time.Millisecond))), func() { _ = c.cmd.Process.Kill() })
		writeAll(wards, c.stage, fmt.Sprint("round ", round), true)
		kill.Stop()
		_ = c.cmd.Process.Kill()
		_ = c.cmd.Wait()
	}
	c := startChild(t, api.URL, fake.Token(), store)
	for _, w := range wards {
		w.check(t, c.stage)
	}
	writeAll(wards, c.stage, "last", false)
	c.stop(t)
	c = startChild(t, api.URL, fake.Token(), store)
	for _, w := range wards {
		c.stage.wantFound(t, w.endpoint, "externalId", w.name+", last 0", w.id)
	}
	c.stop(t)
	if n := len(fake.Users()); n != 25 {
		t.Errorf("the company has %d users, want 24 and the token's owner", n)
	}
}

// writeAll writes all wards, four at a time: once, or with forever until the gateway is gone.
func writeAll(wards []*ward, s *stage, tag string, forever bool) {
	const clients = 4
	var all sync.WaitGroup
	for k := range clients {
		all.Go(func() {
			for turn := 0; turn == 0 || forever; turn++ {
				for i := k; i < len(wards); i += clients {
					if !wards[i].write(s, fmt.Sprintf("%s, %s %d", wards[i].name, tag, turn)) {
						return
					}
				}
			}
		})
	}
	all.Wait()
}
