package proxy

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// Networks are IP networks.
type Networks []netip.Prefix

// contains reports whether an address is in one of the networks.
func (n Networks) contains(address netip.Addr) bool {
	return slices.ContainsFunc(n, func(p netip.Prefix) bool { return p.Contains(address) })
}

// trusts reports whether a request comes from one of the networks, so that its X-Forwarded headers
// are believed.
func (n Networks) trusts(r *http.Request) bool {
	return len(n) > 0 && n.contains(parseHop(r.RemoteAddr))
}

// address returns the address of the client of a request, for [Caller.Address]. Each proxy appends
// the address of its own client to X-Forwarded-For, so the list is read from its end, as long as
// the addresses are those of trusted proxies: what a client wrote itself stands before them. What
// is not an address ends the reading.
func (n Networks) address(r *http.Request) string {
	client := parseHop(r.RemoteAddr)
	if !client.IsValid() {
		return r.RemoteAddr // not TCP: a test or a Unix socket
	}
	hops := listOf(r.Header, "X-Forwarded-For")
	for i := len(hops) - 1; i >= 0 && n.contains(client); i-- {
		hop := parseHop(hops[i])
		if !hop.IsValid() {
			break
		}
		client = hop
	}
	if client.Is4() {
		return client.String()
	}
	network, _ := client.Prefix(64) // an IPv6 address has that many bits
	return network.String()
}

// origin returns the scheme and host under which the client sent a request: those of the connection
// and of the Host header, or what a trusted proxy says. Of a list the last one counts, which the
// proxy itself appended.
func (n Networks) origin(r *http.Request) (scheme, host string) {
	scheme, host = "http", r.Host
	if r.TLS != nil {
		scheme = "https"
	}
	if !n.trusts(r) {
		return scheme, host
	}
	if list := listOf(r.Header, "X-Forwarded-Proto"); len(list) > 0 {
		switch last := strings.ToLower(list[len(list)-1]); last {
		case "http", "https":
			scheme = last
		}
	}
	if list := listOf(r.Header, "X-Forwarded-Host"); len(list) > 0 && isHost(list[len(list)-1]) {
		host = list[len(list)-1]
	}
	return scheme, host
}

// listOf returns the entries of a header that is a list, in their order, from all its lines.
func listOf(h http.Header, name string) []string {
	var entries []string
	for _, line := range h.Values(name) {
		for entry := range strings.SplitSeq(line, ",") {
			entries = append(entries, strings.Trim(entry, " \t"))
		}
	}
	return entries
}

// parseHop parses an address with or without port, and an IPv6 address in brackets. The address is
// invalid if the text is none.
func parseHop(text string) netip.Addr {
	address, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(text, "["), "]"))
	if err != nil {
		var with netip.AddrPort
		if with, err = netip.ParseAddrPort(text); err != nil {
			return netip.Addr{}
		}
		address = with.Addr()
	}
	return address.Unmap().WithZone("")
}
