package scimtest_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tvscim/scim"
	"tvscim/scim/scimtest"
)

// userType and groupType are the types of the stores under test.
var (
	userType  = &scim.ResourceType{Name: "User", Endpoint: "/Users", Schema: scim.UserSchema(), Extensions: []scim.Schema{scim.EnterpriseSchema()}}
	groupType = &scim.ResourceType{Name: "Group", Endpoint: "/Groups", Schema: scim.GroupSchema()}
)

// user reads a user from JSON.
func user(t testing.TB, body string) scim.User {
	t.Helper()
	u, err := scim.Decode[scim.User](userType, []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// patch reads a PATCH from JSON.
func patch(t testing.TB, typ *scim.ResourceType, body string) scim.Patch {
	t.Helper()
	p, err := scim.DecodePatch(typ, "", []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// create puts a resource into a store.
func create[R scim.Resource](t testing.TB, m *scimtest.Memory[R], r R) R {
	t.Helper()
	made, err := m.Create(t.Context(), scim.CreateRequest[R]{Resource: r})
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// problem returns the status and type of an error, 0 when there is none.
func problem(t *testing.T, err error) (int, scim.ErrorType) {
	t.Helper()
	if err == nil {
		return 0, ""
	}
	e, ok := errors.AsType[*scim.Error](err)
	if !ok {
		t.Fatalf("not a scim.Error: %v", err)
	}
	return e.Status, e.Type
}

func TestCreateGet(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := scimtest.NewMemory[scim.User](userType)
		now := time.Now()
		in := user(t, `{"userName":"nora@contoso.example","externalId":"e1","password":"secret","emails":[{"value":"n@contoso.example"}],
			"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"Sales"}}`)
		made := create(t, m, in)
		want := in
		want.Password = ""
		want.Head = scim.Head{ID: "user-1", ExternalID: "e1", Meta: scim.Meta{Created: now, LastModified: now}}
		if diff := cmp.Diff(want, made); diff != "" {
			t.Errorf("created (-want +got):\n%s", diff)
		}
		got, err := m.Get(t.Context(), scim.GetRequest{ID: "user-1"})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("got (-want +got):\n%s", diff)
		}
	})
}

func TestGroupsKnowTheirMembers(t *testing.T) {
	t.Parallel()
	m := scimtest.NewMemory[scim.Group](groupType)
	made := create(t, m, scim.Group{DisplayName: "Sales"})
	if made.Members == nil || len(made.Members) != 0 {
		t.Errorf("members %#v of a group that named none; want an empty list", made.Members)
	}
}

// TestUnknownID asks every method for an unknown id.
func TestUnknownID(t *testing.T) {
	t.Parallel()
	m := scimtest.NewMemory[scim.User](userType)
	gone := create(t, m, scim.User{UserName: "gone@contoso.example"})
	if err := m.Delete(t.Context(), scim.DeleteRequest{ID: gone.ID}); err != nil {
		t.Fatal(err)
	}
	create(t, m, scim.User{UserName: "nora@contoso.example"})
	for _, id := range []string{"", "user-1", "user-3", "USER-2", " user-2", "user-2/", "nora@contoso.example"} {
		_, get := m.Get(t.Context(), scim.GetRequest{ID: id})
		_, replace := m.Replace(t.Context(), scim.ReplaceRequest[scim.User]{ID: id, Resource: scim.User{UserName: "x"}})
		_, patched := m.Patch(t.Context(), scim.PatchRequest{ID: id})
		for method, err := range map[string]error{
			"get": get, "replace": replace, "patch": patched, "delete": m.Delete(t.Context(), scim.DeleteRequest{ID: id}),
		} {
			if status, _ := problem(t, err); status != 404 {
				t.Errorf("%s %q: status %d, want 404", method, id, status)
			}
		}
	}
	if m.Len() != 1 {
		t.Errorf("%d users left, want 1", m.Len())
	}
}

func TestUniqueness(t *testing.T) {
	t.Parallel()
	m := scimtest.NewMemory[scim.User](userType)
	first := create(t, m, scim.User{UserName: "nora@contoso.example"})
	second := create(t, m, scim.User{UserName: "olaf@contoso.example"})
	rename := patch(t, userType, `{"Operations":[{"op":"replace","path":"userName","value":"NORA@contoso.example"}]}`)
	tests := map[string]struct {
		do   func() error
		want int
	}{
		"create, same": {func() error {
			_, err := m.Create(t.Context(), scim.CreateRequest[scim.User]{Resource: scim.User{UserName: "nora@contoso.example"}})
			return err
		}, 409},
		"create, other case": {func() error {
			_, err := m.Create(t.Context(), scim.CreateRequest[scim.User]{Resource: scim.User{UserName: "Nora@CONTOSO.example"}})
			return err
		}, 409},
		"replace": {func() error {
			_, err := m.Replace(t.Context(), scim.ReplaceRequest[scim.User]{ID: second.ID, Resource: scim.User{UserName: "nora@contoso.example"}})
			return err
		}, 409},
		"patch": {func() error {
			_, err := m.Patch(t.Context(), scim.PatchRequest{ID: second.ID, Patch: rename})
			return err
		}, 409},
		"its own name in other case": {func() error {
			_, err := m.Patch(t.Context(), scim.PatchRequest{ID: first.ID, Patch: rename})
			return err
		}, 0},
	}
	for name, test := range tests {
		status, typ := problem(t, test.do())
		if status != test.want || (status == 409) != (typ == scim.TypeUniqueness) {
			t.Errorf("%s: status %d, type %q; want %d", name, status, typ, test.want)
		}
	}
	got, err := m.Get(t.Context(), scim.GetRequest{ID: second.ID})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(second, got); diff != "" {
		t.Errorf("changed by what was refused (-want +got):\n%s", diff)
	}
	groups := scimtest.NewMemory[scim.Group](groupType)
	create(t, groups, scim.Group{DisplayName: "Straße"})
	_, err = groups.Create(t.Context(), scim.CreateRequest[scim.Group]{Resource: scim.Group{DisplayName: "STRAßE"}})
	if status, _ := problem(t, err); status != 409 {
		t.Errorf("a group's name in other case: status %d, want 409", status)
	}
}

// TestLastModified moves the clock between changes: only what changes something moves lastModified.
func TestLastModified(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := scimtest.NewMemory[scim.User](userType)
		made := create(t, m, scim.User{UserName: "nora@contoso.example", DisplayName: "Nora"})
		steps := []struct {
			body  string
			moves bool
		}{
			{`{"Operations":[{"op":"replace","path":"displayName","value":"Nora"}]}`, false},
			{`{"Operations":[{"op":"replace","path":"displayName","value":"N."}]}`, true},
			{`{"Operations":[{"op":"remove","path":"title"}]}`, false},
			{`{"Operations":[{"op":"replace","path":"externalId","value":"e1"}]}`, true},
			{`{"Operations":[{"op":"replace","path":"externalId","value":"e1"}]}`, false},
			{`{"Operations":[{"op":"add","path":"active","value":false}]}`, true},
		}
		last := made.Meta.LastModified
		for _, step := range steps {
			time.Sleep(time.Second)
			got, err := m.Patch(t.Context(), scim.PatchRequest{ID: made.ID, Patch: patch(t, userType, step.body)})
			if err != nil {
				t.Fatal(err)
			}
			if moved := got.Meta.LastModified.After(last); moved != step.moves {
				t.Errorf("%s: moved %t, want %t", step.body, moved, step.moves)
			}
			if !got.Meta.Created.Equal(made.Meta.Created) || got.ID != made.ID {
				t.Errorf("%s: id or created changed: %+v", step.body, got.Head)
			}
			last = got.Meta.LastModified
		}
	})
}

