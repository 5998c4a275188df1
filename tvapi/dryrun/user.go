package dryrun

import (
	"cmp"
	"encoding/json"
	"hash/fnv"
	"net/http"

	"tvscim/tvapi"
)

// user is what is known of one user: what TeamViewer showed last, and what the dry run changed.
type user struct {
	shown    userWire // by TeamViewer; for an invented user, as it was created
	change   userWire // fields that are not nil replace those of shown
	invented bool
	gone     bool // removed from the company
	keeps    bool // its account keeps the address although it is gone
}

// userWire is a user on the wire, in requests and answers.
type userWire struct {
	Email  *string `json:"email,omitempty"`
	Name   *string `json:"name,omitempty"`
	Active *bool   `json:"active,omitempty"`
}

// over returns the fields of w, or those of below where w has none.
func (w userWire) over(below userWire) userWire {
	return userWire{cmp.Or(w.Email, below.Email), cmp.Or(w.Name, below.Name), cmp.Or(w.Active, below.Active)}
}

// now returns the user as it is shown.
func (u *user) now() userWire { return u.change.over(u.shown) }

// email returns the address of the user, folded; "" if it has none.
func (u *user) email() string {
	if e := u.now().Email; e != nil {
		return tvapi.FoldEmail(*e)
	}
	return ""
}

// holds reports whether the user's account has the folded address.
func (u *user) holds(email string) bool {
	return u != nil && (!u.gone || u.keeps) && u.email() == email
}

// sawUser remembers a user as TeamViewer shows it.
func (t *Transport) sawUser(id tvapi.UserID, w userWire) {
	u := t.users[id]
	if u == nil {
		u = &user{}
		t.users[id] = u
	}
	u.shown = w
	if email := u.email(); email != "" && !t.users[t.byEmail[email]].holds(email) {
		t.byEmail[email] = id
	}
}

// taken returns the refusal of an address that the account of a user other than self has, nil if
// none has it. A user whose address the dry run did not change may have another one by now, which
// is asked of TeamViewer.
func (t *Transport) taken(r *http.Request, email string, self tvapi.UserID) error {
	key := tvapi.FoldEmail(email)
	t.mu.Lock()
	id := t.byEmail[key]
	u := t.users[id]
	held := id != self && u.holds(key)
	certain := held && (u.invented || u.gone || u.change.Email != nil)
	t.mu.Unlock()
	if held && !certain {
		err := t.exists(r, userPath(r, id))
		if !isRefusal(err) {
			return err
		}
		t.mu.Lock()
		held = err == nil && t.users[id].holds(key)
		t.mu.Unlock()
	}
	if held {
		return refuse(http.StatusBadRequest, "email_in_use", "The email address is already in use.")
	}
	return nil
}

// createUser answers POST /users.
func (t *Transport) createUser(r *http.Request, body []byte) (answer, error) {
	var w userWire
	if err := json.Unmarshal(body, &w); err != nil || w.Email == nil || w.Name == nil {
		return answer{}, refuse(http.StatusBadRequest, "invalid_request", "email and name are required")
	}
	if err := t.taken(r, *w.Email, 0); err != nil {
		return answer{}, err
	}
	active := true // a POST creates an active user, whatever it says
	w.Active = &active
	t.mu.Lock()
	defer t.mu.Unlock()
	key := tvapi.FoldEmail(*w.Email)
	number := hashOf(key)
	for t.users[tvapi.InventUserID(number)] != nil { // of another address, or of a user who is gone
		number++
	}
	id := tvapi.InventUserID(number)
	t.users[id] = &user{shown: w, invented: true}
	t.byEmail[key] = id
	return jsonAnswer(http.StatusOK, wholeUser(id, w)), nil
}

// wholeUser returns a user that only the dry run knows, as GET shows it.
func wholeUser(id tvapi.UserID, w userWire) any {
	return struct {
		ID string `json:"id"`
		userWire
	}{id.String(), w}
}

// hashOf returns a number that depends on the text only.
func hashOf(text string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(text)) // never fails
	return h.Sum64()
}

// changeUser answers PUT /users/{id}.
func (t *Transport) changeUser(r *http.Request, id tvapi.UserID, body []byte) (answer, error) {
	var w userWire
	if err := json.Unmarshal(body, &w); err != nil {
		return answer{}, refuse(http.StatusBadRequest, "invalid_request", "the body is not valid JSON")
	}
	if err := t.findUser(r, id); err != nil {
		return answer{}, err
	}
	if w.Email != nil {
		if err := t.taken(r, *w.Email, id); err != nil {
			return answer{}, err
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	u := t.users[id]
	u.change = w.over(u.change)
	if w.Email != nil {
		t.byEmail[u.email()] = id
	}
	return answer{status: http.StatusNoContent}, nil
}

// dropUser answers DELETE /users/{id}.
func (t *Transport) dropUser(r *http.Request, id tvapi.UserID) (answer, error) {
	if err := t.findUser(r, id); err != nil {
		return answer{}, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	u := t.users[id]
	u.gone, u.keeps = true, r.URL.Query().Get("isPermanentDelete") != "true"
	return answer{status: http.StatusNoContent}, nil
}

// findUser returns nil if the user is in the company. TeamViewer is asked about one whom no read
// has shown.
func (t *Transport) findUser(r *http.Request, id tvapi.UserID) error {
	t.mu.Lock()
	u := t.users[id]
	t.mu.Unlock()
	switch {
	case u != nil && u.gone, u == nil && id.Invented():
		return refuse(http.StatusNotFound, "not_found", "The user was not found.")
	case u != nil:
		return nil
	default:
		return t.exists(r, userPath(r, id))
	}
}
