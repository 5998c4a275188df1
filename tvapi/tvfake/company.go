package tvfake

import (
	"maps"
	"slices"
)

// TokenState is the state of a token.
type TokenState int

// The states of a token.
const (
	TokenValid   TokenState = iota
	TokenExpired            // 401 token_expired
	TokenRevoked            // 401 invalid_token
	TokenBlocked            // 403 blocked: calls from this address are not answered
)

// Mails counts the mails that TeamViewer sent.
type Mails struct {
	Welcome      int `json:"welcome"`      // to users created by POST /users
	Confirmation int `json:"confirmation"` // to new addresses, by PUT /users/{id}
}

// A Company is one TeamViewer company and its token. Its methods act like TeamViewer's console:
// their changes are visible at once, they do not count as calls, and they need no right.
type Company struct {
	server *Server
	token  string
	owner  int32

	// Guarded by server.mu.

	users      map[int32]*account // values are never changed, only replaced
	groups     map[int64]*group
	groupNames map[string]int64 // by folded or exact name, as the variant has it
	ghosts     map[int32]string // names of members that are users no more
	roles      map[string]*role // by lower-case id
	predefined string           // id of the role of new users
	past       pasts            // what lists do not yet show
	mails      Mails
	deleted    bool
	unlicensed bool
	seats      int // of the licence; 0: no limit is shown
	rights     map[Right]bool
	companyTok bool
	state      TokenState
}

// reset removes all from the company but the token's owner.
func (c *Company) reset() {
	c.users = map[int32]*account{}
	c.groups = map[int64]*group{}
	c.groupNames = map[string]int64{}
	c.ghosts = map[int32]string{}
	c.roles = map[string]*role{}
	c.predefined = ""
	c.past = pasts{}
	c.mails = Mails{}
	c.deleted, c.unlicensed, c.companyTok, c.seats = false, false, false, 0
	c.state = TokenValid
	c.rights = rightSet(DefaultRights())
	c.put(&account{
		number:        c.owner,
		name:          "Token Owner",
		email:         "owner." + formatUserID(c.owner) + "@tvfake.example",
		language:      "en",
		active:        true,
		hasPassword:   true,
		administrator: true,
	})
}

// Token returns the bearer token of the company.
func (c *Company) Token() string { return c.token }

// OwnerID returns the id of the token's owner, a user of the company.
func (c *Company) OwnerID() string { return formatUserID(c.owner) }

// CompanyDeleted reports whether DELETE /users or DELETE /company was called, which delete the
// whole company. It must be false in every test.
func (c *Company) CompanyDeleted() bool {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	return c.deleted
}

// Mails returns the number of mails that were sent to the company's users.
func (c *Company) Mails() Mails {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	return c.mails
}

// SetRights gives the token these rights and no others.
func (c *Company) SetRights(rights ...Right) {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	c.rights = rightSet(rights)
}

// SetRight gives the token one right, or removes it.
func (c *Company) SetRight(right Right, has bool) {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	c.rights[right] = has
}

// HasRight reports whether the token has a right.
func (c *Company) HasRight(right Right) bool {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	return c.rights[right]
}

// SetTokenState changes the state of the token.
func (c *Company) SetTokenState(state TokenState) {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	c.state = state
}

// SetCompanyToken makes the token one of the level "company access". It is one of "user access"
// otherwise.
func (c *Company) SetCompanyToken(company bool) {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	c.companyTok = company
}

// SetLicensed sets whether the company's licence includes user groups. It does initially.
func (c *Company) SetLicensed(licensed bool) {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	c.unlicensed = !licensed
}

// delete does what DELETE /users does: it deletes everything, and the token becomes invalid.
func (c *Company) delete() {
	for _, a := range slices.Collect(maps.Values(c.users)) {
		c.forget(a)
	}
	clear(c.groups)
	clear(c.groupNames)
	c.deleted = true
}
