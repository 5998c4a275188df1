// Package certificate provides the TLS settings of a listener: a certificate from files, which are
// read again when they change, or one that is obtained and renewed by ACME (RFC 8555); and
// optionally the authorities of clients.
//
// A [Source] never stops serving because of a change: files that cannot be used leave the ones in
// use as they are, and [Source.Status], a metric and the log say so until they are mended. A
// handshake never waits for an ACME server.
//
// TLS 1.2 and 1.3 are served, and HTTP/1.1 alone: the limits of connections and requests are those
// of one request per connection.
package certificate
