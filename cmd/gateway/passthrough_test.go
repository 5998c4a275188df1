package gateway_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"tvscim/cmd/config"
	"tvscim/tvapi/tvfake"
)

// usePassthrough is the setting in which the caller's token is TeamViewer's.
func usePassthrough(c *config.Config, _ *tvfake.Server) {
	c.Auth = config.Auth{Mode: config.AuthPassthrough}
	c.TeamViewer.Token = config.Secret{}
}

// TestWrongTokenIsRefused: 401 with WWW-Authenticate, in both modes, and nothing is read for it.
func TestWrongTokenIsRefused(t *testing.T) {
	t.Parallel()
	for mode, settings := range map[string]func(*config.Config, *tvfake.Server){"token": nil, "passthrough": usePassthrough} {
		for name, token := range map[string]string{"none": "", "wrong": "wrong", "with the word Bearer": "Bearer " + stageToken} {
			t.Run(mode+" "+name, func(t *testing.T) {
				t.Parallel()
				s := newStage(t, staging{settings: settings})
				for _, path := range []string{"/Users", "/Users/u1", "/Groups", "/Schemas", "/ServiceProviderConfig"} {
					a := s.as(token, "GET", path, "")
					if a.status != http.StatusUnauthorized || !strings.HasPrefix(a.header.Get("WWW-Authenticate"), "Bearer") {
						t.Errorf("GET %s: %d, WWW-Authenticate %q", path, a.status, a.header.Get("WWW-Authenticate"))
					}
					if got := a.header.Get("Content-Type"); got != "application/scim+json" {
						t.Errorf("GET %s: Content-Type %q", path, got)
					}
				}
				if n := s.fake.Count(listUsers); mode == "passthrough" && n > 1 {
					t.Errorf("TeamViewer was asked %d times about one refused token, want once", n)
				}
			})
		}
	}
}

// TestListUnderWayLeavesTombstones: a list that was asked for before a user was deleted does not
// bring the user back.
func TestListUnderWayLeavesTombstones(t *testing.T) {
	in(t, staging{settings: usePassthrough}, func(t *testing.T, s *stage) {
		s.token = s.fake.Token()
		id := s.user("nora.vale@contoso.example")
		time.Sleep(age)
		arrived, release := s.fake.HoldAfter(listUsers)
		var other sync.WaitGroup
		other.Go(func() { s.do("GET", "/Users", "") }) // its list is on its way
		<-arrived
		s.status(t, http.StatusNoContent, "DELETE", "/Users/"+id, "")
		release()
		other.Wait()
		time.Sleep(age)
		s.status(t, http.StatusNotFound, "GET", "/Users/"+id, "")
		s.status(t, http.StatusCreated, "POST", "/Users", newUser("nora.vale@contoso.example"))
	})
}

// TestTombstoneOfASlowDeletion: the call of a deletion takes longer than lists lag, and a list is
// begun just before its end. That list does not bring the user back either.
func TestTombstoneOfASlowDeletion(t *testing.T) {
	in(t, staging{settings: usePassthrough}, func(t *testing.T, s *stage) {
		s.token = s.fake.Token()
		id := s.user("nora.vale@contoso.example")
		time.Sleep(age)
		s.status(t, http.StatusOK, "GET", "/Users", "")
		time.Sleep(50 * time.Second) // the snapshot is good for 10 s more
		s.fake.Fail(tvfake.Fault{Function: putUser, Delay: 15 * time.Second, Times: 1})
		var deletion, other sync.WaitGroup
		deletion.Go(func() { s.status(t, http.StatusNoContent, "DELETE", "/Users/"+id, "") })
		time.Sleep(14 * time.Second)
		arrived, release := s.fake.HoldAfter(listUsers)
		other.Go(func() { s.do("GET", "/Users", "") })
		<-arrived
		deletion.Wait()
		release()
		other.Wait()
		s.status(t, http.StatusNotFound, "GET", "/Users/"+id, "")
		s.status(t, http.StatusCreated, "POST", "/Users", newUser("nora.vale@contoso.example"))
	})
}

// TestPassthroughServesOneCompany: a token of another company is told so, and neither sees nor
// changes anything.
func TestPassthroughServesOneCompany(t *testing.T) {
	in(t, staging{settings: usePassthrough}, func(t *testing.T, s *stage) {
		s.token = s.fake.Token()
		other := s.fake.AddCompany("other-token")
		nora := s.made(t, "/Users", `{"userName":"nora.vale@contoso.example","externalId":"ours"}`)
		for _, test := range [][3]string{
			{"GET", "/Users/" + nora}, {"GET", "/Users?filter=externalId+eq+%22ours%22"}, {"GET", "/Schemas"},
			{"PATCH", "/Users/" + nora, patchOf(inactive)}, {"DELETE", "/Users/" + nora},
			{"POST", "/Users", newUser("theirs@contoso.example")},
		} {
			a := s.as(other.Token(), test[0], test[1], test[2])
			if a.status != http.StatusUnauthorized || !strings.Contains(a.body, "belongs to another TeamViewer company") {
				t.Errorf("%s %s with a token of another company: %d %s", test[0], test[1], a.status, a.body)
			}
		}
		if u, _ := s.fake.User(nora); !u.Active {
			t.Error("the user was deactivated with the other company's token")
		}
		if n := s.fake.Count(listUsers); n != 2 {
			t.Errorf("%d lists of users, want one for each token", n)
		}
	})
}

