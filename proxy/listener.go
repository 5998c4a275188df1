package proxy

import (
	"net/http"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// The limits of a connection, against slow clients.
const (
	readHeaderTimeout = 10 * time.Second
	readTimeout       = 30 * time.Second // headers and body
	idleTimeout       = 2 * time.Minute
	maxHeaderBytes    = 16<<10 - 4<<10 // 16 KiB, for a long filter and a token: net/http allows 4 KiB beyond this
)

// HTTPServer returns a server for the given handler with every timeout set: answer is how long the
// handler may take. A [Server] sets the write deadline itself when a response begins. See [Bounded]
// for the limit of connections.
//
// The messages of net/http are logged at debug level, since they contain client addresses; a nil
// logger logs nothing.
func HTTPServer(handler http.Handler, answer time.Duration, logger *zap.Logger) *http.Server {
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      readTimeout + answer + 10*time.Second, // it begins when the headers are read
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		// Otherwise net/http answers OPTIONS * before any authentication.
		DisableGeneralOptionsHandler: true,
	}
	// The only error is an unknown level.
	server.ErrorLog, _ = zap.NewStdLogAt(orDefault(logger, zap.NewNop()), zapcore.DebugLevel)
	return server
}
