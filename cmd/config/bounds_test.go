package config_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tvscim/cmd/config"
	"tvscim/scim"
)

// TestBounds: every number, size and duration has a range. Its ends are valid; a value beyond is
// refused with the key, the range and the reason.
func TestBounds(t *testing.T) {
	t.Parallel()
	var keys []string
	for _, r := range config.Ranges() {
		keys = append(keys, r.Key)
		t.Run(r.Key, func(t *testing.T) {
			t.Parallel()
			for value, good := range map[int64]bool{
				r.Least: true, r.Most: true, r.Least - 1: false, r.Most + 1: false, -1: false, math.MinInt64: false, math.MaxInt64: false,
			} {
				c := tokenMode(t)
				if r.Key == "limits.page" { // which the largest page must hold
					c.Limits.MaxPage = 10_000
				}
				if r.Key == "limits.max_page" {
					c.Limits.Page = 1
				}
				err := c.With(r.Key, value).Validate()
				if good && err != nil {
					t.Errorf("%d: %v", value, err)
				}
				if !good {
					checkRefused(t, value, err, r)
				}
			}
		})
	}
	slices.Sort(keys)
	want := config.Numeric()
	slices.Sort(want)
	if diff := cmp.Diff(want, keys); diff != "" {
		t.Errorf("settings that have a range (-want +got):\n%s", diff)
	}
}

func checkRefused(t *testing.T, value int64, err error, r config.Range) {
	t.Helper()
	if err == nil {
		t.Errorf("%d is valid", value)
		return
	}
	for line := range strings.Lines(err.Error()) {
		reason, found := strings.CutPrefix(strings.TrimSpace(line), r.Key+": must be "+r.Text+"; with ")
		if found && len(reason) > 15 {
			return
		}
	}
	t.Errorf("%d: %q does not say %q and why", value, err, r.Text)
}

// TestSampleStatesTheBounds: the comment of each key in config.yaml states its range.
func TestSampleStatesTheBounds(t *testing.T) {
	t.Parallel()
	shown, _ := sampleKeys(t)
	for _, r := range config.Ranges() {
		comment := strings.Join(strings.Fields(strings.ReplaceAll(shown[r.Key].comment, "#", " ")), " ")
		if !strings.Contains(strings.ToLower(comment), strings.ToLower(r.Text)) {
			t.Errorf("the comment of %s does not say %q: %s", r.Key, r.Text, comment)
		}
	}
}

// TestKeepableAreTheSchemas: what users.keep is compared with are the attributes of the schemas
// that a client may write.
func TestKeepableAreTheSchemas(t *testing.T) {
	t.Parallel()
	var want []string
	for _, a := range scim.UserSchema().Attributes {
		if a.Mutability != scim.ReadOnly && a.Name != "password" {
			want = append(want, a.Name)
		}
	}
	enterprise := scim.EnterpriseSchema()
	want = append(want, enterprise.ID)
	for _, a := range enterprise.Attributes {
		want = append(want, enterprise.ID+":"+a.Name)
	}
	got := config.Keepable()
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
