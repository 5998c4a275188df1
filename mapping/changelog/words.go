package changelog

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Object names the object of a line.
func (l Line) Object() string {
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
	"gone":      "TeamViewer says that it does not exist; what was remembered of it was deleted",
	"reconcile": "a list of TeamViewer shows another value; what was remembered of the old one was deleted",
	"absent":    "every list has lacked it for the time of store.forget_after; what was remembered of it was deleted",
	"late":      "TeamViewer carried out an earlier call late; what was acknowledged after it was restored",
	causeGuard:  "the guard was released",
	CauseLost:   "",
}

// What says in words what was changed, and why not.
func (l Line) What() string {
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
	parts = append(parts, l.changes()...)
	return strings.Join(parts, "; ")
}

// changes names each attribute that was changed, with its value before and after, and the members.
func (l Line) changes() []string {
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
			parts = append(parts, m.verb+" "+SomeIDs(m.ids))
		}
	}
	return parts
}

// SomeIDs names the first ids of a list.
func SomeIDs(ids []string) string {
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

// What says what would be changed: the attributes of what is created, else those that differ.
func (l PlannedLine) What() string {
	if l.Before != nil || l.After == nil || l.Reason != "" {
		return l.Line.What()
	}
	var parts []string
	for _, key := range slices.Sorted(maps.Keys(l.After)) {
		if key != "schemas" && key != "meta" {
			parts = append(parts, key+": "+valueText(l.After[key]))
		}
	}
	if len(l.Added) > 0 {
		parts = append(parts, "members "+SomeIDs(l.Added))
	}
	return strings.Join(parts, "; ")
}

// Writes returns the calls of a line that change something.
func (l Line) Writes() []string {
	var calls []string
	for _, c := range l.Calls {
		if !strings.HasPrefix(c.Function, "GET ") {
			calls = append(calls, c.Function)
		}
	}
	return calls
}

// WriteCSV prints one row for each change. A text that a spreadsheet would read as a formula begins
// with an apostrophe.
func (p Planned) WriteCSV(out io.Writer) error {
	rows := csv.NewWriter(out)
	err := rows.Write([]string{"change", "time", "kind", "id", "name", "calls", "what"})
	for _, l := range p.Lines {
		if err != nil {
			return err
		}
		row := []string{
			string(l.Change), l.Time.UTC().Format(time.RFC3339), l.Kind, l.ID, l.Name, strings.Join(l.Writes(), ", "), l.What(),
		}
		for i, text := range row {
			row[i] = CSVCell(text)
		}
		err = rows.Write(row)
	}
	rows.Flush()
	return errors.Join(err, rows.Error())
}

// CSVCell returns a text that no spreadsheet reads as a formula, also written in full-width
// characters, and without control characters other than tabs and ends of lines.
func CSVCell(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && !strings.ContainsRune("\t\r\n", r) {
			return unicode.ReplacementChar
		}
		return r
	}, text)
	if first, _ := utf8.DecodeRuneInString(text); text != "" && strings.ContainsRune("=+-@＝＋－＠\t\r\n", first) {
		return "'" + text
	}
	return text
}
