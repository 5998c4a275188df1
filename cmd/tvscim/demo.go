package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"net/http"

	"go.uber.org/zap"

	"tvscim/cmd/config"
	"tvscim/cmd/gateway"
	"tvscim/tvapi/tvfake"
)

type demoCommand struct {
	Exit   bool   `help:"End after the rehearsal instead of staying up."`
	Listen string `help:"Loopback address of the gateway." default:"127.0.0.1:0"`
}

// Run rehearses Entra's first cycle. Gateway and emulator are in this process and communicate over
// loopback.
func (d demoCommand) Run(ctx context.Context, w world) error {
	r, err := newRehearsal(ctx, d.Listen)
	if err != nil {
		return err
	}
	defer r.Close()
	show := newShow(w.out, w.environ)
	spent, err := r.play(ctx, show)
	if err != nil {
		return err
	}
	if !d.Exit {
		show.staying(r)
	}
	show.verdict(spent)
	if !d.Exit {
		<-ctx.Done()
	}
	return nil
}

// play plays the whole script.
func (r *rehearsal) play(ctx context.Context, show *show) (cost, error) {
	show.opening(r)
	scenes := r.script()
	var spent cost
	for i, s := range scenes {
		acted, err := r.act(ctx, s)
		if err != nil {
			return spent, err
		}
		show.scene(i+1, len(scenes), acted)
		if !acted.asExpected() {
			return spent, fmt.Errorf("rehearsal: %s %s answered %d, which Entra does not take", s.method, s.path, acted.status)
		}
		spent.add(acted)
	}
	show.closing(r)
	return spent, nil
}

// cost is the number of TeamViewer calls that requests caused.
type cost struct {
	requests  int
	creations int // of the requests
	calls     int
	writes    int // of the calls
}

func (c *cost) add(a acted) {
	c.requests++
	if a.method == http.MethodPost {
		c.creations++
	}
	c.calls += len(a.calls)
	for _, call := range a.calls {
		if call.Method != http.MethodGet {
			c.writes++
		}
	}
}

// naive returns the number of calls of a gateway without a snapshot: one for each search, each read
// and before each change, and the same writes. That is a lower bound, since its lists may have
// several pages.
func (c *cost) naive() int { return c.requests - c.creations + c.writes }

// rehearsal is a gateway in front of an emulated TeamViewer.
type rehearsal struct {
	fake    *tvfake.Server
	api     *loopback
	gateway *gateway.Gateway
	scim    *loopback
	admin   *loopback // the status page
	base    string    // where SCIM is served
	token   string    // of the SCIM client

	client http.Client
	calls  chan tvfake.Call
	ids    map[string]string // of users and groups, by their names in the script
}

// newRehearsal starts both. The company is not empty: one of Entra's users already has a TeamViewer
// account.
func newRehearsal(ctx context.Context, listen string) (*rehearsal, error) {
	r := &rehearsal{
		fake:  tvfake.New(tvfake.Options{}),
		token: "demo-" + rand.Text(),
		calls: make(chan tvfake.Call, 1000),
		ids:   map[string]string{},
	}
	r.fake.ChangeUser(r.fake.OwnerID(), func(u *tvfake.User) { u.Email = "admin@contoso.example" })
	r.fake.AddUser(tvfake.User{Name: "Lee", Email: "lee.moss@contoso.example", Active: true})
	r.fake.OnCall(func(c tvfake.Call) { r.calls <- c })
	var err error
	if r.api, err = serveLoopback(ctx, "127.0.0.1:0", r.fake.Handler()); err != nil {
		return nil, err
	}
	c := r.settings()
	ready := make(chan struct{})
	scim := http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) { <-ready; r.gateway.SCIM().ServeHTTP(w, q) })
	if r.scim, err = serveLoopback(ctx, listen, scim); err != nil {
		r.Close()
		return nil, err
	}
	c.PublicURL = r.scim.url() // the gateway names its address, which is known when it is listened on
	if r.gateway, err = gateway.New(gateway.Options{Config: c, Version: version, Logger: zap.NewNop()}); err != nil {
		r.Close()
		return nil, err
	}
	close(ready)
	if r.admin, err = serveLoopback(ctx, "127.0.0.1:0", r.gateway.Admin()); err != nil {
		r.Close()
		return nil, err
	}
	r.base = r.scim.url() + c.BasePath
	return r, nil
}

// status is the address of the status page.
func (r *rehearsal) status() string { return r.admin.url() + "/status" }

// settings returns settings with auth.mode token: the SCIM client does not see TeamViewer's token.
func (r *rehearsal) settings() config.Config {
	c := config.Default()
	c.Auth.Mode = config.AuthToken
	c.Auth.Tokens = []config.Token{{Name: "demo", SHA256: sha256.Sum256([]byte(r.token))}}
	c.TeamViewer.BaseURL = r.api.url()
	c.TeamViewer.Token = config.NewSecret(r.fake.Token())
	return c
}

// Close stops the gateway, then the emulator.
func (r *rehearsal) Close() {
	for _, l := range []*loopback{r.scim, r.admin} {
		if l != nil {
			l.Close()
		}
	}
	if r.gateway != nil {
		r.gateway.Close()
	}
	r.api.Close()
}
