package mapping

import (
	"context"

	"tvscim/mapping/plan"
	"tvscim/scim"
)

// expectUser checks the precondition of a write to a user. The caller holds the user's lock. The
// version is that of the user as clients see it: TeamViewer has no versions, so a change in its
// console counts as soon as the snapshot shows it.
func (c userReader) expectUser(when scim.Precondition, now scim.User) error {
	if when.Empty() {
		return nil
	}
	return when.Check(scim.VersionOf(c.UserType(), now))
}

// expectGroup checks the precondition of a write to a group. The caller holds the group's lock. The
// version depends on the members, so they are read if the precondition has a version, and stored in
// the change.
func (c memberships) expectGroup(
	ctx context.Context, when scim.Precondition, change *plan.GroupChange,
) error {
	if when.NeedsVersion() {
		if err := c.readBefore(ctx, change); err != nil {
			return err
		}
		change.Final = change.Known // until the change is planned
	}
	return when.Check(scim.VersionOf(c.groupType, change.Before))
}
