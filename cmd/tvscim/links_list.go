package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"tvscim/mapping/idmap"
)

type linksListCommand struct{ storeFlags }

// Run prints a table. A dash means that nothing is stored, since TeamViewer has the exact value.
func (k linksListCommand) Run(ctx context.Context, w world) error {
	m, err := k.open(ctx, w.environ, false)
	if err != nil {
		return err
	}
	return errors.Join(listLinks(w.out, m), m.Close())
}

func listLinks(out io.Writer, m idmap.Map) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "ID\tKIND\tNAME\tEXTERNAL ID\tDELETED\tLAST MODIFIED")
	for id, r := range m.All() {
		kind, name := kindOf(id), "userName"
		if kind == kindGroup {
			name = "displayName"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", cell(id), cell(kind), cell(askedOf(r, name)), cell(askedOf(r, "externalId")),
			cell(timeOf(r.Tombstone)), cell(timeOf(r.LastModified)))
	}
	return table.Flush()
}

// askedOf returns the value that a client gave to an attribute, "" if none is stored.
func askedOf(r idmap.Record, attribute string) string {
	var text string
	if json.Unmarshal(r.Asked[attribute], &text) != nil {
		return ""
	}
	return text
}

func timeOf(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// cell makes a text safe for a table and a terminal, since names can contain any characters.
func cell(text string) string {
	if text == "" {
		return "-"
	}
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return unicode.ReplacementChar
		}
		return r
	}, text)
}
