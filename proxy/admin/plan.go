package admin

import (
	"encoding/json"
	"net/http"
)

// planHandler serves /plan to callers on the same machine: a plan holds personal data, and the admin
// listener has no authentication.
type planHandler func() any

// ServeHTTP answers with the plan.
func (h planHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !local(r) {
		http.Error(w, "only for callers on the same machine: run \"tvscim plan\" where the gateway runs", http.StatusForbidden)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(h()) // the caller may be gone
}
