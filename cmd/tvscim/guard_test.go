package main

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"tvscim/proxy/admin"
)

// heldGuard holds back removals until it is released.
type heldGuard struct {
	within time.Duration
	count  int
}

func (g *heldGuard) Status() any {
	users := map[string]any{"removed": 200, "limit": 200, "refused": 12}
	if g.within == 0 {
		users["held_since"] = "2026-11-28T10:00:00Z"
	}
	return map[string]any{"enabled": true, "window": "24h0m0s", "users": users, "groups": map[string]any{"removed": 1, "refused": 1}}
}

func (g *heldGuard) Release(_ *http.Request, within time.Duration, count int) error {
	if g.within != 0 {
		return errors.New("nothing is held back")
	}
	g.within, g.count = within, count
	return nil
}

func TestGuardCommands(t *testing.T) {
	t.Parallel()
	guard := &heldGuard{}
	h, err := admin.New(admin.Options{Gatherer: prometheus.NewRegistry(), Ready: func() bool { return true }, Guard: guard})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	address := strings.TrimPrefix(server.URL, "http://")
	for _, step := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"guard", "status"}, 0, "200 removed within 24h0m0s, limit 200; holding back since 2026-11-28T10:00:00Z; 12 requests refused"},
		{[]string{"guard", "status"}, 0, "groups: 1 removed within 24h0m0s, limit not known until the gateway has listed the groups, at least 5; nothing is held back; 1 request refused since the start\n"},
		{[]string{"guard", "status", "--json"}, 0, `"held_since": "2026-11-28T10:00:00Z"`},
		{[]string{"guard", "release", "--for", "200h"}, 1, "--for: must be from 1s to 168h"},
		{[]string{"guard", "release", "--count=-1"}, 1, "--count: must be 1 or more"},
		{[]string{"guard", "release", "--for", "2h", "--count", "300"}, 0, "limit 200; nothing is held back"},
		{[]string{"guard", "release"}, 1, "nothing is held back"},
	} {
		var out, problems bytes.Buffer
		code := run(context.Background(), append(step.args, "--admin", address), world{out: &out, err: &problems})
		if said := out.String() + problems.String(); code != step.code || !strings.Contains(said, step.says) {
			t.Errorf("%v: code %d, %s", step.args, code, said)
		}
	}
	if guard.within != 2*time.Hour || guard.count != 300 {
		t.Errorf("released for %v, %d", guard.within, guard.count)
	}
}
