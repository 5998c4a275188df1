package plan_test

import (
	"testing"

	"tvscim/mapping/plan"
)

func TestProtectsEmail(t *testing.T) {
	t.Parallel()
	tests := []struct {
		glob, address string
		want          bool
	}{
		{"admin@contoso.example", "admin@contoso.example", true},
		{"Admin@Contoso.example", "aDMIN@contoso.EXAMPLE", true},
		{"admin@contoso.example", "admin@contoso.example2", false},
		{"admin@contoso.example", "", false},
		{"*@admin.contoso.example", "a.b@admin.contoso.example", true},
		{"*@admin.contoso.example", "a.b@contoso.example", false},
		{"svc-*@*", "svc-backup@contoso.example", true},
		{"svc-*@*", "xsvc-backup@contoso.example", false},
		{"*break*glass*", "the.break.the.glass@contoso.example", true},
		{"*break*glass*", "the.glass.the.break@contoso.example", false},
		{"adm?n@*", "admin@contoso.example", true},
		{"adm?n@*", "admn@contoso.example", false},
		{"a*a", "a", false},
		{"a*a", "aa", true},
		{"a*b*a", "aba", true},
		{"a*b*a", "aa", false},
		{"a*bc*c", "abc", false},
		{"a.b@*", "axb@contoso.example", false},
		{"a+b/c@*", "a+b/c@contoso.example", true},
	}
	for _, test := range tests {
		t.Run(test.glob+" "+test.address, func(t *testing.T) {
			t.Parallel()
			glob, got := plan.Policy{ProtectEmails: []string{"none@else", test.glob}}.ProtectsEmail("", test.address)
			if got != test.want || got && glob != test.glob {
				t.Errorf("%t by %q, want %t", got, glob, test.want)
			}
		})
	}
}
