package proxy

import (
	"net/http"
	"testing"
)

// TestAddressOf: all addresses of one IPv6 network are one client's.
func TestAddressOf(t *testing.T) {
	t.Parallel()
	for remote, want := range map[string]string{
		"192.0.2.7:1234":              "192.0.2.7",
		"[::ffff:192.0.2.7]:1234":     "192.0.2.7",
		"[2001:db8:1:2:3:4:5:6]:1234": "2001:db8:1:2::/64",
		"[2001:db8:1:2::9]:80":        "2001:db8:1:2::/64",
		"[fe80::1%eth0]:80":           "fe80::/64",
		"@":                           "@",
		"":                            "",
	} {
		if got := Networks(nil).address(&http.Request{RemoteAddr: remote}); got != want {
			t.Errorf("address of %q = %q, want %q", remote, got, want)
		}
	}
}
