package tvfake

import (
	"net/http"
	"slices"
)

// userCreate is the body of POST /users (swagger: UsersPostParameters). `active` and `permissions`
// are known to be sent by clients, and have fates of their own.
type userCreate struct {
	Email               *string `json:"email"`
	Name                *string `json:"name"`
	Language            *string `json:"language"`
	Password            *string `json:"password"`
	Permissions         *string `json:"permissions"`
	Active              *bool   `json:"active"`
	UserRoleID          *string `json:"userRoleId"`
	IgnorePredefined    bool    `json:"ignorePredefinedRole"`
	CreatedFrom         *int    `json:"created_from"`
	SubscribeNewsletter bool    `json:"subscribe_newsletter"`
	LogSessions         bool    `json:"log_sessions"`
	ShowCommentWindow   bool    `json:"show_comment_window"`
	CustomQuickSupport  string  `json:"custom_quicksupport_id"`
	CustomQuickJoin     string  `json:"custom_quickjoin_id"`
	LicenseKey          *string `json:"license_key"`
	MeetingLicenseKey   *string `json:"meeting_license_key"`
	SSOCustomerID       *string `json:"sso_customer_id"`
}

// userNamed finds the user of a path.
func (c *Company) userNamed(id string) (*account, error) {
	v := c.server.variant
	number, _ := parseUserID(id, v.BareUserIDs)
	a, ok := c.users[number]
	if ok {
		return a, nil
	}
	if v.UnknownUser == http.StatusNotFound {
		return nil, refuse(http.StatusNotFound, "not_found", "the user was not found")
	}
	return nil, refuse(v.UnknownUser, "invalid_request", "the user id is not valid")
}

// getUser shows one user (GET /users/{id}).
func (c *Company) getUser(r *request) (answer, error) {
	a, err := c.userNamed(r.params[0])
	if err != nil {
		return answer{}, err
	}
	return jsonAnswer(http.StatusOK, a.wire(c.server.variant)), nil
}

// createUser makes a user (POST /users).
func (c *Company) createUser(r *request) (answer, error) {
	v := c.server.variant
	p, err := decode[userCreate](v, r)
	if err != nil {
		return answer{}, err
	}
	if err := c.checkCreate(&p); err != nil {
		return answer{}, err
	}
	a := &account{
		number:      c.server.nextUser(),
		name:        *p.Name,
		email:       *p.Email,
		language:    *p.Language,
		active:      p.Active == nil || *p.Active || v.ActiveOnCreate != ActiveHonoured,
		hasPassword: p.Password != nil,
		roles:       c.firstRoles(&p),
	}
	if p.SSOCustomerID != nil {
		a.sso = *p.SSOCustomerID
	}
	if !c.free(a) {
		return answer{}, c.emailInUse()
	}
	a = c.put(a)
	c.past.users.note(v.ListLag, a.number, nil, false)
	c.mails.Welcome++
	return c.created(a), nil
}

// created shows a new user as the variant has it.
func (c *Company) created(a *account) answer {
	v := c.server.variant
	wire := a.wire(v)
	switch v.CreateAnswer {
	case CreateWithoutEmail:
		wire.Email = ""
	case CreateMinimal:
		wire = userWire{ID: wire.ID, Name: wire.Name}
	case CreateFull:
	}
	out := jsonAnswer(http.StatusOK, wire)
	out.location = prefix + "/users/" + wire.ID
	return out
}

func (c *Company) emailInUse() error {
	return refuse(c.server.variant.EmailInUse, "email_in_use", "the email address is already in use")
}

// checkCreate refuses what POST /users refuses.
func (c *Company) checkCreate(p *userCreate) error {
	v := c.server.variant
	switch {
	case p.Permissions != nil:
		return badRequest("permissions: the parameter is not supported any more, use userRoleId")
	case p.Email == nil:
		return badRequest("email: the parameter is missing")
	case p.Name == nil:
		return badRequest("name: the parameter is missing")
	case p.Language == nil:
		return badRequest("language: the parameter is missing")
	case p.Active != nil && v.ActiveOnCreate == ActiveRefused:
		return badRequest("active: the parameter is not known")
	case v.PasswordRequired && p.Password == nil && p.SSOCustomerID == nil:
		return badRequest("password: the parameter is missing")
	case p.UserRoleID != nil && !c.knowsRoles([]string{*p.UserRoleID}):
		return badRequest("userRoleId: the role is not known")
	case p.CreatedFrom != nil && !createdFrom(*p.CreatedFrom):
		return badRequest("created_from: %d is not known", *p.CreatedFrom)
	case p.LicenseKey != nil || p.MeetingLicenseKey != nil:
		return badRequest("license_key: the key is not known in this company")
	}
	if err := checkLanguage(*p.Language); err != nil {
		return err
	}
	return c.checkFields(p.Email, p.Name, p.Password, p.SSOCustomerID)
}

// createdFrom is the enumeration of the OpenAPI document; it gives no meanings.
func createdFrom(n int) bool { return n >= 0 && n <= 20 || n >= 25 && n <= 27 }

// checkFields refuses values that neither POST nor PUT take. Nil is not sent.
func (c *Company) checkFields(email, name, password, sso *string) error {
	if email != nil {
		if err := checkEmail(*email); err != nil {
			return err
		}
	}
	if name != nil {
		if err := checkName("name", *name, minName, maxName); err != nil {
			return err
		}
	}
	if password != nil {
		if err := checkPassword(c.server.variant, *password); err != nil {
			return err
		}
	}
	if sso != nil && c.companyTok && c.server.variant.SSOUserTokenOnly {
		return badRequest("sso_customer_id: it needs a user access token")
	}
	return nil
}

// firstRoles are the roles of a new user: the one asked for and the predefined one.
func (c *Company) firstRoles(p *userCreate) []string {
	var roles []string
	if p.UserRoleID != nil {
		roles = withRoles(roles, []string{*p.UserRoleID})
	}
	if c.predefined != "" && !p.IgnorePredefined {
		roles = withRoles(roles, []string{c.predefined})
	}
	return slices.Clip(roles)
}
