package gateway

import (
	"context"
	"errors"
	"fmt"
	"net"
	"syscall"
)

// listen opens the address of a setting.
func listen(ctx context.Context, key, address string) (net.Listener, error) {
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, listenError{fmt.Sprintf("%s: %s %s", key, address, ListenProblem(err)), err}
	}
	return listener, nil
}

// listenError is the error of an address, with a text of its own.
type listenError struct {
	text string
	err  error
}

// Error returns the text.
func (e listenError) Error() string { return e.text }

// Unwrap returns the error of the system.
func (e listenError) Unwrap() error { return e.err }

// ListenProblem returns why an address cannot be listened on, and the remedy.
func ListenProblem(err error) string {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return "is in use by another process, such as a gateway that runs already; stop that process, or set another port"
	case errors.Is(err, syscall.EACCES):
		return "is refused: permission denied; set a port of 1024 or more, or give the process the capability CAP_NET_BIND_SERVICE"
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return "is no address of this machine; set one that it has, or 0.0.0.0 for all of them"
	}
	if name, ok := errors.AsType[*net.DNSError](err); ok {
		return fmt.Sprintf("names a host that is not found (%s); write an address, such as 127.0.0.1", name.Err)
	}
	return "cannot be listened on: " + err.Error() + "; set another address"
}
