package roster

import (
	"cmp"
	"errors"
	"time"

	"go.uber.org/zap"

	"tvscim/tvapi"
)

var (
	// ErrUnknown means that TeamViewer itself does not know the id. Nothing else is ever reported as this. An error that
	// also wraps a tvapi.Error of tvapi.KindNotFound is TeamViewer's own word about that very id.
	ErrUnknown = errors.New("unknown to TeamViewer")
	// ErrStale means that a snapshot is too old to be an answer.
	ErrStale = errors.New("too old to be an answer")
	// ErrShort means that a list lacks many objects of the one before, or of those that are known otherwise.
	ErrShort = errors.New("the list lacks many objects that are known; it counts once a second one agrees")
	// ErrClosed means that the Roster was closed.
	ErrClosed = errors.New("roster closed")
)

// DefaultLag is how far lists may trail writes: a list is evidence of the time when its load began, less the lag.
const DefaultLag = 10 * time.Second

// Options are the settings of a Roster. A duration of zero stands for its default.
type Options struct {
	UsersMaxAge  time.Duration // how old evidence about users may be and decide; 60 s
	GroupsMaxAge time.Duration // the same of groups; 5 min
	LoadTimeout  time.Duration // of one load; 5 min
	Patience     time.Duration // how long a load may hold up callers who can be given an older snapshot; 2 s
	Lag          time.Duration // how long after its answer a write may be missing from a list; DefaultLag
	MaxMembers   int           // how many members of groups are held in all, 4 bytes each; 1,000,000

	// TrailUntil is until when lists may lack writes of an earlier process. A list that began before then is a hint, as
	// one past its age is.
	TrailUntil time.Time

	Logger *zap.Logger // nil: none

	// OnUsers and OnGroups are called with each new snapshot before others see it; it holds the own writes already.
	// Latest still returns the snapshot before it meanwhile. They must not ask for a snapshot that has to be loaded,
	// which would wait for this very call. May be nil.
	OnUsers  func(*UserView)
	OnGroups func(*GroupView)

	// MissingUsers and MissingGroups return how many of the known objects a list lacks, and how many are known. They are asked
	// about the first list, which has no other to be compared with. May be nil.
	MissingUsers  func(*UserView) (lacking, known int)
	MissingGroups func(*GroupView) (lacking, known int)
}

func (o *Options) setDefaults() {
	o.UsersMaxAge = cmp.Or(o.UsersMaxAge, time.Minute)
	o.GroupsMaxAge = cmp.Or(o.GroupsMaxAge, 5*time.Minute)
	o.LoadTimeout = cmp.Or(o.LoadTimeout, 5*time.Minute)
	o.Patience = cmp.Or(o.Patience, 2*time.Second)
	o.Lag = cmp.Or(o.Lag, DefaultLag)
	o.MaxMembers = cmp.Or(o.MaxMembers, 1_000_000)
	o.Logger = cmp.Or(o.Logger, zap.NewNop())
}

// Roster holds the snapshots of one company, as its client's token shows it. It is safe for concurrent use.
type Roster struct {
	Users   *Cache[tvapi.UserID, tvapi.User]
	Groups  *Cache[tvapi.GroupID, tvapi.Group] // without their members
	Members *Members

	metrics descriptions
}

// New returns a Roster that asks this client. Nothing is called before the first question.
func New(c *tvapi.Client, o Options) *Roster {
	o.setDefaults()
	members := newMembers(c, o)
	return &Roster{
		Users:   newCache(userKind(c, o, members.userLeft), o),
		Groups:  newCache(groupKind(c, o), o),
		Members: members,
		metrics: newDescriptions(),
	}
}

// Close ends the loads and questions under way and waits for them. Their callers get an error, and so do later ones who
// ask for what is not there; views stay what they are.
func (r *Roster) Close() {
	r.Users.shut()
	r.Groups.shut()
	r.Members.shut()
}
