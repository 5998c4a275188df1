package mapping

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"tvscim/mapping/idmap"
	"tvscim/mapping/roster"
	"tvscim/tvapi"
)

// identityNote is the name of the note in the memory with the identity of its company.
const identityNote = "company"

// Bounds of an identity.
const (
	sketchSize     = 64
	sketchAge      = time.Hour // how often the sample is replaced
	maxKnown       = 16        // tokens in the note
	fewUserRecords = 3         // up to so many records without a user are no evidence
)

// tokenSum is the SHA-256 of a token. It stands for the token; the text is only in its client.
type tokenSum = [sha256.Size]byte

func sumOf(token string) tokenSum { return sha256.Sum256([]byte(token)) }

// identity distinguishes TeamViewer companies. Users is a sample of the company's users that
// depends on the ids alone: the smallest of the salted hashes of all ids. The ids are unique across
// companies, so the part of the sample that a list contains estimates the part of the company that
// the list contains.
type identity struct {
	Salt  []byte   `json:"salt"`
	Users []uint64 `json:"users"`
	// idmap.Hash of the sum of each token that was accepted, the latest last
	Tokens [][]byte  `json:"tokens"`
	Owners []ownerOf `json:"owners,omitempty"` // of tokens, the latest last
}

// ownerOf is the user who made a token, as TeamViewer named it. That does not change.
type ownerOf struct {
	Token []byte `json:"token"` // idmap.Hash of the sum of the token
	User  string `json:"user"`
}

// ownership decides which company the memory belongs to. There is one in a process.
type ownership struct {
	links idmap.Map
	log   *zap.Logger
	stale atomic.Bool // another process has replaced the note

	mu       sync.Mutex // see lock
	identity identity
	sketched time.Time   // when the sample was last taken
	fresh    atomic.Bool // the memory was empty at the start, and nobody has claimed it since
}

func newOwnership(links idmap.Map, log *zap.Logger) *ownership {
	o := &ownership{links: links, log: log}
	o.fresh.Store(links.Len() == 0)
	if note := links.Note(identityNote); note != nil {
		o.fresh.Store(false)
		if err := json.Unmarshal(note, &o.identity); err != nil {
			log.Error("the note in the store with the identity of its company cannot be read and is replaced", zap.Error(err))
			o.identity = identity{}
		}
	}
	if len(o.identity.Salt) == 0 {
		o.identity = identity{Salt: make([]byte, 16)}
		rand.Read(o.identity.Salt) // never fails, by its documentation
	}
	return o
}

// lock locks mu and takes over the note if another process has replaced it.
func (o *ownership) lock() (unlock func()) {
	o.mu.Lock()
	if o.stale.Swap(false) {
		o.adopt(o.links.Note(identityNote))
	}
	return o.mu.Unlock
}

// adopt takes over the note of another process, if it can be read. The lock is held.
func (o *ownership) adopt(note []byte) {
	var latest identity
	if note != nil && json.Unmarshal(note, &latest) == nil && len(latest.Salt) > 0 {
		o.identity = latest
		o.fresh.Store(false)
	}
}

// knows reports whether a token was accepted before, by this process or an earlier one.
func (o *ownership) knows(sum tokenSum) bool {
	defer o.lock()()
	return o.indexOf(sum) >= 0
}

func (o *ownership) indexOf(sum tokenSum) int {
	return slices.IndexFunc(o.identity.Tokens, func(hash []byte) bool { return idmap.Matches(hash, string(sum[:])) })
}

// remember records that a token was accepted. It stays known if it is refused later, since
// TeamViewer may be wrong.
func (o *ownership) remember(a action, sum tokenSum) {
	defer o.lock()()
	if last := len(o.identity.Tokens) - 1; last < 0 || o.indexOf(sum) != last {
		_ = o.change(a, func() bool { return o.noteToken(sum) }) // a failure is logged
	}
}

// noteToken makes a token the latest of the identity, and reports whether it was not. The lock is
// held.
func (o *ownership) noteToken(sum tokenSum) (changed bool) {
	i, last := o.indexOf(sum), len(o.identity.Tokens)-1
	if i >= 0 && i == last {
		return false
	}
	known := slices.Clone(o.identity.Tokens)
	if i >= 0 {
		known = slices.Delete(known, i, i+1)
	}
	known = append(known, idmap.Hash(string(sum[:])))
	o.identity.Tokens = known[max(0, len(known)-maxKnown):]
	return true
}

// ownerOf returns the user who made a token, 0 if that is not known.
func (o *ownership) ownerOf(sum tokenSum) tvapi.UserID {
	defer o.lock()()
	for _, owner := range o.identity.Owners {
		if idmap.Matches(owner.Token, string(sum[:])) {
			id, _ := tvapi.ParseUserID(owner.User) // 0 with an error
			return id
		}
	}
	return 0
}

// rememberOwner records who made a token, so that TeamViewer is not asked after a restart.
func (o *ownership) rememberOwner(a action, sum tokenSum, id tvapi.UserID) {
	defer o.lock()()
	_ = o.change(a, func() bool { // a failure is logged
		owners := append(slices.Clone(o.identity.Owners), ownerOf{Token: idmap.Hash(string(sum[:])), User: id.String()})
		o.identity.Owners = owners[max(0, len(owners)-maxKnown):]
		return true
	})
}

