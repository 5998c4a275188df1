package tvapi

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// clean makes a text from outside fit for one line of a log: no secrets, nothing that a terminal
// would obey, at most most bytes.
func clean(s string, most int, secrets []string) string {
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, redact(s, secrets...))
	return clip(strings.Join(strings.Fields(s), " "), most)
}

// clip cuts s to at most most bytes, between characters.
func clip(s string, most int) string {
	if len(s) <= most {
		return s
	}
	for most > 0 && !utf8.RuneStart(s[most]) {
		most--
	}
	return s[:most]
}

// hide returns the change with its secrets replaced: it may be shown.
func (w wireUserChange) hide() wireUserChange {
	shown := redacted
	if w.Password != nil {
		w.Password = &shown
	}
	if w.SSOCustomerID != nil {
		w.SSOCustomerID = &shown
	}
	return w
}

// format writes the change as JSON, secrets hidden, for every verb of fmt.
func (w wireUserChange) format(f fmt.State) {
	text, _ := json.Marshal(w.hide()) // strings and bools always marshal
	_, _ = f.Write(text)
}

// MarshalJSON writes what would be sent, with secrets hidden, for logs and plans.
func (u UserCreate) MarshalJSON() ([]byte, error) { return json.Marshal(u.wire().hide()) }

// MarshalJSON writes what would be sent, with secrets hidden, for logs and plans.
func (u UserUpdate) MarshalJSON() ([]byte, error) { return json.Marshal(u.wire().hide()) }

// Format prints what MarshalJSON writes, whatever the verb.
func (u UserCreate) Format(f fmt.State, _ rune) { u.wire().format(f) }

// Format prints what MarshalJSON writes, whatever the verb.
func (u UserUpdate) Format(f fmt.State, _ rune) { u.wire().format(f) }

// Format prints the address of the Web API and nothing else, whatever the verb.
func (o Options) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, o.String()) }

// Format prints the address of the Web API and nothing else, whatever the verb. It is a method of
// the value, since fmt would look into a copy as deep as it goes.
func (c Client) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }
