// Package tvfake is a TeamViewer that forgets everything at exit: an emulator of the functions of
// the TeamViewer Web API that a SCIM gateway calls.
//
// It is honest: it refuses what the service refuses. It is adverse: pages are short and lists come
// in another order each time. Where TeamViewer's documents are silent it follows a [Variant]. It
// counts calls by function, can be told to fail ([Fault]) and to wait ([Server.Hold]), and is
// reached over HTTP ([Server.Handler]) or without a socket ([Server.Transport]). It shares no type
// with any client, so that a client's wrong field name is seen. It emulates no devices, sessions or
// contacts, and enforces no call limit of its own.
//
// [Server.Control] is a second address, to seed the emulator, to make it fail and to look into it:
// JSON in and out, wrong requests 400 with {"error"}, durations as "1.5s". GET / there explains
// each route, with examples for curl.
package tvfake
