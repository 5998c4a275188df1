package mapping

import (
	"context"

	"tvscim/mapping/plan"
	"tvscim/scim"
)

// expectUser checks the precondition of a write to a user, under the user's lock. The version is that of the user as
// clients see it now, from the snapshot: TeamViewer has no versions, so that a change in its console is noticed as soon as
// the snapshot shows it.
func (c userReader) expectUser(when scim.Precondition, now scim.User) error {
	if when.Empty() {
		return nil
	}
	return when.Check(scim.VersionOf(c.userType, now))
}

// expectGroup checks the precondition of a write to a group, under the group's lock. The version of a group is also that
// of its members, so they are read if the precondition names a version. The change keeps them: nobody reads them again.
func (c memberships) expectGroup(ctx context.Context, when scim.Precondition, change *plan.GroupChange) error {
	if when.NeedsVersion() {
		if err := c.readBefore(ctx, change); err != nil {
			return err
		}
		change.Final = change.Known // until the change is planned
	}
	return when.Check(scim.VersionOf(c.groupType, change.Before))
}
