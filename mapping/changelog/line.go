package changelog

import "time"

// Line is one line of the change log: one change of one user or group, or one request for a change
// that was refused. A request may have more than one line. Zero fields are left out.
type Line struct {
	Time  time.Time `json:"time"`  // when it ended
	Cause string    `json:"cause"` // "request", or why the gateway made the change by itself

	Request   string `json:"request,omitempty"`   // id of the SCIM request, as the client was told it
	Operation int    `json:"operation,omitempty"` // number in a bulk request, from 1
	Activity  string `json:"activity,omitempty"`  // id under which the client logs the request
	Caller    string `json:"caller,omitempty"`    // name of the token
	Address   string `json:"address,omitempty"`   // of the client
	Method    string `json:"method,omitempty"`    // POST, PUT, PATCH, DELETE; GET for what a look-up showed

	Kind string `json:"kind,omitempty"` // "user" or "group"
	ID   string `json:"id,omitempty"`
	Name string `json:"name,omitempty"` // userName, or displayName of the group

	Outcome Outcome `json:"outcome"`
	Status  int     `json:"status,omitempty"` // of the SCIM error; 0: none
	Reason  string  `json:"reason,omitempty"` // detail of the SCIM error
	Held    bool    `json:"held,omitempty"`   // the guard held the removal back

	Steps []string `json:"steps,omitempty"` // what was planned
	// Before and After are the object as SCIM clients see it, without id, meta and members. After
	// is absent for an object that is gone.
	Before map[string]any `json:"before,omitempty"`
	After  map[string]any `json:"after,omitempty"`
	// Deleted says that a client has deleted the user, whose account stays in TeamViewer, inactive,
	// and comes back by a POST.
	Deleted bool `json:"deleted,omitempty"`
	// Added and Removed are the members of a group that were added and removed, by id. Open are
	// those of a call without an answer.
	Added   []string `json:"added,omitempty"`
	Removed []string `json:"removed,omitempty"`
	Open    []string `json:"open,omitempty"`

	// Memory is "kept" if the record of the object in the gateway's memory was written, and
	// "forgotten" if it was deleted, since the object does not exist any more.
	Memory string `json:"memory,omitempty"`
	Calls  []Call `json:"calls,omitempty"` // of TeamViewer's Web API

	// Shortened says that the line was too long for a file, and that before, after, members and
	// calls were left out.
	Shortened bool `json:"shortened,omitempty"`
}

// Call is one attempt at a call of TeamViewer's Web API.
type Call struct {
	Time     time.Time `json:"time"`             // when it ended
	Function string    `json:"function"`         // method and template of the path, such as "PUT /users/{id}"
	Status   int       `json:"status,omitempty"` // of HTTP; 0: no answer
	Outcome  string    `json:"outcome"`          // "ok", or the kind of the failure
	Millis   int64     `json:"ms"`               // duration in milliseconds
}

// Outcome is how a change ended.
type Outcome string

// The outcomes.
const (
	Done    Outcome = "done"
	Partly  Outcome = "partly"  // a part of the change was made
	Failed  Outcome = "failed"  // nothing was changed, and it may work later
	Refused Outcome = "refused" // nothing was changed: the request cannot be fulfilled as it is
	Unknown Outcome = "unknown" // TeamViewer did not answer a call: the change may have been made
)

// ByRequest reports whether a SCIM request made the change.
func (l Line) ByRequest() bool { return l.Cause == CauseRequest }

// CauseRequest is the cause of what a SCIM request changed.
const CauseRequest = "request"

// The values of Line.Memory and Line.Kind.
const (
	MemoryKept      = "kept"
	MemoryForgotten = "forgotten"

	KindUser  = "user"
	KindGroup = "group"
)
