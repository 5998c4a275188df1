package scim_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"tvscim/scim"
)

func TestErrorConstructors(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		err    *scim.Error
		status int
		typ    scim.ErrorType
		retry  time.Duration
	}{
		{"InvalidSyntax", scim.InvalidSyntax("x %d", 1), 400, "invalidSyntax", 0},
		{"InvalidValue", scim.InvalidValue("x %d", 1), 400, "invalidValue", 0},
		{"InvalidPath", scim.InvalidPath("x %d", 1), 400, "invalidPath", 0},
		{"InvalidFilter", scim.InvalidFilter("x %d", 1), 400, "invalidFilter", 0},
		{"NoTarget", scim.NoTarget("x %d", 1), 400, "noTarget", 0},
		{"NotMutable", scim.NotMutable("x %d", 1), 400, "mutability", 0},
		{"Uniqueness", scim.Uniqueness("x %d", 1), 409, "uniqueness", 0},
		{"NotFound", scim.NotFound("x %d", 1), 404, "", 0},
		{"Unauthorized", scim.Unauthorized("x %d", 1), 401, "", 0},
		{"TooManyRequests", scim.TooManyRequests(time.Minute, "x %d", 1), 429, "", time.Minute},
		{"Unavailable", scim.Unavailable(time.Second, "x %d", 1), 503, "", time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			want := scim.Error{Status: tt.status, Type: tt.typ, Detail: "x 1", RetryAfter: tt.retry}
			if reason := tt.err.Reason(); reason != "x 1" {
				t.Errorf("Reason() = %q", reason)
			}
			if diff := cmp.Diff(want, *tt.err, cmpopts.IgnoreUnexported(scim.Error{})); diff != "" {
				t.Errorf("error differs (-want +got):\n%s", diff)
			}
			if tt.err.Error() != "x 1" {
				t.Errorf("Error() = %q", tt.err.Error())
			}
		})
	}
}

// The cause is for errors.Is and errors.As, and is never printed.
func TestErrorBecause(t *testing.T) {
	t.Parallel()
	plain := scim.NotFound("user u1: not found")
	caused := plain.Because(fmt.Errorf("token 4711: %w", io.ErrUnexpectedEOF))
	if !errors.Is(caused, io.ErrUnexpectedEOF) {
		t.Error("the cause is not found by errors.Is")
	}
	if errors.Unwrap(plain) != nil {
		t.Error("Because changed the error that it was called on")
	}
	wrapped := fmt.Errorf("get: %w", caused)
	if e, ok := errors.AsType[*scim.Error](wrapped); !ok || e.Status != 404 {
		t.Errorf("the error is not found in %v", wrapped)
	}
	for _, shown := range []string{caused.Error(), fmt.Sprintf("%v %s", caused, caused), string(scim.EncodeError(caused))} {
		if strings.Contains(shown, "4711") {
			t.Errorf("the cause is shown: %s", shown)
		}
	}
}

func TestEncodeError(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		err  *scim.Error
		want string
	}{
		{"with type", scim.Uniqueness(`userName "nora": taken`),
			`{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"409","scimType":"uniqueness","detail":"userName \"nora\": taken"}`},
		{"without type", scim.NotFound("user u1: not found"),
			`{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"404","detail":"user u1: not found"}`},
		{"without detail", &scim.Error{Status: 500},
			`{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"500"}`},
		{"readable in a log", scim.InvalidValue("a<b> & 'c' ü"),
			`{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"400","scimType":"invalidValue","detail":"a<b> & 'c' ü"}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := string(scim.EncodeError(tt.err)); got != tt.want {
				t.Errorf("EncodeError = %s\nwant %s", got, tt.want)
			}
		})
	}
}

// id is a number that prints as a text.
type id int

func (n id) String() string { return fmt.Sprintf("u%d", int(n)) }

// A reason is the detail without personal data.
func TestErrorReason(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		err  *scim.Error
		want string
	}{
		{scim.Uniqueness("userName %q is taken by TeamViewer user %s; 100%% sure", "nora@contoso.example", id(7)), "userName … is taken by TeamViewer user u7; 100% sure"},
		{scim.InvalidValue(`"%s" of %v and %-5.2s: %d`, "Nora", errors.New("Nora"), "Nora", 3), `"…" of … and …: 3`},
		{scim.InvalidValue("%s: refused%s", scim.Safe("User u7 was not changed"), " (Nora)"), "User u7 was not changed: refused…"},
		{scim.InvalidValue("%v %v", nil, []string{"Nora"}), "… …"},
		{scim.InvalidValue("%s: expected a string, %s; %s", "emails.value", "emails.Nora", "nora.value"), "emails.value: expected a string, …; …"},
		{scim.NotFound("gone").Because(errors.New("Nora")), "gone"},
		{&scim.Error{Status: 400, Detail: "Nora"}, ""},
	} {
		if got := tt.err.Reason(); got != tt.want {
			t.Errorf("%q: reason %q, want %q", tt.err.Detail, got, tt.want)
		}
	}
}
