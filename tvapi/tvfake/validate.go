package tvfake

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf16"
)

// The limits of the OpenAPI document (UsersPostParameters, UserGroupNameParameters).
const (
	minEmail     = 6
	maxEmail     = 100
	minName      = 2
	maxName      = 50
	maxGroupName = 100
	maxRoleName  = 50
	maxMembers   = 100 // accounts in one member or role call
	minPassword  = 6
)

// emailPattern is TeamViewer's address pattern without its lookahead, which Go has not: shutOut
// stands for that. The class between the runs is written out where TeamViewer has the range from '
// to +.
var emailPattern = regexp.MustCompile(
	`^[a-zA-Z0-9_-]+([='()*+.][a-zA-Z0-9_-]+)*@([a-zA-Z0-9](-?[a-zA-Z0-9])*\.)+[a-zA-Z]{2,}$`)

// shutOut are the throw-away domains that the lookahead excludes.
func shutOut(domain string) bool {
	return slices.Contains([]string{"rppkn.com", "nwldx.com", "bobmail.info", "asdasd.ru"}, domain)
}

func checkEmail(email string) error {
	if n := units(email); n < minEmail || n > maxEmail {
		return badRequest("email: the length must be between %d and %d", minEmail, maxEmail)
	}
	if !emailPattern.MatchString(email) || shutOut(email[strings.LastIndexByte(email, '@')+1:]) {
		return badRequest("email: the address is not valid")
	}
	return nil
}

func checkName(field, name string, least, most int) error {
	if n := units(name); n < least || n > most {
		return badRequest("%s: the length must be between %d and %d", field, least, most)
	}
	return nil
}

// checkLanguage knows the languages of the manual's list.
func checkLanguage(language string) error {
	known := strings.Fields("bg cs da de el en es fi fr hr hu id it ja ko lt nl no pl pt ro ru sk sr sv th tr uk vi zh_CN zh_TW")
	if !slices.Contains(known, language) {
		return badRequest("language: %q is not known", language)
	}
	return nil
}

// checkPassword is the old rule: six characters of two classes.
func checkPassword(v Variant, password string) error {
	if v.PasswordAny && password != "" {
		return nil
	}
	classes := map[int]bool{}
	for _, r := range password {
		switch {
		case unicode.IsLower(r):
			classes[0] = true
		case unicode.IsUpper(r):
			classes[1] = true
		case unicode.IsDigit(r):
			classes[2] = true
		default:
			classes[3] = true
		}
	}
	if units(password) < minPassword || len(classes) < 2 {
		return badRequest("password: it must have %d characters of two classes", minPassword)
	}
	return nil
}

// units is the length of a text as .NET counts it: in UTF-16 units.
func units(s string) int {
	n := 0
	for _, r := range s {
		n += max(utf16.RuneLen(r), 1)
	}
	return n
}
