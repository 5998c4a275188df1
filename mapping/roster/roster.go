package roster

import (
	"cmp"
	"errors"
	"time"

	"go.uber.org/zap"

	"tvscim/tvapi"
)

var (
	// ErrUnknown means that TeamViewer does not know the id. If the error also wraps a tvapi.Error
	// of tvapi.KindNotFound, TeamViewer answered so about that id.
	ErrUnknown = errors.New("unknown to TeamViewer")
	// ErrStale means that a snapshot is past its age.
	ErrStale = errors.New("too old to be an answer")
	// ErrShort means that a list lacks many objects of the previous one, or of those with a record.
	ErrShort = errors.New("the list lacks many objects that are known; it counts once a second one agrees")
	// ErrClosed means that the Roster was closed.
	ErrClosed = errors.New("roster closed")
)

// DefaultLag is how far lists may trail writes: the evidence of a list is of the time when its load
// began, less the lag.
const DefaultLag = 10 * time.Second

// Options are the options of a Roster. A zero duration or number means the default.
type Options struct {
	UsersMaxAge  time.Duration // age up to which evidence about users decides; default 60 s
	GroupsMaxAge time.Duration // age up to which evidence about groups decides; default 5 min
	LoadTimeout  time.Duration // of one load; default 5 min
	// Patience is how long callers wait for a load if there is an older snapshot; default 2 s.
	Patience time.Duration
	// Lag is how long a list may lack a write after its answer; default DefaultLag.
	Lag time.Duration
	// MaxMembers is the number of stored members of all groups, 4 bytes each; default 1,000,000.
	MaxMembers int

	// TrailUntil is until when lists may lack writes of an earlier process. A list that began
	// before then counts like one past its age.
	TrailUntil time.Time

	// Wrote is called with what this process has done or found out, for the rosters of other
	// processes; see Roster.Learn. nil: there are none.
	Wrote func(Write)
	// Stretch returns by what factor the age of lists grows, since others load lists too and tell
	// of their writes; nil: 1.
	Stretch func() int

	Logger *zap.Logger // nil: none

	// OnUsers and OnGroups are called with each new snapshot, with the newer evidence, before other
	// callers see it. Cache.Latest returns the previous snapshot meanwhile. They must not request a
	// snapshot that has to be loaded, which would wait for this call. nil: none.
	OnUsers  func(*UserView)
	OnGroups func(*GroupView)

	// MissingUsers and MissingGroups return how many of the objects that are known otherwise a list
	// lacks, and how many are known. They are called with the first list, which cannot be compared
	// with a previous one. nil: none are known.
	MissingUsers  func(*UserView) (missing, known int)
	MissingGroups func(*GroupView) (missing, known int)
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

// Roster has the snapshots of one company, as the token of its client shows it. It is safe for
// concurrent use. It is also a [prometheus.Collector] of metrics about the snapshots.
type Roster struct {
	Users   *Cache[tvapi.UserID, tvapi.User]
	Groups  *Cache[tvapi.GroupID, tvapi.Group] // without their members
	Members *Members

	metrics descriptions
	wrote   func(Write) // nil: there are no others
}

// New returns a Roster that reads with a client. It makes no calls.
func New(c *tvapi.Client, o Options) *Roster {
	o.setDefaults()
	members := newMembers(c, o)
	return &Roster{
		Users:   newCache(userKind(c, o, members.userLeft), o),
		Groups:  newCache(groupKind(c, o), o),
		Members: members,
		metrics: newDescriptions(),
		wrote:   o.Wrote,
	}
}

// Close ends loads and look-ups and waits for them. Their callers, and later ones that need a call,
// get [ErrClosed]. Views remain usable.
func (r *Roster) Close() {
	r.Users.shut()
	r.Groups.shut()
	r.Members.shut()
}
