package roster

import (
	"slices"
	"time"

	"tvscim/tvapi"
)

// lateWork is how long TeamViewer may carry out a call after its answer was lost. Members that are
// read before the end of it are not stored.
const lateWork = time.Minute

// memberWrite is an acknowledged change of the members of a group.
type memberWrite struct {
	users []tvapi.UserID
	added bool
}

// store replaces the members of a group, unless the stored ones are newer. The lock is held.
func (m *Members) store(newer *membership) {
	if e := m.groups[newer.group]; e != nil {
		if e.Value.(*membership).began.After(newer.began) {
			return
		}
		m.drop(newer.group)
	}
	m.groups[newer.group] = m.used.PushFront(newer)
	m.size += newer.weight()
	m.trim()
}

// trim drops the least recently used groups until the limit is met. The lock is held.
func (m *Members) trim() {
	for m.size > m.limit && m.used.Len() > 0 {
		m.drop(m.used.Back().Value.(*membership).group)
	}
}

// drop deletes the members of a group. The lock is held.
func (m *Members) drop(g tvapi.GroupID) {
	if e := m.groups[g]; e != nil {
		m.size -= m.used.Remove(e).(*membership).weight()
		delete(m.groups, g)
	}
}

// Added records that TeamViewer has acknowledged the addition of members.
func (m *Members) Added(g tvapi.GroupID, users []tvapi.UserID) { m.acknowledged(g, users, true) }

// Removed records that TeamViewer has acknowledged the removal of members.
func (m *Members) Removed(g tvapi.GroupID, users []tvapi.UserID) {
	m.acknowledged(g, users, false)
}

func (m *Members) acknowledged(g tvapi.GroupID, users []tvapi.UserID, added bool) {
	m.wrote(g, memberWrite{users, added})
	what := membersRemoved
	if added {
		what = membersAdded
	}
	if len(users) > 0 {
		m.announce(Write{What: what, Group: tvapi.Group{ID: g}, Users: users})
	}
}

// wrote applies an acknowledged write to the stored members and to the reads under way.
func (m *Members) wrote(g tvapi.GroupID, w memberWrite) {
	if len(w.users) == 0 {
		return
	}
	w.users = slices.Clone(w.users)
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, read := range m.reads[g] {
		read.writes = append(read.writes, w)
	}
	if e := m.groups[g]; e != nil {
		known := e.Value.(*membership)
		m.size -= known.weight()
		known.ids = w.onto(known.ids)
		m.size += known.weight()
		m.trim()
	}
}

// onto returns the members after the write. Both are in ascending order.
func (w memberWrite) onto(ids []tvapi.UserID) []tvapi.UserID {
	for _, id := range w.users {
		i, there := slices.BinarySearch(ids, id)
		switch {
		case w.added && !there:
			ids = slices.Insert(ids, i, id)
		case !w.added && there:
			ids = slices.Delete(ids, i, i+1)
		}
	}
	return ids
}

// Refused records that TeamViewer refused a change of members, a part of which it may have made.
func (m *Members) Refused(g tvapi.GroupID) {
	m.refused(g)
	m.announce(Write{What: membersRefused, Group: tvapi.Group{ID: g}})
}

func (m *Members) refused(g tvapi.GroupID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.drop(g)
	m.discardReads(g)
}

// Invalidate records that a change of the members got no answer: it may still be carried out.
// Members that are read before lateWork has passed are not stored.
func (m *Members) Invalidate(g tvapi.GroupID) {
	m.invalidate(g)
	m.announce(Write{What: membersDoubtful, Group: tvapi.Group{ID: g}})
}

func (m *Members) invalidate(g tvapi.GroupID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	for other, until := range m.uncertain {
		if now.After(until) {
			delete(m.uncertain, other)
		}
	}
	m.uncertain[g] = now.Add(lateWork)
	m.drop(g)
	m.discardReads(g)
}

// userLeft drops the members of the groups of a user who was removed or deactivated: whether the
// memberships have ended must be read.
func (m *Members) userLeft(id tvapi.UserID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for g, e := range m.groups {
		if _, in := slices.BinarySearch(e.Value.(*membership).ids, id); in {
			m.drop(g)
		}
	}
	for _, reads := range m.reads {
		for _, read := range reads {
			read.departed = append(read.departed, id)
		}
	}
	clear(m.shared) // later callers get a later read
}

// discardReads marks the reads of a group that are under way: their results are not stored, and
// later callers do not wait for them. The lock is held.
func (m *Members) discardReads(g tvapi.GroupID) {
	for _, read := range m.reads[g] {
		read.discarded = true
	}
	delete(m.shared, g)
}

// announce hands a Write to other processes, if there are any.
func (m *Members) announce(w Write) {
	if m.wroteTo != nil {
		m.wroteTo(w)
	}
}

// forget drops all members and all reads under way.
func (m *Members) forget() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for g := range m.groups {
		m.drop(g)
	}
	for g := range m.reads {
		m.discardReads(g)
	}
}
