package roster

import (
	"slices"
	"time"

	"tvscim/tvapi"
)

// lateWork is how long after a call without an answer TeamViewer may still carry it out. Members that were read before
// then are not kept.
const lateWork = time.Minute

// memberWrite is an acknowledged change of the members of a group.
type memberWrite struct {
	users []tvapi.UserID
	added bool
}

// keep puts the members of a group in the place of older ones. The lock is held.
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

// trim drops groups until the bound is kept. The lock is held.
func (m *Members) trim() {
	for m.size > m.limit && m.used.Len() > 0 {
		m.drop(m.used.Back().Value.(*membership).group)
	}
}

// drop forgets the members of a group. The lock is held.
func (m *Members) drop(g tvapi.GroupID) {
	if e := m.groups[g]; e != nil {
		m.size -= m.used.Remove(e).(*membership).weight()
		delete(m.groups, g)
	}
}

// Added takes note that TeamViewer has acknowledged the addition of members.
func (m *Members) Added(g tvapi.GroupID, users []tvapi.UserID) { m.wrote(g, memberWrite{users, true}) }

// Removed takes note that TeamViewer has acknowledged the removal of members.
func (m *Members) Removed(g tvapi.GroupID, users []tvapi.UserID) {
	m.wrote(g, memberWrite{users, false})
}

// wrote puts an acknowledged write on what is held, and on what is being read.
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

// onto returns the members, which are in ascending order, as they are after the write.
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

// Refused takes note that TeamViewer refused a change of the members, of which it may have made a part.
func (m *Members) Refused(g tvapi.GroupID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.drop(g)
	m.discardReads(g)
}

// UncertainUntil returns until when a change of the members that got no answer may still be carried out; a time that is past when
// there is no such change.
func (m *Members) UncertainUntil(g tvapi.GroupID) time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.uncertain[g]
}

// Doubt takes note that a change of the members was sent and got no answer: it may still be carried out. Nothing that is
// read before lateWork has passed is held.
func (m *Members) Invalidate(g tvapi.GroupID) {
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

// left forgets the members of the groups that a user is in who has left the company or was deactivated: whether the
// memberships have ended is TeamViewer's to say.
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
	clear(m.shared) // who asks from now on gets a later read
}

// spoil has the reads of a group that are under way serve those who wait for them, and nobody later. The lock is held.
func (m *Members) discardReads(g tvapi.GroupID) {
	for _, read := range m.reads[g] {
		read.discarded = true
	}
	delete(m.shared, g)
}
