// Package filter reads the filter language of SCIM (RFC 7644 section 3.4.2.2, figure 1), the
// attribute notation (section 3.10) and the paths of PATCH operations (section 3.5.2, figure 7),
// and evaluates filters.
//
// [Parse] turns a filter into a tree of [Expr], [ParsePath] a PATCH path into a [Path],
// [ParseAttrPath] the entry of attributes, excludedAttributes or sortBy into an [AttrPath]. Each
// refusal is an [*Error] with the column and a sentence for the client. The input comes from
// outside: it is bounded first ([MaxLength], [MaxDepth], [MaxNodes]), read in linear time, and
// never causes a panic.
//
// The reader takes a little more than the RFC grants, because clients write it: unquoted words as
// values (externalId eq nora.vale), a comparison behind a value path (emails[type eq "work"].value
// eq "x"), true, false and null in any letter case, and any run of blanks where the RFC has one.
//
// [Eval] asks a [Source] for attributes and decides; [OrderKey] puts values in the order in which
// it compares them. The package knows no schema and no resource: which names exist, how their
// values compare and what a URN means is the Source's business. Paths may name what nobody knows;
// that is never an error here.
package filter
