package mapping

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tvscim/mapping/idmap"
	"tvscim/mapping/plan"
	"tvscim/scim"
	"tvscim/tvapi"
	"tvscim/tvapi/tvfake"
)

// observed is a company whose events are stored.
type observed struct {
	*Company
	fake *tvfake.Server

	mu     sync.Mutex
	events []Event
}

func newObserved(t *testing.T, v tvfake.Variant, p plan.Policy) *observed {
	t.Helper()
	o := &observed{fake: tvfake.New(tvfake.Options{Variant: v})}
	links, err := idmap.NewLRU(1000, nil)
	if err != nil {
		t.Fatal(err)
	}
	o.Company, err = Options{
		Links: links, Policy: p, Observers: []func(Event){o.observe},
		NewClient: func(token string) (*tvapi.Client, error) {
			return tvapi.New(tvapi.Options{BaseURL: "https://teamviewer.example", Token: token, Transport: o.fake.Transport()})
		},
	}.Open(o.fake.Token(), false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(o.Close)
	return o
}

func (o *observed) observe(e Event) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.events = append(o.events, e)
}

func (o *observed) all() []Event {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.events)
}

// writeCalls counts the calls of functions that change something.
func writeCalls(counts map[string]int) map[string]int {
	changes := maps.Clone(counts)
	maps.DeleteFunc(changes, func(function string, n int) bool { return strings.HasPrefix(function, "GET ") || n == 0 })
	return changes
}

// TestEveryWriteHasAnEvent: whatever clients do and however TeamViewer fails, each call that
// reached TeamViewer and changes something is in an event, and an event says of each record that
// was written.
func TestEveryWriteHasAnEvent(t *testing.T) {
	t.Parallel()
	variants := tvfake.Variants()
	rapid.Check(t, func(rt *rapid.T) {
		v := rapid.SampledFrom(variants).Draw(rt, "variant")
		onDelete := rapid.SampledFrom([]plan.OnDelete{plan.Deactivate, plan.Remove, plan.Delete}).Draw(rt, "on delete")
		steps := rapid.SliceOfN(rapid.IntRange(0, 10), 1, 25).Draw(rt, "steps")
		fault := tvfake.Fault{Rate: 0.3, Lost: rapid.Bool().Draw(rt, "lost"), After: rapid.Bool().Draw(rt, "after"), Status: http.StatusBadGateway}
		synctest.Test(t, func(t *testing.T) {
			o := newObserved(t, v, plan.Policy{OnDelete: onDelete})
			o.fake.Fail(fault)
			for i, step := range steps {
				o.step(t.Context(), i, step)
				time.Sleep(30 * time.Second)
			}
			time.Sleep(time.Hour) // what is looked at again was looked at
			told := map[string]int{}
			for _, e := range o.all() {
				for _, c := range e.Calls {
					told[string(c.Function)]++
				}
			}
			if diff := cmp.Diff(writeCalls(o.fake.Calls()), writeCalls(told)); diff != "" {
				t.Errorf("calls at TeamViewer (-) and in events (+):\n%s", diff)
			}
			o.wantMemory(t)
		})
		if t.Failed() {
			rt.FailNow()
		}
	})
}

// wantMemory compares which records and notes exist with what the events say of them: each that
// exists was written, and each that was written and does not exist was deleted. An event comes at
// the end of its action, so that of a request that shared a call may come after that of the check
// that has deleted its note.
func (o *observed) wantMemory(t *testing.T) {
	t.Helper()
	written, deleted := map[string]bool{}, map[string]bool{}
	for _, e := range o.all() {
		for _, w := range e.Memory {
			if w.Deleted {
				deleted[w.Note+w.ID] = true
			} else {
				written[w.Note+w.ID] = true
			}
		}
	}
	there := map[string]bool{}
	for id := range o.links.All() {
		there[id] = true
	}
	for name := range o.links.Notes("") {
		there[name] = true
	}
	for name := range there {
		if !written[name] {
			t.Errorf("%s exists, and no event says that it was written", name)
		}
	}
	for name := range written {
		if !there[name] && !deleted[name] {
			t.Errorf("%s does not exist, and no event says that it was deleted", name)
		}
	}
}

// step does one of the things that clients do.
func (o *observed) step(ctx context.Context, i, what int) {
	users, groups := o.Users(), o.Groups()
	yes, no := true, false
	name := fmt.Sprintf("user%d@contoso.example", i%4)
	user := scim.User{UserName: name, DisplayName: "User", Active: &yes, Head: scim.Head{ExternalID: fmt.Sprint("ext-", i)}}
	id, group := o.some(i)
	switch what {
	case 0, 1:
		_, _ = users.Create(ctx, scim.CreateRequest[scim.User]{Resource: user})
	case 2:
		_, _ = groups.Create(ctx, scim.CreateRequest[scim.Group]{Resource: scim.Group{DisplayName: fmt.Sprint("Group ", i%3), Members: []scim.Member{{Value: id}}}})
	case 3:
		user.Active = &no
		_, _ = users.Replace(ctx, scim.ReplaceRequest[scim.User]{ID: id, Resource: user})
	case 4:
		_ = users.Delete(ctx, scim.DeleteRequest{ID: id})
	case 5:
		_ = groups.Delete(ctx, scim.DeleteRequest{ID: group})
	case 6:
		_, _ = groups.Replace(ctx, scim.ReplaceRequest[scim.Group]{ID: group, Resource: scim.Group{DisplayName: fmt.Sprint("Group ", i), Members: []scim.Member{{Value: id}}}})
	case 7, 8:
		body := fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":%q,"path":"members","value":[{"value":%q}]}]}`,
			map[int]string{7: "add", 8: "remove"}[what], id)
		if patch, err := scim.DecodePatch(plan.GroupType(), group, []byte(body)); err == nil {
			_, _ = groups.Patch(ctx, scim.PatchRequest{ID: group, Patch: patch})
		}
	case 9:
		o.fake.DropUser(id) // in the console
		_, _ = users.Get(ctx, scim.GetRequest{ID: id})
	case 10:
		_, _ = users.List(ctx, scim.ListRequest{})
		_, _ = groups.List(ctx, scim.ListRequest{})
	}
}

// some returns the ids of a user and a group of the company, not of the token's owner.
func (o *observed) some(i int) (user, group string) {
	user, group = "u7", "7"
	if all := slices.DeleteFunc(o.fake.Users(), func(u tvfake.User) bool { return u.ID == o.fake.OwnerID() }); len(all) > 0 {
		user = all[i%len(all)].ID
	}
	if all := o.fake.Groups(); len(all) > 0 {
		group = fmt.Sprint(all[i%len(all)].ID)
	}
	return user, group
}
