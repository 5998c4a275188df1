package main

import (
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"tvscim/mapping"
	"tvscim/mapping/changelog"
	"tvscim/tvapi"
)

// report is what the command shows, and the object of --json.
type report struct {
	Users        int                         `json:"users"` // of the company
	InactiveDays int                         `json:"inactive_days"`
	Totals       map[mapping.FindingKind]int `json:"totals"` // a kind that is not known is left out
	Licenses     []reportLicense             `json:"licenses,omitempty"`
	Notes        []string                    `json:"notes,omitempty"`
	Accounts     []reportAccount             `json:"accounts"` // with at least one finding
}

// reportLicense is a licence and its seats. Seats is 0 if TeamViewer shows none.
type reportLicense struct {
	Name     string `json:"name"`
	Active   bool   `json:"active"`
	Assigned int    `json:"assigned"`
	Seats    int    `json:"seats,omitempty"`
}

// reportAccount is an account with what was found about it.
type reportAccount struct {
	ID         tvapi.UserID      `json:"id"`
	Email      string            `json:"email"`
	Name       string            `json:"name"`
	Active     bool              `json:"active"`
	LastAccess time.Time         `json:"last_access,omitzero"`
	SSOStatus  int               `json:"sso_status"`
	Findings   []mapping.Finding `json:"findings"`
}

// newReport compares the users of TeamViewer with the memory; nil means that the memory is not
// known.
func newReport(users []tvapi.UserAccess, memory []mapping.RememberedUser, inactiveDays int, now time.Time) *report {
	v := mapping.Review{
		Now: now, Unused: time.Duration(inactiveDays) * 24 * time.Hour,
		NoAccess: !slices.ContainsFunc(users, func(u tvapi.UserAccess) bool { return !u.LastAccess.IsZero() }),
		NoSSO:    !slices.ContainsFunc(users, func(u tvapi.UserAccess) bool { return mapping.SSOActive(u.User) }),
	}
	if memory != nil {
		v.Memory = make(map[tvapi.UserID]*mapping.RememberedUser, len(memory))
	}
	for i := range memory {
		v.Memory[memory[i].ID] = &memory[i]
	}
	r := &report{Users: len(users), InactiveDays: inactiveDays, Totals: map[mapping.FindingKind]int{}, Accounts: []reportAccount{}}
	r.begin(v)
	for _, u := range users {
		found := v.Find(u)
		for _, f := range found {
			r.Totals[f.Kind]++
		}
		if len(found) > 0 {
			r.Accounts = append(r.Accounts, reportAccount{u.ID, u.Email, u.Name, u.Active, u.LastAccess, u.SSOStatus, found})
		}
	}
	slices.SortFunc(r.Accounts, func(a, b reportAccount) int {
		return cmp.Or(strings.Compare(tvapi.FoldEmail(a.Email), tvapi.FoldEmail(b.Email)), cmp.Compare(a.ID, b.ID))
	})
	return r
}

// begin sets the totals of the kinds that are known to 0, and notes those that are not.
func (r *report) begin(v mapping.Review) {
	for _, kind := range mapping.FindingKinds {
		r.Totals[kind] = 0
	}
	if v.Memory == nil {
		delete(r.Totals, mapping.Unmanaged)
		delete(r.Totals, mapping.AddressPending)
	}
	if v.NoAccess {
		delete(r.Totals, mapping.LongUnused)
		delete(r.Totals, mapping.NeverUsed)
		r.Notes = append(r.Notes, "TeamViewer shows no last access: whether an account is used is not known")
	}
	if v.NoSSO {
		delete(r.Totals, mapping.SSOInactive)
		r.Notes = append(r.Notes, "single sign-on is active for no user: accounts without it are not listed")
	}
}

// addLicenses adds the seats, or a note that says why they are not known.
func (r *report) addLicenses(all []tvapi.License, err error) {
	if err != nil {
		r.Notes = append(r.Notes, fmt.Sprintf("seats are not known: %v", explained(err)))
	}
	for _, l := range all {
		r.Licenses = append(r.Licenses, reportLicense{l.Name, l.Active, l.Assigned, l.Max})
	}
}

// totalsTitles name the kinds of findings.
var totalsTitles = map[mapping.FindingKind]string{
	mapping.Unmanaged: "named by no client", mapping.Deactivated: "deactivated", mapping.LongUnused: "not used for more than %d days",
	mapping.NeverUsed: "without a recorded access", mapping.SSOInactive: "SSO not active", mapping.AddressPending: "address not confirmed",
}

// writeTable prints the totals, the seats, the notes, and a row for each account.
func (r *report) writeTable(out io.Writer) error {
	fmt.Fprintln(out, counted(r.Users, "user", "users"))
	for _, kind := range mapping.FindingKinds {
		if n, known := r.Totals[kind]; known {
			title := strings.ReplaceAll(totalsTitles[kind], "%d", fmt.Sprint(r.InactiveDays))
			fmt.Fprintf(out, "%7d %s\n", n, title)
		}
	}
	for _, l := range r.Licenses {
		fmt.Fprintf(out, "licence %s: %s\n", cell(l.Name), l.seats())
	}
	for _, note := range r.Notes {
		fmt.Fprintln(out, "note:", cell(note))
	}
	if len(r.Accounts) == 0 {
		return nil
	}
	fmt.Fprintln(out)
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "ID\tE-MAIL\tNAME\tWHY")
	for _, a := range r.Accounts {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", a.ID, cell(a.Email), cell(a.Name), cell(a.why()))
	}
	return table.Flush()
}

// seats says how many seats of a licence are taken.
func (l reportLicense) seats() string {
	text := fmt.Sprintf("%d assigned", l.Assigned)
	if l.Seats > 0 {
		text = fmt.Sprintf("%d of %d seats assigned", l.Assigned, l.Seats)
	}
	if !l.Active {
		text += ", not active"
	}
	return text
}

// why returns all findings in words.
func (a reportAccount) why() string {
	details := make([]string, len(a.Findings))
	for i, f := range a.Findings {
		details[i] = f.Detail
	}
	return strings.Join(details, "; ")
}

// writeCSV prints one row for each finding. No text is read as a formula by a spreadsheet.
func (r *report) writeCSV(out io.Writer) error {
	rows := csv.NewWriter(out)
	err := rows.Write([]string{"finding", "id", "email", "name", "active", "last_access", "sso_status", "detail"})
	for _, a := range r.Accounts {
		for _, f := range a.Findings {
			row := []string{string(f.Kind), a.ID.String(), a.Email, a.Name, fmt.Sprint(a.Active), timeOf(a.LastAccess), fmt.Sprint(a.SSOStatus), f.Detail}
			for i, text := range row {
				row[i] = changelog.CSVCell(text)
			}
			err = errors.Join(err, rows.Write(row))
		}
	}
	rows.Flush()
	return errors.Join(err, rows.Error())
}
