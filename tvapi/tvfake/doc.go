// Package tvfake is a TeamViewer that forgets everything at exit: an emulator of
// the functions of the TeamViewer Web API that a SCIM gateway calls.
//
// It is honest: it refuses what the service refuses. It is adverse: pages are
// short and lists come in another order each time. Where TeamViewer's documents
// are silent it follows a [Variant]. It counts calls by function, can be told to
// fail ([Fault]) and to wait ([Server.Hold]), and is reached over HTTP
// ([Server.Handler]) or without a socket ([Server.Transport]). It shares no type
// with any client, so that a client's wrong field name is seen. It emulates no
// devices, sessions or contacts, and enforces no call limit of its own.
//
// [Server.Control] is a second address, JSON in and out, wrong requests 400 with
// {"error"}:
//
//	POST   /reset           as new: only the token's owner is left
//	POST   /users           {"email", "name", "active", …}: a user made in the console
//	POST   /groups          {"name", "members": ["u123"]}
//	POST   /outsiders       {"email"}: an account outside every company
//	POST   /confirm-emails  the confirmation mails are answered
//	POST   /faults          a Fault in snake_case, durations as "1.5s": {"id"}
//	DELETE /faults[/{id}]   all faults, or one
//	POST   /late            late work is done now: {"done"}
//	GET    /calls           {function: count}
//	GET    /log             the last calls, in order
//	GET    /state           users, groups, outsiders and mails
//	GET    /variants        names of the variants
package tvfake
