package tvfake

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// Group is one user group of a company in the emulator.
type Group struct {
	ID      int64
	Name    string
	Members []string // user ids ("u123"), sorted by number; never nil
	Role    string   // id of the role given to the group; "" = none
}

// Where a group comes from (swagger: creationSourceType).
const (
	sourceAPI     = 1
	sourceConsole = 2
)

type group struct {
	id      int64
	name    string
	source  int
	role    string
	members map[int32]struct{}
}

func (g *group) group() Group {
	members := make([]string, 0, len(g.members))
	for _, number := range slices.Sorted(maps.Keys(g.members)) {
		members = append(members, formatUserID(number))
	}
	return Group{ID: g.id, Name: g.name, Members: members, Role: g.role}
}

// parseGroupID reads the id of a path: decimal digits.
func parseGroupID(id string) (int64, bool) {
	if id == "" || id[0] < '1' || id[0] > '9' {
		return 0, false
	}
	n, err := strconv.ParseInt(id, 10, 64)
	return n, err == nil
}

// AddGroup makes a group with members. Members that are no users of the company are left out. It
// returns the zero Group when the name is taken.
func (c *Company) AddGroup(name string, members ...string) Group {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	return c.addGroup(c.server.nextGroup(), name, members)
}

// AddGroupWithID is AddGroup for a given id. It returns the zero Group when the id or the name is
// taken.
func (c *Company) AddGroupWithID(id int64, name string, members ...string) Group {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	if _, taken := c.groups[id]; taken || id <= 0 {
		return Group{}
	}
	return c.addGroup(id, name, members)
}

func (c *Company) addGroup(id int64, name string, members []string) Group {
	if _, taken := c.groupNames[c.groupKey(name)]; taken {
		return Group{}
	}
	g := &group{id: id, name: name, source: sourceConsole}
	g.members = c.accounts(members)
	c.putGroup(g)
	return g.group()
}

// Group finds a group by id.
func (c *Company) Group(id int64) (Group, bool) {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	g, ok := c.groups[id]
	if !ok {
		return Group{}, false
	}
	return g.group(), true
}

// GroupByName finds a group by its exact name.
func (c *Company) GroupByName(name string) (Group, bool) {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	g, ok := c.groups[c.groupNames[c.groupKey(name)]]
	if !ok || g.name != name {
		return Group{}, false
	}
	return g.group(), true
}

// Groups returns all groups, sorted by id.
func (c *Company) Groups() []Group {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	groups := make([]Group, 0, len(c.groups))
	for _, id := range slices.Sorted(maps.Keys(c.groups)) {
		groups = append(groups, c.groups[id].group())
	}
	return groups
}

// ChangeGroup changes a group in the console. It returns false, and changes nothing, when there is
// no such group or the new name is taken. Members that are no users of the company are left out;
// the ID cannot be changed. change must not call the server.
func (c *Company) ChangeGroup(id int64, change func(*Group)) bool {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	g, ok := c.groups[id]
	if !ok {
		return false
	}
	after := g.group()
	change(&after)
	if other, taken := c.groupNames[c.groupKey(after.Name)]; taken && other != id {
		return false
	}
	delete(c.groupNames, c.groupKey(g.name))
	g.name, g.role, g.members = after.Name, after.Role, c.accounts(after.Members)
	c.putGroup(g)
	return true
}

// DropGroup deletes a group in the console. It returns false when there is none.
func (c *Company) DropGroup(id int64) bool {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	g, ok := c.groups[id]
	if !ok {
		return false
	}
	c.removeGroup(g)
	c.past.groups.forget(id)
	return true
}

// accounts returns the numbers of the ids that are users or still members.
func (c *Company) accounts(ids []string) map[int32]struct{} {
	numbers := make(map[int32]struct{}, len(ids))
	for _, id := range ids {
		number, _ := parseUserID(id, false)
		_, user := c.users[number]
		_, ghost := c.ghosts[number]
		if user || ghost {
			numbers[number] = struct{}{}
		}
	}
	return numbers
}

func (c *Company) putGroup(g *group) {
	c.groups[g.id] = g
	c.groupNames[c.groupKey(g.name)] = g.id
	c.past.groups.forget(g.id)
}

func (c *Company) removeGroup(g *group) {
	delete(c.groups, g.id)
	delete(c.groupNames, c.groupKey(g.name))
}

// groupKey returns the form of a group's name that must be unique.
func (c *Company) groupKey(name string) string {
	if c.server.variant.GroupNamesMindCase {
		return name
	}
	return foldUnicode(name)
}

func (c *Company) isMember(number int32) bool {
	for g := range maps.Values(c.groups) {
		if _, ok := g.members[number]; ok {
			return true
		}
	}
	return false
}

func (c *Company) leaveGroups(number int32) {
	for g := range maps.Values(c.groups) {
		delete(g.members, number)
	}
}

// foldUnicode maps all strings that are equal under strings.EqualFold to one.
func foldUnicode(s string) string {
	return strings.Map(func(r rune) rune {
		least := r
		for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
			least = min(least, next)
		}
		return least
	}, s)
}
