package roster

import (
	"cmp"
	"errors"
	"time"

	"go.uber.org/zap"

	"tvscim/tvapi"
)

var (
	// ErrUnknown means that TeamViewer itself does not know the id. Nothing else is ever reported as this.
	ErrUnknown = errors.New("unknown to TeamViewer")
	// ErrStale means that a picture is too old to say that something is not here.
	ErrStale = errors.New("too old to tell what is missing")
	// ErrClosed means that the Roster was closed.
	ErrClosed = errors.New("roster closed")
)

// DefaultLag is how long after its answer a write is taken to be possibly missing from a list.
const DefaultLag = 10 * time.Second

// Options are the settings of a Roster. A duration of zero stands for its default.
type Options struct {
	UsersMaxAge  time.Duration // how old a picture of users may be and say "not here"; 60 s
	GroupsMaxAge time.Duration // the same of groups; 5 min
	LoadTimeout  time.Duration // of one load; 5 min
	Patience     time.Duration // how long a load may hold up those who can be given an older picture; 2 s
	Lag          time.Duration // how long after its answer a write may be missing from a list; DefaultLag

	Logger *zap.Logger // nil: none

	// OnUsers and OnGroups are called with each newly loaded picture before anybody sees it; it holds the own writes
	// already, and knows which ids have vanished. UsersNow still returns the picture before it meanwhile. They must not
	// ask for a picture that has to be loaded, which would wait for this very call. May be nil.
	OnUsers  func(*UserView)
	OnGroups func(*GroupView)
}

func (o *Options) setDefaults() {
	o.UsersMaxAge = cmp.Or(o.UsersMaxAge, time.Minute)
	o.GroupsMaxAge = cmp.Or(o.GroupsMaxAge, 5*time.Minute)
	o.LoadTimeout = cmp.Or(o.LoadTimeout, 5*time.Minute)
	o.Patience = cmp.Or(o.Patience, 2*time.Second)
	o.Lag = cmp.Or(o.Lag, DefaultLag)
	o.Logger = cmp.Or(o.Logger, zap.NewNop())
}

// Roster holds the pictures of one company, as its client's token shows it. It is safe for concurrent use.
type Roster struct {
	users   *keeper[tvapi.UserID, tvapi.User]
	groups  *keeper[tvapi.GroupID, tvapi.Group]
	metrics descriptions
}

// New returns a Roster that asks this client. Nothing is called before somebody asks.
func New(c *tvapi.Client, o Options) *Roster {
	o.setDefaults()
	return &Roster{
		users:   newKeeper(userKind(c, o), o),
		groups:  newKeeper(groupKind(c, o), o),
		metrics: newDescriptions(),
	}
}

// Close ends the loads under way and waits for them. Whoever waits for one gets an error, as does whoever asks later for
// what is not there; views stay what they are.
func (r *Roster) Close() {
	r.users.shut()
	r.groups.shut()
}
