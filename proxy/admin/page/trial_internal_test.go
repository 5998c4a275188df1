package page

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
)

// newTrialHandler returns the pages for the token "right", and their log.
func newTrialHandler(t *testing.T) (http.Handler, *observer.ObservedLogs) {
	t.Helper()
	core, logs := observer.New(zap.InfoLevel)
	h, err := New(Options{
		Tokens: func() []Token { return []Token{{Name: "ada", SHA256: sha256.Sum256([]byte("right"))}} },
		Logger: zap.New(core), Overview: func() Overview { return Overview{} }, History: &History{}, Ring: NewRing(1<<20, nil),
		Explain: struct{ Explainer }{}, People: struct{ People }{}, Guard: struct{ Guard }{},
	})
	if err != nil {
		t.Fatal(err)
	}
	return h, logs
}

// signInFrom tries a token from an address and returns the answer.
func signInFrom(ctx context.Context, h http.Handler, address, token string) *httptest.ResponseRecorder {
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, Path+"/signin", strings.NewReader(url.Values{"token": {token}}.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.RemoteAddr = address
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// TestWrongTokensAreBounded: of one address and of all together, only so many wrong tokens a minute
// are answered 401 and logged; further ones are 429. The right one signs in all the time, from the
// same address too.
func TestWrongTokensAreBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h, logs := newTrialHandler(t)
		refused := func() int { return logs.FilterMessage("sign-in to the status page refused").Len() }
		try := func(address string) int {
			t.Helper()
			a := signInFrom(t.Context(), h, address, "wrong")
			if a.Code == http.StatusTooManyRequests && (a.Header().Get("Retry-After") == "" || !strings.Contains(a.Body.String(), "signs in at once")) {
				t.Errorf("429 without what to do: %v %s", a.Header(), a.Body)
			}
			if right := signInFrom(t.Context(), h, address, "right"); right.Code != http.StatusSeeOther || right.Header().Get("Set-Cookie") == "" {
				t.Errorf("the right token: %d", right.Code)
			}
			return a.Code
		}
		of := func(address func(i int) string, n int) map[int]int {
			t.Helper()
			codes := map[int]int{}
			for i := range n {
				codes[try(address(i))]++
			}
			return codes
		}
		one := func(i int) string { return fmt.Sprintf("[2001:db8::%x]:%d", i+1, 1000+i) } // a /64 network
		many := func(i int) string { return fmt.Sprintf("192.0.2.%d:1000", i+1) }
		if got := of(one, 100); got[401] != 10 || got[429] != 90 || refused() != 10 {
			t.Errorf("one address: %v, %d logged", got, refused())
		}
		if got := of(many, 100); got[401] != 10 || got[429] != 90 || refused() != 20 {
			t.Errorf("all addresses: %v, %d logged", got, refused())
		}
		time.Sleep(time.Minute)
		if got := of(many, 100); got[401] != 20 || got[429] != 80 {
			t.Errorf("a minute later: %v", got)
		}
	})
}
