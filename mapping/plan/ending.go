package plan

import (
	"cmp"

	"tvscim/scim"
	"tvscim/tvapi"
)

// Ending returns the part of a plan that ends access, for a time when nothing else may be done: a
// deactivation, the removal of a user or of members, the deletion of a group. The rest is refused
// with the given error. A plan that does nothing else is returned unchanged, with what is to be
// remembered of it.
func (p Plan) Ending(refused *scim.Error) Plan {
	kept, whole := p.ending()
	if len(p.Steps) == 0 || whole && len(kept) > 0 {
		return p
	}
	return Plan{Steps: kept, Refused: cmp.Or(p.Refused, refused)}
}

// OnlyEnds reports whether a plan makes no call but those that end access.
func (p Plan) OnlyEnds() bool {
	_, whole := p.ending()
	return whole
}

// ending returns the steps that end access, and whether all calls of the plan do.
func (p Plan) ending() (kept []Step, whole bool) {
	whole = true
	for _, step := range p.Steps {
		switch s := step.(type) {
		case RemoveUser, DeleteGroup, RemoveMembers:
			kept = append(kept, step)
		case UpdateUser:
			alone := tvapi.UserUpdate{Active: s.Update.Active}
			if ends := alone.Active != nil && !*alone.Active && s.ID.Valid(); ends {
				kept = append(kept, UpdateUser{ID: s.ID, Update: alone})
				whole = whole && s.Update == alone
			} else {
				whole = false
			}
		case Remember:
		default:
			whole = false
		}
	}
	return kept, whole
}
