package roster_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tvscim/mapping/roster"
	"tvscim/tvapi"
	"tvscim/tvapi/tvfake"
)

// The functions whose calls are counted, held and made to fail.
const (
	userList  = "GET /users"
	userGet   = "GET /users/{id}"
	groupList = "GET /usergroups"
	groupGet  = "GET /usergroups/{id}"
)

// company is one TeamViewer company, a client of it, and a Roster.
type company struct {
	*roster.Roster
	tv     *tvfake.Server
	client *tvapi.Client
	t      tester
}

// tester is what a company needs of a test; that of rapid has it too.
type tester interface {
	rapid.TB
	Cleanup(func())
	Context() context.Context
}

// inCompany runs a test with a company in synthetic time: waiting costs nothing, and time stands
// still while anything is at work.
func inCompany(t *testing.T, v tvfake.Variant, o roster.Options, test func(*testing.T, *company)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { test(t, newCompany(t, v, o)) })
}

func newCompany(t tester, v tvfake.Variant, o roster.Options) *company {
	t.Helper()
	fake := tvfake.New(tvfake.Options{Variant: v})
	client, err := tvapi.New(tvapi.Options{
		BaseURL: "https://teamviewer.example", Token: fake.Token(), Transport: fake.Transport(), Timeout: time.Hour,
		// What a Roster does after a failure is the matter here, not what the client does before it
		// tells of one.
		Attempts: 1, MaxWait: time.Nanosecond, MaxConcurrent: 1000, // so that no call waits for another
	})
	if err != nil {
		t.Fatal(err)
	}
	c := &company{Roster: roster.New(client, o), tv: fake, client: client, t: t}
	t.Cleanup(c.Close)
	return c
}

// hire makes a user in the console.
func (c *company) hire(email string) tvapi.UserID {
	u := c.tv.AddUser(tvfake.User{Name: "Name of " + email, Email: email, Active: true})
	id, err := tvapi.ParseUserID(u.ID)
	c.must(err)
	return id
}

// found makes a group in the console.
func (c *company) found(name string) tvapi.GroupID { return tvapi.GroupID(c.tv.AddGroup(name).ID) }

func (c *company) users() *roster.UserView {
	c.t.Helper()
	v, err := c.Users.View(c.t.Context())
	c.must(err)
	return v
}

func (c *company) groups() *roster.GroupView {
	c.t.Helper()
	v, err := c.Groups.View(c.t.Context())
	c.must(err)
	return v
}

// wantCalls compares the number of calls of one function, all in all.
func (c *company) wantCalls(function string, want int) {
	c.t.Helper()
	if got := c.tv.Count(function); got != want {
		c.t.Errorf("%s: %d calls, want %d", function, got, want)
	}
}

// wantAbsent checks whether a view decides that an object does not exist.
func wantAbsent(t testing.TB, v interface{ StaleErr() error }, may bool) {
	t.Helper()
	switch err := v.StaleErr(); {
	case may && err != nil:
		t.Errorf("StaleErr = %v, want nil", err)
	case !may && !errors.Is(err, roster.ErrStale):
		t.Errorf("StaleErr = %v, want one that wraps ErrStale", err)
	}
}

// wantEmails compares the addresses in a view, the owner's aside.
func (c *company) wantEmails(v *roster.UserView, want ...string) {
	c.t.Helper()
	var got []string
	for u := range v.All() {
		if u.ID.String() != c.tv.OwnerID() {
			got = append(got, u.Email)
		}
	}
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		c.t.Errorf("addresses (-want +got):\n%s", diff)
	}
}

// wantNames compares the names in a view.
func (c *company) wantNames(v *roster.GroupView, want ...string) {
	c.t.Helper()
	var got []string
	for g := range v.All() {
		got = append(got, g.Name)
	}
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		c.t.Errorf("names (-want +got):\n%s", diff)
	}
}

// must fails the test with an error that no test expects.
func (c *company) must(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}

// since returns a view whose snapshot began after this moment.
func (c *company) since() *roster.UserView {
	c.t.Helper()
	v, err := c.Users.ViewSince(c.t.Context(), time.Now())
	c.must(err)
	return v
}

// email returns the n-th of many addresses.
func email(n int) string { return fmt.Sprintf("user%d@example.com", n) }
