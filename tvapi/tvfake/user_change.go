package tvfake

import "net/http"

// userChange is the body of PUT /users/{id} (swagger: UsersPutParameters).
type userChange struct {
	Email              *string  `json:"email"`
	Name               *string  `json:"name"`
	Permissions        *string  `json:"permissions"`
	AssignRoleIDs      []string `json:"AssignUserRoleIds"`
	UnassignRoleIDs    []string `json:"UnassignUserRoleIds"`
	Password           *string  `json:"password"`
	Active             *bool    `json:"active"`
	LogSessions        *bool    `json:"log_sessions"`
	ShowCommentWindow  *bool    `json:"show_comment_window"`
	CustomQuickSupport *string  `json:"custom_quicksupport_id"`
	CustomQuickJoin    *string  `json:"custom_quickjoin_id"`
	LicenseKey         *string  `json:"license_key"`
	SSOCustomerID      *string  `json:"sso_customer_id"`
	TFAEnforcement     *bool    `json:"tfa_enforcement"`
}

// empty reports whether the body names nothing to change.
func (p *userChange) empty() bool {
	return p.Email == nil && p.Name == nil && p.Permissions == nil && p.AssignRoleIDs == nil &&
		p.UnassignRoleIDs == nil && p.Password == nil && p.Active == nil && p.LogSessions == nil &&
		p.ShowCommentWindow == nil && p.CustomQuickSupport == nil && p.CustomQuickJoin == nil &&
		p.LicenseKey == nil && p.SSOCustomerID == nil && p.TFAEnforcement == nil
}

// changeUser changes the fields that the body names (PUT /users/{id}).
func (c *Company) changeUser(r *request) (answer, error) {
	v := c.server.variant
	a, err := c.userNamed(r.params[0])
	if err != nil {
		return answer{}, err
	}
	if err := c.mayTouch(a); err != nil {
		return answer{}, err
	}
	p, err := decode[userChange](v, r)
	if err != nil {
		return answer{}, err
	}
	if p.empty() && !v.EmptyPutAccepted {
		return answer{}, badRequest("the body names nothing to change")
	}
	if err := c.checkChange(&p); err != nil {
		return answer{}, err
	}
	b := a.changed(v, &p)
	if !c.free(b) {
		return answer{}, c.emailInUse()
	}
	if p.Email != nil && *p.Email != a.email {
		c.mails.Confirmation++
	}
	c.past.users.note(v.ListLag, a.number, a, true)
	b = c.put(b)
	return changed(v.ChangeAnswer, answer{status: http.StatusNoContent}, b.wire(v)), nil
}

// checkChange refuses what PUT /users/{id} refuses.
func (c *Company) checkChange(p *userChange) error {
	if !c.knowsRoles(p.AssignRoleIDs) || !c.knowsRoles(p.UnassignRoleIDs) {
		return badRequest("AssignUserRoleIds, UnassignUserRoleIds: a role is not known")
	}
	if p.LicenseKey != nil {
		return badRequest("license_key: the key is not known in this company")
	}
	return c.checkFields(p.Email, p.Name, p.Password, p.SSOCustomerID)
}

// changed is the account after a PUT that was not refused.
func (a *account) changed(v Variant, p *userChange) *account {
	b := *a
	set(&b.name, p.Name)
	set(&b.active, p.Active)
	set(&b.sso, p.SSOCustomerID)
	set(&b.tfaEnforced, p.TFAEnforcement)
	b.hasPassword = b.hasPassword || p.Password != nil
	switch {
	case p.Email == nil:
	case v.EmailPending && *p.Email != a.email:
		b.pending = *p.Email
	default:
		b.email, b.pending = *p.Email, ""
	}
	b.roles = withRoles(withoutRoles(a.roles, p.UnassignRoleIDs), p.AssignRoleIDs)
	return &b
}

// set stores a value that was sent.
func set[T any](into, sent *T) {
	if sent != nil {
		*into = *sent
	}
}

// mayTouch refuses to change an administrator without the right for that.
func (c *Company) mayTouch(a *account) error {
	if a.administrator && !c.server.variant.AdministratorsAsUser {
		return c.need(RightUsersModifyAdministrators)
	}
	return nil
}

// removeUser removes a user from the company, or deletes its account permanently (DELETE
// /users/{id}?isPermanentDelete=).
func (c *Company) removeUser(r *request) (answer, error) {
	v := c.server.variant
	a, err := c.userNamed(r.params[0])
	if err != nil {
		return answer{}, err
	}
	forGood, err := flag(r, "isPermanentDelete")
	if err != nil {
		return answer{}, err
	}
	if err := c.mayTouch(a); err != nil {
		return answer{}, err
	}
	if v.RemovalNeedsRight {
		if err := c.need(RightUsersDelete); err != nil {
			return answer{}, err
		}
	}
	if a.number == c.owner {
		return answer{}, badRequest("the owner of the access token cannot be removed")
	}
	if !a.active && v.InactiveRemoval != 0 {
		return answer{}, refuse(v.InactiveRemoval, "invalid_request", "a deactivated user cannot be removed from the company")
	}
	c.past.users.note(v.ListLag, a.number, a, true)
	c.remove(a, forGood)
	return changed(v.ChangeAnswer, answer{status: http.StatusNoContent}, struct{}{}), nil
}

// deleteCompany deletes the company of the token's owner (DELETE /users). The gateway must never
// call it.
func (c *Company) deleteCompany(*request) (answer, error) {
	c.delete()
	return answer{status: http.StatusNoContent}, nil
}
