// Command tvscim is a self-hosted SCIM 2.0 gateway for TeamViewer: Microsoft Entra ID, Okta or any other SCIM client
// speaks to it, and it makes the TeamViewer Web API (users and user groups) true to what was asked.
//
// This package reads the command line, one file per command. Package gateway wires the rooms.
package main
