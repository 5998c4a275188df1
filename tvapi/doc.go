// Package tvapi is a typed client of the TeamViewer Web API: ping, account, users, user groups,
// members and user roles, one method for one function of the manual.
//
// It speaks TeamViewer's words only. It knows what a call looks like, how long it may take and what
// an answer means; it turns every failure into one [Error] whose [Kind] says what is certain: not
// done, perhaps done, refused and why.
//
// It guards what must never happen. An id that is not positive never reaches an address, and a
// guard before the network lets a DELETE pass only to a short list of addresses, since DELETE
// /api/v1/users removes the whole company. The token goes to the configured address alone: no
// redirect is followed. Tokens, passwords and SSO identifiers are in no error, no log line and no
// printed value.
//
// It is frugal and patient. Few calls are under way at once. A function whose calls are used up,
// and a TeamViewer that is down or refuses the token, is left alone but for one probing call at a
// time; the others wait a while or fail at once, see [Error.Withheld]. A call that failed for want
// of an answer is sent again where sending it twice does what sending it once does. Making a user
// or a group is not of that kind: it is repeated only if it certainly never left. [Client.Health]
// shows all of this.
//
// It does not decide, remember or compare: no cache, no limits on names or addresses, no SCIM.
package tvapi
