package mapping

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tvscim/mapping/idmap"
	"tvscim/mapping/plan"
	"tvscim/scim"
	"tvscim/scim/filter"
	"tvscim/tvapi"
	"tvscim/tvapi/tvfake"
)

// twins are one company opened twice with the same memory: one pushes filters down to its indexes,
// the other evaluates them on everything.
type twins struct {
	fake           *tvfake.Server
	indexed, plain *Company
	users, groups  []string // ids
	values         []string // what filters compare with: values that are there in some case, and others
}

// newTwins opens both.
func newTwins(t *testing.T, rt *rapid.T) *twins {
	t.Helper()
	w := &twins{fake: tvfake.New(tvfake.Options{Seed: rapid.Uint64Range(1, 1000).Draw(rt, "seed")})}
	links, err := idmap.NewLRU(1000, nil)
	if err != nil {
		rt.Fatal(err)
	}
	options := Options{
		Links: links, Policy: plan.Policy{Keep: []string{"*"}},
		NewClient: func(token string) (*tvapi.Client, error) {
			return tvapi.New(tvapi.Options{BaseURL: "https://teamviewer.example", Token: token, Transport: w.fake.Transport()})
		},
	}
	for _, c := range []**Company{&w.indexed, &w.plain} {
		if *c, err = options.Open(w.fake.Token(), false); err != nil {
			rt.Fatal(err)
		}
		options.NoPushDown = true
	}
	return w
}

func (w *twins) close() {
	w.indexed.Close()
	w.plain.Close()
}

// The pools that everything is drawn from are small, so that filters find users. Some values are
// equal only under the folding of Unicode: the long s, the Kelvin sign.
var (
	addresses   = []string{"ann@x.example", "ANN@X.example", "sam@x.example", "kim@x.example", "bob@x.example", "Bob.K@x.example"}
	otherMails  = []string{"ann@x.example", "Ann@home.example", "\u017fam@x.example", "\u212aim@x.example", "sam@x.example"}
	externalIDs = []string{"", "a", "A", "7", "e-1", "a b"}
	peoplesName = []string{"Ann Vale", "ann vale", "Bob", strings.Repeat("Long Name ", 6) + "End", "\u017fam Straße"}
	groupNames  = []string{"Lab", "LAB", "Kiosk", "\u212aiosk", "Straße", strings.Repeat("Long Group ", 10) + "End", "7"}
)

// populate makes users and groups, some in the console, most through SCIM, and deletes a few.
func (w *twins) populate(t *rapid.T) {
	ctx := context.Background()
	for range rapid.IntRange(0, 2).Draw(t, "console users") {
		u := w.fake.AddUser(tvfake.User{Name: rapid.SampledFrom(peoplesName[:3]).Draw(t, "name"), Active: rapid.Bool().Draw(t, "active"),
			Email: rapid.SampledFrom(addresses).Draw(t, "address")})
		if u.ID != "" { // else the address is taken
			w.users = append(w.users, u.ID)
		}
	}
	for range rapid.IntRange(0, 5).Draw(t, "users") {
		u, err := w.indexed.Users().Create(ctx, scim.CreateRequest[scim.User]{Resource: anyUser(t)})
		if err == nil { // else its userName is taken
			w.users = append(w.users, u.ID)
		}
	}
	for _, id := range w.users {
		if rapid.IntRange(0, 5).Draw(t, "delete") == 0 {
			if err := w.indexed.Users().Delete(ctx, scim.DeleteRequest{ID: id}); err != nil {
				t.Fatal(err)
			}
		}
	}
	for range rapid.IntRange(0, 4).Draw(t, "groups") {
		group := scim.Group{
			Head:        scim.Head{ExternalID: rapid.SampledFrom(externalIDs).Draw(t, "externalId")},
			DisplayName: rapid.SampledFrom(groupNames).Draw(t, "displayName"),
		}
		for _, id := range w.users {
			if rapid.Bool().Draw(t, "member") {
				group.Members = append(group.Members, scim.Member{Value: id})
			}
		}
		g, err := w.indexed.Groups().Create(ctx, scim.CreateRequest[scim.Group]{Resource: group})
		if err == nil { // else its name is taken, or a member was deleted
			w.groups = append(w.groups, g.ID)
		}
	}
	for _, pool := range [][]string{addresses, otherMails, externalIDs, peoplesName, groupNames, w.users, w.groups, {"work", "u1", "nobody"}} {
		w.values = append(w.values, pool...)
	}
}

// anyUser draws a user to be created.
func anyUser(t *rapid.T) scim.User {
	u := scim.User{
		Head:        scim.Head{ExternalID: rapid.SampledFrom(externalIDs).Draw(t, "externalId")},
		UserName:    rapid.SampledFrom(addresses).Draw(t, "userName"),
		DisplayName: rapid.SampledFrom(peoplesName).Draw(t, "displayName"),
	}
	if rapid.Bool().Draw(t, "says active") {
		u.Active = new(rapid.Bool().Draw(t, "active"))
	}
	for range rapid.IntRange(0, 2).Draw(t, "emails") {
		u.Emails = append(u.Emails, scim.Email{Value: rapid.SampledFrom(otherMails).Draw(t, "email"), Type: rapid.SampledFrom([]string{"work", "home"}).Draw(t, "type")})
	}
	if rapid.Bool().Draw(t, "title") {
		u.Other = scim.Attributes{"title": rapid.SampledFrom(externalIDs[1:]).Draw(t, "title")}
	}
	return u
}

