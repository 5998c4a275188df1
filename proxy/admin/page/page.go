package page

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"html/template"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"go.uber.org/zap"
)

// Path is where the pages are.
const Path = "/status"

// maxForm is the length in bytes of the largest form.
const maxForm = 16 << 10

// Options configures the pages.
type Options struct {
	Version string
	// Loopback reports that the listener is reached from this machine alone. Without tokens, nobody
	// signs in then.
	Loopback bool
	Tokens   func() []Token // required: those that sign in now
	Logger   *zap.Logger    // required: what is done is logged

	Overview func() Overview // required
	Ring     *Ring           // required
	History  *History        // required
	Log      Log             // nil: no change log
	Explain  Explainer       // required
	People   People          // required
	Guard    Guard           // required
	// Hide returns a text without secrets that a client may have put into it; nil: as it is.
	Hide func(string) string
	Plan Plan // nil: no dry run
}

// Log is the change log on disk, which has more than the ring.
type Log interface {
	// Lines returns lines about a user or group, or of a request, whichever is not "", oldest first
	// and at most the newest 500.
	Lines(object, request string) ([]Change, error)
}

// Explainer explains what the ring holds.
type Explainer interface {
	// Operations returns what a PATCH was understood as, one operation a line; nil if the request
	// is none.
	Operations(q Request) []string
	// Undo returns the requests that take the changes of a request back.
	Undo(e Entry) Undo
}

// Undo is how the changes of a request are taken back. Notes say what cannot be restored.
type Undo struct {
	Notes    []string
	Requests []UndoRequest
}

// UndoRequest is a SCIM request; its path is below the base path.
type UndoRequest struct{ Method, Path, Body string }

// handler serves the pages.
type handler struct {
	Options
	sessions  *sessions
	trials    *trials
	csrf      string // of forms without a session
	templates *template.Template
	crossSite *http.CrossOriginProtection
}

// New returns the handler of [Path] and what is below it.
func New(o Options) (http.Handler, error) {
	if o.Tokens == nil || o.Logger == nil || o.Overview == nil || o.Ring == nil || o.History == nil || o.Explain == nil || o.People == nil || o.Guard == nil {
		return nil, errors.New("status page: an option is missing")
	}
	if o.Hide == nil {
		o.Hide = func(s string) string { return s }
	}
	templates, err := parseTemplates()
	if err != nil {
		return nil, err
	}
	return &handler{o, newSessions(o.Tokens), &trials{}, rand.Text(), templates, http.NewCrossOriginProtection()}, nil
}

// visit is one request of a person.
type visit struct {
	w    http.ResponseWriter
	r    *http.Request
	name string // of the token; "" without sign-in
	csrf string
}

// route is what answers a path. GET is answered if get, POST if post.
type route struct {
	get, post func(*visit)
}

// routes returns the pages that need a sign-in.
func (h *handler) route(path string) (route, bool) {
	switch path {
	case "":
		return route{get: h.overview}, true
	case "/activity":
		return route{h.activity, h.activity}, true
	case "/people":
		return route{h.people, h.people}, true
	case "/guard":
		return route{h.guard, h.releaseGuard}, true
	case "/plan", "/plan.csv", "/plan.json":
		return route{get: h.plan}, h.Plan != nil
	case "/signout":
		return route{post: h.signOut}, true
	}
	switch {
	case strings.HasPrefix(path, "/activity/"):
		return route{get: h.entry}, true
	case strings.HasPrefix(path, "/people/"):
		return route{h.object, h.memberships}, true
	}
	return route{}, false
}

// ServeHTTP answers a request for a page.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "+
		"form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	w.Header().Set("Cross-Origin-Opener-Policy", "same-origin")
	w.Header().Set("Cross-Origin-Resource-Policy", "same-origin")
	path := strings.TrimPrefix(r.URL.Path, Path)
	if name, ok := strings.CutPrefix(path, "/assets/"); ok {
		asset(w, r, name)
		return
	}
	if err := h.crossSite.Check(r); err != nil {
		http.Error(w, "the request comes from another site; open the page itself and try again", http.StatusForbidden)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	v := &visit{w: w, r: r}
	if !h.admit(v) {
		h.signIn(v)
		return
	}
	route, ok := h.route(path)
	do := route.get
	if r.Method == http.MethodPost {
		do = route.post
		if !ok || do == nil || !h.meant(v) {
			do = nil
		}
	}
	switch {
	case !ok:
		h.problem(v, http.StatusNotFound, "There is no such page.")
	case do == nil && r.Method == http.MethodPost && route.post != nil:
		h.problem(v, http.StatusForbidden, "The form is not of this session. Nothing was done: open the page again.")
	case do == nil || r.Method != http.MethodGet && r.Method != http.MethodHead && r.Method != http.MethodPost:
		h.problem(v, http.StatusMethodNotAllowed, "The page is not used in this way.")
	default:
		do(v)
	}
}

