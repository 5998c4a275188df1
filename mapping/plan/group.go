package plan

import (
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
	Now           time.Time
}

// Members are the accounts to be added to a group, and those to be removed from it.
type Members struct{ Add, Remove []tvapi.UserID }

// Renames reports whether the change is to another displayName.
func (c GroupChange) Renames() bool {
	return c.Touches(KeyDisplayName) && c.After.DisplayName != c.Before.DisplayName
}

// ForGroup plans the change of a group: the name first, since only that can be refused permanently.
func ForGroup(c GroupChange) Plan {
	var plan Plan
	m := MemoOf(c.Record)
	if c.Renames() {
		name := GroupName(c.After.DisplayName)
		if name != c.TV.Name {
			plan.Steps = append(plan.Steps, RenameGroup{ID: c.TV.ID, Name: name})
		}
		rememberGroupName(&m, c.After.DisplayName, name, c.TV.Name)
	}
	if c.Touches(KeyExternalID) && c.After.ExternalID != c.Before.ExternalID {
		m.SetRequested(KeyExternalID, orAbsent(c.After.ExternalID))
	}
	if refused := checkRecord(c.Record, m.Record); refused != nil {
		return Plan{Refused: refused}
	}
	plan.Steps = append(plan.Steps, ForMembers(c).Steps...)
	if len(plan.Steps) > 0 || !SameMemory(c.Record, m.Record) {
		m.Stamp(c.Now)
		plan.Steps = append(plan.Steps, Remember{ID: c.TV.ID.String(), Record: m.GroupRecord()})
	}
	return plan
}

// ForMembers plans the calls that change a group's members.
func ForMembers(c GroupChange) Plan {
	var plan Plan
	if len(c.Members.Add) > 0 {
		plan.Steps = append(plan.Steps, AddMembers{Group: c.TV.ID, Users: c.Members.Add})
	}
	if len(c.Members.Remove) > 0 {
		plan.Steps = append(plan.Steps, RemoveMembers{
			Group: c.TV.ID, Users: c.Members.Remove,
			Empties: len(c.Known) >= manyMembers && len(c.Final) == 0,
		})
	}
	return plan
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
