package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"tvscim/mapping/changelog"
)

// printUndo prints the requests that take changes back, as lines for a shell. The token is a
// variable of that shell.
func printUndo(out io.Writer, base string, undos []changelog.Undo) error {
	var text strings.Builder
	if len(undos) > 0 {
		text.WriteString("# Run these in their order: the latest change is taken back first. TOKEN is the client's bearer token.\n")
	}
	for _, u := range undos {
		fmt.Fprintf(&text, "\n# %s %s %s: %s\n", u.Line.Time.UTC().Format(time.DateTime), methodOf(u.Line), cell(u.Line.Object()), cell(u.Line.What()))
		for _, note := range u.Notes {
			fmt.Fprintf(&text, "# Note: %s.\n", note)
		}
		for _, r := range u.Requests {
			if err := writeCurl(&text, base, r); err != nil {
				return err
			}
		}
	}
	_, err := io.WriteString(out, text.String())
	return err
}

// writeCurl writes a request as a line for a shell.
func writeCurl(out *strings.Builder, base string, r changelog.Request) error {
	fmt.Fprintf(out, `curl -sS -X %s %s -H "Authorization: Bearer $TOKEN"`, r.Method, shellQuote(base+r.Path))
	if r.Body != nil {
		body, err := json.Marshal(r.Body)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, " -H 'Content-Type: application/scim+json' -d %s", shellQuote(string(body)))
	}
	out.WriteString("\n")
	if r.Makes != "" {
		fmt.Fprintf(out, "# If the answer has another id than %s, put it in place of %s in the lines that follow.\n", r.Makes, r.Makes)
	}
	return nil
}

// shellQuote returns a text as one word of a POSIX shell.
func shellQuote(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }
