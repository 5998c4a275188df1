// Package filter reads the filter language of SCIM (RFC 7644 section 3.4.2.2, figure 1), the
// attribute notation (section 3.10) and the paths of PATCH operations (section 3.5.2, figure 7),
// and evaluates filters.
//
// [Parse] turns a filter into a tree of [Expr], [ParsePath] a PATCH path into a [Path],
// [ParseAttrPath] the entry of attributes, excludedAttributes or sortBy into an [AttrPath]. Each
// error is an [*Error] with the column and a message for the client. The input is untrusted: its
// size is limited ([MaxLength], [MaxDepth], [MaxNodes]), it is read in linear time, and it never
// causes a panic.
//
// The parser accepts more than the RFC allows, because clients send it: unquoted words as values
// (externalId eq nora.vale), a comparison behind a value path (emails[type eq "work"].value eq
// "x"), true, false and null in any letter case, and any number of spaces in place of one.
//
// [Eval] evaluates a filter on the attributes of a [Source]; [OrderKey] returns sort keys in the
// same order. The package knows no schema and no resource: the Source knows which names exist, how
// their values compare and what a URN means. A path may name an unknown attribute; that is never an
// error here.
package filter
