package gateway_test

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	gocmp "github.com/google/go-cmp/cmp"

	"tvscim/cmd/config"
	"tvscim/cmd/gateway"
	"tvscim/mapping/idmap/boltmap"
	"tvscim/tvapi/tvfake"
)

// storing keeps what the stage remembers in a file.
func storing(path string) func(*config.Config, *tvfake.Server) {
	return func(c *config.Config, _ *tvfake.Server) { c.Store.Path = path }
}

// restart stops the gateway and starts another one on the same company, with its own settings.
func (s *stage) restart(t *testing.T, settings func(*config.Config, *tvfake.Server)) *stage {
	t.Helper()
	s.gateway.Close()
	again := newStage(t, staging{direct: true, network: s.fake.Transport(), settings: func(c *config.Config, _ *tvfake.Server) {
		c.TeamViewer.Token = config.NewSecret(s.fake.Token())
		settings(c, s.fake)
	}})
	again.fake = s.fake
	return again
}

// foundBy returns the ids of the resources that a search for one value finds.
func (s *stage) foundBy(t *testing.T, endpoint, attribute, value string) []string {
	t.Helper()
	a := s.do("GET", searchFor(endpoint, attribute, value), "")
	if a.status != http.StatusOK {
		t.Fatalf("search for %s %q: %d %s", attribute, value, a.status, a.body)
	}
	return found(t, a)
}

// searchFor returns the address of a search for one value.
func searchFor(endpoint, attribute, value string) string {
	return endpoint + "?filter=" + url.QueryEscape(fmt.Sprintf("%s eq %q", attribute, value))
}

// found returns the ids of the resources in a list.
func found(t *testing.T, a answer) (ids []string) {
	t.Helper()
	resources, _ := a.json(t)["Resources"].([]any)
	for _, r := range resources {
		ids = append(ids, fmt.Sprint(get(r, "id")))
	}
	return ids
}

// wantFound wants a search to find one resource.
func (s *stage) wantFound(t *testing.T, endpoint, attribute, value, id string) {
	t.Helper()
	if got := s.foundBy(t, endpoint, attribute, value); len(got) != 1 || got[0] != id {
		t.Errorf("%s %s %q finds %v, want %s", endpoint, attribute, value, got, id)
	}
}

// made sends a POST and returns the id of what was made.
func (s *stage) made(t *testing.T, endpoint, body string) string {
	t.Helper()
	a := s.do("POST", endpoint, body)
	if a.status != http.StatusCreated {
		t.Fatalf("POST %s: %d %s", endpoint, a.status, a.body)
	}
	return fmt.Sprint(a.json(t)["id"])
}

// remembered is a company with something in it of each kind that only the gateway remembers.
type remembered struct {
	long, pending, deleted, group string // ids
	longName                      string // over 50 characters
}

func remember(t *testing.T, s *stage) remembered {
	t.Helper()
	r := remembered{longName: strings.TrimSpace(strings.Repeat("Nora Amalia ", 6))}
	r.long = s.made(t, "/Users", fmt.Sprintf(`{"userName":"nora.vale@contoso.example","externalId":"ext-nora","displayName":%q,"name":{"givenName":"Nora","familyName":"Vale"}}`, r.longName))
	r.pending = s.made(t, "/Users", `{"userName":"ola.lind@contoso.example","externalId":"ext-ola","displayName":"Ola"}`)
	if a := s.do("PATCH", "/Users/"+r.pending, patchOf(`{"op":"Replace","path":"userName","value":"ola.new@contoso.example"}`)); a.status != http.StatusOK {
		t.Fatalf("new address: %d %s", a.status, a.body)
	}
	r.deleted = s.made(t, "/Users", `{"userName":"pia.berg@contoso.example","externalId":"ext-pia","displayName":"Pia"}`)
	if a := s.do("DELETE", "/Users/"+r.deleted, ""); a.status != http.StatusNoContent {
		t.Fatalf("DELETE: %d %s", a.status, a.body)
	}
	r.group = s.made(t, "/Groups", fmt.Sprintf(`{"displayName":"TV Field Service","externalId":"ext-group","members":[{"value":%q}]}`, r.long))
	return r
}

// TestRestart: what TeamViewer cannot hold is there again after a restart, under every reading of
// its contract.
func TestRestart(t *testing.T) {
	t.Parallel()
	onEveryVariant(t, func(t *testing.T, o tvfake.Options) {
		synctest.Test(t, func(t *testing.T) { testRestart(t, o) })
	})
}

