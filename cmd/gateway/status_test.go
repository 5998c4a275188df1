package gateway_test

import (
	"crypto/sha256"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"tvscim/cmd/config"
	"tvscim/tvapi/tvfake"
)

// reader is a person with a browser, before the admin listener of a stage.
type reader struct {
	t      *testing.T
	url    string
	client *http.Client
	header http.Header // of every request
}

const adminToken = "admin-token-of-the-stage"

// withAdmins are settings with one who may sign in.
func withAdmins(c *config.Config, _ *tvfake.Server) {
	c.Admin.Tokens = []config.Token{{Name: "ada", SHA256: sha256.Sum256([]byte(adminToken))}}
}

// reader serves the admin listener on loopback to a person without a cookie.
func (s *stage) reader() *reader {
	s.t.Helper()
	server := httptest.NewServer(s.gateway.Admin())
	s.t.Cleanup(server.Close)
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return &reader{s.t, server.URL, &http.Client{Jar: jar}, http.Header{}}
}

// get reads a page; path is below /status.
func (r *reader) get(path string) answer { return r.send(http.MethodGet, path, nil) }

// post sends a form with the CSRF token of the page that it is on.
func (r *reader) post(path string, fields ...string) answer {
	form := url.Values{"csrf": {csrfIn(r.get("/activity").body)}}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	return r.send(http.MethodPost, path, form)
}

var csrfField = regexp.MustCompile(`name="csrf" value="([^"]+)"`)

func csrfIn(page string) string {
	if m := csrfField.FindStringSubmatch(page); m != nil {
		return m[1]
	}
	return ""
}

func (r *reader) send(method, path string, form url.Values) answer {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), method, r.url+"/status"+path, strings.NewReader(form.Encode()))
	if err != nil {
		r.t.Fatal(err)
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for name, values := range r.header {
		req.Header[name] = values
		if name == "Host" {
			req.Host = values[0]
		}
	}
	res, err := r.client.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return answer{res.StatusCode, res.Header, string(body)}
}

// signIn signs in with a token.
func (r *reader) signIn(token string) answer {
	return r.send(http.MethodPost, "/signin", url.Values{"token": {token}})
}

// must fails the test unless an answer has the status and each text.
func (a answer) must(t *testing.T, status int, texts ...string) answer {
	t.Helper()
	if a.status != status {
		t.Errorf("status %d, want %d:\n%s", a.status, status, a.body)
	}
	for _, text := range texts {
		if !strings.Contains(a.body, text) {
			t.Errorf("the page lacks %q:\n%s", text, a.body)
		}
	}
	return a
}

// everyPage are the paths of all pages, with some that do not exist.
func everyPage(id string) []string {
	return []string{
		"", "/activity", "/activity/AAAAAAAAAAAAAAAAAAAAAAAAAA", "/people", "/people/" + id, "/guard", "/plan", "/plan.csv", "/plan.json",
		"/signin", "/signout", "/nowhere", "/../status/activity",
	}
}

// TestStatusNeedsSignIn: without sign-in no page shows or does anything, by any method.
func TestStatusNeedsSignIn(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		settings func(*config.Config)
		header   http.Header
		status   int
	}{
		"tokens":                        {func(c *config.Config) { withAdmins(c, nil) }, nil, http.StatusUnauthorized},
		"a wrong cookie":                {func(c *config.Config) { withAdmins(c, nil) }, http.Header{"Cookie": {"tvscim_session=AAAA"}}, http.StatusUnauthorized},
		"a token that has expired":      {func(c *config.Config) { withAdmins(c, nil); c.Admin.Tokens[0].Expires = time.Now().Add(-time.Second) }, nil, http.StatusUnauthorized},
		"no tokens, not on loopback":    {func(c *config.Config) { c.AdminListen = "0.0.0.0:9090" }, nil, http.StatusForbidden},
		"no tokens, any address":        {func(c *config.Config) { c.AdminListen = ":9090" }, nil, http.StatusForbidden},
		"loopback, by a proxy":          {func(*config.Config) {}, http.Header{"X-Forwarded-For": {"192.0.2.1"}}, http.StatusForbidden},
		"loopback, by a name of a site": {func(*config.Config) {}, http.Header{"Host": {"rebound.example"}}, http.StatusForbidden},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, staging{settings: func(c *config.Config, _ *tvfake.Server) { c.DryRun = true; test.settings(c) }})
			id := s.user("canary@contoso.example")
			r := s.reader()
			if test.header != nil {
				r.header = test.header
			}
			for _, path := range everyPage(id) {
				for _, method := range []string{"GET", "HEAD", "POST", "PUT", "DELETE"} {
					a := r.send(method, path, url.Values{"word": {"release"}, "for": {"1h"}, "text": {"canary"}, "token": {"no"}})
					if a.status != test.status || strings.Contains(a.body, "canary") || a.header.Get("Set-Cookie") != "" || strings.Contains(a.body, `name="csrf"`) {
						t.Errorf("%s %s: %d\n%s", method, path, a.status, a.body)
					}
				}
			}
			for _, name := range []string{"style.css", "page.js", "htmx.min.js", "icon.svg"} {
				r.get("/assets/"+name).must(t, http.StatusOK)
			}
			for _, name := range []string{"base.html", "htmx.LICENSE", "", "../page.go", "nothing.css"} {
				r.get("/assets/"+url.PathEscape(name)).must(t, http.StatusNotFound)
			}
		})
	}
}

