package scimtest

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"

	"tvscim/scim"
)

// JSON as checks write and read it.
type (
	object = map[string]any
	list   = []any
)

// URNs of messages that only some providers understand (RFC 7644 section 8.2).
const (
	searchURN       = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"
	bulkRequestURN  = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
	bulkResponseURN = "urn:ietf:params:scim:api:messages:2.0:BulkResponse"
)

// maxAnswer is how many bytes of a response are read.
const maxAnswer = 16 << 20

// Probe is one run of one [Check]: its client, the resources it created and its failure. After the
// first failure nothing is sent and nothing is compared, so a check needs no error handling.
type Probe struct {
	ctx     context.Context // of the run
	target  Target
	made    []string // paths of resources to be deleted
	failure string   // the first, "" when there is none
	skipped string   // why the check is skipped
}

// probe returns a fresh probe.
func (s *suite) probe(ctx context.Context) *Probe {
	return &Probe{ctx: ctx, target: s.target}
}

// failf records the first failure.
func (p *Probe) failf(format string, args ...any) {
	if !p.over() {
		p.failure = fmt.Sprintf(format, args...)
	}
}

// skip ends the check because it does not apply to the target.
func (p *Probe) skip(reason string) {
	if !p.over() {
		p.skipped = reason
	}
}

// over reports whether the check has ended.
func (p *Probe) over() bool { return p.failure != "" || p.skipped != "" }

// clean deletes the created resources, the last first. It continues if one is gone or the run is
// cancelled.
func (p *Probe) clean() {
	c := &Probe{ctx: context.WithoutCancel(p.ctx), target: p.target}
	for i := len(p.made) - 1; i >= 0; i-- {
		c.delete(p.made[i])
		c.failure = ""
	}
}

func (p *Probe) get(path string) *reply    { return p.send(http.MethodGet, path, nil) }
func (p *Probe) delete(path string) *reply { return p.send(http.MethodDelete, path, nil) }

func (p *Probe) post(path string, body any) *reply { return p.send(http.MethodPost, path, body) }
func (p *Probe) put(path string, body any) *reply  { return p.send(http.MethodPut, path, body) }

// patch sends operations.
func (p *Probe) patch(path string, ops ...object) *reply {
	return p.send(http.MethodPatch, path, patchOf(ops...))
}

// patchOf is the body of a PATCH.
func patchOf(ops ...object) object {
	return object{"schemas": list{scim.PatchURN}, "Operations": ops}
}

// op is one operation of a PATCH; path "" and value nil are left out.
func op(kind, path string, value any) object {
	o := object{"op": kind}
	if path != "" {
		o["path"] = path
	}
	if value != nil {
		o["value"] = value
	}
	return o
}

// query returns a path with parameters, given as alternating names and values.
func query(path string, parameters ...string) string {
	values := url.Values{}
	for i := 0; i+1 < len(parameters); i += 2 {
		values.Set(parameters[i], parameters[i+1])
	}
	return path + "?" + values.Encode()
}

// find lists the resources of an endpoint that match a filter.
func (p *Probe) find(endpoint, filter string, parameters ...string) *reply {
	return p.get(query(endpoint, append([]string{"filter", filter}, parameters...)...)).want(http.StatusOK)
}

