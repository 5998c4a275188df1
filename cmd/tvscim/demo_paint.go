package main

import "strings"

// paint reports whether text is coloured.
type paint bool

// The colours and styles of ECMA-48 that a rehearsal uses.
const (
	bold       = "1"
	faint      = "2"
	underlined = "1;4"
	green      = "32"
	yellow     = "33"
	cyan       = "36"
)

// in returns text in a colour, or unchanged if colours are off.
func (p paint) in(colour, text string) string {
	if !p {
		return text
	}
	return "\x1b[" + colour + "m" + text + "\x1b[0m"
}

// wantsColour reports whether the terminal shows colours and NO_COLOR does not forbid them, which
// it does if it is not empty (no-color.org).
func wantsColour(environ []string) paint {
	terminal, none := "", ""
	for _, entry := range environ {
		switch name, value, _ := strings.Cut(entry, "="); name {
		case "TERM":
			terminal = value
		case "NO_COLOR":
			none = value
		}
	}
	return paint(none == "" && terminal != "" && terminal != "dumb")
}
