package gateway_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"tvscim/cmd/config"
	"tvscim/mapping/idmap/boltmap"
	"tvscim/tvapi/tvfake"
)

// ofToken starts a gateway with a store on an emulator that several gateways share, for the company
// of a token: in the mode of the gateway's own token, or in passthrough, where the token is the
// client's.
func ofToken(t *testing.T, fake *tvfake.Server, path, token string, passthrough bool) *stage {
	t.Helper()
	s := newStage(t, staging{direct: true, network: fake.Transport(), log: zap.NewNop(), settings: func(c *config.Config, f *tvfake.Server) {
		c.Store.Path = path
		c.TeamViewer.Token = config.NewSecret(token)
		if passthrough {
			usePassthrough(c, f)
		}
	}})
	s.fake = fake
	if passthrough {
		s.token = token
	}
	return s
}

// records returns all that a store remembers of users and groups, as JSON.
func records(t *testing.T, path string) string {
	t.Helper()
	m, err := boltmap.Open(path, boltmap.Options{Existing: true})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	text, err := json.Marshal(maps.Collect(m.All()))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// copyRecords makes a new store as export and import do: without the note of whose it is. It is as
// one of an older version.
func copyRecords(t *testing.T, from, to string) {
	t.Helper()
	old, err := boltmap.Open(from, boltmap.Options{Existing: true})
	if err != nil {
		t.Fatal(err)
	}
	defer old.Close()
	m, err := boltmap.Open(to, boltmap.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if err := m.PutAll(old.All()); err != nil {
		t.Fatal(err)
	}
}

// filledStore fills a store for the emulator's first company with users that have an externalId.
func filledStore(t *testing.T, fake *tvfake.Server, users int) (path string, ids []string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "links.db")
	s := ofToken(t, fake, path, fake.Token(), false)
	for i := range users {
		ids = append(ids, s.made(t, "/Users", fmt.Sprintf(`{"userName":"user%d@contoso.example","externalId":"ext-%d"}`, i, i)))
	}
	time.Sleep(2 * time.Hour) // the sample of the company follows it
	s.status(t, http.StatusOK, "GET", "/Users", "")
	s.gateway.Close()
	return path, ids
}

// TestStoreOfAnotherCompany: a store is not read or written for another company than its own,
// whichever way the gateway has its token, and also if the store is of a version that did not note
// whose it is. Nothing in it changes.
func TestStoreOfAnotherCompany(t *testing.T) {
	for _, passthrough := range []bool{false, true} {
		for _, noted := range []bool{true, false} {
			t.Run(fmt.Sprintf("passthrough %t, noted %t", passthrough, noted), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					fake := tvfake.New(tvfake.Options{})
					path, ids := filledStore(t, fake, 10)
					if !noted {
						old := path
						path = filepath.Join(t.TempDir(), "copy.db")
						copyRecords(t, old, path)
					}
					other := fake.AddCompany("other-token")
					moved := ids[0]
					if noted { // a single account that has moved proves nothing
						fake.MoveUser(moved, other)
					}
					before := records(t, path)

					s := ofToken(t, fake, path, other.Token(), passthrough)
					status, says := http.StatusServiceUnavailable, "was written for another TeamViewer company"
					if passthrough {
						status, says = http.StatusUnauthorized, "belongs to another TeamViewer company"
					}
					for range 2 {
						for _, request := range [][3]string{
							{"GET", "/Users"}, {"GET", "/Users/" + moved}, {"POST", "/Users", newUser("theirs@contoso.example")},
							{"DELETE", "/Users/" + moved}, {"GET", "/Groups"},
						} {
							a := s.status(t, status, request[0], request[1], request[2])
							if !strings.Contains(detailOf(t, a), says) {
								t.Errorf("%s %s: %s", request[0], request[1], a.body)
							}
						}
						time.Sleep(age)
					}
					if body := s.admin("/readyz").body; !passthrough && !strings.Contains(body, "another TeamViewer company") {
						t.Errorf("/readyz: %s", body)
					}
					s.gateway.Close()
					if after := records(t, path); after != before {
						t.Errorf("the store was changed:\n%s\nbefore:\n%s", after, before)
					}
					again := ofToken(t, fake, path, fake.Token(), passthrough)
					again.wantFound(t, "/Users", "externalId", "ext-1", ids[1])
				})
			})
		}
	}
}

