package proxy

import (
	"net/http"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// The limits of a connection, against clients that send slowly or never end.
const (
	readHeaderTimeout = 10 * time.Second
	readTimeout       = 30 * time.Second // headers and body
	idleTimeout       = 2 * time.Minute
	maxHeaderBytes    = 16<<10 - 4<<10 // 16 KiB, for a long filter and a token: net/http allows 4 KiB beyond this
)

// HTTPServer returns a server for the given handler with every time-out set: answer is how long the handler may take. A
// [Server] sets the time in which its answers must be read itself, when they begin, however long they took. See [Bounded]
// for how many connections it has.
//
// What net/http has to say goes to the logger at debug level, since it names client addresses; nil is none.
func HTTPServer(handler http.Handler, answer time.Duration, logger *zap.Logger) *http.Server {
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      readTimeout + answer + 10*time.Second, // it begins when the headers are read
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		// OPTIONS * would be answered by net/http, before any authentication.
		DisableGeneralOptionsHandler: true,
	}
	// zap refuses a level that it does not know, and debug is known.
	server.ErrorLog, _ = zap.NewStdLogAt(orDefault(logger, zap.NewNop()), zapcore.DebugLevel)
	return server
}
