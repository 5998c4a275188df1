package scimtest_test

import (
	"context"
	"crypto/sha256"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tvscim/proxy"
	"tvscim/scim"
	"tvscim/scim/scimtest"
)

// token is the one that the service under test takes.
const token = "conformance-token"

// directory returns the same two stores for all callers.
type directory struct {
	users  scim.Store[scim.User]
	groups scim.Store[scim.Group]
}

func (d directory) Open(context.Context, proxy.Caller) (scim.Store[scim.User], scim.Store[scim.Group], error) {
	return d.users, d.groups, nil
}

// service is the SCIM service over two empty memories. It does not compute the groups of a user,
// so that they are not advertised.
func service(t testing.TB) http.Handler {
	t.Helper()
	users := &scim.ResourceType{
		Name: "User", Endpoint: "/Users", Schema: scim.UserSchema(), Extensions: []scim.Schema{scim.EnterpriseSchema()},
		Advertised: func(_ string, a scim.Attribute) bool { return a.Name != "groups" },
	}
	auth, err := proxy.Tokens(proxy.Token{Name: "suite", SHA256: sha256.Sum256([]byte(token))})
	if err != nil {
		t.Fatal(err)
	}
	server, err := proxy.New(proxy.Options{
		Directory: directory{scimtest.NewMemory[scim.User](users), scimtest.NewMemory[scim.Group](groupType)},
		Users:     users,
		Groups:    groupType,
		Auth:      auth,
	})
	if err != nil {
		t.Fatal(err)
	}
	return server.Handler()
}

// target serves a handler on loopback.
func target(t testing.TB, h http.Handler) scimtest.Target {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return scimtest.Target{BaseURL: server.URL + "/scim/v2", Client: server.Client(), Token: token}
}

// TestConformanceOfMemory runs the suite over the store that is nothing but the RFCs. It has every
// feature, but for what excludes another, and is left as it was.
func TestConformanceOfMemory(t *testing.T) {
	t.Parallel()
	where := target(t, service(t))
	where.Departures = map[string]string{
		"RFC 7643 2.4 no value twice":   "values are kept as they were sent",
		"RFC 7643 2.4 a member twice":   "members are kept as they were sent",
		"RFC 7643 4.2 a deleted member": "users and groups are stores apart",

		"RFC 7644 3.5.2 all or nothing for a deactivation": "a deactivation is never lost",
	}
	before := totals(t, where)
	report := scimtest.RunTesting(t, where)
	if diff := cmp.Diff(before, totals(t, where)); diff != "" {
		t.Errorf("left behind (-before +after):\n%s", diff)
	}
	for _, r := range report.Results {
		if r.Outcome == scimtest.Skipped && strings.HasPrefix(r.Detail, "attribute ") && !strings.HasPrefix(r.Detail, "attribute User.groups") {
			t.Errorf("%s: %s, but it is there", r.Check.ID(), r.Detail)
		}
	}
	if n := report.Count(scimtest.Must, scimtest.Passed); n < 150 {
		t.Errorf("%d statements with MUST are met; has a feature gone unseen?", n)
	}
}
