package tvapi_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tvscim/tvapi"
	"tvscim/tvapi/tvfake"
)

// work is a call that changes or reads something that is there.
type work struct {
	function tvapi.Function
	repeats  bool // sending it twice does what sending it once does
	prepare  func(*paced) func(context.Context) error
}

// works are calls of every class.
func works() []work {
	user := func(call func(context.Context, *tvapi.Client, tvapi.UserID) error) func(*paced) func(context.Context) error {
		return func(p *paced) func(context.Context) error {
			id := p.hire()
			return func(ctx context.Context) error { return call(ctx, p.client, id) }
		}
	}
	group := func(call func(context.Context, *tvapi.Client, tvapi.GroupID, tvapi.UserID) error) func(*paced) func(context.Context) error {
		return func(p *paced) func(context.Context) error {
			member, other := p.hire(), p.hire()
			id := tvapi.GroupID(p.fake.AddGroup("Sales", member.String()).ID)
			return func(ctx context.Context) error { return call(ctx, p.client, id, other) }
		}
	}
	return []work{
		{tvapi.FuncUserGet, true, user(func(ctx context.Context, c *tvapi.Client, id tvapi.UserID) error {
			return second(c.User(ctx, id))
		})},
		{tvapi.FuncUserList, true, user(func(ctx context.Context, c *tvapi.Client, _ tvapi.UserID) error {
			return drain(c.Users(ctx))
		})},
		{tvapi.FuncGroupList, true, group(func(ctx context.Context, c *tvapi.Client, _ tvapi.GroupID, _ tvapi.UserID) error {
			return drain(c.Groups(ctx))
		})},
		{tvapi.FuncUserUpdate, true, user(func(ctx context.Context, c *tvapi.Client, id tvapi.UserID) error {
			return c.UpdateUser(ctx, id, tvapi.UserUpdate{Active: ptr(false)})
		})},
		{tvapi.FuncUserDelete, true, user(func(ctx context.Context, c *tvapi.Client, id tvapi.UserID) error {
			return c.RemoveUser(ctx, id)
		})},
		{tvapi.FuncGroupUpdate, true, group(func(ctx context.Context, c *tvapi.Client, id tvapi.GroupID, _ tvapi.UserID) error {
			return c.RenameGroup(ctx, id, "Selling")
		})},
		{tvapi.FuncGroupDelete, true, group(func(ctx context.Context, c *tvapi.Client, id tvapi.GroupID, _ tvapi.UserID) error {
			return c.DeleteGroup(ctx, id)
		})},
		{tvapi.FuncMemberAdd, true, group(func(ctx context.Context, c *tvapi.Client, id tvapi.GroupID, u tvapi.UserID) error {
			return second(c.AddMembers(ctx, id, []tvapi.UserID{u}))
		})},
		{tvapi.FuncUserCreate, false, user(func(ctx context.Context, c *tvapi.Client, _ tvapi.UserID) error {
			return second(c.CreateUser(ctx, tvapi.UserCreate{
				Email: "ada@example.com", Name: "Ada", Language: "en", UserSecrets: tvapi.UserSecrets{Password: ptr("Long-enough-4-all")},
			}))
		})},
		{tvapi.FuncGroupCreate, false, group(func(ctx context.Context, c *tvapi.Client, _ tvapi.GroupID, _ tvapi.UserID) error {
			return second(c.CreateGroup(ctx, "Buying"))
		})},
	}
}

