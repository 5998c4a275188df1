// Package alert posts to a web address when a condition that needs an operator begins and when it
// ends. The caller supplies the conditions; the package contains nothing about SCIM or TeamViewer.
package alert
