package scimtest

import (
	"fmt"
	"io"
	"strings"
)

// Outcome is the outcome of a check.
type Outcome int

// The outcomes.
const (
	Passed Outcome = iota + 1
	Failed
	Skipped  // it does not apply: a feature is missing
	Departed // it fails, and the target documents it
)

// String returns the outcome as a report shows it.
func (o Outcome) String() string {
	switch o {
	case Passed:
		return "met"
	case Failed:
		return "**not met**"
	case Skipped:
		return "n/a"
	case Departed:
		return "departs"
	default:
		return "unknown outcome"
	}
}

// Result is the result of one check. Detail is what was sent, got and wanted if it failed, the
// missing feature if it was skipped, and the reason of a departure.
type Result struct {
	Check   Check
	Outcome Outcome
	Detail  string
}

// Report is the result of the suite at one target, in the order of [Checks].
type Report struct {
	Results []Result
}

// Failures returns the results that failed.
func (r Report) Failures() []Result {
	var failed []Result
	for _, result := range r.Results {
		if result.Outcome == Failed {
			failed = append(failed, result)
		}
	}
	return failed
}

// Count returns how many checks of a level have that outcome.
func (r Report) Count(level Level, outcome Outcome) int {
	n := 0
	for _, result := range r.Results {
		if result.Check.Level == level && result.Outcome == outcome {
			n++
		}
	}
	return n
}

// Column is one target of a table.
type Column struct {
	Name   string
	Report Report
}

// WriteMarkdown writes the reports side by side: a count by level, a table with a line for each
// check, and below it the reasons of departures and failures. All reports must be of the same
// checks.
func WriteMarkdown(w io.Writer, columns ...Column) error {
	var b strings.Builder
	writeCounts(&b, columns)
	for i, c := range Checks() {
		if i == 0 {
			writeHead(&b, columns)
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |", c.RFC, c.Section, c.Level, cell(c.Name), cell(c.Statement))
		for _, column := range columns {
			if i >= len(column.Report.Results) || column.Report.Results[i].Check.ID() != c.ID() {
				return fmt.Errorf("report %s: no result of %q at its place", column.Name, c.ID())
			}
			fmt.Fprintf(&b, " %s |", column.Report.Results[i].Outcome)
		}
		b.WriteString("\n")
	}
	for _, column := range columns {
		writeReasons(&b, column)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// writeCounts writes how many checks of each level were met.
func writeCounts(b *strings.Builder, columns []Column) {
	b.WriteString("| level | checks |")
	for _, c := range columns {
		fmt.Fprintf(b, " %s |", c.Name)
	}
	b.WriteString("\n|---|---|" + strings.Repeat("---|", len(columns)) + "\n")
	for _, level := range []Level{Must, Should, May} {
		total := 0
		for _, c := range Checks() {
			if c.Level == level {
				total++
			}
		}
		fmt.Fprintf(b, "| %s | %d |", level, total)
		for _, c := range columns {
			met := c.Report.Count(level, Passed)
			apply := total - c.Report.Count(level, Skipped)
			fmt.Fprintf(b, " %d of %d that apply |", met, apply)
		}
		b.WriteString("\n")
	}
	b.WriteString("\n")
}

// writeHead writes the head of the table.
func writeHead(b *strings.Builder, columns []Column) {
	b.WriteString("| RFC | section | level | check | statement |")
	for _, c := range columns {
		fmt.Fprintf(b, " %s |", c.Name)
	}
	b.WriteString("\n|---|---|---|---|---|" + strings.Repeat("---|", len(columns)) + "\n")
}

// writeReasons writes why a target does not meet a statement.
func writeReasons(b *strings.Builder, c Column) {
	first := true
	for _, r := range c.Report.Results {
		if r.Outcome != Departed && r.Outcome != Failed {
			continue
		}
		if first {
			fmt.Fprintf(b, "\n## %s: what is not met\n\n", c.Name)
			first = false
		}
		reason := "not met"
		if r.Outcome == Departed {
			reason = r.Detail
		}
		fmt.Fprintf(b, "- RFC %s section %s (%s), %s: %s\n", r.Check.RFC, r.Check.Section, r.Check.Level, r.Check.Name, reason)
	}
}

// cell escapes a text for a cell.
func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }
