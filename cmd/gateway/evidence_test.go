package gateway_test

import (
	"fmt"
	"net/http"
	"strconv"
	"testing"
	"time"

	"tvscim/tvapi/tvfake"
)

// pastAge is a time after which the snapshots of users and of groups are past their age.
const pastAge = 6 * time.Minute

// withoutLists makes every load of a list fail, as when the day's calls of it are used up.
func (s *stage) withoutLists() (disarm func()) {
	users := s.fake.Fail(tvfake.Fault{Function: listUsers, Limit: true})
	groups := s.fake.Fail(tvfake.Fault{Function: listGroups, Limit: true})
	return func() { users(); groups() }
}

func (s *stage) consoleUser(userName string) string {
	return s.fake.AddUser(tvfake.User{Name: "Console " + userName, Email: userName, Active: true}).ID
}

func groupNumber(t *testing.T, id string) int64 {
	t.Helper()
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestASearchNeverFindsWhoHadTheName: no list can be loaded, and in the console one user is renamed
// and another one gets the old address. A search by that address finds no longer who had it, or the
// next PATCH would deactivate the wrong person.
func TestASearchNeverFindsWhoHadTheName(t *testing.T) {
	for _, kind := range []struct {
		path, attribute, name string
		prepare               func(s *stage) (first string)
		swap                  func(t *testing.T, s *stage, first string)
	}{
		{"/Users", "userName", "nora.vale@contoso.example",
			func(s *stage) string {
				s.consoleUser("ola.lind@contoso.example")
				return s.user("nora.vale@contoso.example")
			},
			func(_ *testing.T, s *stage, first string) {
				s.fake.ChangeUser(first, func(u *tvfake.User) { u.Email = "nora.roth@contoso.example" })
				for _, u := range s.fake.Users() {
					if u.Email == "ola.lind@contoso.example" {
						s.fake.ChangeUser(u.ID, func(u *tvfake.User) { u.Email = "nora.vale@contoso.example" })
					}
				}
			}},
		{"/Groups", "displayName", "Sales",
			func(s *stage) string { return s.group("Sales") },
			func(t *testing.T, s *stage, first string) {
				s.fake.ChangeGroup(groupNumber(t, first), func(g *tvfake.Group) { g.Name = "Retail" })
				s.fake.AddGroup("Sales")
			}},
	} {
		for name, filter := range map[string]string{
			"by name": eq(kind.attribute, kind.name),
			"or":      query(fmt.Sprintf(`%s eq %q or %s eq "x"`, kind.attribute, kind.name, kind.attribute)),
		} {
			t.Run(kind.path+" "+name, func(t *testing.T) {
				in(t, staging{}, func(t *testing.T, s *stage) {
					first := kind.prepare(s)
					s.status(t, http.StatusOK, "GET", kind.path, "")
					mend := s.withoutLists()
					kind.swap(t, s, first)
					time.Sleep(pastAge)
					if a := s.do("GET", kind.path+"?excludedAttributes=members&filter="+filter, ""); a.status < http.StatusTooManyRequests || a.header.Get("Retry-After") == "" {
						t.Errorf("%d %s, want 429 or 503 with Retry-After", a.status, a.body)
					}
					mend()
					time.Sleep(pastAge)
					ids := s.foundBy(t, kind.path, kind.attribute, kind.name)
					if len(ids) != 1 || ids[0] == first {
						t.Errorf("found %v, want the one who has the name now and not %s", ids, first)
					}
				})
			})
		}
	}
}

// TestAHitOfAnOldSnapshotIsConfirmed: while no list can be loaded, a search that finds is answered
// after TeamViewer was asked about the one it finds; for want of an answer it is no answer.
func TestAHitOfAnOldSnapshotIsConfirmed(t *testing.T) {
	in(t, staging{}, func(t *testing.T, s *stage) {
		id, group := s.user("nora.vale@contoso.example"), s.group("Sales")
		defer s.withoutLists()()
		time.Sleep(pastAge)
		before := s.fake.Count("GET /users/{id}")
		s.wantFound(t, "/Users", "userName", "nora.vale@contoso.example", id)
		s.wantFound(t, "/Groups", "displayName", "Sales", group)
		if n := s.fake.Count("GET /users/{id}") - before; n != 1 {
			t.Errorf("%d users were asked about, want 1", n)
		}
		time.Sleep(pastAge)
		s.fake.Fail(tvfake.Fault{Function: "GET /users/{id}", Status: http.StatusInternalServerError})
		s.fake.Fail(tvfake.Fault{Function: "GET /usergroups/{id}", Status: http.StatusInternalServerError})
		for _, path := range []string{
			"/Users?filter=" + eq("userName", "nora.vale@contoso.example"), "/Users/" + id, "/Users",
			"/Groups?excludedAttributes=members&filter=" + eq("displayName", "Sales"), "/Groups/" + group,
		} {
			if a := s.do("GET", path, ""); a.status != http.StatusServiceUnavailable && a.status != http.StatusTooManyRequests {
				t.Errorf("GET %s: %d %s", path, a.status, a.body)
			}
		}
	})
}

// TestAChangeByIDNeedsNoAnswer: a change that names the id is sent, whatever can be read, and an
// end of access above all.
func TestAChangeByIDNeedsNoAnswer(t *testing.T) {
	for name, known := range map[string]bool{"known from long ago": true, "never seen": false} {
		for _, request := range []struct{ method, body string }{
			{"PATCH", patchOf(inactive)}, {"PUT", `{"userName":"nora.vale@contoso.example","active":false}`}, {"DELETE", ""},
		} {
			t.Run(request.method+" "+name, func(t *testing.T) {
				in(t, staging{}, func(t *testing.T, s *stage) {
					id := s.consoleUser("nora.vale@contoso.example")
					if known {
						s.status(t, http.StatusOK, "GET", "/Users", "")
						time.Sleep(pastAge)
					}
					s.withoutLists()
					s.fake.Fail(tvfake.Fault{Function: "GET /users/{id}", Limit: true})
					a := s.do(request.method, "/Users/"+id, request.body)
					if u, _ := s.fake.User(id); u.Active {
						t.Errorf("still active; the answer was %d %s", a.status, a.body)
					}
				})
			})
		}
	}
	t.Run("another name", func(t *testing.T) {
		in(t, staging{}, func(t *testing.T, s *stage) {
			id, group := s.user("nora.vale@contoso.example"), s.group("Sales")
			time.Sleep(pastAge)
			s.withoutLists()
			s.fake.Fail(tvfake.Fault{Function: "GET /users/{id}", Limit: true})
			s.fake.Fail(tvfake.Fault{Function: "GET /usergroups/{id}", Limit: true})
			s.status(t, http.StatusOK, "PATCH", "/Users/"+id, legacy.change(nil, attr{"displayName", "Nora Roth"}))
			s.status(t, http.StatusNoContent, "PATCH", "/Groups/"+group, legacy.change(nil, attr{"displayName", "Retail"}))
			if u, _ := s.fake.User(id); u.Name != "Nora Roth" {
				t.Errorf("TeamViewer holds %q", u.Name)
			}
		})
	})
}

// TestAnOldSnapshotDecidesNo409: a name that the console has given up is free, whatever an old
// snapshot says.
func TestAnOldSnapshotDecidesNo409(t *testing.T) {
	in(t, staging{}, func(t *testing.T, s *stage) {
		ola, nora := s.consoleUser("ola.lind@contoso.example"), s.user("nora.vale@contoso.example")
		first, second := s.group("Sales"), s.group("Depot")
		s.status(t, http.StatusOK, "GET", "/Users", "")
		s.withoutLists()
		s.fake.ChangeUser(ola, func(u *tvfake.User) { u.Email = "ola.berg@contoso.example" })
		s.fake.ChangeGroup(groupNumber(t, first), func(g *tvfake.Group) { g.Name = "Retail" })
		time.Sleep(pastAge)
		s.status(t, http.StatusOK, "PATCH", "/Users/"+nora, legacy.change(nil, attr{"userName", "ola.lind@contoso.example"}))
		s.status(t, http.StatusNoContent, "PATCH", "/Groups/"+second, legacy.change(nil, attr{"displayName", "Sales"}))
	})
}

// TestWhatIsNamedIsSent: the console has changed what a request names since the snapshot. What the
// snapshot shows is no reason not to send it.
func TestWhatIsNamedIsSent(t *testing.T) {
	put := func(userName, displayName string) string {
		return fmt.Sprintf(`{"userName":%q,"displayName":%q}`, userName, displayName)
	}
	bulk := func(method, path, body string) string {
		return fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":[{"method":%q,"path":%q,"data":%s}]}`, method, path, body)
	}
	const address, name, group = "nora.vale@contoso.example", "Nora Vale", "Sales"
	for _, attribute := range []string{"userName", "displayName"} {
		value := map[string]string{"userName": address, "displayName": name}[attribute]
		change := legacy.change(nil, attr{attribute, value})
		for way, send := range map[string]func(s *stage, id string) answer{
			"PATCH": func(s *stage, id string) answer { return s.do("PATCH", "/Users/"+id, change) },
			"PUT":   func(s *stage, id string) answer { return s.do("PUT", "/Users/"+id, put(address, name)) },
			"Bulk":  func(s *stage, id string) answer { return s.do("POST", "/Bulk", bulk("PATCH", "/Users/"+id, change)) },
		} {
			t.Run(attribute+" "+way, func(t *testing.T) {
				in(t, staging{}, func(t *testing.T, s *stage) {
					id := s.fake.AddUser(tvfake.User{Name: name, Email: address, Active: true}).ID
					s.status(t, http.StatusOK, "GET", "/Users", "")
					s.fake.ChangeUser(id, func(u *tvfake.User) { u.Name, u.Email = "Console", "console@contoso.example" })
					time.Sleep(time.Second)
					if a := send(s, id); a.status != http.StatusOK {
						t.Errorf("%d %s", a.status, a.body)
					}
					u, _ := s.fake.User(id)
					if held := map[string]string{"userName": u.Email, "displayName": u.Name}[attribute]; held != value {
						t.Errorf("TeamViewer holds %q, want %q", held, value)
					}
				})
			})
		}
	}
	change := legacy.change(nil, attr{"displayName", group})
	for way, send := range map[string]func(s *stage, id string) answer{
		"PATCH": func(s *stage, id string) answer { return s.do("PATCH", "/Groups/"+id, change) },
		"PUT":   func(s *stage, id string) answer { return s.do("PUT", "/Groups/"+id, `{"displayName":"Sales"}`) },
		"Bulk":  func(s *stage, id string) answer { return s.do("POST", "/Bulk", bulk("PATCH", "/Groups/"+id, change)) },
	} {
		t.Run("group "+way, func(t *testing.T) {
			in(t, staging{}, func(t *testing.T, s *stage) {
				id := s.group(group)
				s.fake.ChangeGroup(groupNumber(t, id), func(g *tvfake.Group) { g.Name = "Console" })
				time.Sleep(time.Second)
				if a := send(s, id); a.status >= http.StatusBadRequest {
					t.Errorf("%d %s", a.status, a.body)
				}
				if g, _ := s.fake.Group(groupNumber(t, id)); g.Name != group {
					t.Errorf("TeamViewer holds %q, want %q", g.Name, group)
				}
			})
		})
	}
}

// TestAWaitingAddressIsStillNotSentTwice: that TeamViewer is asked first sends no second mail.
func TestAWaitingAddressIsStillNotSentTwice(t *testing.T) {
	pending := variantNamed(t, "email-pending")
	in(t, staging{fake: tvfake.Options{Variant: pending}}, func(t *testing.T, s *stage) {
		id := s.user("nora.vale@contoso.example")
		for range 3 {
			s.status(t, http.StatusOK, "PATCH", "/Users/"+id, legacy.change(nil, attr{"userName", "nora.roth@contoso.example"}))
			time.Sleep(40 * time.Minute)
		}
		if n := s.fake.Mails().Confirmation; n != 1 {
			t.Errorf("%d confirmation mails, want 1", n)
		}
	})
}

// TestWhatIsShownInPlaceEndsWhenAnotherHasIt: a change of address is taken back in the console, and
// another account gets the wanted address. A search by it finds that account alone.
func TestWhatIsShownInPlaceEndsWhenAnotherHasIt(t *testing.T) {
	for name, wait := range map[string]time.Duration{"at the next list": usersAge, "an hour later": time.Hour} {
		t.Run(name, func(t *testing.T) {
			in(t, staging{}, func(t *testing.T, s *stage) {
				id := s.user("nora.vale@contoso.example")
				s.status(t, http.StatusOK, "PATCH", "/Users/"+id, legacy.change(nil, attr{"userName", "nora.roth@contoso.example"}))
				s.fake.ChangeUser(id, func(u *tvfake.User) { u.Email = "nora.vale@contoso.example" })
				other := s.consoleUser("nora.roth@contoso.example")
				time.Sleep(wait)
				s.wantFound(t, "/Users", "userName", "nora.roth@contoso.example", other)
				s.wantFound(t, "/Users", "userName", "nora.vale@contoso.example", id)
			})
		})
	}
}

// TestADeletedUserWhoWasActivatedInTheConsole: who was deleted by a client and activated in the
// console since has access, so an end of access is not answered by what a snapshot says.
func TestADeletedUserWhoWasActivatedInTheConsole(t *testing.T) {
	for _, request := range []struct{ method, body string }{
		{"PATCH", patchOf(inactive)}, {"PUT", `{"userName":"nora.vale@contoso.example","active":false}`}, {"DELETE", ""},
	} {
		t.Run(request.method, func(t *testing.T) {
			in(t, staging{}, func(t *testing.T, s *stage) {
				id := s.user("nora.vale@contoso.example")
				s.status(t, http.StatusNoContent, "DELETE", "/Users/"+id, "")
				s.fake.ChangeUser(id, func(u *tvfake.User) { u.Active = true })
				time.Sleep(time.Second)
				if a := s.do(request.method, "/Users/"+id, request.body); a.status >= http.StatusBadRequest {
					t.Errorf("%d %s", a.status, a.body)
				}
				if u, _ := s.fake.User(id); u.Active {
					t.Error("still active")
				}
			})
		})
	}
}
