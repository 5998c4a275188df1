package proxy_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"tvscim/proxy"
)

// BenchmarkGet answers GET of one user in process: what the room costs on top of the store.
func BenchmarkGet(b *testing.B) {
	h := newServer(b, func(o *proxy.Options) { o.MaxBody = 0 }).Handler()
	send := func(method, path, body string) int {
		r := httptest.NewRequest(method, "/scim/v2"+path, strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer "+bearer)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Code
	}
	if status := send(http.MethodPost, "/Users", nora); status != http.StatusCreated {
		b.Fatalf("create: status %d", status)
	}
	b.ReportAllocs()
	for b.Loop() {
		if status := send(http.MethodGet, "/Users/user-1", ""); status != http.StatusOK {
			b.Fatalf("status %d", status)
		}
	}
}
