package page

import (
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"
)

// Bounds of wrong tokens at the sign-in. They are those of unknown bearer tokens in passthrough.
const (
	trialWindow        = time.Minute
	maxTrials          = 20 // within trialWindow
	maxTrialsOfAddress = 10 // so that one address does not use up all
)

// trials counts wrong tokens. Beyond the bounds a wrong token is answered 429 and not logged; a
// right one signs in at any time, so that nobody can lock others out.
type trials struct {
	mu    sync.Mutex
	wrong []wrongToken // within trialWindow, the latest last
}

type wrongToken struct {
	at      time.Time
	address string
}

// count counts a wrong token of an address. Beyond the bounds it counts nothing and returns how
// long the bounds are reached; else 0.
func (t *trials) count(now time.Time, address string) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.wrong = slices.DeleteFunc(t.wrong, func(w wrongToken) bool { return now.Sub(w.at) >= trialWindow })
	var own []time.Time
	for _, w := range t.wrong {
		if w.address == address {
			own = append(own, w.at)
		}
	}
	switch {
	case len(own) >= maxTrialsOfAddress:
		return trialWindow - now.Sub(own[0])
	case len(t.wrong) >= maxTrials:
		return trialWindow - now.Sub(t.wrong[0].at)
	}
	t.wrong = append(t.wrong, wrongToken{now, address})
	return 0
}

// networkOf returns the address of a client without its port; for IPv6 its /64 network, since one
// client has a whole network.
func networkOf(remote string) string {
	host, _, err := net.SplitHostPort(remote)
	if err != nil {
		return remote
	}
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return host
	}
	if ip = ip.Unmap().WithZone(""); ip.Is4() {
		return ip.String()
	}
	network, _ := ip.Prefix(64) // 64 bits fit
	return network.String()
}
