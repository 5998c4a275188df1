package scimtest_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tvscim/scim"
	"tvscim/scim/filter"
	"tvscim/scim/scimtest"
)

// ifMatch expects a version.
func ifMatch(t testing.TB, version scim.Version) scim.Precondition {
	t.Helper()
	p, err := scim.ParsePrecondition([]string{string(version)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestPreconditions asks every write for a version that is the resource's, and for one that is not.
func TestPreconditions(t *testing.T) {
	t.Parallel()
	rename := patch(t, userType, `{"Operations":[{"op":"replace","path":"displayName","value":"N."}]}`)
	writes := map[string]func(m *scimtest.Memory[scim.User], id string, when scim.Precondition) error{
		"replace": func(m *scimtest.Memory[scim.User], id string, when scim.Precondition) error {
			_, err := m.Replace(t.Context(), scim.ReplaceRequest[scim.User]{ID: id, Resource: scim.User{UserName: "n"}, If: when})
			return err
		},
		"patch": func(m *scimtest.Memory[scim.User], id string, when scim.Precondition) error {
			_, err := m.Patch(t.Context(), scim.PatchRequest{ID: id, Patch: rename, If: when})
			return err
		},
		"delete": func(m *scimtest.Memory[scim.User], id string, when scim.Precondition) error {
			return m.Delete(t.Context(), scim.DeleteRequest{ID: id, If: when})
		},
	}
	for name, write := range writes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := scimtest.NewMemory[scim.User](userType)
			made := create(t, m, scim.User{UserName: "nora@contoso.example"})
			if status, _ := problem(t, write(m, made.ID, ifMatch(t, `W/"other"`))); status != 412 {
				t.Errorf("another version: status %d, want 412", status)
			}
			got, err := m.Get(t.Context(), scim.GetRequest{ID: made.ID})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(made, got); diff != "" {
				t.Errorf("changed by what was refused (-want +got):\n%s", diff)
			}
			if status, _ := problem(t, write(m, "nobody", ifMatch(t, `W/"other"`))); status != 404 {
				t.Errorf("another version of nothing: status %d, want 404", status)
			}
			if err := write(m, made.ID, ifMatch(t, scim.VersionOf(userType, made))); err != nil {
				t.Errorf("the version: %v", err)
			}
		})
	}
}

// TestOneOfManyWins has many clients change what they have all read: one may, the others are told.
func TestOneOfManyWins(t *testing.T) {
	t.Parallel()
	m := scimtest.NewMemory[scim.Group](groupType)
	made := create(t, m, scim.Group{DisplayName: "Sales"})
	when := ifMatch(t, scim.VersionOf(groupType, made))
	statuses := map[int]int{}
	var mu sync.Mutex
	var wg sync.WaitGroup
	for i := range 20 {
		add := patch(t, groupType, fmt.Sprintf(`{"Operations":[{"op":"add","path":"members","value":[{"value":"user-%d"}]}]}`, i))
		wg.Go(func() {
			_, err := m.Patch(t.Context(), scim.PatchRequest{ID: made.ID, Patch: add, If: when})
			mu.Lock()
			defer mu.Unlock()
			status, _ := problem(t, err)
			statuses[status]++
		})
	}
	wg.Wait()
	if diff := cmp.Diff(map[int]int{0: 1, 412: 19}, statuses); diff != "" {
		t.Errorf("statuses (-want +got):\n%s", diff)
	}
}

// TestReplaceOfImmutable: what is set for good stays.
func TestReplaceOfImmutable(t *testing.T) {
	t.Parallel()
	const badge = "urn:example:2.0:Badge"
	typ := &scim.ResourceType{Name: "User", Endpoint: "/Users", Schema: scim.UserSchema(), Extensions: []scim.Schema{{
		ID: badge, Attributes: []scim.Attribute{{Name: "serial", Type: filter.TypeString, Mutability: scim.Immutable}},
	}}}
	with := func(serial string) scim.User {
		return scim.User{UserName: "nora", Other: scim.Attributes{badge: map[string]any{"serial": serial}}}
	}
	m := scimtest.NewMemory[scim.User](typ)
	made := create(t, m, with("1"))
	for serial, want := range map[string]int{"1": 0, "2": 400} {
		_, err := m.Replace(t.Context(), scim.ReplaceRequest[scim.User]{ID: made.ID, Resource: with(serial)})
		if status, typ := problem(t, err); status != want || (want == 400) != (typ == scim.TypeMutability) {
			t.Errorf("serial %s: status %d %s, want %d", serial, status, typ, want)
		}
	}
}
