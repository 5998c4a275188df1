package plan

import (
	"slices"
	"time"

	"tvscim/mapping/idmap"
	"tvscim/scim"
	"tvscim/tvapi"
)

// KeyMembers is the key of the attribute members.
const KeyMembers = "members"

// ShowGroup returns the group as clients see it, without its members, from what TeamViewer shows
// and the record.
func ShowGroup(g tvapi.Group, rec idmap.Record) scim.Group {
	shown := scim.Group{DisplayName: g.Name}
	shown.ID = g.ID.String()
	shown.ExternalID = RequestedText(rec, KeyExternalID)
	shown.Meta = scim.Meta{Created: rec.Created, LastModified: rec.LastModified}
	name, sent := RequestedText(rec, KeyDisplayName), rec.Sent[KeyDisplayName]
	if name != "" && tvapi.FoldName(g.Name) == tvapi.FoldName(sent) {
		shown.DisplayName = name
	}
	return shown
}

// GroupChange is the input of the plan of a change of a group.
type GroupChange struct {
	TV            tvapi.Group
	Record        idmap.Record
	Before, After scim.Group
	Touches       func(key string) bool
	Members       Members
	Known, Final  []tvapi.UserID // all members before and afterwards, nil when they are not known
	Refused       *scim.Error    // why the request is refused; nil if no reason is known yet
	Now           time.Time
}

// Members are the accounts to be added to a group, and those to be removed from it.
type Members struct{ Add, Remove []tvapi.UserID }

// Renames reports whether the change is to another displayName.
func (c GroupChange) Renames() bool {
	return c.Touches(KeyDisplayName) && c.After.DisplayName != c.Before.DisplayName
}

// Refuse refuses the request for a reason, of which the first counts. Only the removal of members
// remains of the change.
func (c *GroupChange) Refuse(reason *scim.Error) {
	if c.Refused == nil {
		c.Refused = reason
	}
	added := make(map[tvapi.UserID]bool, len(c.Members.Add))
	for _, u := range c.Members.Add {
		added[u] = true
	}
	c.Members.Add = nil
	c.Final = slices.DeleteFunc(slices.Clone(c.Final), func(u tvapi.UserID) bool { return added[u] })
}

// ForGroup plans the change of a group: first the removal of members, so that no other part that
// TeamViewer refuses prevents it, and then the name, since only that can be refused permanently.
func ForGroup(c GroupChange) Plan {
	m := MemoOf(c.Record)
	var rename []Step
	if c.Refused == nil && c.Renames() {
		name := GroupName(c.After.DisplayName)
		if name != c.TV.Name {
			rename = []Step{RenameGroup{ID: c.TV.ID, Name: name}}
		}
		rememberGroupName(&m, c.After.DisplayName, name, c.TV.Name)
	}
	if c.Refused == nil && c.Touches(KeyExternalID) && c.After.ExternalID != c.Before.ExternalID {
		m.SetRequested(KeyExternalID, orAbsent(c.After.ExternalID))
	}
	if refused := checkRecord(c.Record, m.Record); refused != nil {
		c.Refuse(refused)
		m, rename = MemoOf(c.Record), nil
	}
	plan := Plan{Steps: slices.Concat(removeMembers(c), rename, addMembers(c)), Refused: c.Refused}
	if len(plan.Steps) > 0 || !SameMemory(c.Record, m.Record) {
		m.Stamp(c.Now)
		plan.Steps = append(plan.Steps, Remember{ID: c.TV.ID.String(), Record: m.GroupRecord()})
	}
	return plan
}

// ForMembers plans the calls that change a group's members.
func ForMembers(c GroupChange) Plan {
	return Plan{Steps: append(removeMembers(c), addMembers(c)...), Refused: c.Refused}
}

// removeMembers returns the step that removes members, if there are any to remove.
func removeMembers(c GroupChange) []Step {
	if len(c.Members.Remove) == 0 {
		return nil
	}
	return []Step{RemoveMembers{
		Group: c.TV.ID, Users: c.Members.Remove,
		Empties: len(c.Known) >= manyMembers && !c.keepsAny(),
	}}
}

// keepsAny reports whether a member of before stays.
func (c GroupChange) keepsAny() bool {
	stays := make(map[tvapi.UserID]bool, len(c.Final))
	for _, u := range c.Final {
		stays[u] = true
	}
	return slices.ContainsFunc(c.Known, func(u tvapi.UserID) bool { return stays[u] })
}

// addMembers returns the step that adds members, if there are any to add.
func addMembers(c GroupChange) []Step {
	if len(c.Members.Add) == 0 {
		return nil
	}
	return []Step{AddMembers{Group: c.TV.ID, Users: c.Members.Add}}
}

// rememberGroupName records a displayName that TeamViewer cannot store exactly. One that differs
// from the old name only in letter case is recorded too: TeamViewer may answer that the name is in
// use.
func rememberGroupName(m *Memo, displayName, sent, old string) {
	m.Clear(KeyDisplayName)
	if displayName == sent && (tvapi.FoldName(sent) != tvapi.FoldName(old) || sent == old) {
		return
	}
	m.SetRequested(KeyDisplayName, displayName)
	m.SetSent(KeyDisplayName, sent, "")
}

// ForNewGroup plans a new group. Members are added before the record is written.
func ForNewGroup(g scim.Group, add []tvapi.UserID, now time.Time) Plan {
	name := GroupName(g.DisplayName)
	m := Memo{Record: idmap.Record{Created: now.UTC().Truncate(time.Millisecond)}}
	m.Stamp(now)
	rememberGroupName(&m, g.DisplayName, name, "")
	if g.ExternalID != "" {
		m.SetRequested(KeyExternalID, g.ExternalID)
	}
	plan := Plan{Steps: []Step{CreateGroup{Name: name}}, Refused: checkRecord(idmap.Record{}, m.Record)}
	if plan.Refused != nil {
		plan.Steps = nil
	}
	if len(add) > 0 {
		plan.Steps = append(plan.Steps, AddMembers{Users: add})
	}
	plan.Steps = append(plan.Steps, Remember{Record: m.GroupRecord()})
	return plan
}
