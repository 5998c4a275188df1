// Package tvfake emulates the functions of the TeamViewer Web API that a SCIM gateway calls. Its
// data is in memory only.
//
// It refuses what the service refuses. It is adverse by default: pages are short and lists are
// shuffled. Where TeamViewer's documents leave the behaviour open, a [Variant] defines it. It
// counts calls by function, can fail ([Fault]) and wait ([Server.Hold]) on request, and is reached
// over HTTP ([Server.Handler]) or without a socket ([Server.Transport]). It shares no types with
// any client, so that a wrong field name of a client is detected. It does not emulate devices,
// sessions or contacts, and has no call limit unless a fault sets it.
//
// [Server.Control] is a second address that sets and shows the state of the emulator: JSON in and
// out, invalid requests are 400 with {"error"}, durations are texts such as "1.5s". GET / there
// describes each route, with examples for curl.
package tvfake
