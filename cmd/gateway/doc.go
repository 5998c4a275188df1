// Package gateway wires the rooms to a SCIM gateway, starts it, gives it changed settings, and stops it in order. [New]
// wires; [Run] also listens and serves; [Check] tries what Run needs and changes nothing. The package decides nothing about
// SCIM or TeamViewer, and reads neither the command line nor files of settings.
//
// The tests of whole gateways are here, one file per subject: a SCIM client on one side, the emulator of package tvfake on
// the other.
package gateway
