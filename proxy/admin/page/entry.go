package page

import (
	"cmp"
	"net/http"
	"slices"
	"time"
)

// Request is a SCIM request that was answered. It holds no secret, but personal data.
type Request struct {
	ID       string // as error texts name it
	Activity string // id under which the client logs the request
	Caller   string // name of the token; "" if no token was accepted
	Address  string // of the client
	Method   string
	Kind     string // "user" or "group"; "" if the path names neither
	Object   string // id of the user or group in the path
	Path     string // the route, with the id
	Query    string
	Began    time.Time
	Duration time.Duration
	Status   int
	Failed   int    // operations of a bulk request that failed
	Detail   string // of the error, as the client gets it

	Sent, Answered   []byte // bodies, which must not be changed; nil if they are not held
	SentN, AnsweredN int    // their lengths in bytes
}

// Call is one attempt at a call of TeamViewer's Web API.
type Call struct {
	Time     time.Time
	Function string
	Status   int // of HTTP; 0: no answer
	Outcome  string
	Millis   int64
}

// Change is one line of the change log, with the fields that are shown: a change of one user or
// group, or why it was not made. The fields are those of the log.
type Change struct {
	Time      time.Time
	Cause     string
	Request   string
	Operation int
	Caller    string
	Method    string
	Kind      string
	ID        string
	Name      string
	Outcome   string
	Status    int
	Reason    string
	Steps     []string
	Before    map[string]any
	After     map[string]any
	Deleted   bool
	Added     []string
	Removed   []string
	Open      []string
	Memory    string
	Calls     []Call
}

// Line is a line of the change log, and what the ring needs to know of it.
type Line struct {
	Request string // id of the SCIM request; "" if none made the change
	Object  string // id of the user or group
	Done    bool   // it was made as it was wanted
	Time    time.Time
	Value   any // the line, of which the ring's function makes a [Change] when it is shown
	Size    int // that it takes in memory, in bytes
}

// Entry is a request with its changes, or a change that no request made.
type Entry struct {
	ID      string // of the request, or one that the ring gave
	Class   Class
	Time    time.Time
	Request *Request // nil: no request, or one that is not answered yet
	Changes []Change
	Omitted int // changes of a large bulk request that are not held
}

// Class is the kind of an entry. Each class has a share of the ring.
type Class string

// The classes.
const (
	Failed  Class = "failed"  // it failed, in whole or in part
	Changed Class = "changed" // it changed something, or was to
	Read    Class = "read"    // it only read
	Refused Class = "refused" // no token was accepted
)

// shares are the parts of the ring, in sixteenths, that a class has for itself. A class may use
// what the others leave.
var shares = map[Class]int{Failed: 8, Changed: 5, Read: 2, Refused: 1}

// classOf returns the class of a request whose lines were all done, or not. A read that finds
// nothing has not failed: clients ask so whether something exists.
func classOf(r *Request, done bool) Class {
	read := r != nil && (r.Method == http.MethodGet || r.Method == http.MethodHead)
	switch {
	case r != nil && r.Status == http.StatusUnauthorized:
		return Refused
	case !done || r != nil && (r.Failed > 0 || r.Status >= 400 && !(read && r.Status == http.StatusNotFound)):
		return Failed
	case read:
		return Read
	}
	return Changed
}

// Object returns the kind, id and name of what an entry is about; "" for what is not known, or if
// there are several.
func (e Entry) Object() (kind, id, name string) {
	if e.Request != nil {
		kind, id = e.Request.Kind, e.Request.Object
	}
	ids := map[string]bool{}
	for _, c := range e.Changes {
		ids[c.ID] = true
		kind, id, name = cmp.Or(c.Kind, kind), cmp.Or(c.ID, id), cmp.Or(c.Name, name)
	}
	if len(ids) > 1 {
		return "", "", ""
	}
	return kind, id, name
}

// Calls returns the number of TeamViewer calls.
func (e Entry) Calls() (n int) {
	for _, c := range e.Changes {
		n += len(c.Calls)
	}
	return n
}

// Why returns why the entry failed; "" if it did not.
func (e Entry) Why() string {
	if e.Request != nil && e.Request.Detail != "" {
		return e.Request.Detail
	}
	i := slices.IndexFunc(e.Changes, func(c Change) bool { return c.Reason != "" })
	if i < 0 {
		return ""
	}
	return e.Changes[i].Reason
}
