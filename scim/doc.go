// Package scim has the words of SCIM 2.0 (RFC 7643, RFC 7644): users and groups, their schemas,
// queries, PATCH and errors, as values and pure functions.
//
// What a client sends is read once, at the border: [Decode] for a whole resource, [DecodePatch] for
// a change, [ParseQuery] for the parameters of a request. Every dialect that clients are known to
// speak ends there; behind it a resource is a [User] or a [Group], a change is a [Patch] in its one
// canonical form, and a name is spelled as in the schema. [Encode] and its sisters are the way
// back. In between, whoever keeps the resources is a [Store].
//
// Lists are filtered, sorted and cut into pages by one function, [SelectPage], whoever the store
// is. It ends with its context, and a filter that takes more than [MostWork] is refused. Where a
// page ends is a [Position], which leaves the house as a cursor that only [Cursors] can read (RFC
// 9865).
//
// A resource has a [Version], made of its content; what a request expects of it is a
// [Precondition], which the store checks under the lock of the write. A bulk request is a [Bulk],
// which says in which order its operations can be done.
//
// What is done alike to every attribute (PATCH, filters, projections, encoding) is done on
// [Attributes], a tree in canonical form, under the rules of a [Type]: the schemas decide.
//
// The package does no input or output, but that [WritePage] writes where it is told, and knows
// neither HTTP, beyond the status in an [Error], nor whoever answers. Only [Cursors] have a clock,
// and a key. The language of filters and paths is package filter's.
package scim
