// Package alert posts to an address on the web what somebody must know now: once when it begins and once when it ends. It is
// told what is true, and knows nothing of SCIM or TeamViewer.
package alert
