// Package proxy serves a [scim.Store] over HTTP (RFC 7644): it authenticates the caller, routes the
// request, passes ids and bodies to package scim, and writes every response and error.
//
// It decides about paths, methods, media types, sizes, deadlines, authentication, status codes and
// headers. Package scim defines the meaning of bodies. A [Directory] returns the stores of a
// caller, which hold the resources.
//
// All requests are authenticated, including discovery. Path, method, id, query, media type and
// Content-Length are checked before the Directory is opened, so that a malformed request costs no
// upstream call.
//
// The operations of a bulk request are carried out like single requests, one after the other, on
// stores that are opened once. There is no /Me (501): the caller is a service with a token and not
// a user.
//
// X-Forwarded headers count only if they come from a proxy of [Options.TrustedProxies]. Locations
// come from [Options.PublicURL]; without it they are built from the host, if that is a host name,
// and the scheme of the request. Echo stays inside this room.
package proxy
