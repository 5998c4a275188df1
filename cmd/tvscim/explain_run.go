package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"go.uber.org/zap"

	"tvscim/cmd/config"
	"tvscim/cmd/gateway"
	"tvscim/mapping/changelog"
	"tvscim/mapping/idmap/boltmap"
	"tvscim/tvapi"
	"tvscim/tvapi/dryrun"
	"tvscim/tvapi/tvfake"
)

// explainer explains requests by the gateway itself, in a dry run: against the company of the
// settings, or against an emulator that holds what a request names.
type explainer struct {
	config config.Config
	live   bool
}

var errPath = errors.New("path: not the path of a URL; encode spaces and control characters, such as %20")

// explainToken is the bearer token of the request. The gateway is reached in the process only.
const explainToken = "explain"

// explain plays the request. Nothing but reads is sent to TeamViewer, and without live nothing at
// all.
func (e explainer) explain(ctx context.Context, r scimRequest) (*explanation, error) {
	x := describe(r, e.config)
	var traffic recorded
	options := gateway.Options{Config: e.config, Version: version, Logger: zap.NewNop(), Planned: traffic.write}
	c := &options.Config
	c.DryRun, c.Changelog.Path, c.Alert.Webhook = true, "", config.Secret{}
	c.TLS, c.Auth.Mode = config.TLS{}, config.AuthToken
	c.Auth.Tokens = []config.Token{{Name: "explain", SHA256: sumOf(explainToken)}}
	if e.live {
		connections := tvapi.NewTransport()
		defer connections.CloseIdleConnections()
		options.Network = traffic.over(connections)
	} else {
		company := companyOf(r, x)
		c.TeamViewer.Token = config.NewSecret(company.Token())
		options.Network = traffic.over(company.Transport())
	}
	g, err := gateway.New(options)
	if errors.Is(err, boltmap.ErrLocked) {
		x.Assumed = append(x.Assumed, "nothing is remembered: a gateway that runs uses the file of store.path")
		c.Store.Path = ""
		g, err = gateway.New(options)
	}
	if err != nil {
		return nil, err
	}
	defer g.Close()
	request, err := http.NewRequestWithContext(ctx, r.Method, "http://gateway.example"+c.BasePath+r.Path, bytes.NewReader(r.bytes()))
	if err != nil {
		return nil, settingsError{errPath}
	}
	request.RequestURI, request.RemoteAddr = request.URL.RequestURI(), "127.0.0.1:1"
	request.Header.Set("Authorization", "Bearer "+explainToken)
	request.Header.Set("Content-Type", "application/scim+json")
	answer := httptest.NewRecorder()
	g.SCIM().ServeHTTP(answer, request)
	x.answered(answer)
	x.Reads, x.Writes = traffic.reads, traffic.writes
	for _, line := range g.Plan().Lines {
		x.Steps = append(x.Steps, line.Steps...)
	}
	x.compare()
	return x, nil
}

// recorded are the calls of TeamViewer that a request became.
type recorded struct {
	mu     sync.Mutex
	reads  []string
	writes []plannedWrite
}

// plannedWrite is a call that was not sent.
type plannedWrite struct {
	Method string         `json:"method"`
	Path   string         `json:"path"`
	Body   map[string]any `json:"body,omitempty"`
	IDs    []int32        `json:"account_ids,omitempty"`
	Status int            `json:"status"` // that TeamViewer would answer
}

// over returns a transport that records the reads which it sends.
func (c *recorded) over(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		c.mu.Lock()
		c.reads = append(c.reads, r.Method+" "+belowVersion(r.URL.RequestURI()))
		c.mu.Unlock()
		return next.RoundTrip(r)
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// write records a call that was not sent, without secrets.
func (c *recorded) write(w dryrun.Write) {
	call := plannedWrite{Method: w.Method, Path: belowVersion(w.Path), Status: w.Status}
	if json.Unmarshal(w.Body, &call.Body) != nil {
		_ = json.Unmarshal(w.Body, &call.IDs) // members
	}
	for _, secret := range []string{"password", "sso_customer_id"} {
		if _, there := call.Body[secret]; there {
			call.Body[secret] = "<secret>"
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.writes = append(c.writes, call)
}

// belowVersion returns the part of a path of the Web API behind its version.
func belowVersion(path string) string {
	_, below, _ := strings.Cut(path, "/api/v1")
	return below
}

var (
	userIDs  = regexp.MustCompile(`\bu[1-9][0-9]{0,9}\b`)
	groupIDs = regexp.MustCompile(`/Groups/([1-9][0-9]{0,18})`)
)

// companyOf returns a company that holds the users and groups that a request names by id, and notes
// in x what is assumed of them.
func companyOf(r scimRequest, x *explanation) *tvfake.Server {
	text := r.Path + " " + string(r.bytes())
	users := map[string]bool{}
	for _, id := range userIDs.FindAllString(text, -1) {
		if _, err := tvapi.ParseUserID(id); err == nil {
			users[id] = true
		}
	}
	owner := 1
	for users[tvapi.UserID(owner).String()] {
		owner++
	}
	company := tvfake.New(tvfake.Options{Token: "explain-teamviewer", OwnerID: tvapi.UserID(owner).String()})
	for _, id := range slices.Sorted(maps.Keys(users)) {
		company.AddUser(tvfake.User{ID: id, Name: "User " + id, Email: id + ".assumed@company.example", Active: true})
	}
	var groups []string
	for _, found := range groupIDs.FindAllStringSubmatch(text, -1) {
		if id, err := strconv.ParseInt(found[1], 10, 64); err == nil && company.AddGroupWithID(id, "Group "+found[1]).ID != 0 {
			groups = append(groups, found[1])
		}
	}
	if len(users) > 0 {
		x.Assumed = append(x.Assumed, fmt.Sprintf("active users of TeamViewer: %s", changelog.SomeIDs(slices.Sorted(maps.Keys(users)))))
	}
	if len(groups) > 0 {
		x.Assumed = append(x.Assumed, "user groups without members: "+strings.Join(groups, ", "))
	}
	if len(x.Assumed) == 0 {
		x.Assumed = []string{"a company with nobody but the owner of the token"}
	}
	return company
}