// The paths of filters, in several spellings.
var (
	userPaths = []string{
		"userName", "USERNAME", scim.UserURN + ":userName", "emails", "emails.value", "Emails.Value", "emails.type", "externalId", "id",
		"displayName", "name.familyName", "active", "title", "meta.created", "meta.resourceType", "shoeSize", "userName.value",
	}
	groupPaths = []string{"displayName", scim.GroupURN + ":DisplayName", "externalId", "id", "members", "members.value", "members.display", "meta.resourceType", "shoeSize"}
	operators  = []string{"eq", "eq", "eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"}
)

// anyFilter draws a filter of the whole grammar, nested no deeper than depth.
func (w *twins) anyFilter(t *rapid.T, paths []string, depth int) string {
	inner := func() string { return w.anyFilter(t, paths, depth-1) }
	shapes := 3
	if depth > 0 {
		shapes = 7
	}
	switch rapid.IntRange(1, shapes).Draw(t, "shape") {
	case 1, 2:
		return w.comparison(t, rapid.SampledFrom(paths).Draw(t, "path"))
	case 3:
		return rapid.SampledFrom(paths).Draw(t, "path") + " pr"
	case 4:
		return inner() + " and " + inner()
	case 5:
		return "(" + inner() + " or " + inner() + ")"
	case 6:
		return "not (" + inner() + ")"
	default:
		return w.valuePath(t, depth)
	}
}

// valuePath draws a filter on the elements of emails or members, with or without a comparison
// behind the bracket.
func (w *twins) valuePath(t *rapid.T, depth int) string {
	subs := []string{"value", "VALUE", "type", "display", "shoeSize"}
	text := rapid.SampledFrom([]string{"emails", "members", scim.UserURN + ":emails", "userName"}).Draw(t, "list") +
		"[" + w.anyFilter(t, subs, min(depth-1, 1)) + "]"
	if rapid.Bool().Draw(t, "then") {
		text += "." + w.comparison(t, rapid.SampledFrom(subs).Draw(t, "sub"))
	}
	return text
}

// comparison draws what a path is compared with.
func (w *twins) comparison(t *rapid.T, path string) string {
	op := rapid.SampledFrom(operators).Draw(t, "op")
	literal := rapid.OneOf(
		rapid.Map(rapid.SampledFrom(w.values), func(s string) string { return fmt.Sprintf("%q", s) }),
		rapid.SampledFrom([]string{"true", "false", "null", "7", "7.0", `""`, `"2026-01-01T00:00:00Z"`}),
	).Draw(t, "literal")
	return path + " " + op + " " + literal
}

// anyList draws a list request.
func (w *twins) anyList(t *rapid.T, paths []string) scim.ListRequest {
	text := w.anyFilter(t, paths, 3)
	e, err := filter.Parse(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	req := scim.ListRequest{Filter: e, StartIndex: rapid.IntRange(1, 3).Draw(t, "startIndex"), Count: rapid.IntRange(0, 5).Draw(t, "count")}
	if rapid.Bool().Draw(t, "sorted") {
		name, sub, _ := strings.Cut(rapid.SampledFrom([]string{"displayName", "externalId", "emails.value", "name.familyName"}).Draw(t, "sortBy"), ".")
		req.Sort = scim.Sort{By: filter.AttrPath{Name: name, Sub: sub}, Descending: rapid.Bool().Draw(t, "descending")}
	}
	if rapid.Bool().Draw(t, "by cursor") {
		ids := append([]string{"u1", "1"}, append(w.users, w.groups...)...)
		req.After = &scim.Position{Key: "1", ID: rapid.SampledFrom(ids).Draw(t, "after")}
	}
	return req
}

// What the indexes narrow a filter to is a superset: with and without push-down the answers are the
// same, page by page.
func TestPushDownIsASuperset(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		w := newTwins(t, rt)
		defer w.close()
		w.populate(rt)
		for range 20 {
			req := w.anyList(rt, userPaths)
			sameLists(rt, w.indexed.Users(), w.plain.Users(), req)
			req = w.anyList(rt, groupPaths)
			sameLists(rt, w.indexed.Groups(), w.plain.Groups(), req)
		}
	})
}

// sameLists requests a list from both stores.
func sameLists[R scim.Resource](t *rapid.T, indexed, plain scim.Store[R], req scim.ListRequest) {
	t.Helper()
	want, err := plain.List(context.Background(), req)
	if err != nil {
		t.Fatal(err)
	}
	got, err := indexed.List(context.Background(), req)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("%s sorted %q after %v: (-without push-down +with):\n%s", req.Filter, req.Sort, req.After, diff)
	}
}
