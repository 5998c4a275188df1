// Package roster answers what TeamViewer has now: users, user groups and their members.
//
// TeamViewer lists the whole company or nothing, and counts every call. So a look-up uses a
// snapshot: the last complete list, which is loaded on demand and shared by all callers, with the
// later evidence about single objects.
//
// Every fact has the time of its evidence, and the newest wins, object by object. The time of an
// answer about one object is when it was requested; that of a list is when its load began, less the
// lag by which lists may trail writes; that of a write of the gateway is when it was acknowledged.
// After a write without an answer the object is invalid: only a later answer counts. So no load
// erases a write.
//
// The members of a group are read on demand and stored for the age of groups (member.go), with the
// gateway's acknowledged writes since the read began.
//
// Evidence within the age decides ([Cache.Get], [View.StaleErr]). Older evidence only names
// candidates, which are read; without an answer there is an error. That a list lacks an object does
// not prove that it is gone: an id that the snapshot lacks is requested once, and a list that lacks
// many objects counts only after a second list agrees.
//
// Views never change and cost nothing. Users and groups are two instances of [Cache], in the files
// snapshot.go, journal.go, evidence.go, load.go, cache.go and object.go.
//
// The package never writes to TeamViewer, does not know SCIM, and stores nothing that TeamViewer
// does not show.
package roster
