package scim_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

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
			if diff := cmp.Diff(want, *tt.err, cmp.AllowUnexported(scim.Error{})); diff != "" {
				t.Errorf("error differs (-want +got):\n%s", diff)
			}
			if tt.err.Error() != "x 1" {
				t.Errorf("Error() = %q", tt.err.Error())
			}
		})
	}
}

// The cause is for errors.Is and errors.As, and for nobody's eyes.
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
