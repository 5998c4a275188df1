package gateway_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tvscim/cmd/config"
	"tvscim/proxy"
	"tvscim/scim"
	"tvscim/scim/scimtest"
	"tvscim/tvapi/tvfake"
)

// TestConformance runs the suite of RFC statements on the protocol side over a store in memory, and
// on the gateway over the emulator, and keeps docs/conformance.md equal to what was found. With
// -update the file is written anew.
func TestConformance(t *testing.T) {
	t.Parallel()
	var memory, gateway scimtest.Report
	t.Run("memory", func(t *testing.T) { memory = scimtest.RunTesting(t, memoryTarget(t)) })
	t.Run("gateway", func(t *testing.T) { gateway = scimtest.RunTesting(t, gatewayTarget(t)) })
	if t.Failed() {
		return
	}
	var text bytes.Buffer
	text.WriteString(conformancePreface)
	if err := scimtest.WriteMarkdown(&text, scimtest.Column{Name: "memory", Report: memory}, scimtest.Column{Name: "gateway", Report: gateway}); err != nil {
		t.Fatal(err)
	}
	writeExceptions(&text)
	path := filepath.Join("..", "..", "docs", "conformance.md")
	if *update {
		if err := os.WriteFile(path, text.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), text.String()); diff != "" {
		t.Errorf("%s is out of date; write it anew with -update (-want +got):\n%s", path, diff)
	}
}

const conformancePreface = `# Conformance

What RFC 7643, RFC 7644 and RFC 9865 say about a service provider, statement by statement, and what a test found.
**memory** is the protocol side of tvscim over a store in memory: what the code of SCIM itself does. **gateway** is the
whole of tvscim over the emulator of TeamViewer, with ` + "`users.keep: [\"*\"]`" + `. MAY stands for what an RFC leaves open
and clients rely on. *n/a* is a statement about a feature that is not advertised, or about its absence where it is.

This file is written by the test that it reports on.

`

// keptAsSent is why a value that a client sends twice is shown twice.
const keptAsSent = "what a client sends is shown as it was sent, for it compares the two and would send it again for ever"

// neverLost is why a deactivation is not subject to the atomicity of its request.
const neverLost = "a deactivation is never lost: an exception to atomicity, see below"

// gatewayTarget is the gateway over the emulator, which keeps every attribute.
func gatewayTarget(t *testing.T) scimtest.Target {
	t.Helper()
	s := newStage(t, staging{settings: func(c *config.Config, _ *tvfake.Server) { c.Users.Keep = []string{"*"} }})
	return scimtest.Target{BaseURL: s.url, Token: s.token, Departures: map[string]string{
		"RFC 7643 2.4 no value twice":                      keptAsSent,
		"RFC 7644 3.5.2 all or nothing for a deactivation": neverLost,
	}}
}

// memoryTarget is the protocol side over two stores in memory. They are apart, so that the groups
// of a user are not known, and not advertised.
func memoryTarget(t *testing.T) scimtest.Target {
	t.Helper()
	users := &scim.ResourceType{
		Name: "User", Endpoint: "/Users", Schema: scim.UserSchema(), Extensions: []scim.Schema{scim.EnterpriseSchema()},
		Advertised: func(_ string, a scim.Attribute) bool { return a.Name != "groups" },
	}
	groups := &scim.ResourceType{Name: "Group", Endpoint: "/Groups", Schema: scim.GroupSchema()}
	auth, err := proxy.Tokens(proxy.Token{Name: "suite", SHA256: sha256.Sum256([]byte(stageToken))})
	if err != nil {
		t.Fatal(err)
	}
	server, err := proxy.New(proxy.Options{
		Directory: memories{scimtest.NewMemory[scim.User](users), scimtest.NewMemory[scim.Group](groups)},
		Users:     users, Groups: groups, Auth: auth,
	})
	if err != nil {
		t.Fatal(err)
	}
	listening := httptest.NewServer(server.Handler())
	t.Cleanup(listening.Close)
	return scimtest.Target{BaseURL: listening.URL + proxy.DefaultBasePath, Token: stageToken, Departures: map[string]string{
		"RFC 7643 2.4 no value twice":   keptAsSent,
		"RFC 7643 2.4 a member twice":   "the store in memory keeps members as they were sent; the gateway meets it",
		"RFC 7643 4.2 a deleted member": "users and groups are stores apart there; the gateway meets it",

		"RFC 7644 3.5.2 all or nothing for a deactivation": neverLost,
	}}
}

// memories hands the same two stores to everybody.
type memories struct {
	users  scim.Store[scim.User]
	groups scim.Store[scim.Group]
}

func (m memories) Open(context.Context, proxy.Caller) (scim.Store[scim.User], scim.Store[scim.Group], error) {
	return m.users, m.groups, nil
}
