package tvapi

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode"
)

// clean returns an external text for one log line: without secrets and control characters, at most
// most bytes.
func clean(s string, most int, secrets []string) string {
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, redact(s, secrets...))
	s = strings.Join(strings.Fields(s), " ")
	return strings.ToValidUTF8(s[:min(len(s), most)], "") // without the part of a character
}

// hide returns a copy of the change with its secrets redacted.
func (w wireUserChange) hide() wireUserChange {
	w.wireSecrets = wireSecrets(UserSecrets(w.wireSecrets).hide())
	return w
}

// format writes the change as JSON, secrets hidden, for every verb of fmt.
func (w wireUserChange) format(f fmt.State) {
	text, _ := json.Marshal(w.hide()) // strings and bools always marshal
	_, _ = f.Write(text)
}

// MarshalJSON returns the body of the call with secrets redacted, for logs and plans.
func (u UserCreate) MarshalJSON() ([]byte, error) { return json.Marshal(u.wire().hide()) }

// MarshalJSON returns the body of the call with secrets redacted, for logs and plans.
func (u UserUpdate) MarshalJSON() ([]byte, error) { return json.Marshal(u.wire().hide()) }

// Format prints the text of MarshalJSON, whatever the verb.
func (u UserCreate) Format(f fmt.State, _ rune) { u.wire().format(f) }

// Format prints the text of MarshalJSON, whatever the verb.
func (u UserUpdate) Format(f fmt.State, _ rune) { u.wire().format(f) }

// Format prints only the address of the Web API, whatever the verb.
func (o Options) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, o.String()) }

// Format prints only the address of the Web API, whatever the verb. It has a value receiver, since
// fmt would print the fields of a copy.
func (c Client) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }
