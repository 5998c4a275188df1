package gateway_test

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"tvscim/cmd/config"
	"tvscim/tvapi/tvfake"
)

// peers sends requests from the address that a header of the test names.
type peers struct{ next http.RoundTripper }

func (p peers) RoundTrip(r *http.Request) (*http.Response, error) {
	r.RemoteAddr = r.Header.Get("Test-Peer")
	return p.next.RoundTrip(r)
}

// TestGuessesOfOneAddress: who guesses at one address does not keep a new token at another one from
// being tried, neither by the number of guesses nor by those that wait. What a header says of the
// address counts for nothing.
func TestGuessesOfOneAddress(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		u := &upstream{delay: 800 * time.Millisecond}
		s := newGuessed(t, u)
		s.client = &http.Client{Transport: peers{s.client.Transport}}
		s.status(t, http.StatusOK, "GET", "/Users", "")
		u.fake.AddToken("new-token")
		from := func(address, token string, headers ...[2]string) int {
			return s.as(token, "GET", "/Users", "", append(headers, [2]string{"Test-Peer", address})...).status
		}
		var storm sync.WaitGroup
		for i := range 500 {
			storm.Go(func() {
				from("192.0.2.66:4711", fmt.Sprintf("guess-%d", i), [2]string{"X-Forwarded-For", fmt.Sprintf("198.51.100.%d", i%250)})
			})
		}
		time.Sleep(100 * time.Millisecond)
		start := time.Now()
		if status := from("192.0.2.7:80", "new-token"); status != http.StatusOK {
			t.Errorf("a new token from another address: %d", status)
		}
		if took := time.Since(start); took > 3*time.Second {
			t.Errorf("it waited for %v, want no longer than one guess and its own trial", took)
		}
		storm.Wait()
		if n := u.inAMinute(); n > 10 {
			t.Errorf("%d guesses of one address were passed on, want at most 10", n)
		}
	})
}

// TestGuessesBehindATrustedProxy: the address of a guess is that of the client of the proxy, so
// that one client does not keep the others out; what the client itself writes into the header
// counts for nothing.
func TestGuessesBehindATrustedProxy(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		u := &upstream{delay: 800 * time.Millisecond}
		s := newGuessed(t, u, func(c *config.Config, _ *tvfake.Server) { c.TrustedProxies = []string{"10.0.0.0/8"} })
		s.client = &http.Client{Transport: peers{s.client.Transport}}
		s.status(t, http.StatusOK, "GET", "/Users", "")
		u.fake.AddToken("new-token")
		from := func(forwarded, token string) int {
			return s.as(token, "GET", "/Users", "", [2]string{"Test-Peer", "10.1.2.3:4711"}, [2]string{"X-Forwarded-For", forwarded}).status
		}
		var storm sync.WaitGroup
		for i := range 500 {
			storm.Go(func() { from(fmt.Sprintf("198.51.100.%d, 192.0.2.66", i%250), fmt.Sprintf("guess-%d", i)) })
		}
		time.Sleep(100 * time.Millisecond)
		start := time.Now()
		if status := from("192.0.2.7", "new-token"); status != http.StatusOK {
			t.Errorf("a new token of another client: %d", status)
		}
		if took := time.Since(start); took > 3*time.Second {
			t.Errorf("it waited for %v, want no longer than one guess and its own trial", took)
		}
		storm.Wait()
		if n := u.inAMinute(); n > 10 {
			t.Errorf("%d guesses of one client were passed on, want at most 10", n)
		}
	})
}

// TestListedTokens: with a list, no other token is ever tried, and a listed one is not held up.
func TestListedTokens(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		u := &upstream{delay: 800 * time.Millisecond}
		u.fake = tvfake.New(tvfake.Options{})
		u.fake.AddToken("unlisted")
		s := newGuessed(t, u, func(c *config.Config, _ *tvfake.Server) {
			c.Auth.Tokens = []config.Token{{Name: "entra", SHA256: sha256.Sum256([]byte(u.fake.Token()))}, {Name: "next", SHA256: sha256.Sum256([]byte("guess-listed"))}}
		})
		for i := range 50 {
			if a := s.as(fmt.Sprintf("guess-%d", i), "GET", "/Users", ""); a.status != http.StatusUnauthorized {
				t.Errorf("%d %s", a.status, a.body)
			}
		}
		if a := s.as("unlisted", "GET", "/Users", ""); a.status != http.StatusUnauthorized {
			t.Errorf("a good token that is not listed: %d %s", a.status, a.body)
		}
		if n := u.fake.TotalCalls(); n != 0 {
			t.Errorf("%d calls for tokens that are not listed", n)
		}
		s.status(t, http.StatusOK, "GET", "/Users", "")
		if a := s.as("guess-listed", "GET", "/Users", ""); a.status != http.StatusUnauthorized || len(u.calls) != 2 { // the list, and whether the token is valid
			t.Errorf("a listed token that TeamViewer refuses: %d, %d calls: %s", a.status, len(u.calls), a.body)
		}
	})
}

// TestFirstTokensAtOnce: of the tokens of two companies that come first at once, those of one
// company are accepted, and no token of the other.
func TestFirstTokensAtOnce(t *testing.T) {
	t.Parallel()
	for _, listed := range []bool{false, true} {
		t.Run(fmt.Sprintf("listed %t", listed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				tokens := []string{"a-1", "a-2", "b-1", "b-2"}
				for range 20 {
					fake := tvfake.New(tvfake.Options{Token: "a-1"})
					fake.AddToken("a-2")
					fake.AddCompany("b-1").AddToken("b-2")
					s := newGuessed(t, &upstream{fake: fake, delay: 800 * time.Millisecond}, func(c *config.Config, _ *tvfake.Server) {
						for _, token := range tokens {
							if listed {
								c.Auth.Tokens = append(c.Auth.Tokens, config.Token{Name: token, SHA256: sha256.Sum256([]byte(token))})
							}
						}
					})
					var statuses [4]int
					var all sync.WaitGroup
					for i, token := range tokens {
						all.Go(func() { statuses[i] = s.as(token, "GET", "/Users", "").status })
					}
					all.Wait()
					if statuses != [4]int{200, 200, 401, 401} && statuses != [4]int{401, 401, 200, 200} {
						t.Errorf("statuses %v of %v, want 200 for one company and 401 for the other", statuses, tokens)
					}
				}
			})
		})
	}
}
