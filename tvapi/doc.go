// Package tvapi is a typed client of the TeamViewer Web API: ping, account, users, user groups,
// members and user roles, one method for one function of the manual.
//
// It uses the terms of TeamViewer's manual. It defines the form of a call, its time limit and the
// meaning of its answer; every failure is an [Error] whose [Kind] is what is certain: not done,
// perhaps done, refused and why.
//
// An id that is not positive is never part of an address, and a guard in the transport accepts a
// DELETE only for a short list of addresses, since DELETE /api/v1/users removes the whole company.
// The token is sent to the configured address only: no redirect is followed. No error, log line or
// printed value contains a token, a password or an SSO identifier.
//
// The number of concurrent calls is limited. While the calls of a function are used up, or
// TeamViewer is unavailable or refuses the token, one call at a time is made as a probe; the others
// wait for a limited time or fail at once, see [Error.Withheld]. A call without an answer is sent
// again if it is idempotent. The creation of a user or a group is not: it is sent again only if it
// was certainly not sent before. [Client.Health] shows this state.
//
// It has no cache, no rules for names or addresses, and no SCIM.
package tvapi
