package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"tvscim/mapping/plan"
	"tvscim/proxy/admin"
)

// guardCommand shows and releases the guard of a running gateway.
type guardCommand struct {
	Status  guardStatusCommand  `cmd:"" help:"Show how many removals the guard counts and whether it holds any back."`
	Release guardReleaseCommand `cmd:"" help:"Let removals through that the guard holds back, for a time. The client sends them again in its next cycle."`
}

// guardAddress is the gateway that is asked. The admin listener answers callers on its own machine
// only.
type guardAddress struct {
	Admin   string        `help:"Address of the admin listener (default: TVSCIM_ADMIN_LISTEN, else 127.0.0.1:9090)." placeholder:"HOST:PORT"`
	Timeout time.Duration `help:"How long the answer may take." default:"10s"`
}

type guardStatusCommand struct {
	guardAddress
	JSON bool `help:"Print the answer of the gateway as it is." name:"json"`
}

type guardReleaseCommand struct {
	guardAddress
	For   time.Duration `help:"How long removals are let through, up to 168h." default:"1h"`
	Count int           `help:"How many removals are let through (default: any number)." placeholder:"N"`
}

// guardView is what the commands show of the answer of /guard.
type guardView struct {
	Enabled  bool       `json:"enabled"`
	Window   string     `json:"window"`
	Released *time.Time `json:"released_until"`
	Left     int        `json:"released_left"`
	Users    guardCount `json:"users"`
	Groups   guardCount `json:"groups"`
}

type guardCount struct {
	Size      int        `json:"size"`
	Removed   int        `json:"removed"`
	Limit     int        `json:"limit"`
	HeldSince *time.Time `json:"held_since"`
	Refused   int        `json:"refused"`
}

// Run shows the state of the guard.
func (g guardStatusCommand) Run(ctx context.Context, w world) error {
	body, err := g.ask(ctx, w, http.MethodGet, nil)
	if err != nil {
		return err
	}
	if g.JSON {
		_, err = w.out.Write(body)
		return err
	}
	return showGuard(w.out, body)
}

// Run releases the guard and shows its state.
func (g guardReleaseCommand) Run(ctx context.Context, w world) error {
	switch {
	case g.For <= 0 || g.For > admin.MaxRelease:
		return fmt.Errorf("--for: must be from 1s to %v", admin.MaxRelease)
	case g.Count < 0:
		return errors.New("--count: must be 1 or more; without it, any number is let through")
	}
	body, err := g.ask(ctx, w, http.MethodPost, admin.GuardRelease{For: g.For.String(), Count: g.Count})
	if err != nil {
		return err
	}
	return showGuard(w.out, body)
}

// ask sends a request to /guard and returns the body of the answer.
func (g guardAddress) ask(ctx context.Context, w world, method string, send any) ([]byte, error) {
	return g.send(ctx, w, method, "/guard", send, maxHealthBody)
}

// errNotFound is the error of a path that the admin listener does not have.
var errNotFound = errors.New("the gateway has no such path: is it of another version?")

// send sends a request to the admin listener and returns the body of the answer, up to most bytes.
func (g guardAddress) send(ctx context.Context, w world, method, path string, send any, most int64) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, g.Timeout)
	defer cancel()
	text, err := json.Marshal(send)
	if err != nil {
		return nil, err
	}
	url := "http://" + reachable(cmp.Or(g.Admin, variable(w.environ, "TVSCIM_ADMIN_LISTEN"), "127.0.0.1:9090")) + path
	request, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	request.Header.Set(admin.GuardHeader, "release")
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("no answer: %w", err)
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(answer.Body, most))
	if err == nil && answer.StatusCode == http.StatusNotFound {
		return nil, errNotFound
	}
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("the gateway answers %d: %s", answer.StatusCode, strings.TrimSpace(string(body)))
	}
	return body, err
}

// showGuard prints the state of the guard in words.
func showGuard(out io.Writer, body []byte) error {
	var g guardView
	if err := json.Unmarshal(body, &g); err != nil {
		return fmt.Errorf("the answer of /guard is not that of a gateway: %w", err)
	}
	if !g.Enabled {
		fmt.Fprintln(out, "the guard is off, or no company is served yet")
		return nil
	}
	showGuardCount(out, "users", g.Window, g.Users)
	showGuardCount(out, "groups", g.Window, g.Groups)
	if g.Released != nil {
		left := "any number"
		if g.Left > 0 {
			left = fmt.Sprintf("%d more", g.Left)
		}
		fmt.Fprintf(out, "released until %s: %s of removals beyond the limit\n", g.Released.Format(time.RFC3339), left)
	}
	return nil
}

func showGuardCount(out io.Writer, kind, window string, c guardCount) {
	limit := limitText(kind, c)
	held := "nothing is held back"
	if c.HeldSince != nil {
		held = "holding back since " + c.HeldSince.Format(time.RFC3339)
	}
	requests := "requests"
	if c.Refused == 1 {
		requests = "request"
	}
	fmt.Fprintf(out, "%-7s %d removed within %s, %s; %s; %d %s refused since the start\n", kind+":", c.Removed, window, limit, held, c.Refused, requests)
}

// limitText says how many removals are allowed. The limit depends on the size of the company, which
// is not known before the first list.
func limitText(kind string, c guardCount) string {
	if c.Limit > 0 {
		return fmt.Sprintf("limit %d", c.Limit)
	}
	return fmt.Sprintf("limit not known until the gateway has listed the %s, at least %d", kind, plan.Free)
}
