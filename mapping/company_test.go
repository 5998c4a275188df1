package mapping

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"tvscim/mapping/idmap"
	"tvscim/mapping/plan"
	"tvscim/scim"
	"tvscim/tvapi"
	"tvscim/tvapi/tvfake"
)

// newTestCompany opens a company in front of an emulator.
func newTestCompany(t *testing.T, fake *tvfake.Server) *Company {
	t.Helper()
	links, err := idmap.NewLRU(1000, nil)
	if err != nil {
		t.Fatal(err)
	}
	c, err := Options{
		Links: links,
		NewClient: func(token string) (*tvapi.Client, error) {
			return tvapi.New(tvapi.Options{BaseURL: "https://teamviewer.example", Token: token, Transport: fake.Transport()})
		},
	}.Open(fake.Token(), false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// TestReconcileSkipsAUserWhoIsBeingChanged: a new snapshot brings records in line, but not one that
// another request is about to write, or of the two writes the one on older knowledge may come last:
// a tombstone would be lost.
func TestReconcileSkipsAUserWhoIsBeingChanged(t *testing.T) {
	t.Parallel()
	fake := tvfake.New(tvfake.Options{})
	id := fake.AddUser(tvfake.User{Name: "Nora Vale", Email: "nora.vale@contoso.example", Active: true}).ID
	c := newTestCompany(t, fake)
	m := plan.Memo{Record: idmap.Record{Tombstone: time.Now().Add(-time.Hour)}} // of a user whom the console has activated since
	if err := c.links.Put(id, m.UserRecord()); err != nil {
		t.Fatal(err)
	}
	tombstoned := func() bool {
		rec, _ := c.links.Peek(id)
		return !rec.Tombstone.IsZero()
	}
	release, err := c.locks.acquire(t.Context(), userKey(id))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.roster.Users.View(t.Context()); err != nil { // loads, and settles with what it has loaded
		t.Fatal(err)
	}
	if !tombstoned() {
		t.Error("a record was written while its user was being changed")
	}
	release()
	if _, err := c.roster.Users.ViewSince(t.Context(), time.Now()); err != nil {
		t.Fatal(err)
	}
	if tombstoned() {
		t.Error("the next snapshot did not settle the record")
	}
}

// interruptedLinks do something once, just before the deleted users are looked for.
type interruptedLinks struct {
	idmap.Map
	first func()
}

func (l *interruptedLinks) Find(k idmap.Key) []string {
	if first := l.first; k == plan.TombstonedUser && first != nil {
		l.first = nil
		first()
	}
	return l.Map.Find(k)
}

// TestReconcileSkipsAUserWhoWasJustDeleted: a list that was begun before a user was deleted shows
// the user active, and that is no reason to take the tombstone away.
func TestReconcileSkipsAUserWhoWasJustDeleted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fake := tvfake.New(tvfake.Options{})
		c := newTestCompany(t, fake)
		links := &interruptedLinks{Map: c.links}
		c.links = links
		id := fake.AddUser(tvfake.User{Name: "Nora", Email: "nora@contoso.example", Active: true}).ID
		if _, err := c.Users().Get(t.Context(), scim.GetRequest{ID: id}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Minute)
		links.first = func() {
			if err := c.Users().Delete(t.Context(), scim.DeleteRequest{ID: id}); err != nil {
				t.Error(err)
			}
		}
		if _, err := c.roster.Users.ViewSince(t.Context(), time.Now()); err != nil {
			t.Fatal(err)
		}
		if links.first != nil {
			t.Fatal("nobody was deleted meanwhile")
		}
		if _, err := c.Users().Get(t.Context(), scim.GetRequest{ID: id}); !errors.Is(err, errUnknown) {
			t.Errorf("the deleted user is shown: error %v", err)
		}
	})
}

// fullDisk stores nothing.
type fullDisk struct{ idmap.Map }

func (fullDisk) Put(string, idmap.Record) error { return errors.New("no space left on device") }

// TestFullDiskStopsNoDeactivation: a user who is to be born inactive takes two calls, between which
// something is remembered. That it could not be is said, after the second call.
func TestFullDiskStopsNoDeactivation(t *testing.T) {
	t.Parallel()
	fake := tvfake.New(tvfake.Options{})
	c := newTestCompany(t, fake)
	c.links = fullDisk{c.links}
	no := false
	_, err := c.Users().Create(t.Context(), scim.CreateRequest[scim.User]{Resource: scim.User{UserName: "nora.vale@contoso.example", Active: &no}})
	if e, ok := errors.AsType[*scim.Error](err); !ok || e.Status != 503 {
		t.Errorf("Create: %v, want a 503 that says what could not be kept", err)
	}
	if u, _ := fake.UserByEmail("nora.vale@contoso.example"); u.ID == "" || u.Active {
		t.Errorf("TeamViewer holds %+v, want an inactive user", u)
	}
}
