// Command tvscim is a self-hosted SCIM 2.0 gateway for TeamViewer: Microsoft Entra ID, Okta or any other SCIM client
// speaks to it, and it makes the TeamViewer Web API (users and user groups) true to what was asked.
//
// This package reads the command line, wires the rooms, and stops them in order. It decides nothing about SCIM or
// TeamViewer.
package main
