package proxy

import (
	"net/http"
	"net/netip"
	"testing"
)

// TestAddressBehindProxies: the address of the client is the rightmost one that is not a trusted
// proxy's; what an untrusted peer says counts for nothing.
func TestAddressBehindProxies(t *testing.T) {
	t.Parallel()
	trusted := Networks{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("192.0.2.7/32"), netip.MustParsePrefix("fd00::/8")}
	for name, test := range map[string]struct {
		peer    string
		headers []string // lines of X-Forwarded-For
		want    string
	}{
		"no proxy":               {"198.51.100.1:80", nil, "198.51.100.1"},
		"not a trusted proxy":    {"198.51.100.1:80", []string{"203.0.113.9"}, "198.51.100.1"},
		"one proxy":              {"10.1.2.3:80", []string{"203.0.113.9"}, "203.0.113.9"},
		"without the header":     {"10.1.2.3:80", nil, "10.1.2.3"},
		"two proxies":            {"10.1.2.3:80", []string{"203.0.113.9, 192.0.2.7"}, "203.0.113.9"},
		"in two lines":           {"10.1.2.3:80", []string{"203.0.113.9", "192.0.2.7"}, "203.0.113.9"},
		"written by the client":  {"10.1.2.3:80", []string{"127.0.0.1, 10.9.9.9, 203.0.113.9"}, "203.0.113.9"},
		"a proxy not listed":     {"10.1.2.3:80", []string{"203.0.113.9, 198.51.100.1"}, "198.51.100.1"},
		"proxies alone":          {"10.1.2.3:80", []string{"10.7.7.7, 10.8.8.8"}, "10.7.7.7"},
		"no address":             {"10.1.2.3:80", []string{"unknown"}, "10.1.2.3"},
		"no address before":      {"10.1.2.3:80", []string{"unknown, 192.0.2.7"}, "192.0.2.7"},
		"empty entries":          {"10.1.2.3:80", []string{"203.0.113.9, ,"}, "10.1.2.3"},
		"with a port":            {"10.1.2.3:80", []string{"203.0.113.9:4711"}, "203.0.113.9"},
		"IPv6":                   {"[fd00::1]:80", []string{"2001:db8:1:2:3:4:5:6"}, "2001:db8:1:2::/64"},
		"IPv6 with a port":       {"[fd00::1]:80", []string{"[2001:db8:1:2::9]:80"}, "2001:db8:1:2::/64"},
		"IPv6 in brackets":       {"[fd00::1]:80", []string{"[2001:db8:1:2::9]"}, "2001:db8:1:2::/64"},
		"IPv4 in IPv6":           {"[::ffff:10.1.2.3]:80", []string{"::ffff:203.0.113.9"}, "203.0.113.9"},
		"not TCP":                {"@", []string{"203.0.113.9"}, "@"},
		"a network, no address":  {"10.1.2.3:80", []string{"203.0.113.0/24"}, "10.1.2.3"},
		"an address and garbage": {"10.1.2.3:80", []string{"203.0.113.9 evil"}, "10.1.2.3"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := &http.Request{RemoteAddr: test.peer, Header: http.Header{"X-Forwarded-For": test.headers}}
			if got := trusted.address(r); got != test.want {
				t.Errorf("%s, want %s", got, test.want)
			}
			if got, want := Networks(nil).address(r), (Networks{}).address(&http.Request{RemoteAddr: test.peer}); got != want {
				t.Errorf("%s without trusted proxies, want %s", got, want)
			}
		})
	}
}

// TestOriginBehindProxies: scheme and host are the client's, if a trusted proxy says them.
func TestOriginBehindProxies(t *testing.T) {
	t.Parallel()
	trusted := Networks{netip.MustParsePrefix("10.0.0.0/8")}
	for name, test := range map[string]struct {
		peer   string
		header http.Header
		want   string
	}{
		"nothing said":        {"10.1.2.3:80", nil, "http://gateway.internal:8080"},
		"not trusted":         {"192.0.2.1:80", http.Header{"X-Forwarded-Proto": {"https"}, "X-Forwarded-Host": {"evil.example"}}, "http://gateway.internal:8080"},
		"trusted":             {"10.1.2.3:80", http.Header{"X-Forwarded-Proto": {"HTTPS"}, "X-Forwarded-Host": {"tv.example.com"}}, "https://tv.example.com"},
		"scheme alone":        {"10.1.2.3:80", http.Header{"X-Forwarded-Proto": {"https"}}, "https://gateway.internal:8080"},
		"appended":            {"10.1.2.3:80", http.Header{"X-Forwarded-Proto": {"http, https"}, "X-Forwarded-Host": {"evil.example", "tv.example.com"}}, "https://tv.example.com"},
		"no scheme and host":  {"10.1.2.3:80", http.Header{"X-Forwarded-Proto": {"gopher"}, "X-Forwarded-Host": {"a b/c"}}, "http://gateway.internal:8080"},
		"another header":      {"10.1.2.3:80", http.Header{"Forwarded": {"host=evil.example;proto=https"}}, "http://gateway.internal:8080"},
		"empty in the header": {"10.1.2.3:80", http.Header{"X-Forwarded-Proto": {""}, "X-Forwarded-Host": {""}}, "http://gateway.internal:8080"},
	} {
		scheme, host := trusted.origin(&http.Request{RemoteAddr: test.peer, Host: "gateway.internal:8080", Header: test.header})
		if got := scheme + "://" + host; got != test.want {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
	}
}
