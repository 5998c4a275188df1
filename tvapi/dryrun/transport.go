package dryrun

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"

	"tvscim/tvapi"
)

// Transport is an http.RoundTripper between a [tvapi.Client] and the network. It is safe for
// concurrent use; all clients of one company share one.
type Transport struct {
	next    http.RoundTripper
	observe func(Write)

	mu      sync.Mutex
	users   map[tvapi.UserID]*user
	byEmail map[string]tvapi.UserID // by folded address: the user that has it
	groups  map[tvapi.GroupID]*group
	byName  map[string]tvapi.GroupID // by folded name
}

// Write is a request that was answered and not sent.
type Write struct {
	Method, Path string
	Body         []byte // may hold secrets
	Status       int    // of the answer
}

// New returns a transport that reads through next. observe is called after each write,
// concurrently; nil: it is not.
func New(next http.RoundTripper, observe func(Write)) *Transport {
	return &Transport{
		next: next, observe: observe,
		users: map[tvapi.UserID]*user{}, byEmail: map[string]tvapi.UserID{},
		groups: map[tvapi.GroupID]*group{}, byName: map[string]tvapi.GroupID{},
	}
}

// maxBody bounds the body of a request and of a single object, in bytes.
const maxBody = 1 << 20

// RoundTrip sends a GET and shows in its answer what the writes before it changed. It answers every
// other request itself and sends nothing.
func (t *Transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		defer func() { _ = r.Body.Close() }()
	}
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	at, ok := parseAddress(r.URL.Path)
	switch {
	case r.Method == http.MethodGet && !ok:
		return t.next.RoundTrip(r)
	case !ok:
		return nil, fmt.Errorf("dry run: %s %s is not a call that can be answered", r.Method, r.URL.Path)
	case r.Method == http.MethodGet:
		return t.read(r, at)
	}
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(io.LimitReader(r.Body, maxBody)); err != nil {
			return nil, err
		}
	}
	answer, err := t.write(r, at, body)
	if refused, ok := errors.AsType[*refusal](err); ok {
		answer, err = refused.answer(), nil
	}
	if err != nil {
		return nil, err
	}
	if t.observe != nil {
		t.observe(Write{r.Method, r.URL.RequestURI(), body, answer.status})
	}
	return answer.response(r), nil
}

// address is the object that a path below /api/v1 names.
type address struct {
	kind    string // "users" or "usergroups"
	user    tvapi.UserID
	group   tvapi.GroupID
	members bool // the members of the group
}

// one reports whether the address is that of one object and not of a list.
func (a address) one() bool { return a.user != 0 || a.group != 0 }

// parseAddress reads the path of a function that the overlay concerns.
func parseAddress(path string) (address, bool) {
	_, path, ok := strings.Cut(path, "/api/v1/")
	if !ok {
		return address{}, false
	}
	kind, rest, one := strings.Cut(path, "/")
	a := address{kind: kind}
	if kind != "users" && kind != "usergroups" {
		return address{}, false
	}
	if !one {
		return a, true
	}
	id, below, more := strings.Cut(rest, "/")
	var err error
	if kind == "users" {
		a.user, err = tvapi.ParseUserID(id)
		return a, err == nil && !more
	}
	a.group, err = tvapi.ParseGroupID(id)
	a.members = below == "members"
	return a, err == nil && (!more || a.members)
}

// read sends a GET, or answers it where the object is one that only the dry run knows.
func (t *Transport) read(r *http.Request, at address) (*http.Response, error) {
	if answer, ok := t.known(at); ok {
		return answer.response(r), nil
	}
	// The answer is rewritten, so it must not be compressed in a way that only the client reads.
	plain := r.Clone(r.Context())
	plain.Header.Del("Accept-Encoding")
	answer, err := t.next.RoundTrip(plain)
	if err != nil || answer.StatusCode != http.StatusOK {
		return answer, err
	}
	first := r.URL.Query().Get("paginationToken") == ""
	answer.Body = newRewriter(answer.Body, t.view(at, first))
	answer.ContentLength = -1
	answer.Header.Del("Content-Length")
	return answer, nil
}

