package tvapi_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"tvscim/tvapi"
	"tvscim/tvapi/tvfake"
)

// company is an emulator and a client of it, in the synthetic time of a bubble.
type company struct {
	*testing.T
	fake   *tvfake.Server
	client *tvapi.Client
	counts map[string]int // the calls that the client says it made
}

// variants returns every reading of TeamViewer's contract, with -short three that between them have
// every answer to every open point.
func variants() []tvfake.Variant {
	all := tvfake.Variants()
	if !testing.Short() {
		return all
	}
	few := []string{"default", "hostile-a", "hostile-b"}
	return slices.DeleteFunc(all, func(v tvfake.Variant) bool { return !slices.Contains(few, v.Name) })
}

// inCompany runs test against an emulator of every variant, and checks that it saw the calls that
// the client counted and no company was deleted.
func inCompany(t *testing.T, test func(company)) {
	for _, variant := range variants() {
		t.Run(variant.Name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := company{T: t, fake: tvfake.New(tvfake.Options{Variant: variant}), counts: map[string]int{}}
				c.fake.SetRights(tvfake.AllRights()...)
				c.client = newClient(t, tvapi.Options{
					Token: c.fake.Token(), Transport: c.fake.Transport(),
					Observe: func(e tvapi.CallEvent) { c.counts[string(e.Function)]++ },
				})
				test(c)
				if diff := cmp.Diff(c.fake.Calls(), c.counts); diff != "" {
					t.Errorf("calls (-emulator +client):\n%s", diff)
				}
				if c.fake.CompanyDeleted() {
					t.Error("the company was deleted")
				}
			})
		})
	}
}

// must ends the test at an error.
func (c company) must(err error) {
	c.Helper()
	if err != nil {
		c.Fatal(err)
	}
}

// settle waits until lists show what was written, and until calls are made again that were
// withheld.
func (c company) settle() { time.Sleep(time.Minute) }

func (c company) user(id tvapi.UserID) tvfake.User {
	c.Helper()
	u, ok := c.fake.User(id.String())
	if !ok {
		c.Fatalf("user %v is not in the emulator", id)
	}
	return u
}

func TestUsersUnderEveryVariant(t *testing.T) {
	t.Parallel()
	inCompany(t, func(c company) {
		ctx := c.Context()
		made, err := c.client.CreateUser(ctx, tvapi.UserCreate{
			Email: "Ada.Lovelace@example.com", Name: "Ada", Language: "en", UserSecrets: tvapi.UserSecrets{Password: ptr("Long-enough-4-all")},
		})
		c.must(err)
		if !strings.EqualFold(made.Email, "ada.lovelace@example.com") || made.Name != "Ada" || !made.Active {
			c.Errorf("made = %+v", made)
		}
		c.must(c.client.UpdateUser(ctx, made.ID, tvapi.UserUpdate{Active: ptr(false), Name: ptr("Ada L.")}))
		if u := c.user(made.ID); u.Active || u.Name != "Ada L." {
			c.Errorf("after PUT: %+v", u)
		}
		one, err := c.client.User(ctx, made.ID)
		c.must(err)
		c.settle()
		all, err := collect(c.client.Users(ctx))
		c.must(err)
		if i := slices.IndexFunc(all, func(u tvapi.User) bool { return u.ID == made.ID }); i < 0 || cmp.Diff(all[i], *one) != "" {
			c.Errorf("list %+v does not show the same as GET: %+v", all, one)
		}
		if one.Active || one.Name != "Ada L." || len(all) != 2 {
			c.Errorf("GET = %+v, list of %d", one, len(all))
		}
		c.must(c.client.UpdateUser(ctx, made.ID, tvapi.UserUpdate{Active: ptr(true)}))
		if u := c.user(made.ID); !u.Active || u.Name != "Ada L." {
			c.Errorf("after the second PUT: %+v", u)
		}
		c.must(c.client.RemoveUser(ctx, made.ID))
		if _, ok := c.fake.User(made.ID.String()); ok {
			c.Error("still in the company")
		}
		if !c.fake.Variant().RemovedFreesEmail && len(c.fake.Outsiders()) != 1 {
			c.Errorf("outside: %v", c.fake.Outsiders())
		}
	})
}

