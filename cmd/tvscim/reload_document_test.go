package main

import (
	"regexp"
	"strings"
	"testing"

	"tvscim/cmd/config"
)

// TestReloadDocument compares the table of docs/operations.md with what a running gateway can
// change.
func TestReloadDocument(t *testing.T) {
	t.Parallel()
	_, table, found := strings.Cut(readDocument(t, "../../docs/operations.md"), "| at run time | after a restart |\n")
	table, _, ended := strings.Cut(table, "\n\n")
	if !found || !ended {
		t.Fatal("docs/operations.md has no such table")
	}
	named := make(map[string]int) // column, from 1, of each key and section
	for line := range strings.Lines(table) {
		for column, cell := range strings.Split(line, "|") {
			for _, m := range regexp.MustCompile("`([a-z_.]+)`").FindAllStringSubmatch(cell, -1) {
				named[m[1]] = column
			}
		}
	}
	for _, key := range config.Keys() {
		section, _, _ := strings.Cut(key.Path, ".")
		column := named[key.Path]
		if column == 0 {
			column = named[section]
		}
		if want := map[bool]int{true: 1, false: 2}[config.Reloadable(key.Path)]; column != want {
			t.Errorf("%s stands in column %d of the table, want %d", key.Path, column, want)
		}
	}
}
