// Package page is the status page of the admin listener: what happened, and why. It shows what it
// is handed, by interfaces of its own, and imports no other package of this module. It never calls
// TeamViewer by itself.
//
// Pages are rendered on the server and work without scripts; htmx, which is embedded, only
// refreshes parts of them. Nothing is shown without sign-in, unless the admin listener is on
// loopback and admin.tokens is empty.
package page
