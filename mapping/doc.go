// Package mapping carries out SCIM requests with calls of the TeamViewer Web API. It is the only
// package that knows both: package scim knows no TeamViewer, and package tvapi knows no SCIM.
//
// A change has four stages. What TeamViewer shows (the snapshot in [roster]) and what is stored of
// it ([idmap]) are combined into the resource as the client sees it. Package scim applies the
// request to that resource. Package [plan] turns the difference, with the policy, into a list of
// steps; without a difference the list is empty, and no call is made. The plan is executed.
//
// A process serves one TeamViewer company, and the memory belongs to it. [Company] is that company
// as one token sees it. [Directory] proves the tokens of callers and returns the company. The
// package knows neither HTTP headers nor status lines.
//
// [roster]: tvscim/mapping/roster
// [idmap]: tvscim/mapping/idmap
// [plan]: tvscim/mapping/plan
package mapping