// admit reports whether a person may see pages: they have signed in, or need not.
func (h *handler) admit(v *visit) bool {
	if h.open() {
		v.csrf = h.csrf
		return local(v.r)
	}
	s, ok := h.sessions.of(v.r)
	v.name, v.csrf = s.name, s.csrf
	return ok
}

// open reports whether nobody signs in.
func (h *handler) open() bool { return h.Loopback && len(h.Tokens()) == 0 }

// meant reports whether a form is one that this session was shown.
func (h *handler) meant(v *visit) bool {
	return subtle.ConstantTimeCompare([]byte(v.r.PostFormValue("csrf")), []byte(v.csrf)) == 1
}

// done logs what a person did.
func (h *handler) done(v *visit, what string, fields ...zap.Field) {
	h.Logger.Info(what, append(fields, zap.String("by", v.name), zap.String("address", v.r.RemoteAddr))...)
}

// local reports whether a request comes from this machine, directly, and to a name of it: a page of
// another site may reach the listener by a name of its own that leads to the loopback address.
func local(r *http.Request) bool {
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || !from.Addr().Unmap().IsLoopback() || r.Header.Get("X-Forwarded-For") != "" || r.Header.Get("Forwarded") != "" {
		return false
	}
	host := r.Host
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	ip, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// signIn shows the form, or signs in.
func (h *handler) signIn(v *visit) {
	switch {
	case h.open():
		h.outside(v, "The page is served on the loopback address without sign-in, so it answers only requests that come directly from this machine. "+
			"To reach it by a proxy, set admin.tokens.")
		return
	case len(h.Tokens()) == 0:
		h.outside(v, "Nobody can sign in yet: make a token with \"tvscim token new\", and put its lines below admin.tokens in the settings.")
		return
	case v.r.Method != http.MethodPost || v.r.URL.Path != Path+"/signin":
		if refreshes(v.r) {
			v.w.Header().Set("HX-Refresh", "true")
		}
		h.render(v, http.StatusUnauthorized, "signin", signInPage{})
		return
	}
	value, name, ok := h.sessions.begin(strings.TrimSpace(v.r.PostFormValue("token")))
	if !ok {
		h.wrongToken(v)
		return
	}
	v.name = name
	h.done(v, "signed in to the status page")
	http.SetCookie(v.w, cookie(v.r, value))
	http.Redirect(v.w, v.r, Path, http.StatusSeeOther)
}

// wrongToken refuses a sign-in.
func (h *handler) wrongToken(v *visit) {
	if wait := h.trials.count(time.Now(), networkOf(v.r.RemoteAddr)); wait > 0 {
		v.w.Header().Set("Retry-After", strconv.Itoa(int(wait/time.Second)+1))
		h.render(v, http.StatusTooManyRequests, "signin", signInPage{Wrong: true, Often: true})
		return
	}
	h.Logger.Warn("sign-in to the status page refused", zap.String("address", v.r.RemoteAddr))
	h.render(v, http.StatusUnauthorized, "signin", signInPage{Wrong: true})
}

// signInPage is what the form shows.
type signInPage struct {
	Wrong bool
	Often bool   // too many tokens were wrong
	Why   string // why nobody can sign in
}

// outside says why nobody can sign in.
func (h *handler) outside(v *visit, why string) {
	h.render(v, http.StatusForbidden, "signin", signInPage{Why: why})
}

func (h *handler) signOut(v *visit) {
	h.sessions.end(v.r)
	h.done(v, "signed out of the status page")
	http.SetCookie(v.w, cookie(v.r, ""))
	http.Redirect(v.w, v.r, Path, http.StatusSeeOther)
}

// problem shows an error as a page.
func (h *handler) problem(v *visit, status int, text string) {
	h.render(v, status, "problem", text)
}

// withTimeout is the context of what a page asks for.
func withTimeout(v *visit, d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(v.r.Context(), d)
}
