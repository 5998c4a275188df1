// Package plan computes, without effects, what clients see of a user or group, and the steps that
// carry out a SCIM request: changes of TeamViewer and of the records. The time and random values
// are arguments.
package plan
