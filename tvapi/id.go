package tvapi

import (
	"fmt"
	"math"
	"strconv"
)

// UserID is the number of a TeamViewer account. The users functions write it "u123" and the members
// functions 123; both mean UserID 123. Zero and negative numbers are not valid and are refused by
// every call.
type UserID int32

// ParseUserID reads the form "u123": the letter and decimal digits without a leading zero, at most
// the greatest int32. Anything else is an error; a number that does not fit is never narrowed to
// another id.
func ParseUserID(s string) (UserID, error) {
	if len(s) == 0 || s[0] != 'u' {
		return 0, fmt.Errorf("user id %.40q: not of the form u123", s)
	}
	n, ok := parseID(s[1:], math.MaxInt32)
	if !ok {
		return 0, fmt.Errorf("user id %.40q: not of the form u123", s)
	}
	return UserID(n), nil
}

// String returns the form "u123".
func (id UserID) String() string { return "u" + strconv.FormatInt(int64(id), 10) }

// Valid reports whether the id can be that of an account.
func (id UserID) Valid() bool { return id > 0 }

// The ids of users and groups that a dry run invents: 2^24 and 2^48 numbers near the end of their
// range, which no counter that begins at 1 is expected to reach. The last numbers are left out:
// they are what tests and mistakes name.
const (
	inventedUsers  = 1 << 24
	inventedGroups = 1 << 48
	lastUser       = math.MaxInt32 - inventedUsers
	lastGroup      = math.MaxInt64 - inventedGroups
)

// Invented reports whether the id is in the range of those that a dry run invents. Without
// [Options.DryRun] no call is made with such an id.
func (id UserID) Invented() bool { return lastUser-inventedUsers < id && id <= lastUser }

// InventUserID returns an id for which Invented is true, the same for the same number.
func InventUserID(n uint64) UserID { return UserID(lastUser - int32(n%inventedUsers)) }

// MarshalText returns "u123"; an id that is not valid is an error.
func (id UserID) MarshalText() ([]byte, error) {
	if !id.Valid() {
		return nil, fmt.Errorf("user id %d: not positive", int32(id))
	}
	return []byte(id.String()), nil
}

// UnmarshalText reads what [ParseUserID] reads.
func (id *UserID) UnmarshalText(text []byte) error {
	parsed, err := ParseUserID(string(text))
	if err != nil {
		return err
	}
	*id = parsed
	return nil
}

// GroupID is the number of a TeamViewer user group (not of a contact group, whose ids look like
// "g123"). The zero value and negative numbers are refused by every call.
type GroupID int64

// ParseGroupID reads decimal digits without a leading zero, at most the greatest int64. Anything
// else is an error.
func ParseGroupID(s string) (GroupID, error) {
	n, ok := parseID(s, math.MaxInt64)
	if !ok {
		return 0, fmt.Errorf("usergroup id %.40q: not a positive number", s)
	}
	return GroupID(n), nil
}

// String returns the decimal digits.
func (id GroupID) String() string { return strconv.FormatInt(int64(id), 10) }

// Valid reports whether the id can be that of a user group.
func (id GroupID) Valid() bool { return id > 0 }

// Invented is [UserID.Invented] for groups.
func (id GroupID) Invented() bool { return lastGroup-inventedGroups < id && id <= lastGroup }

// InventGroupID is [InventUserID] for groups.
func InventGroupID(n uint64) GroupID { return GroupID(lastGroup - int64(n%inventedGroups)) }

// parseID parses a positive decimal number in its canonical form only. Two spellings of one id
// would be two map keys for one account.
func parseID(s string, greatest int64) (int64, bool) {
	if len(s) == 0 || len(s) > len("9223372036854775807") || s[0] == '0' {
		return 0, false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n > greatest {
		return 0, false
	}
	return n, true
}

// validRoleID reports whether s is a GUID, the form of TeamViewer's role ids.
func validRoleID(s string) bool {
	const form = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"
	if len(s) != len(form) {
		return false
	}
	for i := range len(s) {
		if form[i] == '-' {
			if s[i] != '-' {
				return false
			}
			continue
		}
		if !isHex(s[i]) {
			return false
		}
	}
	return true
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}