// write answers a request that changes something.
func (t *Transport) write(r *http.Request, at address, body []byte) (answer, error) {
	switch key := r.Method + " " + at.kind; {
	case at.members && r.Method == http.MethodPost:
		return t.changeMembers(r, at.group, body, true)
	case at.members && r.Method == http.MethodDelete:
		return t.changeMembers(r, at.group, body, false)
	case at.members:
	case key == "POST users" && !at.one():
		return t.createUser(r, body)
	case key == "PUT users" && at.one():
		return t.changeUser(r, at.user, body)
	case key == "DELETE users" && at.one():
		return t.dropUser(r, at.user)
	case key == "POST usergroups" && !at.one():
		return t.createGroup(r, body)
	case key == "PUT usergroups" && at.one():
		return t.renameGroup(r, at.group, body)
	case key == "DELETE usergroups" && at.one():
		return t.dropGroup(r, at.group)
	}
	return answer{}, fmt.Errorf("dry run: %s %s is not a call that can be answered", r.Method, r.URL.Path)
}

// exists returns nil if TeamViewer shows the object of the request's address, else its refusal. It
// makes one GET.
func (t *Transport) exists(r *http.Request, path string) error {
	get := r.Clone(r.Context())
	get.Method, get.Body, get.ContentLength, get.GetBody = http.MethodGet, nil, 0, nil
	get.URL.Path, get.URL.RawPath, get.URL.RawQuery = path, "", ""
	for _, name := range []string{"Accept-Encoding", "Content-Type", "Content-Length"} {
		get.Header.Del(name)
	}
	got, err := t.next.RoundTrip(get)
	if err != nil {
		return err
	}
	defer func() { _ = got.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(got.Body, maxBody))
	if err != nil {
		return err
	}
	if got.StatusCode != http.StatusOK {
		return &refusal{status: got.StatusCode, header: got.Header, body: body}
	}
	at, _ := parseAddress(path)
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.note(at, body)
}

// note remembers an object as TeamViewer shows it.
func (t *Transport) note(at address, body []byte) error {
	if at.user != 0 {
		var w userWire
		if err := json.Unmarshal(body, &w); err != nil {
			return err
		}
		t.sawUser(at.user, w)
		return nil
	}
	var w groupWire
	if err := json.Unmarshal(body, &w); err != nil {
		return err
	}
	t.sawGroup(at.group, w)
	return nil
}

// answer is what TeamViewer would answer.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// jsonAnswer returns an answer with a body.
func jsonAnswer(status int, body any) answer {
	text, err := json.Marshal(body)
	if err != nil { // texts and numbers only
		panic(err)
	}
	return answer{status: status, header: http.Header{"Content-Type": {"application/json; charset=utf-8"}}, body: text}
}

// response returns the answer to a request.
func (a answer) response(r *http.Request) *http.Response {
	header := a.header.Clone()
	if header == nil {
		header = http.Header{}
	}
	header.Del("Content-Encoding")
	return &http.Response{
		Status: fmt.Sprintf("%d %s", a.status, http.StatusText(a.status)), StatusCode: a.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: header,
		Body: io.NopCloser(bytes.NewReader(a.body)), ContentLength: int64(len(a.body)), Request: r,
	}
}

// refusal is the error of a write that TeamViewer would refuse.
type refusal struct {
	status int
	header http.Header
	body   []byte
}

// refuse returns a refusal with an error body of the Web API.
func refuse(status int, category, description string) error {
	a := jsonAnswer(status, map[string]string{"error": category, "error_description": description})
	return &refusal{status, a.header, a.body}
}

func (e *refusal) Error() string { return fmt.Sprintf("dry run: refused with %d", e.status) }

// isRefusal reports whether err is nil or a refusal, as opposed to a failure of the network.
func isRefusal(err error) bool {
	_, ok := errors.AsType[*refusal](err)
	return ok || err == nil
}

func (e *refusal) answer() answer { return answer{e.status, e.header, e.body} }
