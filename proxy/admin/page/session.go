package page

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"sync"
	"time"
)

// Bounds of a session: without a request by the person it ends after sessionIdle, and at the latest
// after sessionTime.
const (
	sessionIdle = 30 * time.Minute
	sessionTime = 8 * time.Hour
	maxSessions = 100 // the oldest one ends
)

// cookieName is the name of the session cookie.
const cookieName = "tvscim_session"

// Token is a token that signs in: the SHA-256 of its text, under a name for the log. The zero
// Expires is never.
type Token struct {
	Name    string
	SHA256  [sha256.Size]byte
	Expires time.Time
}

// session is somebody who has signed in.
type session struct {
	name   string
	sum    [sha256.Size]byte // of the token
	csrf   string
	began  time.Time
	active time.Time
}

// sessions are those who have signed in. They are forgotten when the process ends.
type sessions struct {
	tokens func() []Token // that are valid now

	mu   sync.Mutex
	byID map[[sha256.Size]byte]*session // by the hash of the cookie's value
}

func newSessions(tokens func() []Token) *sessions {
	return &sessions{tokens: tokens, byID: make(map[[sha256.Size]byte]*session)}
}

// named returns the name of a token with this hash that is valid at now.
func (s *sessions) named(sum [sha256.Size]byte, now time.Time) (name string, ok bool) {
	for _, t := range s.tokens() {
		if subtle.ConstantTimeCompare(sum[:], t.SHA256[:]) == 1 && (t.Expires.IsZero() || now.Before(t.Expires)) {
			name, ok = t.Name, true
		}
	}
	return name, ok
}

// begin signs in with a token, and returns the value of the cookie.
func (s *sessions) begin(token string) (value, name string, ok bool) {
	now := time.Now()
	sum := sha256.Sum256([]byte(token))
	name, ok = s.named(sum, now)
	if !ok {
		return "", "", false
	}
	value = rand.Text()
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, old := range s.byID {
		if old.ended(now) {
			delete(s.byID, id)
		}
	}
	if len(s.byID) >= maxSessions {
		s.endOldest()
	}
	s.byID[sha256.Sum256([]byte(value))] = &session{name: name, sum: sum, csrf: rand.Text(), began: now, active: now}
	return value, name, true
}

func (s *sessions) endOldest() {
	var oldest [sha256.Size]byte
	at := time.Now()
	for id, old := range s.byID {
		if old.active.Before(at) {
			oldest, at = id, old.active
		}
	}
	delete(s.byID, oldest)
}

func (s *session) ended(now time.Time) bool {
	return now.Sub(s.active) >= sessionIdle || now.Sub(s.began) >= sessionTime
}

// of returns the session of a request. A refresh by a script does not keep a session alive. A
// session ends with its token.
func (s *sessions) of(r *http.Request) (session, bool) {
	cookie, err := r.Cookie(cookieName)
	if err != nil {
		return session{}, false
	}
	now, id := time.Now(), sha256.Sum256([]byte(cookie.Value))
	s.mu.Lock()
	defer s.mu.Unlock()
	found := s.byID[id]
	if found == nil {
		return session{}, false
	}
	if _, valid := s.named(found.sum, now); !valid || found.ended(now) {
		delete(s.byID, id)
		return session{}, false
	}
	if !refreshes(r) {
		found.active = now
	}
	return *found, true
}

// end ends the session of a request.
func (s *sessions) end(r *http.Request) {
	if cookie, err := r.Cookie(cookieName); err == nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.byID, sha256.Sum256([]byte(cookie.Value)))
	}
}

// refreshes reports whether a script makes the request, to refresh a page.
func refreshes(r *http.Request) bool { return r.Header.Get("HX-Request") == "true" }

// cookie is the session cookie with a value; the empty value deletes it.
func cookie(r *http.Request, value string) *http.Cookie {
	c := &http.Cookie{ //nolint:gosec // Secure if the browser uses TLS, which a proxy adds
		Name: cookieName, Value: value, Path: Path, HttpOnly: true, SameSite: http.SameSiteStrictMode,
		Secure: r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https",
	}
	if value == "" {
		c.MaxAge = -1
	}
	return c
}