// claim reports whether the memory is that of the company with these users, which the token shows.
// If it is, or if it belongs to no company yet, it is recorded as that of the company. It decides by
// the latest note, since another process may have recorded its company at the same time. sure is
// false if an empty memory could not be claimed: then another process may still do that.
func (o *ownership) claim(a action, users *roster.UserView, sum tokenSum) (mine, sure bool) {
	defer o.lock()()
	if !o.matchesLocked(users, sum) {
		return false, true
	}
	fresh := o.fresh.Load()
	err := o.change(a, func() bool {
		if mine = o.matchesLocked(users, sum); !mine {
			return false
		}
		noted, sampled := o.noteToken(sum), o.takeSample(users)
		return noted || sampled
	})
	return mine, err == nil || !fresh
}

// among reports whether more than half of a company's users are among others. Some may have moved
// from one company to another, and some changes may not be known yet.
func among(company *roster.UserView, users func(yield func(tvapi.User, error) bool)) (bool, error) {
	found := make(map[tvapi.UserID]struct{})
	for u, err := range users {
		if err != nil {
			return false, err
		}
		if _, here := company.ByID(u.ID); here {
			found[u.ID] = struct{}{}
		}
		if 2*len(found) > company.Len() {
			return true, nil
		}
	}
	return false, nil
}

// matches is matchesLocked for callers without the lock.
func (o *ownership) matches(users *roster.UserView, sum tokenSum) bool {
	defer o.lock()()
	return o.matchesLocked(users, sum)
}

// matchesLocked reports whether the memory is that of the company with these users. A token that
// was accepted before is of the same company, even if the company was emptied since. Otherwise more
// than half of the sample must be there, since some users may have moved from one company to
// another. A memory without a sample, written by an older version or an import, is of another
// company if there is no user for any of its records; a few records are no evidence. The lock is
// held.
func (o *ownership) matchesLocked(users *roster.UserView, sum tokenSum) bool {
	if o.indexOf(sum) >= 0 {
		return true
	}
	if sample := o.identity.Users; len(sample) > 0 {
		found := 0
		for u := range users.All() {
			if _, here := slices.BinarySearch(sample, o.hash(u.ID)); here {
				found++
			}
		}
		return 2*found > len(sample)
	}
	if o.fresh.Load() {
		return true
	}
	missing := 0
	for id := range o.links.All() {
		user, err := tvapi.ParseUserID(id)
		if err != nil {
			continue
		}
		if _, here := users.ByID(user); here {
			return true
		}
		missing++
	}
	return missing <= fewUserRecords
}

// follow replaces the sample if it is older than sketchAge.
func (o *ownership) follow(a action, users *roster.UserView) {
	defer o.lock()()
	if time.Since(o.sketched) < sketchAge {
		return
	}
	if o.sketched = time.Now(); !slices.Equal(o.sampleOf(users), o.identity.Users) {
		_ = o.change(a, func() bool { return o.takeSample(users) }) // a failure is logged
	}
}

// takeSample replaces the sample, and reports whether it has changed. The lock is held.
func (o *ownership) takeSample(users *roster.UserView) (changed bool) {
	o.sketched = time.Now()
	sample := o.sampleOf(users)
	changed = !slices.Equal(sample, o.identity.Users)
	o.identity.Users = sample
	return changed
}

func (o *ownership) sampleOf(users *roster.UserView) []uint64 {
	hashes := make([]uint64, 0, users.Len())
	for u := range users.All() {
		hashes = append(hashes, o.hash(u.ID))
	}
	slices.Sort(hashes)
	return slices.Clone(hashes[:min(len(hashes), sketchSize)])
}

func (o *ownership) hash(id tvapi.UserID) uint64 {
	sum := sha256.Sum256(append(slices.Clip(o.identity.Salt), id.String()...))
	return binary.BigEndian.Uint64(sum[:])
}

// change changes the identity and writes the note, if edit reports a change. Of a memory that other
// processes use too, edit is applied to the latest note. A failure only makes the check after a
// restart less certain; it is logged. The lock is held.
func (o *ownership) change(a action, edit func() (changed bool)) error {
	err := o.putIdentity(a, edit)
	if err != nil {
		o.log.Error("the note in the store with the identity of its company cannot be written", zap.Error(err))
	}
	return err
}

// owns reports whether the memory is that of the company whose users were loaded. The first load
// that matches decides. Until then no record is used.
func (c memory) owns(users *roster.UserView) (mine bool) {
	_ = c.act(c.closing, Event{Cause: CauseIdentity}, func(a action, _ *Event) error {
		if mine = c.proven.Load(); mine {
			c.ownership.follow(a, users)
			return nil
		}
		var sure bool
		mine, sure = c.ownership.claim(a, users, c.tokenSum)
		c.foreign.Store(!mine)
		c.proven.Store(mine && sure)
		if mine && sure {
			c.work.Go(func() {
				c.announceRest()
				c.shareGuard()
			})
		}
		return nil
	})
	if !mine {
		c.log.Warn("the store was written for another TeamViewer company than that of the token: nothing is read from it or written to it")
	}
	return mine
}
