package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"go.uber.org/zap"

	"tvscim/cmd/config"
	"tvscim/cmd/gateway"
	"tvscim/proxy"
	"tvscim/tvapi/tvfake"
)

type emulateCommand struct {
	Listen  string `help:"Address of the emulated TeamViewer Web API." default:"127.0.0.1:8181"`
	Control string `help:"Address for seeding, faults and counts; GET / explains it." default:"127.0.0.1:8182"`
	Token   string `help:"The bearer token it accepts; random by default." env:"TVSCIM_EMULATE_TOKEN"`
	Variant string `help:"How it reads the silent points of TeamViewer's contract; 'list' names them all." default:"default"`
	Users   int    `help:"How many users the company has at the start, besides the token's owner." default:"0"`
}

// Run runs the emulator until the context ends.
func (e emulateCommand) Run(ctx context.Context, w world) error {
	if e.Variant == "list" {
		for _, v := range tvfake.Variants() {
			fmt.Fprintln(w.out, v.Name)
		}
		fmt.Fprintln(w.err, "Each is one other reading of TeamViewer's contract; docs/emulator.md and tvapi/tvfake/variant.go say what it stands for.")
		return nil
	}
	if reason := config.TokenProblem(e.Token); reason != "" {
		return settingsError{fmt.Errorf("--token: %s", reason)}
	}
	variant, ok := tvfake.VariantByName(e.Variant)
	if !ok {
		return fmt.Errorf("variant %q: there is none of that name; --variant list names them all", e.Variant)
	}
	fake := tvfake.New(tvfake.Options{Token: e.Token, Variant: variant})
	for i := range e.Users {
		fake.AddUser(tvfake.User{Name: fmt.Sprintf("User %d", i+1), Email: fmt.Sprintf("user%d@contoso.example", i+1), Active: true})
	}
	api, err := serveLoopback(ctx, e.Listen, fake.Handler())
	if err != nil {
		return err
	}
	defer api.Close()
	control, err := serveLoopback(ctx, e.Control, fake.Control())
	if err != nil {
		return err
	}
	defer control.Close()
	fmt.Fprintf(w.out, "This is NOT TeamViewer: an emulator that forgets everything at exit.\n"+
		"  Web API   %s (teamviewer.base_url)\n  token     %s\n  control   %s (GET / explains it: curl %s)\n  variant   %s\n",
		api.url(), fake.Token(), control.url(), control.url(), variant.Name)
	<-ctx.Done()
	return nil
}

// loopback is a server that only this machine can reach.
type loopback struct {
	listener net.Listener
	server   *http.Server
}

// serveLoopback serves a handler on an address of this machine only, so that other machines cannot
// mistake an emulator or a rehearsal for the real service.
func serveLoopback(ctx context.Context, address string, handler http.Handler) (*loopback, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("address %q: %w", address, err)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("address %q: only loopback addresses such as 127.0.0.1 are served here", address)
	}
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("address %s %s", address, gateway.ListenProblem(err))
	}
	l := &loopback{listener: listener, server: proxy.HTTPServer(handler, time.Minute, zap.NewNop())}
	go func() {
		if err := l.server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			panic(err) // only this function closes the listener
		}
	}()
	return l, nil
}

func (l *loopback) url() string { return "http://" + l.listener.Addr().String() }

// Close waits a short time for current requests.
func (l *loopback) Close() {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	_ = l.server.Shutdown(ctx) // the remaining requests may be cut off
}
