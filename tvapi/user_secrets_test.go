package tvapi

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// secretsOf returns secrets that set one field, each value made of a prefix and the name of the
// field.
func secretsOf(prefix string, field int) (s UserSecrets) {
	value := prefix + reflect.TypeFor[UserSecrets]().Field(field).Name
	*s.fields()[field] = &value
	return s
}

// TestEverySecretIsListed: each field of UserSecrets is merged, compared, redacted and kept out of
// errors, and is sent.
func TestEverySecretIsListed(t *testing.T) {
	t.Parallel()
	fields := reflect.TypeFor[UserSecrets]()
	if got := len(new(UserSecrets).fields()); got != fields.NumField() {
		t.Fatalf("fields lists %d of the %d fields", got, fields.NumField())
	}
	for i := range fields.NumField() {
		t.Run(fields.Field(i).Name, func(t *testing.T) {
			t.Parallel()
			first, second := secretsOf("first-", i), secretsOf("second-", i)
			value := "first-" + fields.Field(i).Name
			if got := reflect.ValueOf(first).Field(i); got.IsNil() || got.Elem().String() != value {
				t.Error("fields has another order than the type")
			}
			if diff := cmp.Diff([]string{value}, first.values()); diff != "" {
				t.Errorf("values (-want +got):\n%s", diff)
			}
			earlier, later, none := UserUpdate{UserSecrets: first}, UserUpdate{UserSecrets: second}, UserUpdate{}
			if earlier.With(later) != later || later.With(none) != later || none.With(later) != later || earlier.Empty() {
				t.Error("With does not have the effect of the later update")
			}
			if first.Differing(second) != first || first.Differing(first) != none.UserSecrets ||
				first.Differing(UserSecrets{}) != none.UserSecrets || none.Differing(first) != none.UserSecrets {
				t.Error("Differing does not return the fields with another value")
			}
			for _, body := range []wireUserChange{earlier.wire(), UserCreate{UserSecrets: first}.wire()} {
				if text, err := json.Marshal(body); err != nil || !strings.Contains(string(text), value) {
					t.Errorf("sent: %s, %v", text, err)
				}
			}
			for _, shown := range []any{first, earlier, UserCreate{UserSecrets: first}} {
				if text, err := json.Marshal(shown); err != nil || strings.Contains(string(text), value) || !strings.Contains(string(text), "secret") {
					t.Errorf("shown: %s, %v", text, err)
				}
			}
		})
	}
}