// TestAttempts lets each kind of failure strike each class of call without end.
func TestAttempts(t *testing.T) {
	t.Parallel()
	faults := map[string]struct {
		fault tvfake.Fault
		want  tvapi.Kind
		again bool // another attempt may fare better
	}{
		"500":              {tvfake.Fault{Status: 500}, tvapi.KindServer, true},
		"500 with HTML":    {tvfake.Fault{Status: 502, Body: "<html>bad gateway</html>"}, tvapi.KindServer, true},
		"503 after":        {tvfake.Fault{Status: 503, After: true}, tvapi.KindServer, true},
		"lost":             {tvfake.Fault{Lost: true}, tvapi.KindLost, true},
		"lost after":       {tvfake.Fault{Lost: true, After: true}, tvapi.KindLost, true},
		"200 with HTML":    {tvfake.Fault{Status: 200, Body: "<html>sign in</html>"}, tvapi.KindForeign, true},
		"delay":            {tvfake.Fault{Delay: time.Hour}, tvapi.KindLost, true},
		"redirect":         {tvfake.Fault{Status: 302}, tvapi.KindForeign, false},
		"403 with HTML":    {tvfake.Fault{Status: 403, Body: "<html>denied</html>"}, tvapi.KindForeign, false},
		"404 with HTML":    {tvfake.Fault{Status: 404, Body: "<html>nothing</html>"}, tvapi.KindForeign, false},
		"blocked":          {tvfake.Fault{Status: 403}, tvapi.KindBlocked, false},
		"token refused":    {tvfake.Fault{Status: 401}, tvapi.KindToken, false},
		"not found":        {tvfake.Fault{Status: 404}, tvapi.KindNotFound, false},
		"invalid":          {tvfake.Fault{Status: 400}, tvapi.KindInvalid, false},
		"no right":         {tvfake.Fault{Status: 403, Body: `{"error":"invalid_permission"}`}, tvapi.KindPermission, false},
		"licence required": {tvfake.Fault{Status: 402, Body: `{"error":"license_required"}`}, tvapi.KindLicense, false},
		"conflict":         {tvfake.Fault{Status: 409, Body: `{"error":"email_in_use"}`}, tvapi.KindConflict, false},
	}
	for _, w := range works() {
		for name, test := range faults {
			t.Run(string(w.function)+"/"+name, func(t *testing.T) {
				t.Parallel()
				inPaced(t, tvapi.Options{}, func(p *paced) {
					call := w.prepare(p)
					test.fault.Function = string(w.function)
					p.fake.Fail(test.fault)
					// A list of users has no time limit of its own.
					ctx, cancel := context.WithTimeout(p.Context(), 3*time.Hour+time.Minute)
					defer cancel()
					err := call(ctx)
					want := 1
					if test.again && w.repeats {
						want = 3
					}
					if name == "delay" && w.function == tvapi.FuncUserList {
						p.wantCalls(1) // slow is not failed
						return
					}
					p.wantKind(err, test.want, false)
					p.wantCalls(want)
				})
			})
		}
	}
}

// TestOneFaultIsSurvived: what may be sent twice works when the first attempt fails, whether its
// work was done or not, and leaves what one call leaves.
func TestOneFaultIsSurvived(t *testing.T) {
	t.Parallel()
	faults := map[string]tvfake.Fault{
		"500": {Status: 500}, "500 after": {Status: 500, After: true},
		"lost": {Lost: true}, "lost after": {Lost: true, After: true},
		"200 with HTML": {Status: 200, Body: "<html>sign in</html>"}, "delay": {Delay: 30 * time.Second, After: true},
	}
	for _, w := range works() {
		if !w.repeats {
			continue
		}
		for name, fault := range faults {
			t.Run(string(w.function)+"/"+name, func(t *testing.T) {
				t.Parallel()
				type state struct {
					Users  []tvfake.User
					Groups []tvfake.Group
				}
				var want state
				for _, faulty := range []bool{false, true} {
					inPaced(t, tvapi.Options{}, func(p *paced) {
						call := w.prepare(p)
						if faulty {
							fault.Function, fault.Times = string(w.function), 1
							p.fake.Fail(fault)
						}
						if err := call(p.Context()); err != nil {
							t.Errorf("with a fault %v: %v", faulty, err)
						}
						got := state{p.fake.Users(), p.fake.Groups()}
						if !faulty {
							want = got
						} else if diff := cmp.Diff(want, got); diff != "" {
							t.Errorf("state with and without a fault:\n%s", diff)
						}
					})
				}
			})
		}
	}
}
