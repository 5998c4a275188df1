package tvfake

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// controlHandler answers one request of the control address. An error is answered with 400.
type controlHandler func(*Server, *http.Request) (status int, body any, err error)

// controlRoute is one route of the control address.
type controlRoute struct {
	pattern  string // as net/http has it
	handle   controlHandler
	examples []controlExample
}

// controlExample is a request of a route that succeeds, in the order of the list, on a new
// emulator.
type controlExample struct {
	about string
	path  string // where the pattern has placeholders; "" = the pattern's own
	body  string // "" = none
}

// Control serves the emulator's own address, for tests and demonstrations in other languages. GET /
// explains it. It acts on the first company. It has no authentication: use it on loopback only.
func (s *Server) Control() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		// The only error is a closed connection.
		_, _ = w.Write([]byte(s.controlHelp("http://" + r.Host)))
	})
	for _, route := range controlRoutes() {
		mux.HandleFunc(route.pattern, func(w http.ResponseWriter, r *http.Request) {
			status, value, err := route.handle(s, r)
			if err != nil {
				status, value = http.StatusBadRequest, map[string]string{"error": err.Error()}
			}
			w.Header().Set("Content-Type", typeJSON)
			w.WriteHeader(status)
			if value != nil {
				_ = json.NewEncoder(w).Encode(value)
			}
		})
	}
	return mux
}

// controlHelp is the text of GET /: each route with examples that can be pasted into a shell.
func (s *Server) controlHelp(address string) string {
	var b strings.Builder
	b.WriteString("This is NOT TeamViewer: an emulator of its Web API that forgets everything at exit.\n" +
		"This address seeds it, makes it fail and shows what it holds.\n")
	for _, route := range controlRoutes() {
		method, path, _ := strings.Cut(route.pattern, " ")
		fmt.Fprintf(&b, "\n%s\n", route.pattern)
		for _, e := range route.examples {
			fmt.Fprintf(&b, "  # %s\n  %s\n", e.about, curl(method, address, path, e))
		}
	}
	b.WriteString("\nFunctions that a fault may name\n")
	for _, r := range s.routes {
		fmt.Fprintf(&b, "  %s\n", r.function)
	}
	return b.String()
}

// curl is the command line of an example.
func curl(method, address, path string, e controlExample) string {
	line := "curl"
	switch {
	case method == http.MethodPost && e.body != "": // what curl does with -d
	case method != http.MethodGet:
		line += " -X " + method
	}
	if e.path != "" {
		path = e.path
	}
	line += " " + address + path
	if e.body != "" {
		line += " -d '" + e.body + "'"
	}
	return line
}
