package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"tvscim/mapping/changelog"
)

// planCommand shows what a gateway in a dry run would change.
type planCommand struct {
	guardAddress
	JSON bool `help:"Print the plan as JSON." name:"json" xor:"form"`
	CSV  bool `help:"Print the changes as CSV, one per row." name:"csv" xor:"form"`
}

// maxPlanBody bounds the answer of /plan, in bytes.
const maxPlanBody = 1 << 30

// planView is what the command shows of the answer of /plan.
type planView struct {
	Since time.Time `json:"since"`
	Guard guardView `json:"guard"`
	changelog.Planned
}

// Run prints the plan.
func (p planCommand) Run(ctx context.Context, w world) error {
	body, err := p.send(ctx, w, http.MethodGet, "/plan", nil, maxPlanBody)
	if errors.Is(err, errNotFound) {
		return errors.New("the gateway is not in a dry run: set dry_run: true and restart it")
	}
	if err != nil {
		return err
	}
	if p.JSON {
		_, err = w.out.Write(body)
		return err
	}
	var plan planView
	if err := json.Unmarshal(body, &plan); err != nil {
		return fmt.Errorf("the answer of /plan is not that of a gateway: %w", err)
	}
	if p.CSV {
		return plan.WriteCSV(w.out)
	}
	return plan.writeTable(w.out)
}

// writeTable prints the totals, the guard's judgement, and the changes, grouped by what they come
// to.
func (p planView) writeTable(out io.Writer) error {
	fmt.Fprintf(out, "dry run since %s: nothing was sent to TeamViewer\n", p.Since.Format(time.DateTime))
	var totals []string
	for _, change := range changelog.Changes {
		totals = append(totals, fmt.Sprintf("%s %d", titles[change], p.Totals[change]))
	}
	fmt.Fprintln(out, strings.Join(totals, ", "))
	fmt.Fprintln(out, p.callsLine())
	fmt.Fprintln(out, p.guardLine())
	fmt.Fprintln(out, "assumed: addresses are free outside the company, licences are left, and the token may change what it can read")
	for _, change := range changelog.Changes {
		if err := p.writeGroup(out, change); err != nil {
			return err
		}
	}
	if p.LeftOut > 0 {
		fmt.Fprintf(out, "\n%d more changes are counted, but too many to be listed\n", p.LeftOut)
	}
	return nil
}

// titles name the groups of a plan.
var titles = map[changelog.Change]string{
	changelog.Created: "users created", changelog.Changed: "users changed", changelog.Activated: "users activated",
	changelog.Deactivated: "users deactivated", changelog.Removed: "users removed", changelog.GroupChanged: "group changes",
	changelog.Unchanged: "sent again unchanged", changelog.NotDone: "refused", changelog.HeldBack: "held back by the guard",
}

// writeGroup prints the changes of one kind; nothing if there is none.
func (p planView) writeGroup(out io.Writer, change changelog.Change) error {
	if p.Totals[change] == 0 {
		return nil
	}
	fmt.Fprintf(out, "\n%s:\n", strings.ToUpper(titles[change]))
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, l := range p.Lines {
		if l.Change == change {
			fmt.Fprintf(table, "  %s\t%s\t%s\n", cell(shortened(l.Object())), cell(strings.Join(l.Writes(), ", ")), cell(l.What()))
		}
	}
	return table.Flush()
}

// shortened returns a text of at most 80 characters: one long name would widen the whole table.
func shortened(text string) string {
	const most = 80
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return text
}

// callsLine names the calls that would be made.
func (p planView) callsLine() string {
	all, parts := 0, []string{}
	for _, function := range slices.Sorted(maps.Keys(p.Calls)) {
		all += p.Calls[function]
		parts = append(parts, fmt.Sprintf("%s %d", function, p.Calls[function]))
	}
	if all == 0 {
		return "TeamViewer calls: none"
	}
	return fmt.Sprintf("TeamViewer calls: %d (%s)", all, strings.Join(parts, ", "))
}

// guardLine says how the guard judges the plan.
func (p planView) guardLine() string {
	users := p.Guard.Users
	switch {
	case !p.Guard.Enabled:
		return "guard: off, or no company is served yet"
	case p.HeldUsers > 0:
		return fmt.Sprintf("guard: this would remove %d of %s users: held back after %d", users.Removed+p.HeldUsers, sizeText(users), users.Removed)
	case p.Totals[changelog.HeldBack] > 0:
		return "guard: removals of groups are held back"
	}
	return fmt.Sprintf("guard: %d of %s users removed, %s: nothing is held back", users.Removed, sizeText(users), limitText("users", users))
}

// sizeText is the number of users that the guard counts against.
func sizeText(c guardCount) string {
	if c.Size == 0 {
		return "an unknown number of"
	}
	return fmt.Sprint(c.Size)
}
