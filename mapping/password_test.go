package mapping

import (
	"regexp"
	"strings"
	"testing"
)

func TestRandomPassword(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 200 {
		p := *randomPassword()
		if len(p) != passwordLength {
			t.Errorf("%d characters, want %d", len(p), passwordLength)
		}
		for _, class := range passwordClasses {
			if !strings.ContainsAny(p, class) {
				t.Errorf("a password has none of %q", class)
			}
		}
		seen[p] = true
	}
	if len(seen) != 200 {
		t.Errorf("%d different passwords of 200", len(seen))
	}
}

// TestPasswordClassesAreMixed: the classes are not always the first four characters.
func TestPasswordClassesAreMixed(t *testing.T) {
	t.Parallel()
	inOrder := regexp.MustCompile(`^[A-Z][a-z][0-9][^A-Za-z0-9]`)
	same := 0
	for range 50 {
		if inOrder.MatchString(*randomPassword()) {
			same++
		}
	}
	if same > 25 {
		t.Errorf("%d of 50 passwords begin with the classes in order", same)
	}
}
