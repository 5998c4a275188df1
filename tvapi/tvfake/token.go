package tvfake

// further is a further token of a company, of the same owner, with a state and rights of its own.
type further struct {
	state  TokenState
	rights map[Right]bool // nil = those of the company's first token
}

// AddToken gives the company a further token of the same owner. With rights, it has these and no
// others; else those of the first token. A known token is not changed.
func (c *Company) AddToken(token string, rights ...Right) {
	s := c.server
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, known := s.companies[token]; known {
		return
	}
	f := &further{}
	if len(rights) > 0 {
		f.rights = rightSet(rights)
	}
	s.companies[token], s.further[token] = c, f
}

// SetStateOf changes the state of a further token only.
func (c *Company) SetStateOf(token string, state TokenState) {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	if f := c.server.further[token]; f != nil {
		f.state = state
	}
}

// MoveUser moves a user to another company, as when its owner accepts an invitation: id and address
// stay, groups do not. It returns false for an unknown id and for the owner of the token.
func (c *Company) MoveUser(id string, to *Company) bool {
	number, _ := parseUserID(id, false)
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	a, ok := c.users[number]
	if !ok || number == c.owner {
		return false
	}
	c.remove(a, true)
	c.past.users.forget(number)
	to.put(a)
	return true
}

// state returns the state of a token of the company.
func (s *Server) state(c *Company, token string) TokenState {
	if f := s.further[token]; f != nil {
		return f.state
	}
	return c.state
}

// need refuses a call when its token lacks a right.
func (s *Server) need(c *Company, token string, right Right) error {
	if f := s.further[token]; f != nil && f.rights != nil {
		return (&Company{server: s, rights: f.rights}).need(right)
	}
	return c.need(right)
}