func TestReplaceKeepsTheUnsaid(t *testing.T) {
	t.Parallel()
	off := false
	users := scimtest.NewMemory[scim.User](userType)
	u := create(t, users, scim.User{Head: scim.Head{ExternalID: "e1"}, UserName: "nora@contoso.example", DisplayName: "Nora", Active: &off})
	got, err := users.Replace(t.Context(), scim.ReplaceRequest[scim.User]{ID: u.ID, Resource: scim.User{UserName: "n@contoso.example"}})
	if err != nil {
		t.Fatal(err)
	}
	if got.Active == nil || *got.Active || got.DisplayName != "" || got.ExternalID != "" || got.ID != u.ID {
		t.Errorf("user: %+v; want active kept and all else replaced", got)
	}
	groups := scimtest.NewMemory[scim.Group](groupType)
	g := create(t, groups, scim.Group{DisplayName: "Sales", Members: []scim.Member{{Value: "1"}}})
	for _, step := range []struct {
		members []scim.Member
		want    int
	}{{nil, 1}, {[]scim.Member{}, 0}, {[]scim.Member{{Value: "2"}, {Value: "3"}}, 2}} {
		got, err := groups.Replace(t.Context(), scim.ReplaceRequest[scim.Group]{
			ID: g.ID, Resource: scim.Group{DisplayName: "Sales", Members: step.members},
		})
		if err != nil {
			t.Fatal(err)
		}
		if len(got.Members) != step.want || got.Members == nil {
			t.Errorf("members %#v replaced by %#v", got.Members, step.members)
		}
	}
}

