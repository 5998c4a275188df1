package proxy

import (
	"fmt"
	"strings"
	"sync"
	"unicode"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"tvscim/scim"
)

const (
	// maxIgnoredNames is the maximum number of attributes with their own series, since clients
	// choose the names.
	maxIgnoredNames = 100
	// maxIgnoredName is the maximum length of such a name, in characters. The longest in RFC 7643
	// has 76.
	maxIgnoredName = 100
	// otherIgnored is the series of all other names.
	otherIgnored = "other"
)

// ignored counts attributes that requests name and that are accepted without effect, since the
// service does not support them.
type ignored struct {
	total *prometheus.CounterVec

	mu    sync.Mutex
	names map[string]bool // that have a series
}

// newIgnored returns counters at zero.
func newIgnored() *ignored {
	return &ignored{names: make(map[string]bool), total: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "tvscim_ignored_attributes_total",
		Help: "Requests that name an attribute which is accepted without effect, by attribute; the first 100 by name.",
	}, []string{"attribute"})}
}

// noteIgnored counts the attributes that a request names without effect, and writes one debug line.
func (s *Server) noteIgnored(requestID string, ignored *scim.Ignored) {
	names := ignored.Names()
	if len(names) == 0 {
		return
	}
	for _, name := range names {
		s.metrics.ignored.total.WithLabelValues(s.metrics.ignored.label(name)).Inc()
	}
	if entry := s.logger.Check(zapcore.DebugLevel, "attributes without effect"); entry != nil {
		shown := make([]string, len(names))
		for i, name := range names {
			shown[i] = fmt.Sprintf("%.*s", maxIgnoredName, name)
		}
		entry.Write(zap.String("request_id", requestID), zap.Strings("attributes", shown))
	}
}

// label returns the series of a name. Only a valid attribute name has one, since any other text may
// be personal data.
func (i *ignored) label(name string) string {
	if len(name) > maxIgnoredName || name == "" || strings.ContainsFunc(name, notInName) {
		return otherIgnored
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	switch {
	case i.names[name]:
		return name
	case len(i.names) == maxIgnoredNames:
		return otherIgnored
	}
	i.names[name] = true
	return name
}

// notInName reports whether a character is in no attribute name or schema URN.
func notInName(r rune) bool {
	return r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune(":._-$", r)
}