// send sends a request with the usual headers. A string body is sent unchanged, any other as JSON.
// Headers are alternating names and values; an empty value removes the header.
func (p *Probe) send(method, path string, body any, headers ...string) *reply {
	if p.over() {
		return &reply{probe: p}
	}
	text, err := encode(body)
	if err != nil {
		p.failf("%s %s: body: %v", method, path, err)
		return &reply{probe: p}
	}
	header := http.Header{"Accept": {"application/scim+json"}}
	if p.target.Token != "" {
		header.Set("Authorization", "Bearer "+p.target.Token)
	}
	if text != "" {
		header.Set("Content-Type", "application/scim+json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		header.Del(headers[i])
		if headers[i+1] != "" {
			header.Set(headers[i], headers[i+1])
		}
	}
	r := &reply{probe: p, request: abridged(strings.TrimSpace(method + " " + path + " " + text))}
	if err := p.exchange(r, method, path, text, header); err != nil {
		p.failf("%s: %v", r.request, err)
	}
	return r
}

// exchange sends a request and reads the answer to its end.
func (p *Probe) exchange(r *reply, method, path, body string, header http.Header) error {
	req, err := http.NewRequestWithContext(p.ctx, method, p.target.BaseURL+path, strings.NewReader(body))
	if err != nil {
		return err
	}
	req.Header = header
	res, err := p.target.Client.Do(req)
	if err != nil {
		return err
	}
	answer, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if closeErr := res.Body.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return err
	}
	r.status, r.header, r.text = res.StatusCode, res.Header, string(answer)
	if json.Unmarshal(answer, &r.tree) != nil {
		r.tree = nil
	}
	return nil
}

// encode writes a body.
func encode(body any) (string, error) {
	switch body := body.(type) {
	case nil:
		return "", nil
	case string:
		return body, nil
	default:
		b, err := json.Marshal(body)
		return string(b), err
	}
}

// word returns a dozen random letters and digits, in lower case, starting with a letter.
func (p *Probe) word() string { return "c" + strings.ToLower(rand.Text()[:11]) }

// userName returns an unused userName.
func (p *Probe) userName() string { return p.userNameOf(p.word()) }

// userNameOf returns the userName with that word in the place of the asterisk.
func (p *Probe) userNameOf(word string) string {
	return strings.Replace(p.target.UserTemplate, "*", word, 1)
}

// user creates a user with more than the required attributes; it fails the check otherwise.
func (p *Probe) user(more object) *reply {
	return p.tryUser(more).want(http.StatusCreated)
}

// tryUser tries to create a user, which is deleted at the end.
func (p *Probe) tryUser(more object) *reply {
	return p.remember(p.post("/Users", p.userBody(more)), "/Users/")
}

// userBody is the body of a POST or PUT of a user. An attribute that is [absent] is removed.
func (p *Probe) userBody(more object) object {
	body := object{"schemas": list{scim.UserURN}, "userName": p.userName(), "displayName": "Babs Jensen"}
	if _, enterprise := more[scim.EnterpriseURN]; enterprise {
		body["schemas"] = list{scim.UserURN, scim.EnterpriseURN}
	}
	maps.Copy(body, more)
	maps.DeleteFunc(body, func(_ string, v any) bool { return v == absent })
	return body
}

// absentValue is the type of [absent].
type absentValue struct{}

// absent removes an attribute from a body.
var absent = absentValue{}

// group creates a group with members; it fails the check otherwise.
func (p *Probe) group(members ...string) *reply {
	return p.tryGroup(object{"members": membersOf(members...)}).want(http.StatusCreated)
}

// tryGroup tries to create a group, which is deleted at the end.
func (p *Probe) tryGroup(more object) *reply {
	return p.remember(p.post("/Groups", p.groupBody(more)), "/Groups/")
}

// groupBody is the body of a POST or PUT of a group. An attribute that is [absent] is removed.
func (p *Probe) groupBody(more object) object {
	body := object{"schemas": list{scim.GroupURN}, "displayName": "Group " + p.word()}
	maps.Copy(body, more)
	maps.DeleteFunc(body, func(_ string, v any) bool { return v == absent })
	return body
}

// membersOf is a list of members, as it is sent.
func membersOf(ids ...string) list {
	members := list{}
	for _, id := range ids {
		members = append(members, object{"value": id})
	}
	return members
}

// remember records the created resource of a response.
func (p *Probe) remember(r *reply, endpoint string) *reply {
	if id, ok := r.at("id").(string); ok && r.status == http.StatusCreated {
		r.path = endpoint + url.PathEscape(id)
		p.made = append(p.made, r.path)
	}
	return r
}
