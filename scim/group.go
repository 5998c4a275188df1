package scim

// Group is a group resource (RFC 7643 section 4.2). Members is nil if the members are not known,
// not requested or absent from a request; an empty list is a group without members.
type Group struct {
	Head
	DisplayName string
	Members     []Member
	Other       Attributes
}

// Member is one element of the attribute members: the id of a user and the name to show. In a tree
// its type is always "User": groups do not contain groups here.
type Member struct {
	Value   string
	Display string
}

// Attributes returns the group as a tree; see [Resource]. Members that are not known have no key,
// an empty list of members is an empty list.
func (g Group) Attributes() Attributes {
	a := g.Other.Clone()
	a.setString("id", g.ID)
	a.setString("externalId", g.ExternalID)
	a.setString("displayName", g.DisplayName)
	if g.Members != nil {
		members := make([]any, len(g.Members))
		for i, m := range g.Members {
			members[i] = map[string]any(m.attributes())
		}
		a["members"] = members
	}
	return a
}

// GroupOf returns the group of a tree, the inverse of [Group.Attributes]. Nothing of the tree is
// shared with the group.
func GroupOf(a Attributes) Group {
	a = a.Clone()
	g := Group{Head: a.takeHead(), DisplayName: a.takeString("displayName")}
	members, said := a.takeElements("members")
	if said {
		g.Members = make([]Member, len(members))
		for i, m := range members {
			g.Members[i] = memberOf(m)
		}
	}
	g.Other = a.rest()
	return g
}

// attributes returns the member as a tree.
func (m Member) attributes() Attributes {
	a := make(Attributes)
	a.setString("value", m.Value)
	a.setString("display", m.Display)
	a.setString("type", "User")
	return a
}

// memberOf returns the member of a tree.
func memberOf(a Attributes) Member {
	return Member{Value: a.takeString("value"), Display: a.takeString("display")}
}
