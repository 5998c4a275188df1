package gateway

import (
	"context"
	"encoding/json"
	"html/template"
	"slices"
	"strings"
	"sync"

	"tvscim/mapping/changelog"
	"tvscim/proxy"
	"tvscim/scim"
)

// Bounds of the tokens that are hidden. A shorter token is not: hiding it wherever it occurs by
// chance would disclose it.
const (
	maxHidden   = 32
	leastHidden = 10 // bytes
)

// hiddenText stands where a token was.
const hiddenText = "<secret>"

// hidden are the tokens that the status page and the change log do not show, wherever a client or
// TeamViewer has put them: TeamViewer's own, and those with which callers were accepted.
type hidden struct {
	mu       sync.Mutex
	tokens   []string // the latest first
	forms    []string // of them
	replacer *strings.Replacer
}

// add adds a token. The oldest ones are forgotten.
func (h *hidden) add(token string) {
	if len(token) < leastHidden {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if slices.Contains(h.tokens, token) {
		return
	}
	h.tokens = slices.Insert(h.tokens, 0, token)
	h.tokens = h.tokens[:min(len(h.tokens), maxHidden)]
	var all, pairs []string
	for _, token := range h.tokens {
		all = append(all, forms(token)...)
	}
	for _, form := range all {
		pairs = append(pairs, form, hiddenText)
	}
	h.forms = all
	h.replacer = strings.NewReplacer(pairs...)
}

// forms are the ways in which a token is written: as it is, quoted in an error, in JSON, both, and
// all of these in HTML.
func forms(token string) []string {
	all := []string{token}
	for range 2 {
		for _, form := range slices.Clone(all) {
			var plain strings.Builder
			encoder := json.NewEncoder(&plain)
			encoder.SetEscapeHTML(false)
			_ = encoder.Encode(form) // a text can be encoded
			escaped, _ := json.Marshal(form)
			for _, quoted := range []string{strings.TrimSuffix(plain.String(), "\n"), string(escaped)} {
				all = append(all, quoted[1:len(quoted)-1])
			}
		}
	}
	for _, form := range slices.Clone(all) {
		all = append(all, template.HTMLEscapeString(form))
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// text returns a text without the tokens.
func (h *hidden) text(s string) string {
	h.mu.Lock()
	forms, replacer := h.forms, h.replacer
	h.mu.Unlock()
	if !slices.ContainsFunc(forms, func(form string) bool { return strings.Contains(s, form) }) {
		return s // a replacer takes much longer
	}
	return replacer.Replace(s)
}

// request returns a request without the tokens.
func (h *hidden) request(r proxy.Handled) proxy.Handled {
	r.Query, r.Detail = h.text(r.Query), h.text(r.Detail)
	for _, body := range []*[]byte{&r.Sent, &r.Answered} {
		if *body != nil {
			*body = []byte(h.text(string(*body)))
		}
	}
	return r
}

// line returns a line of the change log without the tokens.
func (h *hidden) line(l changelog.Line) changelog.Line {
	l.Name, l.Reason = h.text(l.Name), h.text(l.Reason)
	l.Steps, l.Before, l.After = slices.Clone(l.Steps), h.values(l.Before), h.values(l.After)
	for i := range l.Steps {
		l.Steps[i] = h.text(l.Steps[i])
	}
	return l
}

// values returns attributes without the tokens; nil for nil.
func (h *hidden) values(attributes map[string]any) map[string]any {
	if attributes == nil {
		return nil
	}
	out := make(map[string]any, len(attributes))
	for name, v := range attributes {
		out[h.text(name)] = h.value(v)
	}
	return out
}

func (h *hidden) value(v any) any {
	switch v := v.(type) {
	case string:
		return h.text(v)
	case map[string]any:
		return h.values(v)
	case scim.Attributes:
		return h.values(v)
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = h.value(v[i])
		}
		return out
	}
	return v
}

// hidingAuth adds the tokens of callers to what is hidden. A token that TeamViewer is to check is
// added when it is accepted, see [passthrough.Open].
type hidingAuth struct {
	proxy.Auth
	hidden *hidden
}

// Caller implements proxy.Auth.
func (a hidingAuth) Caller(ctx context.Context, bearer string) (proxy.Caller, error) {
	caller, err := a.Auth.Caller(ctx, bearer)
	if err == nil && caller.Name != "" {
		a.hidden.add(bearer)
	}
	return caller, err
}
