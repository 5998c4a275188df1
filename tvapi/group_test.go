package tvapi_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"tvscim/tvapi"
)

func TestGroup(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		answer string
		want   tvapi.Group
	}{
		"console":      {`{"id":456,"name":"Sales","creationSourceType":2}`, tvapi.Group{ID: 456, Name: "Sales", Source: 2}},
		"no source":    {`{"id":456,"name":"Sales"}`, tvapi.Group{ID: 456, Name: "Sales"}},
		"more members": {`{"id":456,"name":"Sales","description":"x","members":[1]}`, tvapi.Group{ID: 456, Name: "Sales"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, c := serve(t, ok(test.answer))
			got, err := c.Group(t.Context(), 456)
			if err != nil {
				t.Fatalf("Group: %v", err)
			}
			if diff := cmp.Diff(&test.want, got); diff != "" {
				t.Errorf("group (-want +got):\n%s", diff)
			}
		})
	}
}

// TestGroupIDIsExact uses an id that a float64 cannot hold.
func TestGroupIDIsExact(t *testing.T) {
	t.Parallel()
	const id tvapi.GroupID = 9007199254740993
	_, c := serve(t, ok(`{"id":9007199254740993,"name":"Sales"}`), ok(`{"resources":[{"id":9007199254740993,"name":"Sales"}]}`))
	one, err := c.Group(t.Context(), id)
	if err != nil || one.ID != id {
		t.Errorf("Group = %+v, %v", one, err)
	}
	all, err := collect(c.Groups(t.Context()))
	if err != nil || len(all) != 1 || all[0].ID != id {
		t.Errorf("Groups = %+v, %v", all, err)
	}
}

func TestGroupOfAnotherShapeIsForeign(t *testing.T) {
	t.Parallel()
	for _, answer := range []string{
		`{}`, `{"id":457,"name":"Sales"}`, `{"id":"456","name":"Sales"}`, `{"id":456.5}`, `{"id":9223372036854775808}`,
		`{"id":null}`, `[{"id":456}]`, `{"id":456,"name":null,"creationSourceType":"API"}`,
	} {
		_, c := serve(t, ok(answer))
		if got, err := c.Group(t.Context(), 456); tvapi.KindOf(err) != tvapi.KindForeign || got != nil {
			t.Errorf("%s: %+v, %v, want KindForeign", answer, got, err)
		}
	}
}

func TestCreateGroup(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		answer reply
		want   *tvapi.Group
		kind   tvapi.Kind
	}{
		"as documented":   {reply{status: 201, body: `{"id":7,"name":"Sales","creationSourceType":1}`}, &tvapi.Group{ID: 7, Name: "Sales", Source: 1}, 0},
		"200":             {ok(`{"id":7,"name":"Sales"}`), &tvapi.Group{ID: 7, Name: "Sales"}, 0},
		"without a name":  {reply{status: 201, body: `{"id":7}`}, &tvapi.Group{ID: 7, Name: "Sales"}, 0},
		"without an id":   {reply{status: 201, body: `{"name":"Sales"}`}, nil, tvapi.KindForeign},
		"id zero":         {reply{status: 201, body: `{"id":0,"name":"Sales"}`}, nil, tvapi.KindForeign},
		"without a body":  {reply{status: 201}, nil, tvapi.KindForeign},
		"name taken":      {refused(409, "conflict"), nil, tvapi.KindConflict},
		"no licence":      {refused(403, "license_required"), nil, tvapi.KindLicense},
		"no right":        {refused(403, "invalid_permission"), nil, tvapi.KindPermission},
		"name too long":   {refused(400, "invalid_request"), nil, tvapi.KindInvalid},
		"server in flame": {reply{status: 500}, nil, tvapi.KindServer},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, c := serve(t, test.answer)
			got, err := c.CreateGroup(t.Context(), "Sales")
			if tvapi.KindOf(err) != test.kind {
				t.Errorf("error = %v, want %v", err, test.kind)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("group (-want +got):\n%s", diff)
			}
		})
	}
}

func TestGroupNamesTravelWhole(t *testing.T) {
	t.Parallel()
	const name = `Büro "München" <&> 東京 \ ` + "\u2028"
	s, c := serve(t, reply{status: 201, body: `{"id":7}`}, reply{status: 204})
	made, err := c.CreateGroup(t.Context(), name)
	if err != nil || made.Name != name {
		t.Fatalf("CreateGroup = %+v, %v", made, err)
	}
	if err := c.RenameGroup(t.Context(), 7, name); err != nil {
		t.Fatalf("RenameGroup: %v", err)
	}
	const want = `{"name":"Büro \"München\" \u003c\u0026\u003e 東京 \\ \u2028"}`
	for _, request := range s.requests() {
		if diff := cmp.Diff(want, request.Body); diff != "" {
			t.Errorf("body (-want +got):\n%s", diff)
		}
	}
}
