// Package boltmap is an [idmap.Map] in a file, by way of bbolt: what must be remembered outlives
// the process.
//
// A write has reached the disk when it returns. Writes that arrive while another is under way reach
// it together, with one fsync, and one that changes nothing causes none. A process may be killed at
// any moment: each transaction is in the file whole or not at all, and records and index change in
// the same one.
//
// A file is read from end to end before it is used. One that is damaged, of another program or of a
// newer version is refused, as it is: nothing is repaired, replaced or begun anew without the
// operator. One process uses a file at a time.
//
// A file that is deleted, replaced or overwritten while it is open is noticed at the next write,
// which is refused: it would be acknowledged and lost. [Map.Trouble] tells before that.
//
// The room does not cache; put the memory of [idmap.NewLRU] in front. Nor does it know what the
// attributes mean.
package boltmap