func testRestart(t *testing.T, o tvfake.Options) {
	settings := storing(filepath.Join(t.TempDir(), "links.db"))
	first := newStage(t, staging{fake: o, direct: true, settings: settings})
	r := remember(t, first)
	time.Sleep(time.Minute) // in the bubble's time: where lists lag behind writes, they have caught up
	s := first.restart(t, settings)

	s.wantFound(t, "/Users", "externalId", "ext-nora", r.long)
	s.wantFound(t, "/Users", "externalId", "ext-ola", r.pending)
	s.wantFound(t, "/Users", "userName", "ola.new@contoso.example", r.pending)
	s.wantFound(t, "/Groups", "externalId", "ext-group", r.group)
	long := s.do("GET", "/Users/"+r.long, "").json(t)
	if long["displayName"] != r.longName || get(long, "name", "familyName") != "Vale" {
		t.Errorf("the user is shown as %v", long)
	}

	if a := s.do("GET", "/Users/"+r.deleted, ""); a.status != http.StatusNotFound {
		t.Errorf("the deleted user: %d %s", a.status, a.body)
	}
	if ids := s.foundBy(t, "/Users", "userName", "pia.berg@contoso.example"); ids != nil {
		t.Errorf("the deleted user is found: %v", ids)
	}
	if id := s.made(t, "/Users", `{"userName":"pia.berg@contoso.example","externalId":"ext-pia-2","displayName":"Pia"}`); id != r.deleted {
		t.Errorf("POST made %s, want the account %s to be revived", id, r.deleted)
	}
	if u, _ := s.fake.User(r.deleted); !u.Active {
		t.Error("the revived user is not active")
	}
	s.wantFound(t, "/Users", "externalId", "ext-pia-2", r.deleted)
}

// TestRestartSendsNothingAgain: the cycle after a restart, in which nothing changed, changes
// nothing in TeamViewer, and no mail for a changed address goes out once more. A name that a
// request names is sent: the console may have changed it.
func TestRestartSendsNothingAgain(t *testing.T) {
	t.Parallel()
	variant := tvfake.Default()
	variant.EmailPending = true
	settings := storing(filepath.Join(t.TempDir(), "links.db"))
	first := newStage(t, staging{fake: tvfake.Options{Variant: variant}, direct: true, settings: settings})
	r := remember(t, first)
	s := first.restart(t, settings)
	s.fake.ResetCalls()
	users, mails := s.fake.Users(), s.fake.Mails()
	for path, operation := range map[string]string{
		"/Users/" + r.long:    `{"op":"Replace","path":"displayName","value":"` + r.longName + `"}`,
		"/Users/" + r.pending: `{"op":"Replace","path":"userName","value":"ola.new@contoso.example"}`,
		"/Groups/" + r.group:  `{"op":"Replace","path":"externalId","value":"ext-group"}`,
	} {
		if a := s.do("PATCH", path, patchOf(operation)); a.status != http.StatusOK && a.status != http.StatusNoContent {
			t.Errorf("PATCH %s: %d %s", path, a.status, a.body)
		}
	}
	for function, n := range s.fake.Calls() {
		if !strings.HasPrefix(function, "GET ") && (function != putUser || n != 1) {
			t.Errorf("%s was called %d times", function, n)
		}
	}
	if diff := gocmp.Diff(users, s.fake.Users()); diff != "" || mails != s.fake.Mails() {
		t.Errorf("%+v mails, before %+v; users:\n%s", s.fake.Mails(), mails, diff)
	}
}

// TestRestartWithoutStore shows that the tests above see the file: without it nothing is
// remembered.
func TestRestartWithoutStore(t *testing.T) {
	t.Parallel()
	forgetting := func(*config.Config, *tvfake.Server) {}
	first := newStage(t, staging{direct: true, settings: forgetting})
	remember(t, first)
	s := first.restart(t, forgetting)
	if ids := s.foundBy(t, "/Users", "externalId", "ext-nora"); ids != nil {
		t.Errorf("found %v", ids)
	}
}

// TestStoreIsLetGo: a gateway that cannot be wired lets go of its file.
func TestStoreIsLetGo(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "links.db")
	for _, spoil := range []func(*config.Config){
		func(c *config.Config) { c.Cache.IDs = 0 },
		func(c *config.Config) { c.Auth.Mode = config.AuthToken },
		func(c *config.Config) { c.BasePath = "no path" },
	} {
		c := config.Default()
		c.Store.Path = path
		spoil(&c)
		if g, err := gateway.New(gateway.Options{Config: c, Version: "test", Logger: zap.NewNop()}); err == nil {
			g.Close()
			t.Errorf("settings are taken that cannot be: %+v", c)
		}
		m, err := boltmap.Open(path, boltmap.Options{Existing: true})
		if err != nil {
			t.Fatalf("the file is still held: %v", err)
		}
		if err := m.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestStoreThatCannotBeUsed: the gateway does not start, says why, and leaves the file alone.
func TestStoreThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	foreign := filepath.Join(dir, "foreign")
	if err := os.WriteFile(foreign, []byte(strings.Repeat("shopping list ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	used := filepath.Join(dir, "used")
	newStage(t, staging{direct: true, settings: storing(used)})
	for _, test := range []struct{ path, says string }{
		{foreign, "is not a store of tvscim"},
		{used, "is in use by another tvscim process"},
		{dir, "is a directory"},
		{filepath.Join(dir, "none", "links.db"), "its directory does not exist"},
	} {
		c := config.Default()
		c.Store.Path = test.path
		g, err := gateway.New(gateway.Options{Config: c, Version: "test", Logger: zap.NewNop()})
		if err == nil {
			g.Close()
			t.Errorf("%s is taken", test.path)
			continue
		}
		if text := err.Error(); !strings.HasPrefix(text, "store "+test.path+": ") || !strings.Contains(text, test.says) {
			t.Errorf("%q does not say %q of %s", text, test.says, test.path)
		}
	}
}
