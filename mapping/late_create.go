package mapping

import (
	"crypto/sha256"
	"encoding/hex"

	"tvscim/tvapi"
)

// A create of a user without an answer may be carried out after the user was created by another
// request and deleted for good since: the account would be there again, active. So such a deletion
// waits until it cannot be carried out any more. The watch is under the lock of the userName, and in
// other processes and after a restart, which know its note only, under createKey.

// nameSum returns what stands for a userName in the note of its create: names are not stored in it.
func nameSum(userName string) string {
	sum := sha256.Sum256([]byte(tvapi.FoldEmail(userName)))
	return "create " + hex.EncodeToString(sum[:16])
}

// createKey returns the key of the watch of a create that is known by its note.
func createKey(sum string) lockKey { return lockKey("2 " + sum) }

// createPending reports whether a create of a user with a userName may be carried out.
func (l *late) createPending(userName string) bool {
	return l.pending(userNameKey(userName)) || l.pending(createKey(nameSum(userName)))
}
