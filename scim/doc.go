// Package scim has the words of SCIM 2.0 (RFC 7643, RFC 7644): users and groups, their schemas, queries, PATCH and
// errors, as values and pure functions.
//
// What a client sends is read once, at the border: [Decode] for a whole resource, [DecodePatch] for a change,
// [ParseQuery] for the parameters of a request. Every dialect that clients are known to speak ends there; behind it a
// resource is a [User] or a [Group], a change is a [Patch] in its one canonical form, and a name is spelled as in the
// schema. [Encode] and its sisters are the way back. In between, whoever keeps the resources is a [Store].
//
// What is done alike to every attribute (PATCH, filters, projections, encoding) is done on [Attributes], a tree in
// canonical form, under the rules of a [Type]: the schemas decide.
//
// The package does no input or output and knows neither HTTP, beyond the status in an [Error], nor whoever answers.
// The language of filters and paths is package filter's.
package scim