// TestMovedAccountShowsNothing: an account moves from the company that is served to another one.
// That company's token is not shown what was remembered of the account.
func TestMovedAccountShowsNothing(t *testing.T) {
	in(t, staging{settings: usePassthrough}, func(t *testing.T, s *stage) {
		s.token = s.fake.Token()
		other := s.fake.AddCompany("other-token")
		for i := range 3 {
			s.user(fmt.Sprintf("user%d@contoso.example", i))
		}
		nora := s.made(t, "/Users", `{"userName":"nora.vale@contoso.example","externalId":"HR-4711","emails":[{"type":"work","value":"nora@private.example"}]}`)
		if !s.fake.MoveUser(nora, other) {
			t.Fatal("not moved")
		}
		for range 2 { // while the company that is served holds the account by its snapshot, and later
			a := s.as(other.Token(), "GET", "/Users/"+nora, "")
			if a.status != http.StatusUnauthorized || strings.Contains(a.body, "HR-4711") || strings.Contains(a.body, "private") {
				t.Errorf("the token of the other company: %d %s", a.status, a.body)
			}
			time.Sleep(age)
			s.status(t, http.StatusNotFound, "GET", "/Users/"+nora, "")
		}
	})
}

// TestForeignTokensEvictNobody: many valid tokens of other companies cost the company that is
// served nothing.
func TestForeignTokensEvictNobody(t *testing.T) {
	in(t, staging{settings: usePassthrough}, func(t *testing.T, s *stage) {
		s.token = s.fake.Token()
		s.status(t, http.StatusOK, "GET", "/Users", "")
		for i := range 70 {
			token := fmt.Sprintf("other-%d", i)
			s.fake.AddCompany(token)
			if a := s.as(token, "GET", "/Users", ""); a.status != http.StatusUnauthorized && a.status != http.StatusTooManyRequests {
				t.Errorf("token %d: %d %s", i, a.status, a.body)
			}
		}
		before := s.fake.Count(listUsers)
		if before > 21 {
			t.Errorf("%d lists of users, want at most 20 beside the first", before)
		}
		s.status(t, http.StatusOK, "GET", "/Users", "")
		if n := s.fake.Count(listUsers) - before; n != 0 {
			t.Errorf("the company was loaded %d times more", n)
		}
	})
}

// TestPassthroughTokenRevoked: a token that TeamViewer refuses after it was good is 401 within the
// age of the snapshot.
func TestPassthroughTokenRevoked(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, staging{settings: usePassthrough, direct: true})
		s.token = s.fake.Token()
		nora := s.user("nora.vale@contoso.example")
		s.fake.SetTokenState(tvfake.TokenRevoked)
		if a := s.do("PATCH", "/Users/"+nora, patchOf(`{"op":"Replace","path":"active","value":"False"}`)); a.status != http.StatusUnauthorized {
			t.Errorf("a write with a revoked token: %d %s", a.status, a.body)
		}
		time.Sleep(2 * time.Minute) // in the bubble's time
		if a := s.do("GET", "/Users/"+nora, ""); a.status != http.StatusUnauthorized {
			t.Errorf("a read with a revoked token, two minutes later: %d %s", a.status, a.body)
		}
		s.fake.SetTokenState(tvfake.TokenValid)
		if a := s.do("GET", "/Users/"+nora, ""); a.status != http.StatusUnauthorized {
			t.Errorf("within the minute after a refusal: %d", a.status)
		}
		time.Sleep(2 * time.Minute)
		if a := s.do("GET", "/Users/"+nora, ""); a.status != http.StatusOK {
			t.Errorf("the token is good again: %d %s", a.status, a.body)
		}
	})
}

// TestPassthroughTeamViewerDown: a token that could not be proven is neither refused nor let in.
func TestPassthroughTeamViewerDown(t *testing.T) {
	t.Parallel()
	s := newStage(t, staging{settings: usePassthrough})
	s.token = s.fake.Token()
	clear := s.fake.Fail(tvfake.Fault{Status: 503})
	a := s.do("GET", "/Users", "")
	if a.status != http.StatusServiceUnavailable || a.header.Get("Retry-After") == "" {
		t.Errorf("TeamViewer down: %d, Retry-After %q: %s", a.status, a.header.Get("Retry-After"), a.body)
	}
	clear()
}

// TestTokenModeRefusedByTeamViewer: our own token's trouble is 503 and never 401, which would stop
// the client's job.
func TestTokenModeRefusedByTeamViewer(t *testing.T) {
	t.Parallel()
	s := newStage(t, staging{})
	s.fake.SetTokenState(tvfake.TokenExpired)
	a := s.do("GET", "/Users", "")
	if a.status != http.StatusServiceUnavailable || a.header.Get("Retry-After") == "" || !strings.Contains(a.body, "teamviewer.token") {
		t.Errorf("%d, Retry-After %q: %s", a.status, a.header.Get("Retry-After"), a.body)
	}
}
