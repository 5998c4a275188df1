// Package plan decides, without effects, which changes of TeamViewer and of the memory make a SCIM request true: what
// clients see of a user or group, and the steps from what is to what is requested. The time and random values are arguments.
package plan
