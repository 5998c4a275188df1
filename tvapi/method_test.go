package tvapi_test

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tvscim/tvapi"
)

const roleID = "0a1b2c3d-0000-4000-8000-00000000ABCD"

// method is one method of the client, called with valid arguments.
type method struct {
	name     string
	function tvapi.Function
	call     func(context.Context, *tvapi.Client) error
	want     sent
	answer   reply // what the manual says a success is
	bodyless bool  // a success without a body is one
}

// methods are all methods that make a call. The rules that hold for every call are tested over this
// list.
func methods() []method {
	return append(append(userMethods(), groupMethods()...), roleMethods()...)
}

func userMethods() []method {
	return []method{
		{
			name: "Ping", function: "GET /ping",
			call: func(ctx context.Context, c *tvapi.Client) error {
				_, err := c.Ping(ctx)
				return err
			},
			want:   sent{Method: "GET", Path: "/api/v1/ping"},
			answer: ok(`{"token_valid":true}`),
		},
		{
			name: "Account", function: "GET /account",
			call: func(ctx context.Context, c *tvapi.Client) error {
				_, err := c.Account(ctx)
				return err
			},
			want:   sent{Method: "GET", Path: "/api/v1/account"},
			answer: ok(`{"userid":"u1","name":"Owner"}`),
		},
		{
			name: "Users", function: "GET /users",
			call:   func(ctx context.Context, c *tvapi.Client) error { return drain(c.Users(ctx)) },
			want:   sent{Method: "GET", Path: "/api/v1/users", Query: "full_list=true"},
			answer: ok(`{"users":[{"id":"u1","name":"Ada","email":"ada@example.com"}]}`),
		},
		{
			name: "User", function: "GET /users/{id}",
			call: func(ctx context.Context, c *tvapi.Client) error {
				_, err := c.User(ctx, 12)
				return err
			},
			want:   sent{Method: "GET", Path: "/api/v1/users/u12"},
			answer: ok(`{"id":"u12","name":"Ada","email":"ada@example.com"}`),
		},
		{
			name: "CreateUser", function: "POST /users",
			call: func(ctx context.Context, c *tvapi.Client) error {
				_, err := c.CreateUser(ctx, tvapi.UserCreate{Email: "ada@example.com", Name: "Ada", Language: "en"})
				return err
			},
			want:   sent{Method: "POST", Path: "/api/v1/users", Body: `{"email":"ada@example.com","name":"Ada","language":"en"}`},
			answer: ok(`{"id":"u12","name":"Ada"}`),
		},
		{
			name: "UpdateUser", function: "PUT /users/{id}",
			call: func(ctx context.Context, c *tvapi.Client) error {
				return c.UpdateUser(ctx, 12, tvapi.UserUpdate{Active: ptr(false)})
			},
			want:   sent{Method: "PUT", Path: "/api/v1/users/u12", Body: `{"active":false}`},
			answer: reply{status: http.StatusNoContent}, bodyless: true,
		},
		{
			name: "RemoveUser", function: "DELETE /users/{id}",
			call:   func(ctx context.Context, c *tvapi.Client) error { return c.RemoveUser(ctx, 12) },
			want:   sent{Method: "DELETE", Path: "/api/v1/users/u12", Query: "isPermanentDelete=false"},
			answer: reply{status: http.StatusNoContent}, bodyless: true,
		},
		{
			name: "DeleteUser", function: "DELETE /users/{id}",
			call:   func(ctx context.Context, c *tvapi.Client) error { return c.DeleteUser(ctx, 2147483647) },
			want:   sent{Method: "DELETE", Path: "/api/v1/users/u2147483647", Query: "isPermanentDelete=true"},
			answer: reply{status: http.StatusNoContent}, bodyless: true,
		},
	}
}

