package tvapi

import (
	"cmp"
	"context"
	"encoding/json"
	"net/url"
	"strconv"
)

// User is one account of the company, as the Web API returns it. What it accepts but never returns
// (password, language, SSO identifier) is not part of it.
type User struct {
	ID        UserID
	Name      string // the display name
	Email     string // empty only if the answer has none
	Active    bool   // true when the answer has none
	RoleID    string // a GUID; empty = none, or missing
	SSOStatus int    // 0 unknown, 1 active, 2 to 6 excluded for various reasons
}

// wireUser is User on the wire.
type wireUser struct {
	ID        wireUserID `json:"id"`
	Name      string     `json:"name"`
	Email     string     `json:"email"`
	Active    *bool      `json:"active"`
	RoleID    string     `json:"userRoleId"`
	SSOStatus int        `json:"sso_status"`
}

// user returns the user. A missing `active` means true: the example in the manual omits it for an
// active user.
func (w wireUser) user() User {
	return User{
		ID: UserID(w.ID), Name: w.Name, Email: w.Email,
		Active: w.Active == nil || *w.Active,
		RoleID: w.RoleID, SSOStatus: w.SSOStatus,
	}
}

// fit returns the error of the first text that is too long.
func (w wireUser) fit() error {
	return fit(text{"name", w.Name}, text{"email", w.Email}, text{"userRoleId", w.RoleID})
}

// wireUserID is the user id of an answer; 0 when it is not of the form u123, so that one such id
// does not make the rest of a list unreadable.
type wireUserID UserID

// UnmarshalJSON implements json.Unmarshaler.
func (id *wireUserID) UnmarshalJSON(text []byte) error {
	var s string
	*id = 0
	if err := json.Unmarshal(text, &s); err != nil {
		return nil //nolint:nilerr // an id of another form is 0; the list continues
	}
	if parsed, err := ParseUserID(s); err == nil {
		*id = wireUserID(parsed)
	}
	return nil
}

// UserCreate is a user to be created. Email, Name and Language are required.
type UserCreate struct {
	Email, Name string
	Language    string // of the welcome mail, e.g. "en" or "zh_CN"
	RoleID      string // a GUID; empty = not sent
	UserSecrets
}

// UserUpdate is a change of a user; nil = unchanged.
type UserUpdate struct {
	Email, Name *string
	Active      *bool
	UserSecrets
}

// Empty reports whether the update changes nothing. Such an update is never sent.
func (u UserUpdate) Empty() bool { return u == UserUpdate{} }

// With returns the update that has the effect of u and then later.
func (u UserUpdate) With(later UserUpdate) UserUpdate {
	return UserUpdate{
		Email:       cmp.Or(later.Email, u.Email),
		Name:        cmp.Or(later.Name, u.Name),
		Active:      cmp.Or(later.Active, u.Active),
		UserSecrets: u.UserSecrets.with(later.UserSecrets),
	}
}

// wireUserChange is UserCreate and UserUpdate on the wire. Only here, secrets are not redacted.
type wireUserChange struct {
	Email    *string `json:"email,omitempty"`
	Name     *string `json:"name,omitempty"`
	Language *string `json:"language,omitempty"`
	Active   *bool   `json:"active,omitempty"`
	wireSecrets
	RoleID *string `json:"userRoleId,omitempty"`
}

func (u UserCreate) wire() wireUserChange {
	w := wireUserChange{
		Email: &u.Email, Name: &u.Name, Language: &u.Language,
		wireSecrets: wireSecrets(u.UserSecrets),
	}
	if u.RoleID != "" {
		w.RoleID = &u.RoleID
	}
	return w
}

func (u UserUpdate) wire() wireUserChange {
	return wireUserChange{
		Email: u.Email, Name: u.Name, Active: u.Active,
		wireSecrets: wireSecrets(u.UserSecrets),
	}
}

// User returns one user of the company.
//
// TeamViewer Web API: GET /users/{id}
func (c *Client) User(ctx context.Context, id UserID) (*User, error) {
	if !id.Valid() {
		return nil, refuseUser(FuncUserGet, id)
	}
	var answer wireUser
	err := c.send(ctx, call{
		function: FuncUserGet, subject: "user " + id.String(), id: id.String(),
		// The answer must be about this user.
		read: readObject(&answer, func() bool { return UserID(answer.ID) == id }),
	})
	if err != nil {
		return nil, err
	}
	u := answer.user()
	return &u, nil
}

// CreateUser creates a user and returns it as the answer shows it; what the answer omits is taken
// from the request. After an error that is Uncertain the user may exist.
//
// TeamViewer Web API: POST /users
func (c *Client) CreateUser(ctx context.Context, u UserCreate) (*User, error) {
	switch {
	case u.Email == "" || u.Name == "" || u.Language == "":
		return nil, refuse(FuncUserCreate, "", "email, name and language are required")
	case u.RoleID != "" && !validRoleID(u.RoleID):
		return nil, refuse(FuncUserCreate, "", "role id is not a GUID")
	}
	body := u.wire()
	var answer wireUser
	err := c.send(ctx, call{
		function: FuncUserCreate, body: body, secrets: u.values(),
		read: readObject(&answer, func() bool { return answer.ID != 0 }),
	})
	if err != nil {
		return nil, err
	}
	made := answer.user()
	made.Email = cmp.Or(made.Email, u.Email)
	made.Name = cmp.Or(made.Name, u.Name)
	return &made, nil
}

// UpdateUser changes the fields of a user that u sets. An empty update is an error of KindUnsent.
//
// TeamViewer Web API: PUT /users/{id}
func (c *Client) UpdateUser(ctx context.Context, id UserID, u UserUpdate) error {
	if !id.Valid() {
		return refuseUser(FuncUserUpdate, id)
	}
	if u.Empty() {
		return refuse(FuncUserUpdate, "user "+id.String(), "nothing to change")
	}
	body := u.wire()
	return c.send(ctx, call{
		function: FuncUserUpdate, subject: "user " + id.String(), id: id.String(),
		body: body, secrets: u.values(),
	})
}

// RemoveUser removes a user from the company. The account continues to exist and keeps its address.
//
// TeamViewer Web API: DELETE /users/{id}
func (c *Client) RemoveUser(ctx context.Context, id UserID) error {
	return c.dropUser(ctx, id, false)
}

// DeleteUser deletes the account of a user permanently.
//
// TeamViewer Web API: DELETE /users/{id}?isPermanentDelete=true
func (c *Client) DeleteUser(ctx context.Context, id UserID) error {
	return c.dropUser(ctx, id, true)
}

func (c *Client) dropUser(ctx context.Context, id UserID, permanent bool) error {
	if !id.Valid() {
		return refuseUser(FuncUserDelete, id)
	}
	return c.send(ctx, call{
		function: FuncUserDelete, subject: "user " + id.String(), id: id.String(),
		query: url.Values{"isPermanentDelete": {strconv.FormatBool(permanent)}},
	})
}

// refuseUser returns the error of a call with an id that is not valid.
func refuseUser(function Function, id UserID) *Error {
	return refuse(function, "user "+strconv.Itoa(int(id)), "not the id of a user")
}
