package mapping

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tvscim/tvapi"
)

func ids(n ...int) []tvapi.UserID {
	list := make([]tvapi.UserID, len(n))
	for i, id := range n {
		list[i] = tvapi.UserID(id)
	}
	return list
}

func many(from, n int) []tvapi.UserID {
	list := make([]tvapi.UserID, n)
	for i := range list {
		list[i] = tvapi.UserID(from + i)
	}
	return list
}

func TestTogether(t *testing.T) {
	t.Parallel()
	type request struct {
		kind  memberCall
		users []tvapi.UserID
	}
	for _, test := range []struct {
		name    string
		waiting []request
		batch   []int // which of them go out together
	}{
		{"nothing waits", nil, nil},
		{"one", []request{{addition, ids(1)}}, []int{0}},
		{"all of a kind", []request{{addition, ids(1)}, {addition, ids(2)}, {addition, ids(3)}}, []int{0, 1, 2}},
		{"the other kind waits", []request{{addition, ids(1)}, {removal, ids(2)}, {addition, ids(3)}}, []int{0, 2}},
		{"no member twice", []request{{addition, ids(1)}, {addition, ids(1)}}, []int{0}},
		{"nobody overtakes the same member", []request{{addition, ids(1)}, {removal, ids(2)}, {addition, ids(2)}}, []int{0}},
		{"who waits for a member holds up that member only", []request{{addition, ids(1)}, {removal, ids(2)}, {addition, ids(2, 3)}, {addition, ids(4)}}, []int{0, 3}},
		{"and those of who waits", []request{{addition, ids(1)}, {removal, ids(2)}, {addition, ids(2, 3)}, {addition, ids(3)}}, []int{0}},
		{"a call's worth", []request{{addition, many(1, 99)}, {addition, ids(200)}, {addition, ids(201)}}, []int{0, 1}},
		{"a smaller one fills the gap", []request{{addition, many(1, 99)}, {addition, ids(200, 201)}, {addition, ids(202)}}, []int{0, 2}},
		{"more than a call's worth goes alone", []request{{addition, many(1, 250)}, {addition, ids(300)}}, []int{0}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var waiting, want []*memberRequest
			for _, r := range test.waiting {
				waiting = append(waiting, &memberRequest{kind: r.kind, users: r.users})
			}
			for _, i := range test.batch {
				want = append(want, waiting[i])
			}
			batch, rest := nextBatch(waiting)
			if !slices.Equal(batch, want) {
				t.Errorf("%d requests go out together, want %v", len(batch), test.batch)
			}
			if len(batch)+len(rest) != len(waiting) {
				t.Errorf("%d and %d of %d requests", len(batch), len(rest), len(waiting))
			}
		})
	}
}

// TestTogetherKeepsTheLastWord: sending batches leaves the group as sending the requests one after
// the other would.
func TestTogetherKeepsTheLastWord(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var waiting []*memberRequest
		for range rapid.IntRange(0, 12).Draw(t, "requests") {
			users := rapid.SliceOfNDistinct(rapid.IntRange(1, 6), 1, 3, rapid.ID[int]).Draw(t, "users")
			kind := memberCall(rapid.IntRange(int(addition), int(removal)).Draw(t, "kind"))
			waiting = append(waiting, &memberRequest{kind: kind, users: ids(users...)})
		}
		want, got := map[tvapi.UserID]bool{}, map[tvapi.UserID]bool{}
		play(want, waiting)
		for len(waiting) > 0 {
			var batch []*memberRequest
			if batch, waiting = nextBatch(waiting); len(batch) == 0 {
				t.Fatal("somebody waits for ever")
			}
			seen := map[tvapi.UserID]bool{}
			for _, r := range batch {
				for _, id := range r.users {
					if seen[id] || r.kind != batch[0].kind {
						t.Fatal("a member twice in one call, or two kinds")
					}
					seen[id] = true
				}
			}
			play(got, batch)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("members (-one by one +together):\n%s", diff)
		}
	})
}

// play does to a set of members what requests say.
func play(members map[tvapi.UserID]bool, requests []*memberRequest) {
	for _, r := range requests {
		for _, id := range r.users {
			members[id] = r.kind == addition
		}
	}
}