// TestNothingIsShared changes what goes in and what comes out, down to the last map.
func TestNothingIsShared(t *testing.T) {
	t.Parallel()
	m := scimtest.NewMemory[scim.User](userType)
	in := user(t, `{"userName":"nora@contoso.example","active":true,"emails":[{"value":"a","primary":true}],"roles":[{"value":"r"}]}`)
	spoil := func(u scim.User) {
		u.Emails[0].Value = "spoilt"
		*u.Emails[0].Primary = false
		*u.Active = false
		u.Other["title"] = "spoilt"
		u.Other["roles"].([]any)[0].(map[string]any)["value"] = "spoilt"
	}
	made := create(t, m, in)
	want := create(t, scimtest.NewMemory[scim.User](userType), in)
	want.Head = made.Head
	check := func(when string) scim.User {
		got, err := m.Get(t.Context(), scim.GetRequest{ID: made.ID})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", when, diff)
		}
		return got
	}
	spoil(in)
	check("spoilt what was given to Create")
	spoil(made)
	spoil(check("spoilt what Create returned"))
	check("spoilt what Get returned")
	page, err := m.List(t.Context(), scim.ListRequest{StartIndex: 1, Count: 1})
	if err != nil {
		t.Fatal(err)
	}
	spoil(page.Items[0])
	check("spoilt what List returned")
	patched, err := m.Patch(t.Context(), scim.PatchRequest{ID: made.ID})
	if err != nil {
		t.Fatal(err)
	}
	spoil(patched)
	check("spoilt what Patch returned")
}

// TestContextEnds asks with a context that is over: nothing happens.
func TestContextEnds(t *testing.T) {
	t.Parallel()
	m := scimtest.NewMemory[scim.User](userType)
	u := create(t, m, scim.User{UserName: "nora@contoso.example"})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, get := m.Get(ctx, scim.GetRequest{ID: u.ID})
	_, list := m.List(ctx, scim.ListRequest{StartIndex: 1, Count: 1})
	_, made := m.Create(ctx, scim.CreateRequest[scim.User]{Resource: scim.User{UserName: "x"}})
	_, replace := m.Replace(ctx, scim.ReplaceRequest[scim.User]{ID: u.ID})
	_, patched := m.Patch(ctx, scim.PatchRequest{ID: u.ID})
	for method, err := range map[string]error{
		"get": get, "list": list, "create": made, "replace": replace, "patch": patched,
		"delete": m.Delete(ctx, scim.DeleteRequest{ID: u.ID}),
	} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v, want context.Canceled", method, err)
		}
	}
	if m.Len() != 1 {
		t.Errorf("%d users, want 1", m.Len())
	}
}

// TestConcurrentCreates makes the same user many times at once: one is made.
func TestConcurrentCreates(t *testing.T) {
	t.Parallel()
	m := scimtest.NewMemory[scim.User](userType)
	errs := make([]error, 20)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() {
			_, errs[i] = m.Create(t.Context(), scim.CreateRequest[scim.User]{Resource: scim.User{UserName: "nora@contoso.example"}})
		})
	}
	wg.Wait()
	statuses := map[int]int{}
	for _, err := range errs {
		status, _ := problem(t, err)
		statuses[status]++
	}
	if diff := cmp.Diff(map[int]int{0: 1, 409: 19}, statuses); diff != "" {
		t.Errorf("statuses (-want +got):\n%s", diff)
	}
}

// TestPagesPartitionTheList walks a store by pages of any size, after deletes: the pages are the
// list.
func TestPagesPartitionTheList(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		m := scimtest.NewMemory[scim.User](userType)
		var want []string
		for i := range rapid.IntRange(0, 20).Draw(rt, "users") {
			u := create(t, m, scim.User{UserName: fmt.Sprintf("user%d", i)})
			if rapid.Bool().Draw(rt, "deleted") {
				if err := m.Delete(t.Context(), scim.DeleteRequest{ID: u.ID}); err != nil {
					rt.Fatal(err)
				}
				continue
			}
			want = append(want, u.ID)
		}
		count := rapid.IntRange(1, 7).Draw(rt, "count")
		var got []string
		for start := 1; start <= len(want); start += count {
			page, err := m.List(t.Context(), scim.ListRequest{StartIndex: start, Count: count})
			if err != nil {
				rt.Fatal(err)
			}
			if page.Total != len(want) || page.StartIndex != start {
				rt.Fatalf("page %+v of %d at %d", page, len(want), start)
			}
			for _, u := range page.Items {
				got = append(got, u.ID)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			rt.Fatalf("ids (-want +got):\n%s", diff)
		}
	})
}
