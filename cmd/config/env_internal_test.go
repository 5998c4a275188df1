package config

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestIsServiceLink(t *testing.T) {
	t.Parallel()
	const url = "tcp://10.0.0.7:8080"
	for _, tt := range []struct {
		name, value string
		want        bool
	}{
		{"TVSCIM_SERVICE_HOST", "10.0.0.7", true},
		{"TVSCIM_SERVICE_PORT", "8080", true},
		{"TVSCIM_SERVICE_PORT_HTTP", "8080", true},
		{"TVSCIM_PORT", url, true},
		{"TVSCIM_PORT", "udp://10.0.0.7:53", true},
		{"TVSCIM_PORT_8080_TCP", url, true},
		{"TVSCIM_PORT_8080_TCP_ADDR", "10.0.0.7", true},
		{"TVSCIM_PORT_8080_SCTP_PROTO", "sctp", true},
		{"TVSCIM_ADMIN_V2_SERVICE_HOST", "10.0.0.7", true},
		{"TVSCIM_ADMIN_PORT", url, true},
		{"TVSCIM_PORT", "8080", false},
		{"TVSCIM_PORT", "http://10.0.0.7", false},
		{"TVSCIM_PORT", "", false},
		{"TVSCIM_ADMIN_PORT", "9090", false},
		{"TVSCIM_PORT_8080", url, false},
		{"TVSCIM_PORT_8080_TCP_NAME", "x", false},
		{"TVSCIM_PORT_HTTP_TCP", url, false},
		{"TVSCIM_SERVICE", "x", false},
		{"TVSCIM_HOST", "10.0.0.7", false},
		{"TVSCIM_SERVICE_HOSTS", "10.0.0.7", false},
	} {
		if got := isServiceLink(tt.name, tt.value); got != tt.want {
			t.Errorf("%s=%s: %t, want %t", tt.name, tt.value, got, tt.want)
		}
	}
}

// No setting may have a name that Kubernetes can take: it would be set by accident.
func TestNoSettingLooksLikeAServiceLink(t *testing.T) {
	t.Parallel()
	for _, key := range Keys() {
		if isServiceLink(key.Env, "tcp://10.0.0.7:8080") {
			t.Errorf("%s could be set by a Kubernetes Service", key.Env)
		}
	}
}

func TestLineage(t *testing.T) {
	t.Parallel()
	for key, want := range map[string][]string{
		"":                    nil,
		"listen":              {"listen"},
		"log.level":           {"log.level", "log"},
		"auth.tokens[0].name": {"auth.tokens[0].name", "auth.tokens[0]", "auth.tokens", "auth"},
		"[0]":                 {"[0]"},
		".":                   {"."},
	} {
		if diff := cmp.Diff(want, lineage(key)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", key, diff)
		}
	}
}
