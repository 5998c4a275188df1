package config

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// mostGroupName is the length of a user group's name in TeamViewer, in characters.
const mostGroupName = 100

func (p Protect) check(found *Problems) {
	for i, glob := range p.Emails {
		key := fmt.Sprintf("protect.emails[%d]", i)
		word := func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
		switch {
		case glob == "" || strings.ContainsFunc(glob, func(r rune) bool { return r <= ' ' || r > '~' }):
			found.add(key, "must be an address, or a glob such as *@admins.example.com, in ASCII and without spaces")
		case !strings.ContainsFunc(glob, word):
			found.add(key, "matches every user, so that nobody could be deprovisioned; name a part of the address")
		case !strings.ContainsAny(glob, "@*"):
			found.add(key, "matches no address, which has an @; write the whole address, or a glob such as name@*")
		case duplicate(p.Emails[:i], glob):
			found.add(key, "is a duplicate; remove it")
		}
	}
	for i, name := range p.Groups {
		key := fmt.Sprintf("protect.groups[%d]", i)
		switch {
		case strings.TrimSpace(name) != name || name == "" || utf8.RuneCountInString(name) > mostGroupName:
			found.add(key, "must be the name of a TeamViewer user group: 1 to %d characters, without spaces at its ends", mostGroupName)
		case duplicate(p.Groups[:i], name):
			found.add(key, "is a duplicate; remove it")
		}
	}
}

// duplicate reports whether the entries have the text, in any letter case.
func duplicate(entries []string, text string) bool {
	return slices.ContainsFunc(entries, func(other string) bool { return strings.EqualFold(other, text) })
}
