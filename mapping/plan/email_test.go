package plan

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"tvscim/scim"
)

// TestWorkEmail picks the one address that is kept.
func TestWorkEmail(t *testing.T) {
	t.Parallel()
	work, home := map[string]any{"value": "w1", "type": "work"}, map[string]any{"value": "h1", "type": "home"}
	workPrimary := map[string]any{"value": "w2", "type": "Work", "primary": true}
	homePrimary, bare := map[string]any{"value": "h2", "type": "home", "primary": true}, map[string]any{"value": "x"}
	for _, tt := range []struct {
		name   string
		emails []any
		want   any
	}{
		{"the primary one of work", []any{homePrimary, work, workPrimary}, workPrimary},
		{"work before primary", []any{homePrimary, work}, work},
		{"the first of work", []any{bare, work, map[string]any{"value": "w3", "type": "work"}}, work},
		{"the primary one without work", []any{home, homePrimary, bare}, homePrimary},
		{"the first", []any{bare, home}, bare},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff([]any{tt.want}, workEmail(tt.emails)); diff != "" {
				t.Errorf("kept (-want +got):\n%s", diff)
			}
		})
	}
}

// TestIgnoredEmailsAreNoted: all addresses but one have no effect, unless they are kept.
func TestIgnoredEmailsAreNoted(t *testing.T) {
	t.Parallel()
	two := scim.User{Emails: []scim.Email{{Value: "a"}, {Value: "b"}}}
	for _, tt := range []struct {
		name string
		keep []string
		user scim.User
		want []string
	}{
		{"two", nil, two, []string{"emails"}},
		{"one", nil, scim.User{Emails: two.Emails[:1]}, nil},
		{"two that are kept", []string{"emails"}, two, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var ignored scim.Ignored
			Policy{Keep: tt.keep}.NoteIgnored(tt.user, &ignored)
			if diff := cmp.Diff(tt.want, ignored.Names()); diff != "" {
				t.Errorf("noted (-want +got):\n%s", diff)
			}
		})
	}
}
