package plan_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"tvscim/mapping/plan"
	"tvscim/scim"
	"tvscim/tvapi"
)

// TestEnding: what ends access is kept, alone, and the rest is refused.
func TestEnding(t *testing.T) {
	t.Parallel()
	yes, no, name := true, false, "Ada"
	refused, other := scim.Unavailable(0, "withheld"), scim.InvalidValue("other")
	remember := plan.Remember{ID: "u1"}
	end := plan.UpdateUser{ID: 1, Update: tvapi.UserUpdate{Active: &no}}
	both := plan.UpdateUser{ID: 1, Update: tvapi.UserUpdate{Active: &no, Name: &name}}
	for name, test := range map[string]struct{ from, want plan.Plan }{
		"nothing":                    {plan.Plan{}, plan.Plan{}},
		"refused already":            {plan.Plan{Refused: other}, plan.Plan{Refused: other}},
		"deactivation":               {of(end), of(end)},
		"tombstone":                  {of(end, remember), of(end, remember)},
		"deactivation and name":      {of(both, remember), plan.Plan{Steps: []plan.Step{end}, Refused: refused}},
		"refused deactivation":       {plan.Plan{Steps: []plan.Step{end}, Refused: other}, plan.Plan{Steps: []plan.Step{end}, Refused: other}},
		"activation":                 {of(plan.UpdateUser{ID: 1, Update: tvapi.UserUpdate{Active: &yes}}), plan.Plan{Refused: refused}},
		"creation":                   {of(plan.CreateUser{}, remember), plan.Plan{Refused: refused}},
		"creation of an inactive":    {of(plan.CreateUser{}, plan.UpdateUser{Update: tvapi.UserUpdate{Active: &no}}), plan.Plan{Refused: refused}},
		"removal":                    {of(plan.RemoveUser{ID: 1}), of(plan.RemoveUser{ID: 1})},
		"memory alone":               {of(remember), plan.Plan{Refused: refused}},
		"group":                      {of(plan.CreateGroup{Name: "g"}, plan.AddMembers{}), plan.Plan{Refused: refused}},
		"deletion of a group":        {of(plan.DeleteGroup{ID: 4}), of(plan.DeleteGroup{ID: 4})},
		"removal of members":         {of(plan.RemoveMembers{Group: 4}), of(plan.RemoveMembers{Group: 4})},
		"replacement of the members": {of(plan.AddMembers{Group: 4}, plan.RemoveMembers{Group: 4}, remember), plan.Plan{Steps: []plan.Step{plan.RemoveMembers{Group: 4}}, Refused: refused}},
		"rename and removal":         {of(plan.RenameGroup{ID: 4}, plan.RemoveMembers{Group: 4}), plan.Plan{Steps: []plan.Step{plan.RemoveMembers{Group: 4}}, Refused: refused}},
	} {
		got := test.from.Ending(refused)
		if diff := cmp.Diff(test.want.Steps, got.Steps); diff != "" || got.Refused != test.want.Refused {
			t.Errorf("%s: refused %v, steps (-want +got):\n%s", name, got.Refused, diff)
		}
	}
}

func of(steps ...plan.Step) plan.Plan { return plan.Plan{Steps: steps} }
