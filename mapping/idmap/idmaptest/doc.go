// Package idmaptest has the tests that every [idmap.Map] passes, in memory and on disk. It is
// imported by tests alone.
package idmaptest
