// Package roster answers what TeamViewer holds now: users and user groups, out of a picture of known age.
//
// TeamViewer lists the whole company or nothing, and counts every call. So a look-up is a look-up in the last complete
// list, the picture, which is loaded on demand and shared by all who ask. A picture may always say that something is
// here; that something is not here it may say only while it is young ([UserView.Absent]). The gateway's own writes are
// put into the picture as they are answered and are put again onto every later one that may not show them yet, so that
// no load erases a write. An id that the picture lacks is asked of TeamViewer once.
//
// The members of a group are read on demand, and held for the age of groups (member.go): an entry says
// when its read began, and own writes that were acknowledged since are put on it.
//
// Views are snapshots: they never change, cost nothing to take and may be kept as long as they are of use. Users and
// groups are two instances of one machinery (picture.go, journal.go, flight.go, ask.go).
//
// The room never writes to TeamViewer, knows nothing of SCIM and remembers nothing that TeamViewer does not show. One
// Roster belongs to one token: what one has seen is never another's answer.
package roster
