package dryrun_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tvscim/tvapi"
	"tvscim/tvapi/dryrun"
	"tvscim/tvapi/tvfake"
)

// company is a client and the emulator that it reaches, directly or through a dry run.
type company struct {
	t      *testing.T
	fake   *tvfake.Server
	client *tvapi.Client
	users  map[string]tvapi.UserID // by the name that the test gave
	groups map[string]tvapi.GroupID
}

func newCompany(t *testing.T, v tvfake.Variant, dry bool) *company {
	t.Helper()
	fake := tvfake.New(tvfake.Options{Variant: v, Seed: 7})
	o := tvapi.Options{Token: fake.Token(), Transport: fake.Transport(), DryRun: dry}
	if dry {
		o.Transport = dryrun.New(o.Transport, nil)
	}
	client, err := tvapi.New(o)
	if err != nil {
		t.Fatal(err)
	}
	c := &company{t: t, fake: fake, client: client, users: map[string]tvapi.UserID{}, groups: map[string]tvapi.GroupID{}}
	for i := range 8 {
		name := fmt.Sprint("u", i)
		u := fake.AddUser(tvfake.User{Name: "User " + name, Email: name + "@contoso.example", Active: i%3 > 0})
		c.users[name], _ = tvapi.ParseUserID(u.ID)
	}
	for i := range 4 {
		name := fmt.Sprint("g", i)
		g := fake.AddGroup(name, c.users[fmt.Sprint("u", i)].String(), c.users["u7"].String())
		c.groups[name] = tvapi.GroupID(g.ID)
	}
	return c
}

// kind is what an error comes to; "" for nil.
func kind(err error) string {
	if err == nil {
		return ""
	}
	return tvapi.KindOf(err).String()
}

// write makes one random write. Both companies make the same one from the same numbers.
func (c *company) write(ctx context.Context, r *rand.Rand) string {
	user := func() string { return fmt.Sprint("u", r.IntN(12)) }
	group := func() string { return fmt.Sprint("g", r.IntN(6)) }
	address := func() string { return fmt.Sprintf("U%d@contoso.example", r.IntN(12)) }
	members := func() (ids []tvapi.UserID) {
		for range 1 + r.IntN(3) {
			if id := c.users[user()]; id != 0 && !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
		return ids
	}
	switch r.IntN(10) {
	case 0, 1:
		name, mail := user(), address()
		made, err := c.client.CreateUser(ctx, tvapi.UserCreate{Email: mail, Name: "New " + name, Language: "en"})
		if err == nil {
			c.users[name] = made.ID
		}
		return "create user " + name + mail + kind(err)
	case 2:
		name, mail := user(), address()
		return "address of " + name + mail + kind(c.client.UpdateUser(ctx, c.users[name], tvapi.UserUpdate{Email: &mail}))
	case 3, 4:
		name, active, text := user(), r.IntN(2) == 0, fmt.Sprint("Name ", r.IntN(100))
		return "change of " + name + kind(c.client.UpdateUser(ctx, c.users[name], tvapi.UserUpdate{Active: &active, Name: &text}))
	case 5:
		name, drop := user(), c.client.RemoveUser
		if r.IntN(2) == 0 {
			drop = c.client.DeleteUser
		}
		return "drop " + name + kind(drop(ctx, c.users[name]))
	case 6:
		name, text := group(), fmt.Sprint("G", r.IntN(6))
		if r.IntN(2) == 0 {
			return "rename " + name + text + kind(c.client.RenameGroup(ctx, c.groups[name], text))
		}
		made, err := c.client.CreateGroup(ctx, text)
		if err == nil {
			c.groups[name] = made.ID
		}
		return "create group " + name + text + kind(err)
	case 7:
		name := group()
		if r.IntN(3) > 0 {
			name = "g5"
		}
		return "delete group " + name + kind(c.client.DeleteGroup(ctx, c.groups[name]))
	case 8:
		name, ids := group(), members()
		_, err := c.client.AddMembers(ctx, c.groups[name], ids)
		return "add to " + name + kind(err)
	default:
		name, ids := group(), members()
		_, err := c.client.RemoveMembers(ctx, c.groups[name], ids)
		return "remove from " + name + kind(err)
	}
}

// shown is all that reads show, with addresses in place of ids.
func (c *company) shown(ctx context.Context) []string {
	c.t.Helper()
	var all []string
	email := map[tvapi.UserID]string{}
	for u, err := range c.client.Users(ctx) {
		if err != nil {
			c.t.Fatal(err)
		}
		one, err := c.client.User(ctx, u.ID)
		if err != nil || *one != u {
			c.t.Errorf("GET of %v: %+v %v, the list has %+v", u.ID, one, err, u)
		}
		email[u.ID] = strings.ToLower(u.Email)
		all = append(all, fmt.Sprintf("user %s %q %t", u.Email, u.Name, u.Active))
	}
	for g, err := range c.client.Groups(ctx) {
		if err != nil {
			c.t.Fatal(err)
		}
		if one, err := c.client.Group(ctx, g.ID); err != nil || *one != g {
			c.t.Errorf("GET of %v: %+v %v, the list has %+v", g.ID, one, err, g)
		}
		var members []string
		for m, err := range c.client.Members(ctx, g.ID) {
			if err != nil {
				c.t.Fatal(err)
			}
			members = append(members, email[m.Account])
		}
		slices.Sort(members)
		all = append(all, fmt.Sprint("group ", g.Name, members))
	}
	slices.Sort(all)
	return all
}

// TestShowsWhatWritesWouldDo: the same random writes come to the same answers, and to the same
// company as reads show it, whether TeamViewer or the dry run answers them; and TeamViewer gets
// none.
func TestShowsWhatWritesWouldDo(t *testing.T) {
	t.Parallel()
	seeds := uint64(20)
	if testing.Short() {
		seeds = 3
	}
	for seed := range seeds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			v := tvfake.Default()
			real, dry := newCompany(t, v, false), newCompany(t, v, true)
			before := fmt.Sprint(dry.fake.Users(), dry.fake.Groups())
			_, _ = real.shown(t.Context()), dry.shown(t.Context()) // a dry run knows what reads have shown
			one, other := rand.New(rand.NewPCG(seed, 1)), rand.New(rand.NewPCG(seed, 1))
			for range 80 {
				want, got := real.write(t.Context(), one), dry.write(t.Context(), other)
				if want != got {
					t.Fatalf("%q, in the dry run %q", want, got)
				}
				if look := one.IntN(4); other.IntN(4) == 0 && look == 0 {
					if diff := cmp.Diff(real.shown(t.Context()), dry.shown(t.Context())); diff != "" {
						t.Fatalf("after %s (-real +dry run):\n%s", want, diff)
					}
				}
			}
			if after := fmt.Sprint(dry.fake.Users(), dry.fake.Groups()); after != before {
				t.Errorf("the company changed from %s to %s", before, after)
			}
			for function, n := range dry.fake.Calls() {
				if !strings.HasPrefix(function, "GET ") && n > 0 {
					t.Errorf("%s was called %d times", function, n)
				}
			}
		})
	}
}

