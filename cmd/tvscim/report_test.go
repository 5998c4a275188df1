package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tvscim/mapping"
	"tvscim/tvapi/tvfake"
)

// reported runs tvscim report on a settings file.
func reported(t *testing.T, settings string, args ...string) (out, problems string, code int) {
	t.Helper()
	var o, e bytes.Buffer
	code = run(t.Context(), append([]string{"report", "--config", settings}, args...), world{out: &o, err: &e})
	return o.String(), e.String(), code
}

// reviewed is a company with an account for each kind of finding.
type reviewed struct {
	fake     *tvfake.Server
	settings string
	ids      map[string]string // by the local part of the address
}

func newReviewed(t *testing.T, more string) reviewed {
	t.Helper()
	v := tvfake.Default()
	v.EmailPending = true
	r := reviewed{fake: tvfake.New(tvfake.Options{Variant: v}), ids: map[string]string{}}
	ago := func(days int) string {
		return time.Now().Add(-time.Duration(days) * 24 * time.Hour).UTC().Format(time.RFC3339)
	}
	r.fake.ChangeUser(r.fake.OwnerID(), func(u *tvfake.User) { u.Email, u.LastAccess, u.SSOStatus = "admin@contoso.example", ago(1), 1 })
	for _, u := range []tvfake.User{
		{Name: "Kim", Email: "kim@contoso.example", Active: true, LastAccess: ago(2), SSOStatus: 1},
		{Name: "Lee", Email: "lee@contoso.example", Active: true, LastAccess: ago(200), SSOStatus: 1},
		{Name: "=Mo", Email: "mo@contoso.example", Active: true, SSOStatus: 1},
		{Name: "Nia", Email: "nia@contoso.example", Active: true, LastAccess: ago(3), SSOStatus: 5},
		{Name: "Pia", Email: "pia@contoso.example", LastAccess: ago(4), SSOStatus: 1, SSOCustomerID: "tvsso-secret"},
	} {
		local, _, _ := strings.Cut(u.Email, "@")
		r.ids[local] = r.fake.AddUser(u).ID
	}
	api := httptest.NewServer(r.fake.Handler())
	t.Cleanup(api.Close)
	r.settings = filepath.Join(t.TempDir(), "config.yaml")
	text := fmt.Sprintf("%steamviewer: {token: %s, base_url: '%s'}\nadmin_listen: %s\n%s", tokenMode, r.fake.Token(), api.URL, freeAddress(t), more)
	if err := os.WriteFile(r.settings, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return r
}

// serve starts a gateway to which a client names everybody but Lee and the owner, and renames Kim.
func (r reviewed) serve(t *testing.T) command {
	t.Helper()
	g := start(t, []string{"TVSCIM_LISTEN=127.0.0.1:0"}, "serve", "--config", r.settings)
	public := g.err.wait(t, `"scim":"([^"]+)"`)[1]
	for name, id := range r.ids {
		if name == "lee" {
			continue
		}
		operations := `{"op":"add","path":"externalId","value":"ext-` + name + `"}`
		if name == "kim" {
			operations += `,{"op":"replace","path":"userName","value":"kim.holm@contoso.example"}`
		}
		body := `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[` + operations + `]}`
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPatch, "http://"+public+"/scim/v2/Users/"+id, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer entra-token")
		request.Header.Set("Content-Type", "application/scim+json")
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		if answer.StatusCode != http.StatusOK {
			t.Fatalf("%s: %d", name, answer.StatusCode)
		}
	}
	return g
}

// findings returns the kinds that a report in JSON has of each account, by the local part of the
// address.
func findings(t *testing.T, text string) map[string][]mapping.FindingKind {
	t.Helper()
	var r report
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	found := map[string][]mapping.FindingKind{}
	for _, a := range r.Accounts {
		local, _, _ := strings.Cut(a.Email, "@")
		for _, f := range a.Findings {
			found[local] = append(found[local], f.Kind)
		}
	}
	return found
}

// TestReport: the same report while the gateway runs and while it is stopped, from one list of
// users and without a change.
func TestReport(t *testing.T) {
	t.Parallel()
	r := newReviewed(t, fmt.Sprintf("store: {path: '%s'}\n", filepath.Join(t.TempDir(), "links.db")))
	g := r.serve(t)
	r.fake.SetRight(tvfake.RightLicenseRead, true)
	r.fake.SetSeats(5)
	want := map[string][]mapping.FindingKind{
		"admin": {mapping.Unmanaged}, "kim": {mapping.AddressPending}, "lee": {mapping.Unmanaged, mapping.LongUnused},
		"mo": {mapping.NeverUsed}, "nia": {mapping.SSOInactive}, "pia": {mapping.Deactivated},
	}
	for _, state := range []string{"running", "stopped"} {
		if state == "stopped" {
			if code := g.stop(); code != exitOK {
				t.Fatalf("exit %d", code)
			}
		}
		r.fake.ResetCalls()
		text, problems, code := reported(t, r.settings, "--json")
		if code != exitOK || problems != "" {
			t.Fatalf("%s: exit %d: %s", state, code, problems)
		}
		if diff := cmp.Diff(want, findings(t, text)); diff != "" {
			t.Errorf("%s: findings (-want +got):\n%s", state, diff)
		}
		calls := r.fake.Calls()
		maps.DeleteFunc(calls, func(_ string, n int) bool { return n == 0 })
		if diff := cmp.Diff(map[string]int{"GET /users": 1, "GET /company/license": 1}, calls); diff != "" {
			t.Errorf("%s: calls (-want +got):\n%s", state, diff)
		}
		if strings.Contains(text, "tvsso-secret") || strings.Contains(text, r.fake.Token()) {
			t.Errorf("%s: a secret is shown: %s", state, text)
		}
	}
	table, _, _ := reported(t, r.settings)
	for _, line := range []string{
		"6 users\n      2 named by no client\n      1 deactivated\n      1 not used for more than 90 days\n      1 without a recorded access\n" +
			"      1 SSO not active\n      1 address not confirmed\nlicence Emulated Tensor: 5 of 5 seats assigned\n\nID ",
		"the change of the address to kim.holm@contoso.example waits for the user's confirmation",
		"no client has named it; last access on ", "SSO is not active: a user group of the user is excluded",
	} {
		if !strings.Contains(table, line) {
			t.Errorf("no %q in\n%s", line, table)
		}
	}
	if table, _, _ := reported(t, r.settings, "--inactive-days", "201"); !strings.Contains(table, "      0 not used for more than 201 days") {
		t.Errorf("with 201 days:\n%s", table)
	}
	rows, err := csv.NewReader(strings.NewReader(first(reported(t, r.settings, "--csv")))).ReadAll()
	if err != nil || len(rows) != 8 || !slices.ContainsFunc(rows, func(row []string) bool { return row[3] == "'=Mo" }) {
		t.Errorf("--csv: %v, %q", err, rows)
	}
}

func first(text, _ string, _ int) string { return text }

// TestReportWithoutMemory: what is not known is noted, and the rest is reported.
func TestReportWithoutMemory(t *testing.T) {
	t.Parallel()
	r := newReviewed(t, "")
	text, problems, code := reported(t, r.settings, "--json")
	if code != exitOK || problems != "" {
		t.Fatalf("exit %d: %s", code, problems)
	}
	want := map[string][]mapping.FindingKind{"lee": {mapping.LongUnused}, "mo": {mapping.NeverUsed}, "nia": {mapping.SSOInactive}, "pia": {mapping.Deactivated}}
	if diff := cmp.Diff(want, findings(t, text)); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
	table, _, _ := reported(t, r.settings)
	for _, want := range []string{
		"note: which accounts a client has named, and which addresses wait for confirmation, is not known: the gateway at 127.0.0.1:",
		`note: seats are not known: tick "Company administration: view license"`,
	} {
		if !strings.Contains(table, want) {
			t.Errorf("no %q in\n%s", want, table)
		}
	}
	if strings.Contains(table, "named by no client") {
		t.Errorf("accounts are counted as named by no client:\n%s", table)
	}
	out, problems, _ := reported(t, r.settings, "--csv")
	if strings.Contains(out, "not known") || strings.Count(problems, "note: ") != 2 {
		t.Errorf("--csv: notes in %q, not in %q", out, problems)
	}
}

// TestReportOfABareCompany: where TeamViewer shows neither accesses nor SSO, nobody is listed for
// it.
func TestReportOfABareCompany(t *testing.T) {
	t.Parallel()
	r := newReviewed(t, "")
	for _, u := range r.fake.Users() {
		r.fake.ChangeUser(u.ID, func(u *tvfake.User) { u.LastAccess, u.SSOStatus, u.SSOCustomerID = "", 0, "" })
	}
	text, _, _ := reported(t, r.settings, "--json")
	if diff := cmp.Diff(map[string][]mapping.FindingKind{"pia": {mapping.Deactivated}}, findings(t, text)); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
	for _, note := range []string{"shows no last access", "single sign-on is active for no user"} {
		if !strings.Contains(text, note) {
			t.Errorf("no note %q in %s", note, text)
		}
	}
}

// TestReportMistakes: what cannot be reported is refused with what to do.
func TestReportMistakes(t *testing.T) {
	t.Parallel()
	r := newReviewed(t, "")
	passthrough := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(passthrough, []byte("auth: {mode: passthrough}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		settings string
		args     []string
		code     int
		want     string
	}{
		"no days":       {r.settings, []string{"--inactive-days", "0"}, exitSettings, "--inactive-days: must be from 1 to 3650"},
		"too many days": {r.settings, []string{"--inactive-days", "4000"}, exitSettings, "--inactive-days: must be from 1 to 3650"},
		"two forms":     {r.settings, []string{"--json", "--csv"}, exitSettings, "--json and --csv can't be used together"},
		"no token":      {passthrough, nil, exitFailed, "TVSCIM_CHECK_TOKEN"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, problems, code := reported(t, test.settings, test.args...); code != test.code || !strings.Contains(problems, test.want) {
				t.Errorf("exit %d: %s", code, problems)
			}
		})
	}
	r.fake.SetRights()
	if out, problems, code := reported(t, r.settings); code != exitFailed || out != "" || !strings.Contains(problems, "users: tick \"User management: view users\"") {
		t.Errorf("without rights: exit %d: %s%s", code, out, problems)
	}
}
