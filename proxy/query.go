package proxy

import (
	"net/http"
	"net/url"
	"strings"

	"tvscim/scim"
)

// parseQuery decodes the query. It is stricter than [url.URL.Query], which drops a malformed pair:
// a list without its filter would have all resources. With an error it returns the well-formed
// pairs.
func parseQuery(r *http.Request) (url.Values, error) {
	query, err := url.ParseQuery(escapeAddresses(r.URL.RawQuery))
	if err != nil {
		return query, scim.InvalidValue("query: malformed; check that special characters are percent-encoded").Because(err)
	}
	return query, nil
}

// escapeAddresses escapes the plus signs of e-mail addresses in the literals of filters. In a query
// a plus is a space, but clients write addresses such as nora+tv@contoso.example without escaping,
// and an address contains no space.
func escapeAddresses(raw string) string {
	if !strings.Contains(raw, "+") {
		return raw
	}
	pairs := strings.Split(raw, "&")
	for i, pair := range pairs {
		name, value, _ := strings.Cut(pair, "=")
		if name, err := url.QueryUnescape(name); err == nil && strings.EqualFold(name, "filter") {
			pairs[i] = pair[:len(pair)-len(value)] + escapeLiterals(value)
		}
	}
	return strings.Join(pairs, "&")
}

// escapeLiterals does so in one filter of the query.
func escapeLiterals(raw string) string {
	var b strings.Builder
	start := -1 // of the literal
	for i := 0; i < len(raw); {
		c, width := queryByte(raw[i:])
		switch {
		case c == '"' && start < 0:
			start = i + width
			b.WriteString(raw[i:start])
		case c == '"':
			b.WriteString(escapeAddress(raw[start:i]) + raw[i:i+width])
			start = -1
		case c == '\\' && start >= 0: // what follows is part of the literal
			_, next := queryByte(raw[i+width:])
			width += next
		case start < 0:
			b.WriteString(raw[i : i+width])
		}
		i += width
	}
	if start >= 0 {
		b.WriteString(raw[start:])
	}
	return b.String()
}

// queryByte decodes the next byte of a query, and returns how many bytes it takes there; 0 at the
// end.
func queryByte(raw string) (c byte, width int) {
	if raw == "" {
		return 0, 0
	}
	if raw[0] == '%' && len(raw) >= 3 {
		if s, err := url.PathUnescape(raw[:3]); err == nil {
			return s[0], 3
		}
	}
	return raw[0], 1
}

// escapeAddress escapes the plus signs of a literal if it is an e-mail address with them.
func escapeAddress(raw string) string {
	text, err := url.PathUnescape(raw) // which does not change a plus
	at := strings.LastIndexByte(text, '@')
	if err != nil || at < 0 || strings.Contains(text, " ") || strings.Contains(text[at:], "+") {
		return raw
	}
	return strings.ReplaceAll(raw, "+", "%2B")
}