// TestInventedIDs: they are the same for the same address, and a client without a dry run sends
// none.
func TestInventedIDs(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	var user tvapi.UserID
	var group tvapi.GroupID
	for range 2 {
		dry := newCompany(t, tvfake.Default(), true)
		u, err := dry.client.CreateUser(ctx, tvapi.UserCreate{Email: "Ada@contoso.example", Name: "Ada", Language: "en"})
		if err != nil {
			t.Fatal(err)
		}
		g, err := dry.client.CreateGroup(ctx, "Field Service")
		if err != nil {
			t.Fatal(err)
		}
		if user != 0 && (user != u.ID || group != g.ID) {
			t.Errorf("the ids %v and %v were %v and %v before", u.ID, g.ID, user, group)
		}
		user, group = u.ID, g.ID
		if !user.Invented() || !group.Invented() {
			t.Errorf("%v and %v are not in the range of invented ids", user, group)
		}
	}
	real := newCompany(t, tvfake.Default(), false)
	real.fake.ResetCalls()
	name, known := "Other Name", real.users["u1"]
	_, getUser := real.client.User(ctx, user)
	_, getGroup := real.client.Group(ctx, group)
	for what, err := range map[string]error{
		"get user": getUser, "change user": real.client.UpdateUser(ctx, user, tvapi.UserUpdate{Name: &name}),
		"remove user": real.client.RemoveUser(ctx, user), "delete user": real.client.DeleteUser(ctx, user),
		"get group": getGroup, "rename group": real.client.RenameGroup(ctx, group, name), "delete group": real.client.DeleteGroup(ctx, group),
	} {
		if tvapi.KindOf(err) != tvapi.KindNotFound {
			t.Errorf("%s: %v, want not_found", what, err)
		}
	}
	if _, err := real.client.AddMembers(ctx, real.groups["g1"], []tvapi.UserID{known, user}); tvapi.KindOf(err) != tvapi.KindInvalid {
		t.Errorf("add: %v, want a refusal", err)
	}
	if done, err := real.client.RemoveMembers(ctx, real.groups["g1"], []tvapi.UserID{user}); err != nil || done != 1 {
		t.Errorf("remove of an invented member: %d %v", done, err)
	}
	if n := real.fake.TotalCalls(); n != 0 {
		t.Errorf("%d calls were made: %v", n, real.fake.Calls())
	}
	if done, err := real.client.RemoveMembers(ctx, real.groups["g1"], []tvapi.UserID{user, known}); err != nil || done != 2 {
		t.Errorf("remove of both: %d %v", done, err)
	}
	if g, _ := real.fake.GroupByName("g1"); slices.Contains(g.Members, known.String()) {
		t.Errorf("the known member was not removed: %v", g.Members)
	}
}
