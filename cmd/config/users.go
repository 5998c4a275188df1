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

// keepable returns the attributes of a user that can be kept: those of RFC 7643 section 4.1 that a
// client may write, except the password, and the extension of section 4.3 with its attributes.
func keepable() []string {
	const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	names := strings.Fields("userName name displayName nickName profileUrl title userType preferredLanguage locale timezone active " +
		"emails phoneNumbers ims photos addresses entitlements roles x509Certificates")
	names = append(names, enterprise)
	for _, name := range strings.Fields("employeeNumber costCenter organization division department manager") {
		names = append(names, enterprise+":"+name)
	}
	return names
}

// warnKeep warns about entries that name no attribute of a user, and so have no effect.
func warnKeep(found *Problems, keep []string) {
	for i, entry := range keep {
		known := keepable()
		same := func(name string) bool { return strings.EqualFold(name, entry) }
		if entry == keepAll || slices.ContainsFunc(known, same) {
			continue
		}
		remedy := remove
		if inside := slices.IndexFunc(known, func(name string) bool { return hasSuffixFold(name, ":"+entry) }); inside >= 0 {
			remedy = didYouMean(known[inside])
		} else if near := nearest(entry, known); near != "" {
			remedy = didYouMean(near)
		}
		found.add(fmt.Sprintf("users.keep[%d]", i), "%s is no attribute of a user in RFC 7643 that can be kept, so this has no effect%s", entry, remedy)
	}
}

func hasSuffixFold(text, suffix string) bool {
	return len(text) >= len(suffix) && strings.EqualFold(text[len(text)-len(suffix):], suffix)
}
