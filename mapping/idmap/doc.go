// Package idmap keeps what must be remembered of a TeamViewer object and TeamViewer cannot hold:
// what a client asked for where TeamViewer lacks the attribute or holds it otherwise, what was sent
// in its place, whether the object was deleted in the eyes of the client, and what it is found by.
//
// One [Map] serves a whole process, and belongs to one company. Its ids are those of TeamViewer,
// which are unique across companies; that a record is read or written only after its id was shown
// to the company in question is the caller's duty, as is the meaning of every attribute and the
// folding of every key. The room knows neither SCIM nor the Web API.
//
// [NewLRU] keeps the most recently used records in memory, alone or in front of another Map that
// keeps them all.
package idmap
