package admin

import (
	"encoding/json"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"
)

// Guard is what the admin listener shows and does of the guard that holds back removals.
type Guard interface {
	// Status returns what is shown, as a value for package json.
	Status() any
	// Release lets removals through for a time; count 0 is any number. The error is for the
	// operator.
	Release(r *http.Request, within time.Duration, count int) error
}

// GuardHeader must be set by a request that releases the guard. A page in a browser cannot set it
// for another site without the permission of that site, which is never given.
const GuardHeader = "Tvscim-Guard"

// MaxRelease is the longest time of a release.
const MaxRelease = 7 * 24 * time.Hour

// GuardRelease is the body of a request that releases the guard.
type GuardRelease struct {
	For   string `json:"for"`   // a duration such as "1h"
	Count int    `json:"count"` // removals; 0: any number
}

// guardHandler serves /guard to callers on the same machine: the admin listener has no
// authentication.
type guardHandler struct{ guard Guard }

// acts reports whether a path takes another method than GET and HEAD.
func acts(h http.Handler, method string) bool {
	_, guard := h.(guardHandler)
	return guard && method == http.MethodPost
}

// ServeHTTP answers GET with the status and POST with the status after the release.
func (h guardHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !local(r) {
		http.Error(w, "only for callers on the same machine: run \"tvscim guard\" where the gateway runs", http.StatusForbidden)
		return
	}
	if r.Method == http.MethodPost && !h.release(w, r) {
		return
	}
	body, err := json.MarshalIndent(h.guard.Status(), "", "  ")
	if err != nil {
		http.Error(w, "the state of the guard cannot be written", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(append(body, '\n')) // the caller may be gone
}

// release does what a POST says. It answers what it refuses, and reports whether it was done.
func (h guardHandler) release(w http.ResponseWriter, r *http.Request) bool {
	if r.Header.Get(GuardHeader) != "release" {
		http.Error(w, "the header "+GuardHeader+": release is missing", http.StatusForbidden)
		return false
	}
	var body GuardRelease
	err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 4<<10)).Decode(&body)
	within, badTime := time.ParseDuration(body.For)
	if err != nil || badTime != nil || within <= 0 || within > MaxRelease || body.Count < 0 {
		http.Error(w, "for must be a duration up to 168h, and count 0 or more", http.StatusBadRequest)
		return false
	}
	if err := h.guard.Release(r, within, body.Count); err != nil {
		http.Error(w, err.Error(), http.StatusConflict)
		return false
	}
	return true
}

// local reports whether a request comes from the same machine, directly, and to a name of it: a
// page in a browser may reach the listener by a name of its own that leads to the loopback address.
func local(r *http.Request) bool {
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || !from.Addr().Unmap().IsLoopback() || r.Header.Get("Origin") != "" || r.Header.Get("X-Forwarded-For") != "" || r.Header.Get("Forwarded") != "" {
		return false
	}
	host := r.Host
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	ip, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return host == "localhost" || err == nil && ip.IsLoopback()
}
