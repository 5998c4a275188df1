package gateway_test

import (
	"net/http"
	"testing"
	"time"

	"tvscim/tvapi/tvfake"
)

// binned is the userName that Entra gives to a user in its recycle bin.
const binned = "0f8b6a2c4d1e4b7a9c3d5e6f708192a3"

// TestRecycleBinEndsWithActivation: a user in Entra's recycle bin is activated in the console. The
// user is found by the address again, and by no other name.
func TestRecycleBinEndsWithActivation(t *testing.T) {
	in(t, staging{}, func(t *testing.T, s *stage) {
		const address = "nora.vale@contoso.example"
		id := s.user(address)
		no := false
		s.status(t, http.StatusOK, "PATCH", "/Users/"+id, legacy.change(&no, attr{"userName", binned + address}))
		s.wantFound(t, "/Users", "userName", binned+address, id)
		s.fake.ChangeUser(id, func(u *tvfake.User) { u.Active = true })
		time.Sleep(2 * age)
		s.wantFound(t, "/Users", "userName", address, id)
		if found := s.foundBy(t, "/Users", "userName", binned+address); found != nil {
			t.Errorf("the name of the recycle bin finds %v", found)
		}
		s.status(t, http.StatusConflict, "POST", "/Users", newUser(address))
		s.wantFound(t, "/Users", "externalId", address, id)
	})
}

// TestRecycleBinNamesNobody: the name in TeamViewer of a user without displayName is not made of
// the userName of the recycle bin.
func TestRecycleBinNamesNobody(t *testing.T) {
	in(t, staging{}, func(t *testing.T, s *stage) {
		const address = "nora.vale@contoso.example"
		id := s.made(t, "/Users", `{"userName":"`+address+`"}`)
		before, _ := s.fake.User(id)
		no := false
		s.status(t, http.StatusOK, "PATCH", "/Users/"+id, legacy.change(&no, attr{"userName", binned + address}))
		s.status(t, http.StatusOK, "PATCH", "/Users/"+id, legacy.change(nil, attr{"displayName", ""}))
		if u, _ := s.fake.User(id); u.Name != before.Name || u.Email != before.Email || u.Active {
			t.Errorf("TeamViewer has %+v, want %+v but inactive", u, before)
		}
	})
}
