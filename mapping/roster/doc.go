// Package roster answers what TeamViewer holds now: users and user groups.
//
// TeamViewer lists the whole company or nothing, and counts every call. So a look-up is a look-up in a snapshot: the last
// complete list, which is loaded on demand and shared by all callers, with the later evidence about single objects on it.
//
// Every fact carries the time of its evidence, and the newest wins, object by object. An answer about one object is
// evidence of when it was asked for; a list, of when its load began less the lag by which lists may trail writes; a write
// of the gateway's own, of when it was acknowledged. After a write without an answer the object is invalid: only a later
// answer counts. So no load erases a write, and an answer about one object is newer than a write before it.
//
// The members of a group are read when they are asked for, and held for the age of groups (member.go): an entry says when
// its read began, and own writes that were acknowledged since are put on it.
//
// Evidence within the age decides ([Cache.Get], [View.StaleErr]). Older evidence only hints at whom to ask about; for
// want of an answer there is an error. That a list lacks an object is no proof that it is gone: an id that the snapshot
// lacks is asked about once, and a list that lacks many objects counts only once a second one agrees.
//
// Views never change, cost nothing to take and may be kept. Users and groups are two instances of one machinery
// (snapshot.go, journal.go, cache.go, load.go, object.go).
//
// The room never writes to TeamViewer, knows nothing of SCIM and remembers nothing that TeamViewer does not show.
package roster
