// Package mapping decides which TeamViewer calls make a SCIM request true, and makes them. It is the only room that
// needs both vocabularies in one sentence: above it are the words of SCIM (package scim), below it is the TeamViewer
// Web API (package tvapi), and neither knows the other.
//
// A write has four stages. What TeamViewer shows, from the snapshot in [roster], and what we remember, from
// [idmap], are put together into the resource as the client sees it (show). The request is applied to that (package
// scim). The difference is planned: a pure function turns before, after and policy into a [Plan], a list of steps in
// TeamViewer words; equal means an empty plan, and no call. Then the plan is run, the only place with effects.
//
// A process serves one TeamViewer company, and the memory belongs to it. [Company] is that company as one token sees it;
// [Directory] proves callers by their own tokens and returns its stores. The room knows no HTTP, no header and no status
// line.
//
// [roster]: tvscim/mapping/roster
// [idmap]: tvscim/mapping/idmap
package mapping
