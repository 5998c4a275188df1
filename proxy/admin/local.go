package admin

import (
	"encoding/json"
	"net/http"
)

// localHandler serves a value as JSON to callers on the same machine: it holds personal data, and
// the admin listener has no authentication.
type localHandler struct {
	command string // that shows it
	value   func() any
}

// ServeHTTP answers with the value.
func (h localHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !local(r) {
		http.Error(w, "only for callers on the same machine: run \""+h.command+"\" where the gateway runs", http.StatusForbidden)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(h.value()) // the caller may be gone
}
