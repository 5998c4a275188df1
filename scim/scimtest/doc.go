// Package scimtest holds what tests of SCIM need on both sides of a [scim.Store]: [Memory], a store
// that does what RFC 7643 and 7644 require, and a conformance suite for SCIM over HTTP.
//
// [Checks] is the suite: statements of RFC 7643, 7644 and 9865, each with the requests that test
// it. [Run] runs them at any address, [RunTesting] runs each as a subtest, and [WriteMarkdown]
// writes the results. The suite reads what a provider advertises, checks that it is true, and skips
// what is about anything else.
//
// It is not for production: Memory keeps nothing, looks names up by going through all of them, and
// has no limit; the suite writes to the provider that it tests.
package scimtest
