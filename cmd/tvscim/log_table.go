package main

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"tvscim/mapping/changelog"
)

// printTable returns what prints lines as the rows of a table. Rows that are waited for are printed
// at once, and not aligned.
func printTable(out io.Writer, follow bool) (show func(changelog.Line), flush func() error) {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "TIME\tCALLER\tREQUEST\tCHANGE\tOBJECT\tOUTCOME\tCALLS\tWHAT")
	return func(l changelog.Line) {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%d\t%s\n", l.Time.UTC().Format(time.DateTime), cell(l.Caller), cell(l.Request),
			cell(methodOf(l)), cell(l.Object()), cell(string(l.Outcome)), len(l.Calls), cell(l.What()))
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
