package idmap

import (
	"context"
	"errors"
	"time"
)

// ErrChanged is the error of a Put whose record another process has changed since it was read:
// storing it would revert that change.
var ErrChanged = errors.New("was changed by another replica at the same time")

// Shared is a Map that several processes use at the same time, the replicas of a gateway. Put
// returns [ErrChanged] if another process has changed the record since the Record.Version that it
// is given; a record without a version is that of an id without a record.
//
// While the store cannot be reached, reads return what this process knew last, and writes fail.
type Shared interface {
	Map
	// Lock acquires locks that no two processes hold at the same time: all of them, or none and the
	// error of ctx. The locks end with the process. After Lock, reads return what other processes
	// wrote before they released the locks, and their messages have been handed to the Subscriber.
	// While the store cannot be reached, Lock acquires nothing and returns no error. The caller
	// must hold locks of the process for the same keys.
	Lock(ctx context.Context, keys ...string) (Lease, error)
	// Unlocked returns when a process was last without locks that it holds, as far as this one
	// knows: it lost its connection or died, or the store cannot be reached. A call that it had
	// begun may have been made after changes by the next holder, and messages about both may come
	// in any order. A process that ends in order does not count.
	Unlocked() time.Time
	// Unordered is Unlocked, or when this process last acquired a lock without all messages about
	// the changes before, if that was later: they may come after those about later changes.
	Unordered() time.Time
	// Sync waits until reads return what other processes wrote before the call, and their messages
	// have been handed to the Subscriber; for a short time only if the store is slow. Calls at the
	// same time share a query.
	Sync(ctx context.Context)
	// UpdateNote replaces a note by what edit returns for the latest one of any process. No two
	// processes do that at the same time. edit may be called without effect if an error follows.
	UpdateNote(name string, edit func(note []byte) []byte) error
	// Announce sends a message to the other processes that are connected now: with the next write,
	// before a lock is released, or soon. Messages arrive in order, and may be lost with a
	// connection; see Subscriber.Missed.
	Announce(message []byte) error
	// Subscribe sets what is called from now on. It is called once.
	Subscribe(Subscriber)
	// Replicas returns how many processes use the Map, this one included.
	Replicas() int
	// Counted reports whether Replicas can be relied on. It cannot if the store was lost just after
	// this process joined: the others may not count it, nor it them.
	Counted() bool
}

// Subscriber is told what other processes do, in its order. The functions must not block and must
// not call the Map, except for reads.
type Subscriber struct {
	// NoteChanged is called after another process has replaced a note.
	NoteChanged func(name string)
	// Announced is called with the message of another process. unlocked means that the other one
	// lost its locks before it sent the message, and does not know that yet.
	Announced func(message []byte, unlocked bool)
	// Missed is called when messages may have been lost.
	Missed func()
	// MissedChange is called with the id of a record that another process has changed while its
	// messages were lost.
	MissedChange func(id string)
}

// Lease is the result of [Shared.Lock].
type Lease interface {
	// Held reports whether no other process can hold the locks. It is false after the process was
	// paused, or has lost its connection, for so long that they may have been given to another one.
	// It makes no call. If Lock acquired nothing, it is true.
	Held() bool
	// Confirm is Held, but asks the store: a lock may have ended that the process does not miss yet.
	// It waits for no longer than an operation of the store may take.
	Confirm() bool
	// Current reports whether the locks are held, and whether all that other processes did before
	// was known when they were acquired, messages included. If Lock acquired nothing, it is false.
	Current() bool
	// Release releases the locks. It is called once.
	Release()
}
