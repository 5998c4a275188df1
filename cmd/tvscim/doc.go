// Command tvscim is a self-hosted SCIM 2.0 gateway for TeamViewer. It receives SCIM requests from
// Microsoft Entra ID, Okta or any other SCIM client, and carries them out with the TeamViewer Web
// API (users and user groups).
//
// This package reads the command line, one file per command. Package gateway connects the other
// packages.
package main
