package tvapi_test

import (
	"crypto/sha256"
	"errors"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"

	"tvscim/tvapi"
	"tvscim/tvapi/tvfake"
)

// TestTokenReplaced: a call that is refused for its token is sent again with the token that takes
// its place, and with none if none does. Neither is trouble of TeamViewer's.
func TestTokenReplaced(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fake := tvfake.New(tvfake.Options{})
		fake.AddToken("next")
		c := newClient(t, tvapi.Options{Token: fake.Token(), Transport: fake.Transport()})
		next, err := c.WithToken("next")
		if err != nil {
			t.Fatal(err)
		}
		var refused [][sha256.Size]byte
		replace := true
		c.OnRefused(func(sum [sha256.Size]byte, _ *tvapi.Error) {
			refused = append(refused, sum)
			if replace {
				c.UseTokenOf(next)
			}
		})
		fake.SetTokenState(tvfake.TokenRevoked)
		if _, err := c.CreateUser(t.Context(), tvapi.UserCreate{Email: "ada@example.com", Name: "Ada", Language: "en", UserSecrets: tvapi.UserSecrets{Password: ptr("Long-enough-4-all")}}); err != nil {
			t.Errorf("with the next token: %v", err)
		}
		if want := sha256.Sum256([]byte(fake.Token())); len(refused) != 1 || refused[0] != want {
			t.Errorf("refused: %x, want %x", refused, want)
		}
		replace = false
		fake.SetStateOf("next", tvfake.TokenRevoked)
		for range 3 {
			_, err := c.Account(t.Context())
			e, ok := errors.AsType[*tvapi.Error](err)
			if !ok || e.Kind != tvapi.KindToken || e.Withheld || !e.UsedToken(sha256.Sum256([]byte("next"))) || e.UsedToken(sha256.Sum256([]byte(fake.Token()))) {
				t.Errorf("without another token: %v", err)
			}
		}
		if n := fake.Count("POST /users"); n != 2 {
			t.Errorf("%d creates, want the refused one and another", n)
		}
		if h := c.Health(); h.Trouble != nil {
			t.Errorf("trouble: %v", h.Trouble)
		}
	})
}

// TestTokenWithoutTheListReplaced: a token that lacks the right to list users is replaced for that
// call as one that is not accepted. The lack of another right says nothing about the token.
func TestTokenWithoutTheListReplaced(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fake := tvfake.New(tvfake.Options{})
		fake.AddToken("next", tvfake.AllRights()...)
		c := newClient(t, tvapi.Options{Token: fake.Token(), Transport: fake.Transport()})
		next, err := c.WithToken("next")
		if err != nil {
			t.Fatal(err)
		}
		var reasons []tvapi.Function
		c.OnRefused(func(_ [sha256.Size]byte, reason *tvapi.Error) {
			reasons = append(reasons, reason.Function)
			c.UseTokenOf(next)
		})
		fake.SetRights(tvfake.RightAccountRead)
		if _, err := c.CreateGroup(t.Context(), "Sales"); tvapi.KindOf(err) != tvapi.KindPermission || len(reasons) > 0 {
			t.Errorf("a group: %v, refused %v", err, reasons)
		}
		for _, err := range c.Users(t.Context()) {
			if err != nil {
				t.Errorf("the users with the next token: %v", err)
			}
		}
		if !slices.Equal(reasons, []tvapi.Function{tvapi.FuncUserList}) {
			t.Errorf("refused %v", reasons)
		}
	})
}

// TestReplaceToken: a call that was refused for a token that was replaced meanwhile is sent again
// with the new one, and calls that were withheld because of the old one are made at once. Neither
// is trouble of TeamViewer's.
func TestReplaceToken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fake := tvfake.New(tvfake.Options{})
		way := &gate{fake.Transport(), make(chan struct{}), make(chan struct{})}
		c := newClient(t, tvapi.Options{Token: fake.Token(), Transport: way})
		replace := func(old, next string) {
			fake.AddToken(next)
			if err := c.ReplaceToken(next); err != nil {
				t.Fatal(err)
			}
			if old == fake.Token() {
				fake.SetTokenState(tvfake.TokenRevoked)
			}
			fake.SetStateOf(old, tvfake.TokenRevoked)
		}
		ended := make(chan error)
		go func() {
			_, err := c.Account(t.Context())
			ended <- err
		}()
		<-way.sent
		replace(fake.Token(), "second")
		close(way.open)
		if err := <-ended; err != nil {
			t.Errorf("the call under way: %v", err)
		}
		if h := c.Health(); h.Trouble != nil {
			t.Errorf("trouble: %v", h.Trouble)
		}
		fake.SetStateOf("second", tvfake.TokenRevoked)
		if _, err := c.Account(t.Context()); tvapi.KindOf(err) != tvapi.KindToken {
			t.Errorf("with a refused token: %v", err)
		}
		replace("second", "third")
		if _, err := c.Account(t.Context()); err != nil {
			t.Errorf("with the third token: %v", err)
		}
		if err := c.ReplaceToken("two words"); err == nil {
			t.Error("a token with a space is taken")
		}
	})
}

// gate is a transport whose first request waits on its way.
type gate struct {
	next http.RoundTripper
	sent chan struct{} // closed when the first request is on its way
	open chan struct{}
}

// RoundTrip hands a request on once the gate is open.
func (g *gate) RoundTrip(r *http.Request) (*http.Response, error) {
	select {
	case <-g.sent:
	default:
		close(g.sent)
	}
	<-g.open
	return g.next.RoundTrip(r)
}

// TestTokensShareThePacing: what the calls with one token teach holds for the calls with another.
func TestTokensShareThePacing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fake := tvfake.New(tvfake.Options{})
		fake.AddToken("second")
		c := newClient(t, tvapi.Options{Token: fake.Token(), Transport: fake.Transport(), Attempts: 1})
		second, err := c.WithToken("second")
		if err != nil {
			t.Fatal(err)
		}
		fake.Fail(tvfake.Fault{Status: http.StatusServiceUnavailable})
		for range 10 {
			_, _ = c.Account(t.Context())
		}
		before := fake.TotalCalls()
		if _, err := second.Account(t.Context()); tvapi.KindOf(err) != tvapi.KindServer || fake.TotalCalls() != before {
			t.Errorf("%v, %d calls; want none while TeamViewer is down", err, fake.TotalCalls()-before)
		}
		for _, token := range []string{"", "two words", "tökén"} {
			if _, err := c.WithToken(token); err == nil {
				t.Errorf("token %q is taken", token)
			}
		}
	})
}

// TestTrial: a trial is sent once, whatever becomes of it, and is marked.
func TestTrial(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]tvfake.Fault{
		"down": {Status: http.StatusServiceUnavailable}, "lost": {Lost: true}, "used up": {Limit: true},
		"cut": {Truncate: tvfake.TruncateBroken}, "refused": {Status: http.StatusUnauthorized},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				fake := tvfake.New(tvfake.Options{})
				var events []tvapi.CallEvent
				c := newClient(t, tvapi.Options{
					Token: fake.Token(), Transport: fake.Transport(),
					Observe: func(e tvapi.CallEvent) { events = append(events, e) },
				})
				fake.Fail(fault)
				if _, err := c.Account(tvapi.Trial(t.Context())); err == nil {
					t.Error("no error")
				}
				if fake.TotalCalls() != 1 || len(events) != 1 || !events[0].Trial {
					t.Errorf("%d calls, events %v; want one that is a trial", fake.TotalCalls(), events)
				}
			})
		})
	}
}
