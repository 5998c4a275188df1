// Package scim implements the data model and the messages of SCIM 2.0 (RFC 7643, RFC 7644): users
// and groups, their schemas, queries, PATCH and errors, as values and pure functions.
//
// A request is decoded once: [Decode] for a whole resource, [DecodePatch] for a change,
// [ParseQuery] for the parameters of a request. The decoders accept the known deviations of
// clients; after them, a resource is a [User] or a [Group], a change is a [Patch] in its one
// canonical form, and names are spelled as in the schema. [Encode], [WritePage] and [EncodeError]
// write responses. A [Store] holds the resources.
//
// Every store filters, sorts and pages lists with [SelectPage]. It stops when its context ends, and
// refuses a filter that takes more than [MostWork]. A page ends at a [Position], which clients see
// as an encrypted cursor ([Cursors], RFC 9865).
//
// A resource has a [Version], a hash of its content. A [Precondition] is what a request expects of
// that version; the store checks it under the lock of the write. A bulk request is a [Bulk], which
// orders its operations by their references.
//
// PATCH, filters, projections and encoding work on [Attributes], a tree in canonical form, by the
// schemas of a [ResourceType].
//
// The package does no input or output, except that [WritePage] and [WriteList] write to an
// io.Writer. Of HTTP it knows only the status in an [Error]. Only [Cursors] have a clock and a key.
// Package filter implements the language of filters and paths.
package scim
