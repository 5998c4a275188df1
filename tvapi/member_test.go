package tvapi_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tvscim/tvapi"
)

// accounts returns n user ids from 1001 on.
func accounts(n int) []tvapi.UserID {
	ids := make([]tvapi.UserID, n)
	for i := range ids {
		ids[i] = tvapi.UserID(1001 + i)
	}
	return ids
}

// chunked are the methods that make one call for every hundred users.
var chunked = map[string]func(context.Context, *tvapi.Client, []tvapi.UserID) (int, error){
	"AddMembers": func(ctx context.Context, c *tvapi.Client, ids []tvapi.UserID) (int, error) {
		return c.AddMembers(ctx, 456, ids)
	},
	"RemoveMembers": func(ctx context.Context, c *tvapi.Client, ids []tvapi.UserID) (int, error) {
		return c.RemoveMembers(ctx, 456, ids)
	},
}

// inBody returns the users that the body of a chunked call names.
func inBody(t *testing.T, body string) []tvapi.UserID {
	t.Helper()
	var numbers []int32
	if err := json.Unmarshal([]byte(body), &numbers); err != nil {
		t.Fatalf("body %s: %v", body, err)
	}
	ids := make([]tvapi.UserID, len(numbers))
	for i, n := range numbers {
		ids[i] = tvapi.UserID(n)
	}
	return ids
}

func TestChunks(t *testing.T) {
	t.Parallel()
	done, fails := reply{status: 204}, refused(400, "invalid_request")
	tests := []struct {
		users   int
		replies []reply
		sizes   []int // of the chunks that are sent
		done    int
		kind    tvapi.Kind
	}{
		{0, nil, nil, 0, 0},
		{1, []reply{done}, []int{1}, 1, 0},
		{99, []reply{done}, []int{99}, 99, 0},
		{100, []reply{done}, []int{100}, 100, 0},
		{101, []reply{done, done}, []int{100, 1}, 101, 0},
		{200, []reply{done, done}, []int{100, 100}, 200, 0},
		{250, []reply{done, done, done}, []int{100, 100, 50}, 250, 0},
		{1, []reply{fails}, []int{1}, 0, tvapi.KindInvalid},
		{250, []reply{fails}, []int{100}, 0, tvapi.KindInvalid},
		{250, []reply{done, fails}, []int{100, 100}, 100, tvapi.KindInvalid},
		{250, []reply{done, {}}, []int{100, 100}, 100, tvapi.KindLost},
		{250, []reply{done, done, {status: 500}}, []int{100, 100, 50}, 200, tvapi.KindServer},
	}
	for name, call := range chunked {
		for _, test := range tests {
			t.Run(fmt.Sprintf("%s %d %v", name, test.users, test.kind), func(t *testing.T) {
				t.Parallel()
				s, c := serve(t, test.replies...)
				ids := accounts(test.users)
				done, err := call(t.Context(), c, ids)
				if done != test.done || tvapi.KindOf(err) != test.kind {
					t.Errorf("= %d, %v, want %d, %v", done, err, test.done, test.kind)
				}
				var sizes []int
				var all []tvapi.UserID
				for _, request := range s.requests() {
					chunk := inBody(t, request.Body)
					sizes = append(sizes, len(chunk))
					all = append(all, chunk...)
				}
				if diff := cmp.Diff(test.sizes, sizes); diff != "" {
					t.Errorf("chunks (-want +got):\n%s", diff)
				}
				if diff := cmp.Diff(append([]tvapi.UserID(nil), ids[:len(all)]...), all); diff != "" {
					t.Errorf("users (-want +got):\n%s", diff)
				}
			})
		}
	}
}

// TestWrongIDStopsAllChunks puts it last: the chunks before it must not be sent.
func TestWrongIDStopsAllChunks(t *testing.T) {
	t.Parallel()
	for name, call := range chunked {
		s, c := serve(t)
		done, err := call(t.Context(), c, append(accounts(250), 0))
		if done != 0 || tvapi.KindOf(err) != tvapi.KindUnsent {
			t.Errorf("%s = %d, %v, want KindUnsent", name, done, err)
		}
		if n := len(s.requests()); n != 0 {
			t.Errorf("%s: %d requests", name, n)
		}
	}
}

func TestChunksStopWithTheContext(t *testing.T) {
	t.Parallel()
	for name, call := range chunked {
		s, _ := serve(t, reply{status: 204})
		ctx, cancel := context.WithCancel(t.Context())
		c := newClient(t, tvapi.Options{
			BaseURL: s.server.URL, Token: token,
			Observe: func(tvapi.CallEvent) { cancel() }, // after the first chunk
		})
		done, err := call(ctx, c, accounts(250))
		if done != 100 || tvapi.KindOf(err) != tvapi.KindUnsent || !errors.Is(err, context.Canceled) {
			t.Errorf("%s = %d, %v, want 100 and KindUnsent", name, done, err)
		}
	}
}

func TestMembersErrorNamesTheGroup(t *testing.T) {
	t.Parallel()
	_, c := serve(t, refused(404, "not_found"))
	_, err := c.AddMembers(t.Context(), 12, accounts(1))
	const want = "usergroup 12: POST /usergroups/{id}/members: 404 not_found: told by TeamViewer"
	if err == nil || err.Error() != want {
		t.Errorf("error = %v, want %s", err, want)
	}
}

func TestMembers(t *testing.T) {
	t.Parallel()
	_, c := serve(t, ok(`{"resources":[{"accountId":2147483647,"name":"Ada"},{"accountId":13,"name":null}]}`))
	got, err := collect(c.Members(t.Context(), 456))
	if err != nil {
		t.Fatalf("Members: %v", err)
	}
	want := []tvapi.Member{{Account: 2147483647, Name: "Ada"}, {Account: 13}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("members (-want +got):\n%s", diff)
	}
}
