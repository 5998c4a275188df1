package tvfake

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// User is one user of a company in the emulator.
type User struct {
	ID            string   // "u123"
	Name          string   // display name
	Email         string   // the address that GET shows
	PendingEmail  string   // the new address, pending confirmation; "" = none
	Active        bool     // false: deactivated
	Language      string   // of the welcome mail; TeamViewer shows it nowhere
	SSOCustomerID string   // write-only in the Web API; "" = no SSO user
	HasPassword   bool     // whether a password was ever set
	Administrator bool     // changed only with a right of its own
	Roles         []string // ids of the roles given directly, sorted
	LastAccess    string   // last_access_date as GET shows it; "" = not shown
	SSOStatus     int      // sso_status as GET shows it; 0 = what follows from SSOCustomerID
}

// account is a user inside a company or a person outside. Values are never changed in place, so a
// list may be written while others change it.
type account struct {
	number        int32
	name          string
	email         string
	pending       string
	active        bool
	language      string
	sso           string
	hasPassword   bool
	administrator bool
	tfaEnforced   bool
	roles         []string
	lastAccess    string
	ssoStatus     int
}

// parseUserID reads "u123", and "123" if bare ids are allowed.
func parseUserID(id string, bare bool) (int32, bool) {
	digits, prefixed := strings.CutPrefix(id, "u")
	if !prefixed && !bare || digits == "" || digits[0] < '1' || digits[0] > '9' {
		return 0, false
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n > math.MaxInt32 {
		return 0, false
	}
	return int32(n), true
}

func formatUserID(number int32) string { return "u" + strconv.Itoa(int(number)) }

func (a *account) user() User {
	return User{
		ID:            formatUserID(a.number),
		Name:          a.name,
		Email:         a.email,
		PendingEmail:  a.pending,
		Active:        a.active,
		Language:      a.language,
		SSOCustomerID: a.sso,
		HasPassword:   a.hasPassword,
		Administrator: a.administrator,
		Roles:         slices.Clone(a.roles),
		LastAccess:    a.lastAccess,
		SSOStatus:     a.ssoStatus,
	}
}

// with is the account after a change of what User shows. The id stays.
func (a *account) with(u User) *account {
	b := *a
	b.name, b.email, b.pending, b.active = u.Name, u.Email, u.PendingEmail, u.Active
	b.language, b.sso, b.hasPassword, b.administrator = u.Language, u.SSOCustomerID, u.HasPassword, u.Administrator
	b.lastAccess, b.ssoStatus = u.LastAccess, u.SSOStatus
	b.roles = slices.Compact(slices.Sorted(slices.Values(u.Roles)))
	return &b
}

// AddUser makes a user. An empty ID, Email, Name and Language are filled in; Active is taken as it
// is, so false makes a deactivated user. Lengths and the form of the address are not checked:
// companies have older values. It returns the zero User when the id or the address is taken.
func (c *Company) AddUser(u User) User {
	s := c.server
	s.mu.Lock()
	defer s.mu.Unlock()
	number, ok := parseUserID(u.ID, false)
	switch {
	case u.ID == "":
		number = s.nextUser()
	case !ok || s.taken(number):
		return User{}
	}
	u.Email = cmp.Or(u.Email, "user."+formatUserID(number)+"@tvfake.example")
	u.Name = cmp.Or(u.Name, localPart(u.Email))
	u.Language = cmp.Or(u.Language, "en")
	a := (&account{number: number}).with(u)
	if !c.free(a) {
		return User{}
	}
	a = c.put(a)
	c.past.users.forget(number)
	return a.user()
}

// User finds a user by id.
func (c *Company) User(id string) (User, bool) {
	number, _ := parseUserID(id, false)
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	a, ok := c.users[number]
	if !ok {
		return User{}, false
	}
	return a.user(), true
}

// UserByEmail finds a user by the address that GET shows, in any ASCII case.
func (c *Company) UserByEmail(email string) (User, bool) {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	a, ok := c.byEmail(email)
	if !ok {
		return User{}, false
	}
	return a.user(), true
}

// Users returns all users, the token's owner among them, sorted by number.
func (c *Company) Users() []User {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	users := make([]User, 0, len(c.users))
	for _, number := range slices.Sorted(maps.Keys(c.users)) {
		users = append(users, c.users[number].user())
	}
	return users
}

// ChangeUser changes a user in the console. It returns false, and changes nothing, when there is no
// such user or the new address is taken. The ID cannot be changed. change must not call the server.
func (c *Company) ChangeUser(id string, change func(*User)) bool {
	number, _ := parseUserID(id, false)
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	a, ok := c.users[number]
	if !ok {
		return false
	}
	u := a.user()
	change(&u)
	b := a.with(u)
	if !c.free(b) {
		return false
	}
	c.put(b)
	c.past.users.forget(number)
	return true
}

// DropUser removes a user from the company; the account continues to exist. It returns false for an
// unknown id and for the token's owner.
func (c *Company) DropUser(id string) bool {
	number, _ := parseUserID(id, false)
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	a, ok := c.users[number]
	if !ok || number == c.owner {
		return false
	}
	c.remove(a, false)
	c.past.users.forget(number)
	return true
}

// ConfirmEmails is as if every user with a new address clicked the link in the confirmation mail.
func (c *Company) ConfirmEmails() {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	for _, a := range slices.Collect(maps.Values(c.users)) {
		if a.pending == "" {
			continue
		}
		b := *a
		b.email, b.pending = a.pending, ""
		c.put(&b)
		c.past.users.forget(a.number)
	}
}

// byEmail finds the user that shows an address, in any ASCII case.
func (c *Company) byEmail(email string) (*account, bool) {
	h, ok := c.server.emails[foldASCII(email)]
	if !ok || h.company != c {
		return nil, false
	}
	a := c.users[h.number]
	return a, foldASCII(a.email) == foldASCII(email)
}

// free reports whether no other account of any company has the account's addresses.
func (c *Company) free(a *account) bool {
	for _, email := range []string{a.email, a.pending} {
		h, taken := c.server.emails[foldASCII(email)]
		if email != "" && taken && (h.company != c || h.number != a.number) {
			return false
		}
	}
	return true
}

// put stores a new or changed account and its addresses, and returns it as stored.
func (c *Company) put(a *account) *account {
	if c.server.variant.EmailLower {
		lower := *a
		lower.email, lower.pending = foldASCII(a.email), foldASCII(a.pending)
		a = &lower
	}
	if before, ok := c.users[a.number]; ok {
		c.dropEmails(before)
		if before.active && !a.active && c.server.variant.DeactivatedLeavesGroups {
			c.leaveGroups(a.number)
		}
	}
	c.users[a.number] = a
	for _, email := range []string{a.email, a.pending} {
		if email != "" {
			c.server.emails[foldASCII(email)] = holder{a.number, c}
		}
	}
	return a
}

func (c *Company) dropEmails(a *account) {
	delete(c.server.emails, foldASCII(a.email))
	delete(c.server.emails, foldASCII(a.pending))
}

// remove takes an account out of the company. Unless it is deleted permanently, it continues to
// exist, with its address unless the variant frees that.
func (c *Company) remove(a *account, forGood bool) {
	c.forget(a)
	if c.server.variant.RemovedStaysMember {
		if c.isMember(a.number) {
			c.ghosts[a.number] = a.name
		}
	} else {
		c.leaveGroups(a.number)
	}
	if forGood || c.server.variant.RemovedFreesEmail {
		return
	}
	out := *a
	out.pending, out.roles, out.administrator = "", nil, false
	c.server.outside[a.number] = &out
	c.server.emails[foldASCII(a.email)] = holder{number: a.number}
}

func (c *Company) forget(a *account) {
	c.dropEmails(a)
	delete(c.users, a.number)
}

// foldASCII is an address without case. TeamViewer's addresses are ASCII.
func foldASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}