func TestDeleteForGoodUnderEveryVariant(t *testing.T) {
	t.Parallel()
	inCompany(t, func(c company) {
		u := c.fake.AddUser(tvfake.User{Active: true})
		id, err := tvapi.ParseUserID(u.ID)
		c.must(err)
		c.must(c.client.DeleteUser(c.Context(), id))
		if _, ok := c.fake.User(u.ID); ok || len(c.fake.Outsiders()) != 0 {
			c.Errorf("the account lives on: %v", c.fake.Outsiders())
		}
	})
}

func TestGroupsUnderEveryVariant(t *testing.T) {
	t.Parallel()
	inCompany(t, func(c company) {
		ctx := c.Context()
		ids := c.staff(130)
		made, err := c.client.CreateGroup(ctx, "Sales")
		c.must(err)
		for i := range 7 {
			c.fake.AddGroup(fmt.Sprintf("Other %d", i))
		}
		done, err := c.client.AddMembers(ctx, made.ID, ids)
		c.must(err)
		if g, _ := c.fake.Group(int64(made.ID)); done != 130 || len(g.Members) != 130 {
			c.Errorf("%d added, %d members", done, len(g.Members))
		}
		members, err := collect(c.client.Members(ctx, made.ID))
		c.must(err)
		if got := accountsOf(members); !slices.Equal(got, ids) {
			c.Errorf("members = %v, want %v", got, ids)
		}
		done, err = c.client.RemoveMembers(ctx, made.ID, ids[:101])
		c.must(err)
		if g, _ := c.fake.Group(int64(made.ID)); done != 101 || len(g.Members) != 29 {
			c.Errorf("%d removed, %d members left", done, len(g.Members))
		}
		c.must(c.client.RenameGroup(ctx, made.ID, "Selling"))
		one, err := c.client.Group(ctx, made.ID)
		c.must(err)
		if one.Name != "Selling" {
			c.Errorf("after the rename: %+v", one)
		}
		c.settle()
		all, err := collect(c.client.Groups(ctx))
		c.must(err)
		if len(all) != 8 || !slices.Contains(all, *one) {
			c.Errorf("groups = %+v", all)
		}
		c.must(c.client.DeleteGroup(ctx, made.ID))
		if _, ok := c.fake.Group(int64(made.ID)); ok {
			c.Error("the group is still there")
		}
	})
}

// staff makes n users in the console and returns their ids in order.
func (c company) staff(n int) []tvapi.UserID {
	c.Helper()
	ids := make([]tvapi.UserID, n)
	for i := range ids {
		id, err := tvapi.ParseUserID(c.fake.AddUser(tvfake.User{Active: true}).ID)
		c.must(err)
		ids[i] = id
	}
	slices.Sort(ids)
	return ids
}

func accountsOf(members []tvapi.Member) []tvapi.UserID {
	var ids []tvapi.UserID
	for _, m := range members {
		ids = append(ids, m.Account)
	}
	slices.Sort(ids)
	return ids
}

func TestRolesUnderEveryVariant(t *testing.T) {
	t.Parallel()
	inCompany(t, func(c company) {
		ctx := c.Context()
		role := c.fake.AddRole("Agent", "ManageUsers")
		roles, err := c.client.Roles(ctx)
		c.must(err)
		if len(roles) != 1 || roles[0].ID != role.ID || roles[0].Name != "Agent" || !roles[0].Permissions["ManageUsers"] {
			c.Errorf("roles = %+v", roles)
		}
	})
}

