package tvfake

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
)

// userWire is a user as GET /users shows it. The short list has the first three members only.
type userWire struct {
	ID                string  `json:"id"`
	Name              string  `json:"name"`
	Email             string  `json:"email,omitempty"`
	Permissions       *string `json:"permissions,omitempty"`
	Active            *bool   `json:"active,omitempty"`
	LogSessions       *bool   `json:"log_sessions,omitempty"`
	ShowCommentWindow *bool   `json:"show_comment_window,omitempty"`
	OnlineState       string  `json:"online_state,omitempty"`
	UserRoleID        string  `json:"userRoleId,omitempty"`
	TFAEnforcement    *bool   `json:"tfa_enforcement,omitempty"`
	SSOStatus         *int    `json:"sso_status,omitempty"`
	LastAccessDate    string  `json:"last_access_date,omitempty"`
}

// The values of sso_status that the emulator shows.
const (
	ssoActive      = 1
	ssoNotIncluded = 6
)

func (a *account) shortWire() userWire {
	return userWire{ID: formatUserID(a.number), Name: a.name, Email: a.email}
}

func (a *account) wire(v Variant) userWire {
	w := a.shortWire()
	w.Permissions, w.LogSessions, w.ShowCommentWindow = new(""), new(false), new(false)
	w.OnlineState = "Offline"
	if !a.active || !v.ActiveOmitted {
		w.Active = &a.active
	}
	if len(a.roles) > 0 {
		w.UserRoleID = a.roles[0]
	}
	w.TFAEnforcement = &a.tfaEnforced
	w.SSOStatus = new(ssoNotIncluded)
	if a.sso != "" {
		w.SSOStatus = new(ssoActive)
	}
	if a.ssoStatus != 0 {
		w.SSOStatus = &a.ssoStatus
	}
	w.LastAccessDate = a.lastAccess
	return w
}

// listUsers shows the users of the company in one answer (GET /users).
func (c *Company) listUsers(r *request) (answer, error) {
	v := c.server.variant
	full, err := flag(r, "full_list")
	if err != nil {
		return answer{}, err
	}
	current := c.past.users.view(v.ListLag, c.users)
	wanted := v.userFilter(r.query.Get("email"), r.query.Get("name"))
	numbers := slices.DeleteFunc(listed(c.server, current), func(number int32) bool { return !wanted(current[number]) })
	var users []*account
	for _, number := range shorten(r, numbers, c.owner) {
		users = append(users, current[number])
	}
	wire := (*account).shortWire
	if full {
		wire = func(a *account) userWire { return a.wire(v) }
	}
	return answer{status: http.StatusOK, contentType: typeJSON, write: func(w io.Writer) error {
		return writeUsers(w, users, wire, v.EmptyWithoutUsers)
	}}, nil
}

// writeUsers writes one user after the other.
func writeUsers(w io.Writer, users []*account, wire func(*account) userWire, emptyWithoutKey bool) error {
	open, shut := `{"users":[`, "]}"
	if len(users) == 0 && emptyWithoutKey {
		open, shut = "{", "}"
	}
	if _, err := io.WriteString(w, open); err != nil {
		return err
	}
	between := ""
	for _, a := range users {
		text, err := json.Marshal(wire(a))
		if err != nil {
			return err
		}
		if _, err := io.WriteString(w, between); err != nil {
			return err
		}
		between = ","
		if _, err := w.Write(text); err != nil {
			return err
		}
	}
	_, err := io.WriteString(w, shut)
	return err
}

// userFilter is the filter of GET /users: exact addresses, comma between them, and a part of the
// name.
func (v Variant) userFilter(emails, name string) func(*account) bool {
	fold := foldUnicode
	if v.FilterMindsCase {
		fold = func(s string) string { return s }
	}
	addresses := map[string]bool{}
	for email := range strings.SplitSeq(emails, ",") {
		addresses[fold(strings.TrimSpace(email))] = true
	}
	byEmail := func(a *account) bool { return addresses[fold(a.email)] }
	byName := func(a *account) bool { return strings.Contains(fold(a.name), fold(name)) }
	switch {
	case emails == "" && name == "":
		return func(*account) bool { return true }
	case name == "":
		return byEmail
	case emails == "":
		return byName
	case v.FiltersOr:
		return func(a *account) bool { return byEmail(a) || byName(a) }
	}
	return func(a *account) bool { return byEmail(a) && byName(a) }
}

// flag reads a boolean query parameter in any case; absent is false.
func flag(r *request, name string) (bool, error) {
	switch value := r.query.Get(name); {
	case strings.EqualFold(value, "true"):
		return true, nil
	case value == "", strings.EqualFold(value, "false"):
		return false, nil
	default:
		return false, badRequest("%s: %q is neither true nor false", name, value)
	}
}