func detailOf(t *testing.T, a answer) string {
	t.Helper()
	var e struct{ Detail string }
	if err := json.Unmarshal([]byte(a.body), &e); err != nil {
		t.Fatal(err)
	}
	return e.Detail
}

// TestStoreOfTheSameCompany: a store is taken for what it is when, while the gateway was stopped,
// the token was changed, or most users went, or the store was written anew by import, or it holds
// next to nothing.
func TestStoreOfTheSameCompany(t *testing.T) {
	for name, test := range map[string]struct {
		users  int
		change func(t *testing.T, fake *tvfake.Server, path string, ids []string) (token, store string)
		found  bool
	}{
		"nothing changed": {10, func(_ *testing.T, fake *tvfake.Server, path string, _ []string) (string, string) {
			return fake.Token(), path
		}, true},
		"another token, and a third of the users gone": {12, func(_ *testing.T, fake *tvfake.Server, path string, ids []string) (string, string) {
			fake.AddToken("new")
			for _, id := range ids[:4] {
				fake.DropUser(id)
			}
			return "new", path
		}, true},
		"all users gone": {10, func(_ *testing.T, fake *tvfake.Server, path string, ids []string) (string, string) {
			for _, id := range ids {
				fake.DropUser(id)
			}
			return fake.Token(), path
		}, false},
		"imported": {10, func(t *testing.T, fake *tvfake.Server, path string, _ []string) (string, string) {
			fake.AddToken("new")
			copied := filepath.Join(t.TempDir(), "copy.db")
			copyRecords(t, path, copied)
			return "new", copied
		}, true},
		"imported, with a few records of users who are gone": {3, func(t *testing.T, fake *tvfake.Server, path string, ids []string) (string, string) {
			copied := filepath.Join(t.TempDir(), "copy.db")
			copyRecords(t, path, copied)
			for _, id := range ids {
				fake.DropUser(id)
			}
			return fake.Token(), copied
		}, false},
		"empty": {0, func(t *testing.T, fake *tvfake.Server, path string, _ []string) (string, string) {
			return fake.Token(), path
		}, false},
	} {
		for _, passthrough := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, passthrough %t", name, passthrough), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					fake := tvfake.New(tvfake.Options{})
					path, ids := filledStore(t, fake, test.users)
					token, path := test.change(t, fake, path, ids)
					s := ofToken(t, fake, path, token, passthrough)
					s.status(t, http.StatusOK, "GET", "/Users", "")
					if test.found {
						s.wantFound(t, "/Users", "externalId", fmt.Sprint("ext-", test.users-1), ids[test.users-1])
					}
					s.made(t, "/Users", newUser("new@contoso.example"))
				})
			})
		}
	}
}

// TestStoreThatIsNotKnownYet: while TeamViewer does not list its users, nothing is read from a
// store that may be another company's, and the answer says why.
func TestStoreThatIsNotKnownYet(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fake := tvfake.New(tvfake.Options{})
		path, ids := filledStore(t, fake, 4)
		lift := fake.Fail(tvfake.Fault{Function: listUsers, Status: http.StatusServiceUnavailable})
		s := ofToken(t, fake, path, fake.Token(), false)
		a := s.status(t, http.StatusServiceUnavailable, "GET", "/Users/"+ids[0], "")
		if !strings.Contains(a.body, "cannot yet check") || a.header.Get("Retry-After") == "" {
			t.Errorf("Retry-After %q: %s", a.header.Get("Retry-After"), a.body)
		}
		lift()
		time.Sleep(time.Minute)
		s.wantFound(t, "/Users", "externalId", "ext-0", ids[0])
	})
}
