package config

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

func (u Users) check(found *Problems) {
	checkOneOf(found, "users.on_delete", u.OnDelete, OnDeleteDeactivate, OnDeleteRemove, OnDeleteDelete)
	if !slices.Contains(languages(), u.Language) {
		found.add("users.language", "must be one of TeamViewer's languages: %s", strings.Join(languages(), " "))
	}
	checkKeep(found, u.Keep)
}

// languages returns the codes that TeamViewer accepts for a new user (TeamViewer Web API: POST
// /users, language). Norwegian is "no"; only the Chinese ones have a region.
func languages() []string {
	return strings.Fields("bg cs da de el en es fi fr hr hu id it ja ko lt nl no pl pt ro ru sk sr sv th tr uk vi zh_CN zh_TW")
}

// keepAll is the entry of users.keep that means all attributes.
const keepAll = "*"

// keepEntry is an attribute name of RFC 7643 section 2.1, alone or after the URN of its schema.
var keepEntry = regexp.MustCompile(`^(?i:urn:[a-z0-9][a-z0-9-]{0,31}(:[a-z0-9._~-]+)+:)?[A-Za-z][A-Za-z0-9$_-]*$`)

func checkKeep(found *Problems, keep []string) {
	for i, entry := range keep {
		key := fmt.Sprintf("users.keep[%d]", i)
		// Attribute names and URNs are compared without case (RFC 7643 section 2.1).
		same := func(other string) bool { return strings.EqualFold(entry, other) }
		switch {
		case entry == keepAll && len(keep) > 1:
			found.add(key, `%q keeps every attribute; remove the other entries`, keepAll)
		case entry != keepAll && !keepEntry.MatchString(entry):
			found.add(key, `must be the name of an attribute, the URN of one, or %q`, keepAll)
		case slices.ContainsFunc(keep[:i], same):
			found.add(key, "is a duplicate; remove it")
		}
	}
}
