package mapping

import (
	"context"
	"errors"
	"testing"
	"time"

	"tvscim/mapping/idmap"
	"tvscim/scim"
	"tvscim/scim/filter"
	"tvscim/tvapi"
	"tvscim/tvapi/tvfake"
)

// TestListsWaitForOthers: while as many lists as allowed go through the whole company, a further
// one waits until its time is over, and is then 503 with Retry-After; a search that an index
// answers does not wait.
func TestListsWaitForOthers(t *testing.T) {
	t.Parallel()
	fake := tvfake.New(tvfake.Options{})
	id := fake.AddUser(tvfake.User{Name: "Nora Vale", Email: "nora.vale@contoso.example", Active: true})
	links, err := idmap.NewLRU(10, nil)
	if err != nil {
		t.Fatal(err)
	}
	c, err := Options{Links: links, NewClient: func(token string) (*tvapi.Client, error) {
		return tvapi.New(tvapi.Options{BaseURL: "https://teamviewer.example", Token: token, Transport: fake.Transport()})
	}}.Open(fake.Token(), false)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	users, groups := c.Users(), c.Groups()
	request := func(text string) scim.ListRequest {
		req := scim.ListRequest{StartIndex: 1, Count: 10}
		if text != "" {
			if req.Filter, err = filter.Parse(text); err != nil {
				t.Fatal(err)
			}
		}
		return req
	}
	if _, err := users.List(t.Context(), request("")); err != nil { // the list of users is loaded
		t.Fatal(err)
	}
	if _, err := groups.List(t.Context(), request("")); err != nil {
		t.Fatal(err)
	}
	for range cap(c.lists) {
		leave, err := c.lists.enter(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(leave)
	}
	for _, text := range []string{"", `displayName co "a"`, `members.value eq "u1"`} {
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		t.Cleanup(cancel)
		lists := map[string]error{}
		_, lists["groups"] = groups.List(ctx, request(text))
		if text != `members.value eq "u1"` {
			_, lists["users"] = users.List(ctx, request(text))
		}
		for name, err := range lists {
			if said, ok := errors.AsType[*scim.Error](err); !ok || said.Status != 503 || said.RetryAfter == 0 {
				t.Errorf("%s, filter %q: %v, want 503 with Retry-After", name, text, err)
			}
		}
	}
	for _, text := range []string{`userName eq "nora.vale@contoso.example"`, `id eq "` + id.ID + `"`, `externalId eq "x"`} {
		if _, err := users.List(t.Context(), request(text)); err != nil {
			t.Errorf("users, filter %q: %v", text, err)
		}
	}
	if _, err := groups.List(t.Context(), request(`displayName eq "Sales"`)); err != nil {
		t.Errorf("groups by name: %v", err)
	}
}
