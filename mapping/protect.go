package mapping

import (
	"context"
	"errors"
	"slices"
	"time"

	"tvscim/mapping/plan"
	"tvscim/mapping/roster"
	"tvscim/scim"
	"tvscim/tvapi"
)

// protect refuses a plan that would do to a protected user or group what protection excludes. It is
// asked before any step of a plan is executed. What cannot be found out now is refused too, with
// 503: an error must not end protection.
func (c memberships) protect(ctx context.Context, p plan.Plan, t target) error {
	if t.own {
		return nil
	}
	ending := "deactivated"
	if p.Deletes() {
		ending = "removed"
	}
	for _, step := range p.Steps {
		if err := c.protectFrom(ctx, step, t, ending); err != nil {
			return err
		}
	}
	return nil
}

// protectFrom is protect for one step. ending is the word for an end of access.
func (c memberships) protectFrom(ctx context.Context, step plan.Step, t target, ending string) error {
	switch s := step.(type) {
	case plan.RemoveUser:
		return c.protectUser(ctx, t, ending)
	case plan.UpdateUser:
		email := s.Update.Email
		switch {
		case !s.ID.Valid(): // the account is a new one
		case s.Update.Active != nil && !*s.Update.Active:
			return c.protectUser(ctx, t, ending)
		case email != nil && tvapi.FoldEmail(*email) != tvapi.FoldEmail(t.user.Email):
			return c.protectUser(ctx, t, "renamed")
		}
	case plan.DeleteGroup:
		return c.protectGroup(ctx, s.ID, "deleted")
	case plan.RenameGroup:
		if !c.policy.ProtectsGroupName(s.Name) {
			return c.protectGroup(ctx, s.ID, "renamed")
		}
	case plan.RemoveMembers:
		if s.Group.Valid() {
			return c.protectGroup(ctx, s.Group, "deprived of members")
		}
	}
	return nil
}

// protectUser refuses to do something to the token's owner, which would end the gateway's own
// access, and to users whom the settings protect.
func (c memberships) protectUser(ctx context.Context, t target, what string) error {
	id := t.user.ID
	if c.policy.ProtectOwner {
		owner, known, err := c.tokenOwner(ctx)
		if err != nil {
			return err
		}
		if known && owner == id {
			return scim.NotMutable("User %s owns the TeamViewer token of this gateway and was not %s, since the gateway would lose its access. "+
				"Take this user out of the scope of provisioning, or create the token with another account.", id, scim.Safe(what))
		}
	}
	if err := c.protectByEmail(ctx, t, what); err != nil {
		return err
	}
	return c.protectMember(ctx, id, what)
}

// protectByEmail compares the address that TeamViewer has and the userName that clients see. Of a
// user of whom only the id is known, TeamViewer is asked.
func (c memberships) protectByEmail(ctx context.Context, t target, what string) error {
	if len(c.policy.ProtectEmails) == 0 {
		return nil
	}
	id, u := t.user.ID, t.user
	if u.Email == "" {
		var err error
		u, err = c.roster.Users.Get(ctx, id)
		if errors.Is(err, roster.ErrUnknown) {
			return nil
		}
		if err != nil {
			return failSafe(c.toSCIMError(err, "User "+id.String()+" may be protected by protect.emails, which cannot be checked now"))
		}
	}
	if glob, yes := c.policy.ProtectsEmail(u.Email, plan.ShowUser(u, t.rec).UserName); yes {
		return scim.NotMutable("User %s is protected by the gateway's setting protect.emails (%s) and was not %s. "+
			"Take this user out of the scope of provisioning, or change the setting.", id, scim.Safe(glob), scim.Safe(what))
	}
	return nil
}

// protectMember refuses to do something to a member of a protected group. The members are known by
// reads that are not older than cache.groups_max_age.
func (c memberships) protectMember(ctx context.Context, id tvapi.UserID, what string) error {
	for _, name := range c.policy.ProtectGroups {
		groups, err := c.protectedGroups(ctx, name)
		if err != nil {
			return err
		}
		if len(groups) == 0 {
			return scim.Unavailable(retryThrottled, "The gateway's setting protect.groups names a user group that TeamViewer does not have (%s), so it is not known who is protected: "+
				"user %s was not %s. Create the group in TeamViewer, or correct the setting.", scim.Safe(name), id, scim.Safe(what))
		}
		for _, g := range groups {
			ids, err := c.roster.Members.Read(ctx, g, time.Time{})
			if err != nil {
				return failSafe(c.toSCIMError(err, "Who is protected by protect.groups cannot be found out, because the members of group "+g.String()+" cannot be read"))
			}
			if _, in := slices.BinarySearch(ids, id); in {
				return scim.NotMutable("User %s is protected as a member of user group %s by the gateway's setting protect.groups (%s) and was not %s. "+
					"Take this user out of the scope of provisioning, or remove the user from that group in TeamViewer's Management Console.",
					id, g, scim.Safe(name), scim.Safe(what))
			}
		}
	}
	return nil
}

// protectReturn refuses the return of a deleted user who is a member of a protected group: the
// return would end that membership.
func (c memberships) protectReturn(ctx context.Context, id tvapi.UserID) error {
	return c.protectMember(ctx, id, "activated, because that ends the memberships from before the deletion")
}

// protectGroup refuses to do something to a protected group that would end the protection of its
// members. Whether a member may go is not for a client to say: who removes a member, and the user
// then, has gone around the protection.
func (c memberships) protectGroup(ctx context.Context, g tvapi.GroupID, what string) error {
	for _, name := range c.policy.ProtectGroups {
		groups, err := c.protectedGroups(ctx, name)
		if err != nil {
			return err
		}
		if slices.Contains(groups, g) {
			return scim.NotMutable("Group %s is protected by the gateway's setting protect.groups (%s) and was not %s. "+
				"Take this group out of the scope of provisioning, or change it in TeamViewer's Management Console.", g, scim.Safe(name), scim.Safe(what))
		}
	}
	return nil
}

// protectedGroups returns the groups with a name of protect.groups: in TeamViewer, or as clients
// see it.
func (c memberships) protectedGroups(ctx context.Context, name string) ([]tvapi.GroupID, error) {
	view, err := c.roster.Groups.CompleteView(ctx)
	if err != nil {
		return nil, failSafe(c.toSCIMError(err, "Who is protected by protect.groups cannot be found out, because the groups of the company cannot be listed"))
	}
	return c.groupsNamed(view, name), nil
}

// failSafe returns an error that the client retries, in place of one that would tell it that the
// request is wrong.
func failSafe(err error) error {
	e, ok := errors.AsType[*scim.Error](err)
	if !ok || e.Status >= 500 || e.Status == 429 {
		return err
	}
	unavailable := *e
	unavailable.Status, unavailable.Type, unavailable.RetryAfter = 503, "", retryThrottled
	return &unavailable
}
