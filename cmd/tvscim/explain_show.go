package main

import (
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"text/tabwriter"

	"tvscim/cmd/config"
	"tvscim/cmd/gateway"
	"tvscim/mapping/plan"
	"tvscim/scim"
)

// explanation is what a request becomes.
type explanation struct {
	Request    string          `json:"request"` // method and path
	Note       string          `json:"note,omitempty"`
	Assumed    []string        `json:"assumed,omitempty"` // of the company and the memory
	Operations []string        `json:"operations,omitempty"`
	Attributes []attributeFate `json:"attributes,omitempty"`
	Steps      []string        `json:"steps,omitempty"`
	Reads      []string        `json:"reads,omitempty"`
	Writes     []plannedWrite  `json:"writes,omitempty"`
	Status     int             `json:"status"`
	Detail     string          `json:"detail,omitempty"`  // of an error
	Results    []string        `json:"results,omitempty"` // of the operations of a bulk request
	Warnings   []string        `json:"warnings,omitempty"`

	asked map[string]string // texts that TeamViewer may get otherwise, by the field of TeamViewer
}

// attributeFate is what becomes of an attribute that the request names.
type attributeFate struct {
	Name  string `json:"name"`
	Fate  string `json:"fate"`
	Field string `json:"field,omitempty"`
	Why   string `json:"why,omitempty"`
}

// describe returns the part of an explanation that needs no company.
func describe(r scimRequest, c config.Config) *explanation {
	x := &explanation{Request: r.Method + " " + shownPath(r.Path, c), Note: r.note, asked: map[string]string{}}
	if strings.HasPrefix(r.Path, "/Bulk") {
		bulk, err := scim.DecodeBulk(r.bytes(), c.Limits.BulkOperations)
		if err != nil {
			return x
		}
		for i, o := range bulk.Operations {
			x.Operations = append(x.Operations, fmt.Sprintf("operation %d: %s %s", i+1, o.Method, o.Path))
			x.describeBody(o.Method, o.Path, o.Data, c)
		}
		return x
	}
	if len(r.bytes()) == 0 {
		return x
	}
	if body, err := scim.ParseBody(r.bytes()); err == nil {
		x.describeBody(r.Method, r.Path, body, c)
	}
	return x
}

// describeBody adds the operations and attributes of one request.
func (x *explanation) describeBody(method, path string, body scim.Body, c config.Config) {
	policy := gateway.PolicyOf(c)
	t, kind := plan.UserType(policy), plan.KindUser
	if strings.HasPrefix(path, "/Groups") {
		t, kind = plan.GroupType(), plan.KindGroup
	}
	switch method {
	case "PATCH":
		_, id, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
		p, err := scim.DecodePatchBody(t, id, body)
		if err != nil {
			return
		}
		x.Operations = append(x.Operations, p.Describe(t)...)
		for _, op := range p.Ops {
			x.attribute(policy, kind, op.Path.Schema, op.Path.Attr)
			if text, ok := op.Value.(string); ok {
				x.ask(policy, kind, op.Path.Schema, op.Path.Attr, text)
			}
		}
		x.ignored(p.Ignored)
	case "POST", "PUT":
		if kind == plan.KindGroup {
			req, err := scim.DecodeCreate[scim.Group](t, body)
			x.resource(policy, kind, t, req.Resource.Attributes(), req.Ignored, err)
			return
		}
		req, err := scim.DecodeCreate[scim.User](t, body)
		x.resource(policy, kind, t, req.Resource.Attributes(), req.Ignored, err)
	}
}

// resource adds the attributes of a resource.
func (x *explanation) resource(p plan.Policy, kind plan.Kind, t *scim.ResourceType, a scim.Attributes, ignored *scim.Ignored, err error) {
	if err != nil {
		return
	}
	delete(a, "schemas")
	for _, line := range a.Describe(t) {
		x.Operations = append(x.Operations, "set "+line)
		path, _, _ := strings.Cut(line, " = ")
		schema, name := "", path
		if i := strings.LastIndex(path, ":"); i >= 0 {
			schema, name = path[:i], path[i+1:]
		}
		x.attribute(p, kind, schema, name)
		if text, ok := a[name].(string); ok && schema == "" {
			x.ask(p, kind, schema, name, text)
		}
	}
	x.ignored(ignored)
}

// attribute adds the fate of an attribute, once.
func (x *explanation) attribute(p plan.Policy, kind plan.Kind, schema, name string) {
	row, effective := p.Handling(kind, schema, name)
	f := attributeFate{Name: name, Fate: string(row.Fate), Field: row.Field, Why: row.Why}
	if schema != "" {
		f.Name = schema + ":" + name
	}
	if !effective {
		f.Fate = "ignored"
	}
	for _, known := range x.Attributes {
		if known.Name == f.Name {
			return
		}
	}
	x.Attributes = append(x.Attributes, f)
}