// TestStatusSession: a token signs in, and the session ends by signing out, and with the token.
func TestStatusSession(t *testing.T) {
	t.Parallel()
	s := newStage(t, staging{settings: withAdmins})
	r := s.reader()
	for _, token := range []string{"", "wrong", stageToken, adminToken + "x"} {
		r.signIn(token).must(t, http.StatusUnauthorized, "none of the tokens")
	}
	r.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	a := r.signIn(" " + adminToken + "\n")
	cookie := a.header.Get("Set-Cookie")
	for _, want := range []string{"tvscim_session=", "Path=/status", "HttpOnly", "SameSite=Strict"} {
		if a.status != http.StatusSeeOther || !strings.Contains(cookie, want) {
			t.Errorf("%d, cookie %q lacks %s", a.status, cookie, want)
		}
	}
	if strings.Contains(cookie, "Max-Age") || strings.Contains(cookie, "Expires") {
		t.Errorf("cookie %q outlives the browser", cookie)
	}
	page := r.get("").must(t, http.StatusOK, "ada", "Sign out")
	for name, want := range map[string]string{
		"Cache-Control": "no-store", "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff",
		"Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; " +
			"form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
	} {
		if got := page.header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	r.post("/signout").must(t, http.StatusSeeOther)
	r.get("").must(t, http.StatusUnauthorized)
	r.signIn(adminToken).must(t, http.StatusSeeOther)
	r.get("").must(t, http.StatusOK)
	s.mustReload(func(c *config.Config) { c.Admin.Tokens[0].SHA256 = sha256.Sum256([]byte("another")) })
	r.get("").must(t, http.StatusUnauthorized)
	r.signIn(adminToken).must(t, http.StatusUnauthorized)
	r.signIn("another").must(t, http.StatusSeeOther)
}

// TestStatusReleasesTheGuardOnlyForItsReader: no form of another site, of another session or
// without the typed word releases the guard; the reader's own does, and the next removal is let
// through.
func TestStatusReleasesTheGuardOnlyForItsReader(t *testing.T) {
	t.Parallel()
	s := newStage(t, staging{settings: withAdmins})
	ids := s.employees(10)
	for _, id := range ids[:7] {
		s.do("DELETE", "/Users/"+id, "")
	}
	r, other := s.reader(), s.reader()
	r.signIn(adminToken).must(t, http.StatusOK)
	other.signIn(adminToken).must(t, http.StatusOK)
	r.get("").must(t, http.StatusOK, "The guard holds back removals.")
	r.get("/guard").must(t, http.StatusOK, "Removals are held back.", "p5@contoso.example", "p6@contoso.example", "The guard of the gateway holds back")
	csrf := csrfIn(r.get("/guard").body)
	held := func(how string) {
		t.Helper()
		if a := s.do("DELETE", "/Users/"+ids[9], ""); !heldBack(a) {
			t.Fatalf("%s released the guard: %d %s", how, a.status, a.body)
		}
	}
	form := func(csrf, word string) url.Values { return url.Values{"csrf": {csrf}, "word": {word}, "for": {"1h"}} }
	for how, test := range map[string]struct {
		header http.Header
		form   url.Values
		status int
	}{
		"another site":               {http.Header{"Sec-Fetch-Site": {"cross-site"}}, form(csrf, "release"), http.StatusForbidden},
		"a neighbour of the site":    {http.Header{"Sec-Fetch-Site": {"same-site"}}, form(csrf, "release"), http.StatusForbidden},
		"another origin":             {http.Header{"Origin": {"https://evil.example"}}, form(csrf, "release"), http.StatusForbidden},
		"no CSRF token":              {nil, form("", "release"), http.StatusForbidden},
		"the CSRF token of another":  {nil, form(csrfIn(other.get("/guard").body), "release"), http.StatusForbidden},
		"no word":                    {nil, form(csrf, ""), http.StatusUnprocessableEntity},
		"another word":               {nil, form(csrf, "Release!"), http.StatusUnprocessableEntity},
		"a time that is not offered": {nil, url.Values{"csrf": {csrf}, "word": {"release"}, "for": {"100000h"}}, http.StatusUnprocessableEntity},
		"zero":                       {nil, url.Values{"csrf": {csrf}, "word": {"release"}, "for": {"1h"}, "count": {"0"}}, http.StatusUnprocessableEntity},
		"a negative number":          {nil, url.Values{"csrf": {csrf}, "word": {"release"}, "for": {"1h"}, "count": {"-1"}}, http.StatusUnprocessableEntity},
	} {
		r.header = test.header
		if a := r.send(http.MethodPost, "/guard", test.form); a.status != test.status {
			t.Errorf("%s: %d, want %d\n%s", how, a.status, test.status, a.body)
		}
		held(how)
	}
	r.header = http.Header{"Origin": {r.url}, "Sec-Fetch-Site": {"same-origin"}}
	r.send(http.MethodPost, "/guard", url.Values{"csrf": {csrf}, "word": {"release"}, "for": {"1h"}, "count": {"1"}}).must(t, http.StatusOK, "Removals are let through")
	if a := s.do("DELETE", "/Users/"+ids[9], ""); a.status != http.StatusNoContent {
		t.Errorf("a released removal: %d %s", a.status, a.body)
	}
	if a := s.do("DELETE", "/Users/"+ids[8], ""); !heldBack(a) {
		t.Errorf("beyond the released number: %d %s", a.status, a.body)
	}
}

// TestStatusShowsTheLastAnswer: beside the component teamviewer stands when TeamViewer last
// answered, while calls succeed and while they fail.
func TestStatusShowsTheLastAnswer(t *testing.T) {
	t.Parallel()
	s := newStage(t, staging{settings: withAdmins})
	r := s.reader()
	r.signIn(adminToken)
	if a := r.get("").must(t, http.StatusOK); strings.Contains(a.body, "last answer") {
		t.Errorf("an answer before the first call:\n%s", a.body)
	}
	s.user("nora@contoso.example")
	shown := regexp.MustCompile(`<b>teamviewer</b>.*last answer (<time [^>]+>)`)
	well := shown.FindStringSubmatch(r.get("").body)
	s.fake.Fail(tvfake.Fault{Function: "POST /users", Status: http.StatusInternalServerError})
	s.do("POST", "/Users", newUser("ada@contoso.example"))
	failing := r.get("").must(t, http.StatusOK, "The component teamviewer fails").body
	if after := shown.FindStringSubmatch(failing); well == nil || after == nil || after[1] != well[1] {
		t.Errorf("last answer %q, and after a failure %q:\n%s", well, after, failing)
	}
}
