// Package dryrun answers the writes of a [tvapi.Client] itself, as TeamViewer would, and lets only
// reads through. It is the transport of a gateway that shows what it would do.
//
// What a write changes is kept in memory and shown by every later read: lists, single users and
// groups, members. So a caller that knows nothing of the dry run sees a company in which its writes
// were done. What TeamViewer alone can know is assumed to succeed: an address outside the company
// is free, a licence and every right are there. Addresses and names that are taken in the company
// are known from the lists that were read; a gateway reads them before it writes.
//
// A user or group that is created gets an id that is derived from its address or name, from a range
// that TeamViewer is not expected to reach (see [tvapi.UserID.Invented]). A client without
// [tvapi.Options.DryRun] never sends such an id.
package dryrun