// ask remembers a text that TeamViewer may get otherwise.
func (x *explanation) ask(p plan.Policy, kind plan.Kind, schema, name, text string) {
	if row, _ := p.Handling(kind, schema, name); row.Field != "" && row.Fate != plan.CarriedIfAllowed && row.Fate != plan.CarriedWriteOnly {
		x.asked[row.Field] = text
	}
}

// ignored adds a warning for what has no effect.
func (x *explanation) ignored(names *scim.Ignored) {
	if names == nil || len(names.Names()) == 0 {
		return
	}
	for _, name := range names.Names() {
		x.Attributes = append(x.Attributes, attributeFate{Name: name, Fate: "ignored", Why: "no attribute of this resource that the gateway carries or keeps"})
	}
	x.Warnings = append(x.Warnings, "accepted and ignored: "+strings.Join(names.Names(), ", "))
}

var requestIDs = regexp.MustCompile(` \(request [A-Za-z0-9._-]+\)$`)

// answered takes the answer of the gateway.
func (x *explanation) answered(answer *httptest.ResponseRecorder) {
	x.Status = answer.Code
	var body struct {
		Detail       string
		TotalResults *int
		Operations   []struct {
			Status   string
			Response struct{ Detail string }
		}
	}
	_ = json.Unmarshal(answer.Body.Bytes(), &body) // of another form: no detail
	if x.Detail = requestIDs.ReplaceAllString(body.Detail, ""); body.TotalResults != nil {
		x.Detail = fmt.Sprintf("%d found", *body.TotalResults)
	}
	for i, o := range body.Operations {
		text := fmt.Sprintf("operation %d: %s %s", i+1, o.Status, requestIDs.ReplaceAllString(o.Response.Detail, ""))
		x.Results = append(x.Results, strings.TrimSpace(text))
	}
}

// compare warns about texts that TeamViewer gets otherwise than the request has them.
func (x *explanation) compare() {
	for _, w := range x.Writes {
		for _, field := range []string{"email", "name", "language"} {
			sent, there := w.Body[field].(string)
			if asked := x.asked[field]; there && asked != "" && sent != asked {
				x.Warnings = append(x.Warnings, fmt.Sprintf("TeamViewer gets %s %q in place of %q", field, sent, asked))
			}
		}
		if w.Status >= 400 {
			x.Warnings = append(x.Warnings, fmt.Sprintf("TeamViewer would refuse %s %s with %d", w.Method, w.Path, w.Status))
		}
	}
}

// shownPath returns a path without a query that names a secret.
func shownPath(path string, c config.Config) string {
	before, query, found := strings.Cut(path, "?")
	plain, err := url.QueryUnescape(query)
	if err != nil {
		plain = query
	}
	policy := gateway.PolicyOf(c)
	if r := scim.NewRedactor(plan.UserType(policy), plan.GroupType()); found && r.Text(plain) != plain {
		return before + "?" + r.Text(plain)
	}
	return path
}

// write prints the explanation.
func (x *explanation) write(out io.Writer) error {
	fmt.Fprintln(out, x.Request)
	if x.Note != "" {
		fmt.Fprintln(out, "  "+x.Note)
	}
	list(out, "assumed", x.Assumed)
	list(out, "canonical operations", x.Operations)
	if len(x.Attributes) > 0 {
		fmt.Fprintln(out, "\nattributes")
		table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
		for _, f := range x.Attributes {
			fmt.Fprintf(table, "  %s\t%s\t%s\t%s\n", f.Name, f.Fate, cmp.Or(f.Field, "-"), f.Why)
		}
		if err := table.Flush(); err != nil {
			return err
		}
	}
	list(out, "TeamViewer calls that read", x.Reads)
	var calls []string
	for _, w := range x.Writes {
		calls = append(calls, w.String())
	}
	list(out, "TeamViewer calls that change something: not sent", calls)
	answer := fmt.Sprintf("%d", x.Status)
	if x.Detail != "" {
		answer += " " + x.Detail
	}
	list(out, "answer", append([]string{answer}, x.Results...))
	list(out, "warnings", x.Warnings)
	return nil
}

// String returns the call with its body.
func (w plannedWrite) String() string {
	var body any = w.IDs
	switch {
	case w.Body != nil:
		body = w.Body
	case w.IDs == nil:
		return w.Method + " " + w.Path
	}
	text, err := json.Marshal(body)
	if err != nil {
		return w.Method + " " + w.Path
	}
	return w.Method + " " + w.Path + " " + string(text)
}

// list prints lines below a title; nothing if there are none.
func list(out io.Writer, title string, lines []string) {
	if len(lines) == 0 {
		return
	}
	fmt.Fprintln(out, "\n"+title)
	for _, line := range lines {
		fmt.Fprintln(out, "  "+cell(line))
	}
}

func sumOf(token string) [sha256.Size]byte { return sha256.Sum256([]byte(token)) }
