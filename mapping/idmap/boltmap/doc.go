// Package boltmap is an [idmap.Map] in a file of bbolt, so that its records outlive the process.
//
// A write has reached the disk when it returns. Concurrent writes share a transaction and so an
// fsync; a write that changes nothing causes none. A process may be killed at any moment: the file
// contains each transaction completely or not at all, and records and index change in the same
// transaction.
//
// A file is read completely before it is used. A file that is damaged, of another program or of a
// newer version is refused and not changed: nothing is repaired or replaced without the operator.
// Only one process can use a file at a time.
//
// If a file is deleted, replaced or overwritten while it is open, the next write is refused, since
// it would be acknowledged and lost. [Map.Err] returns that error earlier. If its content is
// overwritten or truncated, so that it cannot be read, the Map is broken for good: reads find
// nothing, writes are refused, and Close ends.
//
// The package does not cache; use [idmap.NewLRU] in front of it. It does not know the meaning of
// the attributes.
package boltmap