func TestRefusalsUnderEveryVariant(t *testing.T) {
	t.Parallel()
	inCompany(t, func(c company) {
		ctx, variant := c.Context(), c.fake.Variant()
		id := c.staff(1)[0]
		group := tvapi.GroupID(c.fake.AddGroup("Sales").ID)
		other := tvapi.GroupID(c.fake.AddGroup("Other").ID)
		c.fake.AddOutsider("taken@example.com")
		unknown := []tvapi.Kind{tvapi.KindNotFound}
		if variant.UnknownUser == 400 {
			unknown = []tvapi.Kind{tvapi.KindInvalid, tvapi.KindNotFound}
		}
		noGroup := []tvapi.Kind{tvapi.KindNotFound}
		if variant.UnknownGroupHTML {
			noGroup = []tvapi.Kind{tvapi.KindForeign}
		}
		taken := []tvapi.Kind{tvapi.KindConflict}
		if variant.RenameTaken == 400 {
			taken = []tvapi.Kind{tvapi.KindConflict, tvapi.KindInvalid}
		}
		create := tvapi.UserCreate{Email: "taken@example.com", Name: "Bo", Language: "en", UserSecrets: tvapi.UserSecrets{Password: ptr("Long-enough-4-all")}}
		for _, test := range []struct {
			name string
			err  error
			want []tvapi.Kind
		}{
			{"create with a taken address", second(c.client.CreateUser(ctx, create)), []tvapi.Kind{tvapi.KindConflict}},
			{"change to a taken address", c.client.UpdateUser(ctx, id, tvapi.UserUpdate{Email: &create.Email}), []tvapi.Kind{tvapi.KindConflict}},
			{"name too short", c.client.UpdateUser(ctx, id, tvapi.UserUpdate{Name: ptr("B")}), []tvapi.Kind{tvapi.KindInvalid}},
			{"get unknown", second(c.client.User(ctx, 2147483647)), unknown},
			{"update unknown", c.client.UpdateUser(ctx, 2147483647, tvapi.UserUpdate{Active: ptr(false)}), unknown},
			{"remove unknown", c.client.RemoveUser(ctx, 2147483647), unknown},
			{"get unknown group", second(c.client.Group(ctx, 1<<60)), noGroup},
			{"members of unknown group", drain(c.client.Members(ctx, 1<<60)), noGroup},
			{"delete unknown group", c.client.DeleteGroup(ctx, 1<<60), noGroup},
			{"create group with a taken name", second(c.client.CreateGroup(ctx, "Sales")), []tvapi.Kind{tvapi.KindConflict}},
			{"rename to a taken name", c.client.RenameGroup(ctx, other, "Sales"), taken},
		} {
			if got := tvapi.KindOf(test.err); !slices.Contains(test.want, got) {
				c.Errorf("%s: %v, want %v", test.name, test.err, test.want)
			}
		}
		if _, err := c.client.AddMembers(ctx, group, []tvapi.UserID{2147483647}); err == nil && variant.BadMember != tvfake.BadMemberPartialAccepted {
			c.Error("an unknown account was added")
		}
	})
}

func TestTokensUnderEveryVariant(t *testing.T) {
	t.Parallel()
	inCompany(t, func(c company) {
		ctx := c.Context()
		if valid, err := c.client.Ping(ctx); err != nil || !valid {
			c.Errorf("Ping = %v, %v", valid, err)
		}
		owner, err := c.client.Account(ctx)
		c.must(err)
		if owner.ID.String() != c.fake.OwnerID() {
			c.Errorf("owner = %+v, want %s", owner, c.fake.OwnerID())
		}
		for _, state := range []tvfake.TokenState{tvfake.TokenExpired, tvfake.TokenRevoked} {
			c.fake.SetTokenState(state)
			if valid, err := c.client.Ping(ctx); err != nil || valid {
				c.Errorf("state %v: Ping = %v, %v", state, valid, err)
			}
			if err := drain(c.client.Users(ctx)); tvapi.KindOf(err) != tvapi.KindToken {
				c.Errorf("state %v: %v, want KindToken", state, err)
			}
			c.settle()
		}
		c.fake.SetTokenState(tvfake.TokenBlocked)
		want := []tvapi.Kind{tvapi.KindBlocked}
		if c.fake.Variant().HTMLErrors {
			want = append(want, tvapi.KindForeign)
		}
		if err := drain(c.client.Users(ctx)); !slices.Contains(want, tvapi.KindOf(err)) {
			c.Errorf("blocked: %v, want %v", err, want)
		}
		c.settle()
		c.fake.SetTokenState(tvfake.TokenValid)
		c.fake.SetRights(tvfake.RightUsersRead)
		if err := second(c.client.CreateGroup(ctx, "Sales")); tvapi.KindOf(err) != tvapi.KindPermission {
			c.Errorf("without the right: %v, want KindPermission", err)
		}
		c.fake.SetRights(tvfake.AllRights()...)
		c.fake.SetLicensed(false)
		if err := drain(c.client.Groups(ctx)); tvapi.KindOf(err) != tvapi.KindLicense {
			c.Errorf("without the licence: %v, want KindLicense", err)
		}
	})
}

