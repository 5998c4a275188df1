package main

import (
	"net/http"
	"net/http/httptest"
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
				if n := s.fake.Count("GET /users"); mode == "passthrough" && n > 1 {
					t.Errorf("TeamViewer was asked %d times about one refused token, want once", n)
				}
			})
		}
	}
}

// secondToken lets the token "second" in as if it were another one of the same company.
type secondToken struct{ fake *tvfake.Server }

func (x secondToken) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Header.Get("Authorization") == "Bearer second" {
		r = r.Clone(r.Context())
		r.Header.Set("Authorization", "Bearer "+x.fake.Token())
	}
	return x.fake.Transport().RoundTrip(r)
}

// TestListOfAnotherTokenLeavesTombstones: what is remembered is shared by all tokens of a company. A list that one of them
// asked for before another deleted a user does not bring the user back.
func TestListOfAnotherTokenLeavesTombstones(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fake := tvfake.New(tvfake.Options{})
		s := newStage(t, staging{direct: true, settings: usePassthrough, network: secondToken{fake}})
		s.fake, s.token = fake, fake.Token()
		id := s.user("nora.vale@contoso.example")
		time.Sleep(age)
		arrived, release := fake.HoldAfter(listUsers)
		var other sync.WaitGroup
		other.Go(func() { s.as("second", "GET", "/Users", "") }) // its first list is on its way
		<-arrived
		if a := s.do("DELETE", "/Users/"+id, ""); a.status != http.StatusNoContent {
			t.Error(a.status, a.body)
		}
		release()
		other.Wait()
		time.Sleep(age)
		s.status(t, http.StatusNotFound, "GET", "/Users/"+id, "")
		s.status(t, http.StatusCreated, "POST", "/Users", newUser("nora.vale@contoso.example"))
	})
}

// TestTombstoneOfASlowDeletion: the call of a deletion takes longer than lists lag, and a list of another token is begun
// just before its end. That list does not bring the user back either.
func TestTombstoneOfASlowDeletion(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fake := tvfake.New(tvfake.Options{})
		s := newStage(t, staging{direct: true, settings: usePassthrough, network: secondToken{fake}})
		s.fake, s.token = fake, fake.Token()
		id := s.user("nora.vale@contoso.example")
		s.as("second", "GET", "/Users", "")
		time.Sleep(age)
		s.status(t, http.StatusOK, "GET", "/Users", "")
		fake.Fail(tvfake.Fault{Function: putUser, Delay: 15 * time.Second, Times: 1})
		var deletion, other sync.WaitGroup
		deletion.Go(func() { s.status(t, http.StatusNoContent, "DELETE", "/Users/"+id, "") })
		time.Sleep(14 * time.Second)
		arrived, release := fake.HoldAfter(listUsers)
		other.Go(func() { s.as("second", "GET", "/Users", "") })
		<-arrived
		deletion.Wait()
		release()
		other.Wait()
		s.status(t, http.StatusNotFound, "GET", "/Users/"+id, "")
		s.status(t, http.StatusCreated, "POST", "/Users", newUser("nora.vale@contoso.example"))
	})
}

// TestPassthroughKeepsCompaniesApart: nothing read or remembered with one token is shown to another.
func TestPassthroughKeepsCompaniesApart(t *testing.T) {
	t.Parallel()
	s := newStage(t, staging{settings: usePassthrough})
	s.token = s.fake.Token()
	other := s.fake.AddCompany("other-token")
	nora := s.user("nora.vale@contoso.example")
	if a := s.do("PATCH", "/Users/"+nora, patchOf(`{"op":"Add","path":"externalId","value":"ours"}`)); a.status != http.StatusOK {
		t.Fatalf("PATCH: %d %s", a.status, a.body)
	}
	group := s.group("Ours", nora)

	for _, test := range []struct {
		method, path, body string
		status             int
	}{
		{"GET", "/Users/" + nora, "", http.StatusNotFound},
		{"PATCH", "/Users/" + nora, patchOf(`{"op":"Replace","path":"active","value":"False"}`), http.StatusNotFound},
		{"DELETE", "/Users/" + nora, "", http.StatusNotFound},
		{"GET", "/Groups/" + group, "", http.StatusNotFound},
		{"DELETE", "/Groups/" + group, "", http.StatusNotFound},
		{"POST", "/Groups", `{"displayName":"Theirs","members":[{"value":"` + nora + `"}]}`, http.StatusBadRequest},
	} {
		if a := s.as(other.Token(), test.method, test.path, test.body); a.status != test.status {
			t.Errorf("%s %s with the other token: %d, want %d: %s", test.method, test.path, a.status, test.status, a.body)
		}
	}
	for _, filter := range []string{"userName+eq+%22nora.vale%40contoso.example%22", "externalId+eq+%22ours%22", "id+eq+%22" + nora + "%22"} {
		if n := s.as(other.Token(), "GET", "/Users?filter="+filter, "").json(t)["totalResults"]; n != 0.0 {
			t.Errorf("filter %s with the other token finds %v", filter, n)
		}
	}
	a := s.as(other.Token(), "POST", "/Users", `{"userName":"nora.vale@contoso.example"}`)
	if a.status != http.StatusConflict || strings.Contains(a.body, nora) || !strings.Contains(a.body, "outside this company") {
		t.Errorf("creating a user of the first company in the other: %d %s", a.status, a.body)
	}
	if u, _ := s.fake.User(nora); !u.Active {
		t.Error("the user was deactivated with the other company's token")
	}
}

// TestPassthroughTokenRevoked: a token that TeamViewer refuses after it was good is 401 within the age of the picture.
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

// TestTokenModeRefusedByTeamViewer: our own token's trouble is 503 and never 401, which would stop the client's job.
func TestTokenModeRefusedByTeamViewer(t *testing.T) {
	t.Parallel()
	s := newStage(t, staging{})
	s.fake.SetTokenState(tvfake.TokenExpired)
	a := s.do("GET", "/Users", "")
	if a.status != http.StatusServiceUnavailable || a.header.Get("Retry-After") == "" || !strings.Contains(a.body, "teamviewer.token") {
		t.Errorf("%d, Retry-After %q: %s", a.status, a.header.Get("Retry-After"), a.body)
	}
}

// TestMetricsOfSeveralCompanies: the pictures of companies that are open at once have series of their own.
func TestMetricsOfSeveralCompanies(t *testing.T) {
	t.Parallel()
	s := newStage(t, staging{settings: usePassthrough})
	other := s.fake.AddCompany("other-token")
	for _, token := range []string{s.fake.Token(), other.Token()} {
		if a := s.as(token, "GET", "/Users", ""); a.status != http.StatusOK {
			t.Fatalf("GET /Users: %d %s", a.status, a.body)
		}
	}
	recorder := httptest.NewRecorder()
	s.gateway.admin.ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	text := recorder.Body.String()
	if n := strings.Count(text, "\ntvscim_picture_objects{"); recorder.Code != http.StatusOK || n < 2 {
		t.Errorf("%d, with %d pictures:\n%s", recorder.Code, n, text)
	}
	if strings.Contains(text, "other-token") {
		t.Error("the metrics show a token")
	}
}