func groupMethods() []method {
	return []method{
		{
			name: "Groups", function: "GET /usergroups",
			call:   func(ctx context.Context, c *tvapi.Client) error { return drain(c.Groups(ctx)) },
			want:   sent{Method: "GET", Path: "/api/v1/usergroups"},
			answer: ok(`{"currentPaginationToken":null,"nextPaginationToken":null,"resources":[]}`),
		},
		{
			name: "Group", function: "GET /usergroups/{id}",
			call: func(ctx context.Context, c *tvapi.Client) error {
				_, err := c.Group(ctx, 456)
				return err
			},
			want:   sent{Method: "GET", Path: "/api/v1/usergroups/456"},
			answer: ok(`{"id":456,"name":"Sales","creationSourceType":1}`),
		},
		{
			name: "CreateGroup", function: "POST /usergroups",
			call: func(ctx context.Context, c *tvapi.Client) error {
				_, err := c.CreateGroup(ctx, "Sales")
				return err
			},
			want:   sent{Method: "POST", Path: "/api/v1/usergroups", Body: `{"name":"Sales"}`},
			answer: reply{status: http.StatusCreated, body: `{"id":456,"name":"Sales"}`},
		},
		{
			name: "RenameGroup", function: "PUT /usergroups/{id}",
			call:   func(ctx context.Context, c *tvapi.Client) error { return c.RenameGroup(ctx, 456, "Selling") },
			want:   sent{Method: "PUT", Path: "/api/v1/usergroups/456", Body: `{"name":"Selling"}`},
			answer: ok(`{"id":456,"name":"Selling"}`), bodyless: true,
		},
		{
			name: "DeleteGroup", function: "DELETE /usergroups/{id}",
			call:   func(ctx context.Context, c *tvapi.Client) error { return c.DeleteGroup(ctx, 9223372036854775807) },
			want:   sent{Method: "DELETE", Path: "/api/v1/usergroups/9223372036854775807"},
			answer: reply{status: http.StatusNoContent}, bodyless: true,
		},
		{
			name: "Members", function: "GET /usergroups/{id}/members",
			call:   func(ctx context.Context, c *tvapi.Client) error { return drain(c.Members(ctx, 456)) },
			want:   sent{Method: "GET", Path: "/api/v1/usergroups/456/members"},
			answer: ok(`{"nextPaginationToken":null,"resources":[{"accountId":12,"name":"Ada"}]}`),
		},
		{
			name: "AddMembers", function: "POST /usergroups/{id}/members",
			call: func(ctx context.Context, c *tvapi.Client) error {
				_, err := c.AddMembers(ctx, 456, []tvapi.UserID{12, 13})
				return err
			},
			want:   sent{Method: "POST", Path: "/api/v1/usergroups/456/members", Body: `[12,13]`},
			answer: reply{status: http.StatusCreated, body: `[{"accountId":12},{"accountId":13}]`}, bodyless: true,
		},
		{
			name: "RemoveMembers", function: "DELETE /usergroups/{id}/members",
			call: func(ctx context.Context, c *tvapi.Client) error {
				_, err := c.RemoveMembers(ctx, 456, []tvapi.UserID{12})
				return err
			},
			want:   sent{Method: "DELETE", Path: "/api/v1/usergroups/456/members", Body: `[12]`},
			answer: reply{status: http.StatusNoContent}, bodyless: true,
		},
	}
}

func roleMethods() []method {
	return []method{
		{
			name: "Roles", function: "GET /userroles",
			call: func(ctx context.Context, c *tvapi.Client) error {
				_, err := c.Roles(ctx)
				return err
			},
			want:   sent{Method: "GET", Path: "/api/v1/userroles"},
			answer: ok(`{"Roles":[{"Id":"` + roleID + `","Name":"Agent","Permissions":{"ManageUsers":true}}]}`),
		},
		{
			name: "PredefinedRole", function: "GET /userroles/predefined",
			call: func(ctx context.Context, c *tvapi.Client) error {
				_, err := c.PredefinedRole(ctx)
				return err
			},
			want:   sent{Method: "GET", Path: "/api/v1/userroles/predefined"},
			answer: ok(`{"PredefinedUserRoleId":"` + roleID + `"}`),
		},
	}
}

// drain reads a list to its end or its error.
func drain[T any](list iter.Seq2[T, error]) error {
	for _, err := range list {
		if err != nil {
			return err
		}
	}
	return nil
}

func TestEachMethodSendsItsCall(t *testing.T) {
	t.Parallel()
	for _, m := range methods() {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			s, c := serve(t, m.answer)
			if err := m.call(t.Context(), c); err != nil {
				t.Fatalf("call: %v", err)
			}
			if diff := cmp.Diff([]sent{m.want}, s.requests()); diff != "" {
				t.Errorf("sent (-want +got):\n%s", diff)
			}
			h := s.headers[0]
			contentType := ""
			if m.want.Body != "" {
				contentType = "application/json; charset=utf-8"
			}
			want := map[string]string{
				"Authorization": "Bearer " + token,
				"Accept":        "application/json",
				"Content-Type":  contentType,
				"User-Agent":    "tvscim/devel",
			}
			for name, value := range want {
				if got := h.Get(name); got != value {
					t.Errorf("header %s = %q, want %q", name, got, value)
				}
			}
		})
	}
}

func TestEachCallIsObservedOnce(t *testing.T) {
	t.Parallel()
	for _, m := range methods() {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			s, c := serve(t, m.answer, refused(400, "invalid_request"))
			if err := m.call(t.Context(), c); err != nil {
				t.Fatalf("first call: %v", err)
			}
			if err := m.call(t.Context(), c); tvapi.KindOf(err) != tvapi.KindInvalid {
				t.Fatalf("second call: %v, want KindInvalid", err)
			}
			got := s.observed()
			for i := range got {
				if got[i].Duration <= 0 {
					t.Errorf("event %d: duration %v", i, got[i].Duration)
				}
				got[i].Duration = 0
			}
			want := []tvapi.CallEvent{
				{Function: m.function, Status: m.answer.status},
				{Function: m.function, Status: 400, Outcome: tvapi.KindInvalid},
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("events (-want +got):\n%s", diff)
			}
		})
	}
}

func TestErrorOfEachMethodNamesFunction(t *testing.T) {
	t.Parallel()
	for _, m := range methods() {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			_, c := serve(t, refused(400, "invalid_request"))
			err := m.call(t.Context(), c)
			e, ok := errors.AsType[*tvapi.Error](err)
			if !ok {
				t.Fatalf("error %v is no *tvapi.Error", err)
			}
			if e.Function != m.function {
				t.Errorf("function = %q, want %q", e.Function, m.function)
			}
		})
	}
}
