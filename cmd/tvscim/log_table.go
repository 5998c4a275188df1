package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"tvscim/mapping/changelog"
)

// printTable returns what prints lines as the rows of a table. Rows that are waited for are printed at once, and not aligned.
func printTable(out io.Writer, follow bool) (show func(changelog.Line), flush func() error) {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "TIME\tCALLER\tREQUEST\tCHANGE\tOBJECT\tOUTCOME\tCALLS\tWHAT")
	return func(l changelog.Line) {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%d\t%s\n", l.Time.UTC().Format(time.DateTime), cell(l.Caller), cell(l.Request),
			cell(methodOf(l)), cell(objectOf(l)), cell(string(l.Outcome)), len(l.Calls), cell(whatOf(l)))
		if follow {
			_ = table.Flush() // the error comes again at the end
		}
	}, table.Flush
}

// methodOf is the method of a request, with the number of the operation of a bulk request.
func methodOf(l changelog.Line) string {
	if l.Operation > 0 {
		return fmt.Sprintf("%s #%d", l.Method, l.Operation)
	}
	if l.ByRequest() {
		return l.Method
	}
	return l.Cause
}

// objectOf names the object of a line.
func objectOf(l changelog.Line) string {
	words := []string{l.Kind}
	if l.Name != "" {
		words = append(words, l.Name)
	}
	switch {
	case l.ID != "" && l.Name != "":
		words = append(words, "("+l.ID+")")
	case l.ID != "":
		words = append(words, l.ID)
	}
	return strings.TrimSpace(strings.Join(words, " "))
}

// causeGuard is the cause of a line about a release of the guard. Its steps say what was released.
const causeGuard = "guard"

// causeWords say why the gateway changed something by itself.
var causeWords = map[string]string{
	"gone":              "TeamViewer says that it does not exist; what was remembered of it was deleted",
	"reconcile":         "a list of TeamViewer shows another value; what was remembered of the old one was deleted",
	"absent":            "every list has lacked it for the time of store.forget_after; what was remembered of it was deleted",
	"late":              "TeamViewer carried out an earlier call late; what was acknowledged after it was restored",
	causeGuard:          "the guard was released",
	changelog.CauseLost: "",
}

// whatOf says in words what was changed, and why not.
func whatOf(l changelog.Line) string {
	var parts []string
	if text := causeWords[l.Cause]; text != "" {
		parts = append(parts, text)
	}
	if l.Cause == causeGuard {
		parts = append(parts, l.Steps...)
	}
	if l.Reason != "" {
		parts = append(parts, l.Reason)
	}
	parts = append(parts, changesOf(l)...)
	return strings.Join(parts, "; ")
}

// changesOf names each attribute that was changed, with its value before and after, and the members.
func changesOf(l changelog.Line) []string {
	var parts []string
	switch {
	case l.Shortened:
		parts = append(parts, "too long to be shown")
	case l.Gone() && l.ByRequest() && l.Method == "DELETE":
		parts = append(parts, "removed")
	case l.Before == nil && l.After != nil:
		parts = append(parts, "created")
	case l.Deleted && l.Method == "DELETE":
		parts = append(parts, "deactivated, counts as deleted")
	case l.Before != nil && l.After != nil:
		keys := maps.Clone(l.Before)
		maps.Copy(keys, l.After)
		for _, key := range slices.Sorted(maps.Keys(keys)) {
			if was, is := l.Before[key], l.After[key]; !reflect.DeepEqual(was, is) {
				parts = append(parts, fmt.Sprintf("%s: %s → %s", key, valueText(was), valueText(is)))
			}
		}
	}
	for _, m := range []struct {
		verb string
		ids  []string
	}{{"added", l.Added}, {"removed", l.Removed}, {"may have been changed:", l.Open}} {
		if len(m.ids) > 0 {
			parts = append(parts, m.verb+" "+someIDs(m.ids))
		}
	}
	return parts
}

// someIDs names the first ids of a list.
func someIDs(ids []string) string {
	const most = 5
	if len(ids) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(ids[:most], ", "), len(ids)-most)
	}
	return strings.Join(ids, ", ")
}

func valueText(v any) string {
	if v == nil {
		return "none"
	}
	text, err := json.Marshal(v)
	if err != nil {
		return "?"
	}
	return string(text)
}
