package plan

import (
	"time"

	"tvscim/mapping/idmap"
	"tvscim/scim"
	"tvscim/tvapi"
)

// KeyMembers is the key of the attribute members.
const KeyMembers = "members"

// ShowGroup puts together what TeamViewer shows of a group and what we remember, without its members.
func ShowGroup(g tvapi.Group, rec idmap.Record) scim.Group {
	shown := scim.Group{DisplayName: g.Name}
	shown.ID = g.ID.String()
	shown.ExternalID = RequestedText(rec, KeyExternalID)
	shown.Meta = scim.Meta{Created: rec.Created, LastModified: rec.LastModified}
	if name := RequestedText(rec, KeyDisplayName); name != "" && tvapi.FoldName(g.Name) == tvapi.FoldName(rec.Sent[KeyDisplayName]) {
		shown.DisplayName = name
	}
	return shown
}

// GroupChange is all that a change of a group is planned from.
type GroupChange struct {
	TV            tvapi.Group
	Record        idmap.Record
	Before, After scim.Group
	Touches       func(key string) bool
	Members       Members
	Known, Final  []tvapi.UserID // all members before and afterwards, nil when they are not known
	Now           time.Time
}

// Members are the accounts to be made members, and those whose membership ends.
type Members struct{ Add, Remove []tvapi.UserID }

// Renames reports whether the change is to another displayName.
func (c GroupChange) Renames() bool {
	return c.Touches(KeyDisplayName) && c.After.DisplayName != c.Before.DisplayName
}

// ForGroup plans the change of a group: the name first, since only that can be refused for good. It is pure.
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
		plan.Steps = append(plan.Steps, RemoveMembers{Group: c.TV.ID, Users: c.Members.Remove})
	}
	return plan
}

// rememberGroupName remembers a name that TeamViewer cannot hold as it is. One that differs from the old name in letter
// case alone is remembered too, for TeamViewer may take it for a name that is taken.
func rememberGroupName(m *Memo, displayName, sent, old string) {
	m.Clear(KeyDisplayName)
	if displayName == sent && (tvapi.FoldName(sent) != tvapi.FoldName(old) || sent == old) {
		return
	}
	m.SetRequested(KeyDisplayName, displayName)
	m.SetSent(KeyDisplayName, sent, "")
}

// ForNewGroup plans a new group, filled before anything is remembered of it.
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
