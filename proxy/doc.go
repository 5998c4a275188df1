// Package proxy puts a [scim.Store] on HTTP (RFC 7644): it knows the caller, routes the request,
// hands ids and bytes to package scim, and writes every answer and every error.
//
// What it decides: paths, methods, media types, sizes, deadlines, authentication, status lines and
// headers. What it does not: what a body means (package scim), who holds the resources and what a
// change becomes ([Directory], which turns a caller into stores).
//
// All requests are authenticated, discovery included; nothing is said of the service without a
// bearer token. What can be refused without asking anybody (path, method, id, query, media type,
// announced size) is refused before the Directory is opened, so that a malformed request costs no
// call upstream.
//
// The operations of a bulk request go through the verbs of single requests, one after the other, on
// stores that are opened once. There is no /Me (501): who calls is a service with a token, and a
// [Directory] knows no user behind it.
//
// Nothing is taken from X-Forwarded headers. Locations come from [Options.PublicURL]; without it
// they are built from the Host header, if that is a host name, and the scheme of the connection
// itself, so a gateway behind a proxy that ends TLS needs PublicURL. Echo stays inside this room.
package proxy
