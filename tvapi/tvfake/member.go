package tvfake

import "net/http"

// memberWire is a member as the Web API shows it (swagger: UserGroupMemberModel).
type memberWire struct {
	AccountID int32  `json:"accountId"`
	Name      string `json:"name"`
}

// members shows accounts as members of a group.
func (c *Company) members(numbers []int32) []memberWire {
	items := make([]memberWire, 0, len(numbers))
	for _, number := range numbers {
		name := c.ghosts[number]
		if a, ok := c.users[number]; ok {
			name = a.name
		}
		items = append(items, memberWire{number, name})
	}
	return items
}

// listMembers shows one page of a group's members (GET /usergroups/{id}/members). It does not lag:
// it answers for one group, not for the company.
func (c *Company) listMembers(r *request) (answer, error) {
	g, err := c.groupNamed(r.params[0])
	if err != nil {
		return answer{}, err
	}
	p, err := pageOf(c, r, "members "+r.params[0], r.query.Get("paginationToken"), func() []int32 {
		return shorten(r, listed(c.server, g.members), 0)
	})
	if err != nil {
		return answer{}, err
	}
	var still []int32
	for _, number := range p.keys {
		if _, ok := g.members[number]; ok { // else removed since the first page
			still = append(still, number)
		}
	}
	return jsonAnswer(http.StatusOK, pageWire(c.server.variant, "resources", c.members(still), p)), nil
}

// memberCall reads what the calls for several members have in common.
func (c *Company) memberCall(r *request) (*group, []int32, error) {
	v := c.server.variant
	g, err := c.groupNamed(r.params[0])
	if err != nil {
		return nil, nil, err
	}
	accounts, err := decodeList(v, r)
	if err != nil {
		return nil, nil, err
	}
	if len(accounts) > maxMembers {
		return nil, nil, refuse(v.TooManyMembers, "invalid_request", "at most %d accounts are allowed in one call", maxMembers)
	}
	return g, accounts, nil
}

// addMembers adds accounts to a group (POST /usergroups/{id}/members).
func (c *Company) addMembers(r *request) (answer, error) {
	v := c.server.variant
	g, accounts, err := c.memberCall(r)
	if err != nil {
		return answer{}, err
	}
	var good []int32
	var refused error
	seen := map[int32]bool{}
	for _, number := range accounts {
		_, user := c.users[number]
		_, member := g.members[number]
		switch {
		case !user:
			refused = badRequest("account %d is not in this company", number)
		case (member || seen[number]) && v.MemberAgain != 0:
			refused = refuse(v.MemberAgain, categoryOf(v.MemberAgain), "account %d is a member already", number)
		default:
			good, seen[number] = append(good, number), true
		}
	}
	if err := v.partial(refused); err != nil && v.BadMember == BadMemberRefuses {
		return answer{}, err
	}
	for _, number := range good {
		g.members[number] = struct{}{}
	}
	declared := jsonAnswer(http.StatusCreated, c.members(good))
	return changed(v.MemberAdd, declared, c.members(good)), v.partial(refused)
}

// partial is the error of a member call of which a part was refused.
func (v Variant) partial(refused error) error {
	if v.BadMember == BadMemberPartialAccepted {
		return nil
	}
	return refused
}

// removeMembers removes accounts from a group (DELETE /usergroups/{id}/members, with a body).
func (c *Company) removeMembers(r *request) (answer, error) {
	g, accounts, err := c.memberCall(r)
	if err != nil {
		return answer{}, err
	}
	return c.dropMembers(g, accounts)
}

// removeMember removes one account (DELETE /usergroups/{id}/members/{accountId}).
func (c *Company) removeMember(r *request) (answer, error) {
	g, err := c.groupNamed(r.params[0])
	if err != nil {
		return answer{}, err
	}
	number, ok := parseUserID("u"+r.params[1], false)
	if !ok {
		return answer{}, badRequest("accountId: %q is no number", r.params[1])
	}
	return c.dropMembers(g, []int32{number})
}

func (c *Company) dropMembers(g *group, accounts []int32) (answer, error) {
	v := c.server.variant
	var refused error
	for _, number := range accounts {
		_, user := c.users[number]
		_, member := g.members[number]
		switch {
		case member:
		case !user && v.UnknownRemoved != 0:
			refused = refuse(v.UnknownRemoved, categoryOf(v.UnknownRemoved), "account %d is not in this company", number)
		case v.NonMemberRemoved != 0:
			refused = refuse(v.NonMemberRemoved, categoryOf(v.NonMemberRemoved), "account %d is no member", number)
		}
	}
	if refused != nil && v.BadMember == BadMemberRefuses {
		return answer{}, refused
	}
	for _, number := range accounts {
		delete(g.members, number)
	}
	return changed(v.ChangeAnswer, answer{status: http.StatusNoContent}, struct{}{}), v.partial(refused)
}
