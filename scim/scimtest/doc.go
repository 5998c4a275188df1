// Package scimtest holds what tests of SCIM need on both sides of a [scim.Store]: [Memory], a store that is nothing but
// what RFC 7643 and 7644 ask of one.
//
// It is not for production: nothing is kept, names are looked up by going through all of them, and there is no limit.
package scimtest
