package mapping

import (
	"time"

	"tvscim/mapping/idmap"
	"tvscim/mapping/roster"
	"tvscim/scim"
	"tvscim/tvapi"
)

const keyMembers = "members"

// showGroup puts together what TeamViewer shows of a group and what we remember, without its members.
func showGroup(g tvapi.Group, rec idmap.Record) scim.Group {
	shown := scim.Group{DisplayName: g.Name}
	shown.ID = g.ID.String()
	shown.ExternalID = askedText(rec, keyExternalID)
	shown.Meta = scim.Meta{Created: rec.Created, LastModified: rec.LastModified}
	if name := askedText(rec, keyDisplayName); name != "" && roster.FoldName(g.Name) == roster.FoldName(rec.Sent[keyDisplayName]) {
		shown.DisplayName = name
	}
	return shown
}

// groupChange is all that a change of a group is planned from.
type groupChange struct {
	tv            tvapi.Group
	rec           idmap.Record
	before, after scim.Group
	says          func(key string) bool
	members       members
	known, final  []tvapi.UserID // all members before and afterwards, nil when they are not known
	now           time.Time
}

// members are the accounts to be made members and to be members no more.
type members struct{ add, remove []tvapi.UserID }

func (c groupChange) renames() bool {
	return c.says(keyDisplayName) && c.after.DisplayName != c.before.DisplayName
}

// planGroup plans the change of a group: the name first, since only that can be refused for good. It is pure.
func planGroup(c groupChange) Plan {
	var plan Plan
	m := memoOf(c.rec)
	if c.renames() {
		name := tvGroupName(c.after.DisplayName)
		if name != c.tv.Name {
			plan.Steps = append(plan.Steps, RenameGroup{ID: c.tv.ID, Name: name})
		}
		rememberGroupName(&m, c.after.DisplayName, name, c.tv.Name)
	}
	if c.says(keyExternalID) && c.after.ExternalID != c.before.ExternalID {
		m.ask(keyExternalID, orAbsent(c.after.ExternalID))
	}
	if refused := checkRecord(c.rec, m.Record); refused != nil {
		return Plan{Refused: refused}
	}
	plan.Steps = append(plan.Steps, planMembers(c).Steps...)
	if len(plan.Steps) > 0 || !sameMemory(c.rec, m.Record) {
		m.stamp(c.now)
		plan.Steps = append(plan.Steps, Remember{ID: c.tv.ID.String(), Record: m.groupRecord()})
	}
	return plan
}

// planMembers plans the calls that change a group's members.
func planMembers(c groupChange) Plan {
	var plan Plan
	if len(c.members.add) > 0 {
		plan.Steps = append(plan.Steps, AddMembers{Group: c.tv.ID, Users: c.members.add})
	}
	if len(c.members.remove) > 0 {
		plan.Steps = append(plan.Steps, RemoveMembers{Group: c.tv.ID, Users: c.members.remove})
	}
	return plan
}

// rememberGroupName remembers a name that TeamViewer cannot hold as it is. One that differs from the old name in letter
// case alone is remembered too, for TeamViewer may take it for a name that is taken.
func rememberGroupName(m *memo, displayName, sent, old string) {
	m.drop(keyDisplayName)
	if displayName == sent && (roster.FoldName(sent) != roster.FoldName(old) || sent == old) {
		return
	}
	m.ask(keyDisplayName, displayName)
	m.send(keyDisplayName, sent, "")
}

// planCreateGroup plans a new group, filled before anything is remembered of it.
func planCreateGroup(g scim.Group, add []tvapi.UserID, now time.Time) Plan {
	name := tvGroupName(g.DisplayName)
	m := memo{idmap.Record{Created: now.UTC().Truncate(time.Millisecond)}}
	m.stamp(now)
	rememberGroupName(&m, g.DisplayName, name, "")
	if g.ExternalID != "" {
		m.ask(keyExternalID, g.ExternalID)
	}
	plan := Plan{Steps: []Step{CreateGroup{Name: name}}, Refused: checkRecord(idmap.Record{}, m.Record)}
	if plan.Refused != nil {
		plan.Steps = nil
	}
	if len(add) > 0 {
		plan.Steps = append(plan.Steps, AddMembers{Users: add})
	}
	plan.Steps = append(plan.Steps, Remember{Record: m.groupRecord()})
	return plan
}
