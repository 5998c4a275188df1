// Package gateway connects the packages of tvscim to a SCIM gateway, starts it, applies changed
// settings, and stops it in order. [New] wires; [Run] also listens and serves; [Check] tries what
// Run needs and changes nothing. The package decides nothing about SCIM or TeamViewer, and reads
// neither the command line nor settings files.
//
// The end-to-end tests are here, one file per subject: a SCIM client calls the gateway, which calls
// the emulator of package tvfake.
package gateway
