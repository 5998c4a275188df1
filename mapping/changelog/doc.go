// Package changelog keeps the change log: one JSON line for each change of a user or group, and for
// each change that was refused. It writes lines to a file that is rotated, reads them back,
// rebuilds from them who is in the company and in which group, and returns the SCIM requests that
// take a change back.
//
// A line may hold personal data, and never a secret: the caller must not put one into
// them.
package changelog
