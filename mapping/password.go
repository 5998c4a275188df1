package mapping

import (
	"crypto/rand"
	"errors"
	"math/big"
	"strings"

	"tvscim/tvapi"
)

// passwordClasses are the four classes of characters that password rules ask for. Characters that
// look alike are included, since no person types these passwords.
var passwordClasses = []string{
	"ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz", "0123456789", "!#$%&*+-.:=?@_",
}

const passwordLength = 24

// needsPassword reports whether TeamViewer refused to create a user without a password, which it
// does for some companies. There is no error code for it, so the text decides.
func needsPassword(err error) bool {
	e, ok := errors.AsType[*tvapi.Error](err)
	return ok && e.Kind == tvapi.KindInvalid && strings.Contains(strings.ToLower(e.Description), "password")
}

// randomPassword returns a random password. It is neither stored nor shown: the user sets another
// one with TeamViewer's "forgot password".
func randomPassword() *string {
	all := strings.Join(passwordClasses, "")
	p := make([]byte, 0, passwordLength)
	for _, class := range passwordClasses { // the first characters are one of each class
		p = append(p, pick(class))
	}
	for len(p) < passwordLength {
		p = append(p, pick(all))
	}
	for i := len(p) - 1; i > 0; i-- {
		j := below(i + 1)
		p[i], p[j] = p[j], p[i]
	}
	s := string(p)
	return &s
}

func pick(from string) byte { return from[below(len(from))] }

// below returns a random number of 0 to n-1 from the system's secure source, which does not fail.
func below(n int) int {
	i, err := rand.Int(rand.Reader, big.NewInt(int64(n)))
	if err != nil {
		panic(err) // unreachable by crypto/rand's documentation
	}
	return int(i.Int64())
}