func TestFaultsUnderEveryVariant(t *testing.T) {
	t.Parallel()
	faults := map[string]struct {
		fault tvfake.Fault
		want  tvapi.Kind // of reads and of calls that must answer something
		done  bool       // the work of a write is done
	}{
		"500":              {tvfake.Fault{Status: 500}, tvapi.KindServer, false},
		"503 after":        {tvfake.Fault{Status: 503, After: true}, tvapi.KindServer, true},
		"lost":             {tvfake.Fault{Lost: true}, tvapi.KindLost, false},
		"lost after":       {tvfake.Fault{Lost: true, After: true}, tvapi.KindLost, true},
		"limit":            {tvfake.Fault{Limit: true}, tvapi.KindThrottled, false},
		"portal":           {tvfake.Fault{Status: 200, Body: "<html>sign in</html>"}, tvapi.KindForeign, false},
		"delay":            {tvfake.Fault{Delay: time.Hour, After: true}, tvapi.KindLost, true},
		"cut in the air":   {tvfake.Fault{Truncate: tvfake.TruncateBroken}, tvapi.KindLost, true},
		"cut on the way":   {tvfake.Fault{Truncate: tvfake.TruncateHalf}, tvapi.KindForeign, true},
		"answer forgotten": {tvfake.Fault{Truncate: tvfake.TruncateEmpty}, tvapi.KindForeign, true},
	}
	inCompany(t, func(c company) {
		ctx, cancel := context.WithTimeout(c.Context(), 300*time.Minute)
		defer cancel()
		for name, test := range faults {
			for function, call := range map[tvapi.Function]func() error{
				tvapi.FuncGroupCreate: func() error { return second(c.client.CreateGroup(ctx, name)) },
				tvapi.FuncGroupList:   func() error { return drain(c.client.Groups(ctx)) },
				tvapi.FuncUserGet:     func() error { return second(c.client.User(ctx, c.staff(1)[0])) },
			} {
				fault := test.fault
				fault.Function, fault.Times = string(function), 1
				disarm := c.fake.Fail(fault)
				if err := call(); tvapi.KindOf(err) != test.want {
					c.Errorf("%s, %s: %v, want %v", name, function, err, test.want)
				}
				disarm()
				c.settle()
			}
			if _, made := c.fake.GroupByName(name); made != test.done {
				c.Errorf("%s: the group exists: %v, want %v", name, made, test.done)
			}
			if test.done && !test.want.Uncertain() {
				c.Errorf("%s: the work was done, but %v says it certainly was not", name, test.want)
			}
		}
	})
}

// TestPasswordsReachTheEmulator sends what is secret to the one place that it is for.
func TestPasswordsReachTheEmulator(t *testing.T) {
	t.Parallel()
	inCompany(t, func(c company) {
		u := c.fake.AddUser(tvfake.User{Active: true})
		id, err := tvapi.ParseUserID(u.ID)
		c.must(err)
		c.must(c.client.UpdateUser(c.Context(), id, tvapi.UserUpdate{UserSecrets: tvapi.UserSecrets{Password: ptr("Long-enough-4-all"), SSOCustomerID: ptr("sso-77")}}))
		if got := c.user(id); !got.HasPassword || got.SSOCustomerID != "sso-77" {
			c.Errorf("user = %+v", got)
		}
	})
}
