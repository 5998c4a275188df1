// Package pgmap is an [idmap.Shared] in PostgreSQL, which the replicas of a gateway use at the same
// time.
//
// Every process has all records in memory, so reads need no call. A change is acknowledged when
// PostgreSQL has committed it. All changes are numbered in the order of their commits: each
// transaction increases the number in the table meta, whose row it locks until it ends. A process
// learns of the changes of others by NOTIFY, reads those with a higher number than it has, and does
// the same whenever it has connected again, so that a lost notification loses nothing.
//
// A record is stored only if no other process has changed it since the version that it was read
// with.
//
// The locks are advisory locks of one session, which PostgreSQL releases when the session ends. A
// process that hangs keeps its session for at most sessionTimeout.
//
// While PostgreSQL cannot be reached, reads return what the process knows, and writes fail at once;
// see [Map.Down].
package pgmap
