package mapping

import (
	"testing"
	"time"

	"tvscim/mapping/idmap"
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

// TestSettleSparesWhoIsBeingChanged: a new picture brings records in line, but not one that somebody is about to write,
// or of the two writes the one on older knowledge may come last: a tombstone would be lost.
func TestSettleSparesWhoIsBeingChanged(t *testing.T) {
	t.Parallel()
	fake := tvfake.New(tvfake.Options{})
	id := fake.AddUser(tvfake.User{Name: "Nora Vale", Email: "nora.vale@contoso.example", Active: true}).ID
	c := newTestCompany(t, fake)
	m := memo{idmap.Record{Tombstone: time.Now()}} // of a user whom the console has activated since
	if err := c.links.Put(id, m.userRecord()); err != nil {
		t.Fatal(err)
	}
	buried := func() bool {
		rec, _ := c.links.Peek(id)
		return !rec.Tombstone.IsZero()
	}
	release, err := c.locks.acquire(t.Context(), userKey(id))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.roster.Users(t.Context()); err != nil { // loads, and settles with what it has loaded
		t.Fatal(err)
	}
	if !buried() {
		t.Error("a record was written while its user was being changed")
	}
	release()
	if _, err := c.roster.UsersSince(t.Context(), time.Now()); err != nil {
		t.Fatal(err)
	}
	if buried() {
		t.Error("the next picture did not settle the record")
	}
}
