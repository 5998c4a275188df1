package gateway_test

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tvscim/cmd/config"
	"tvscim/tvapi/tvfake"
)

// ownerAlone is a list of users that is valid and lacks all but the token's owner.
func (s *stage) ownerAlone() tvfake.Fault {
	owner, _ := s.fake.User(s.fake.OwnerID())
	return tvfake.Fault{Function: listUsers, Status: http.StatusOK, ContentType: "application/json",
		Body: fmt.Sprintf(`{"users":[{"id":%q,"name":%q,"email":%q,"active":true}]}`, owner.ID, owner.Name, owner.Email)}
}

// TestAShortListForgetsNothing: for an hour TeamViewer lists the token's owner alone. Afterwards
// every user is found by its externalId, a deleted one is still deleted, and what was kept on disk
// is there.
func TestAShortListForgetsNothing(t *testing.T) {
	for name, users := range map[string]int{"few users": 4, "many users": 30} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "links.db")
			synctest.Test(t, func(t *testing.T) {
				s := newStage(t, staging{direct: true, settings: storing(path)})
				var ids []string
				for i := range users {
					a := s.status(t, http.StatusCreated, "POST", "/Users", fmt.Sprintf(`{"userName":"user%d@contoso.example","externalId":"ext-%d"}`, i, i))
					ids = append(ids, fmt.Sprint(a.json(t)["id"]))
				}
				s.status(t, http.StatusNoContent, "DELETE", "/Users/"+ids[0], "")
				mend := s.fake.Fail(s.ownerAlone())
				for range 30 {
					time.Sleep(2 * time.Minute)
					s.do("GET", "/Users?filter="+eq("externalId", "ext-1"), "")
				}
				mend()
				for range 3 {
					time.Sleep(2 * time.Minute)
					s.do("GET", "/Users", "")
				}
				s.status(t, http.StatusNotFound, "GET", "/Users/"+ids[0], "")
				for i, id := range ids[1:] {
					s.wantFound(t, "/Users", "externalId", fmt.Sprintf("ext-%d", i+1), id)
				}
				s.gateway.Close()
			})
			if out := records(t, path); strings.Count(out, `"externalId":"ext-`) < users-1 {
				t.Errorf("on disk:\n%s", out)
			}
		})
	}
}

// TestMemoryEndsAfterLongAbsence: a record outlives any absence of its object from lists but a long
// one.
func TestMemoryEndsAfterLongAbsence(t *testing.T) {
	month := func(c *config.Config, _ *tvfake.Server) { c.Store.ForgetAfter = 10 * 24 * time.Hour }
	for name, days := range map[string]int{"nine days": 9, "eleven days": 11} {
		t.Run(name, func(t *testing.T) {
			in(t, staging{settings: month}, func(t *testing.T, s *stage) {
				a := s.status(t, http.StatusCreated, "POST", "/Users", `{"userName":"nora.vale@contoso.example","externalId":"nora"}`)
				id := fmt.Sprint(a.json(t)["id"])
				group := fmt.Sprint(s.status(t, http.StatusCreated, "POST", "/Groups", `{"displayName":"Sales","externalId":"sales"}`).json(t)["id"])
				time.Sleep(2 * time.Hour)
				s.do("GET", "/Users", "")
				s.do("GET", "/Groups", "")
				users := s.fake.Fail(s.ownerAlone())
				groups := s.fake.Fail(tvfake.Fault{Function: listGroups, Status: http.StatusOK, ContentType: "application/json", Body: `{"resources":[]}`})
				for range days * 4 {
					time.Sleep(6 * time.Hour)
					s.do("GET", "/Users", "")
					s.do("GET", "/Groups", "")
				}
				users()
				groups()
				time.Sleep(2 * time.Hour)
				kept := 1
				if days > 10 {
					kept = 0
				}
				if ids := s.foundBy(t, "/Users", "externalId", "nora"); len(ids) != kept || kept == 1 && ids[0] != id {
					t.Errorf("found %v by externalId, want %d", ids, kept)
				}
				if ids := s.foundBy(t, "/Groups", "externalId", "sales"); len(ids) != kept || kept == 1 && ids[0] != group {
					t.Errorf("groups %v by externalId, want %d", ids, kept)
				}
			})
		})
	}
}

// TestAnOlderStoreHurtsNobody: a file of last month is put back. Its records say what was true
// then: an address that another account has by now, and a deletion of a user who is active again.
func TestAnOlderStoreHurtsNobody(t *testing.T) {
	path := filepath.Join(t.TempDir(), "links.db")
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, staging{direct: true, settings: storing(path)})
		nora, ola := s.user("nora.vale@contoso.example"), s.user("ola.lind@contoso.example")
		s.status(t, http.StatusOK, "PATCH", "/Users/"+nora, legacy.change(nil, attr{"userName", "nora.roth@contoso.example"}))
		s.status(t, http.StatusNoContent, "DELETE", "/Users/"+ola, "")
		s.gateway.Close()

		s.fake.ChangeUser(nora, func(u *tvfake.User) { u.Email = "nora.vale@contoso.example" })
		s.fake.ChangeUser(ola, func(u *tvfake.User) { u.Active = true })
		other := s.consoleUser("nora.roth@contoso.example")
		time.Sleep(30 * 24 * time.Hour)

		again := newStage(t, staging{direct: true, network: s.fake.Transport(), settings: func(c *config.Config, fake *tvfake.Server) {
			storing(path)(c, fake)
			c.TeamViewer.Token = config.NewSecret(s.fake.Token())
		}})
		again.wantFound(t, "/Users", "userName", "nora.roth@contoso.example", other)
		again.wantFound(t, "/Users", "userName", "nora.vale@contoso.example", nora)
		again.wantFound(t, "/Users", "userName", "ola.lind@contoso.example", ola)
		again.gateway.Close()
	})
}
