package tvapi_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tvscim/tvapi"
	"tvscim/tvapi/tvfake"
)

// newFakeClient returns a client of an emulator without a socket.
func newFakeClient(t *testing.T, fake *tvfake.Server) *tvapi.Client {
	t.Helper()
	c, err := tvapi.New(tvapi.Options{BaseURL: "https://teamviewer.example", Token: fake.Token(), Transport: fake.Transport()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func TestLicenses(t *testing.T) {
	t.Parallel()
	fake := tvfake.New(tvfake.Options{})
	client := newFakeClient(t, fake)
	if _, err := client.Licenses(t.Context()); tvapi.KindOf(err) != tvapi.KindPermission {
		t.Errorf("without the right: %v", err)
	}
	fake.SetRights(tvfake.AllRights()...)
	fake.SetSeats(25)
	fake.AddUser(tvfake.User{Name: "Pia", Email: "pia@contoso.example"}) // deactivated: no seat
	got, err := client.Licenses(t.Context())
	if diff := cmp.Diff([]tvapi.License{{Name: "Emulated Tensor", Active: true, Assigned: 1, Max: 25}}, got); diff != "" || err != nil {
		t.Errorf("%v, licences (-want +got):\n%s", err, diff)
	}
}

// TestUsersWithAccess: a time of another form is no time, and does not end the list.
func TestUsersWithAccess(t *testing.T) {
	t.Parallel()
	fake := tvfake.New(tvfake.Options{})
	at := time.Date(2026, 3, 1, 9, 30, 0, 0, time.UTC)
	wants := map[string]time.Time{
		"2026-03-01T09:30:00Z": at, "2026-03-01T10:30:00+01:00": at, "2026-03-01T09:30:00": at, "2026-03-01T09:30:00.25Z": at.Add(250 * time.Millisecond),
		"2026-03-01": at.Truncate(24 * time.Hour), "yesterday": {}, "": {},
	}
	byID := map[tvapi.UserID]string{}
	for text := range wants {
		id, err := tvapi.ParseUserID(fake.AddUser(tvfake.User{Name: "Ada Holm", Active: true, LastAccess: text, SSOStatus: 4}).ID)
		if err != nil {
			t.Fatal(err)
		}
		byID[id] = text
	}
	all, err := collect(newFakeClient(t, fake).UsersWithAccess(t.Context()))
	if err != nil || len(all) != len(wants)+1 {
		t.Fatalf("%d users: %v", len(all), err)
	}
	for _, u := range all {
		text, added := byID[u.ID]
		if added && (!u.LastAccess.Equal(wants[text]) || u.SSOStatus != 4) {
			t.Errorf("%q: %v, SSO %d", text, u.LastAccess, u.SSOStatus)
		}
	}
}
