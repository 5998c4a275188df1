package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"tvscim/mapping/idmap/pgmap/pgtest"
)

// at runs a command with a database in the environment.
func at(t *testing.T, url, in string, args ...string) (code int, out, err string) {
	t.Helper()
	var o, e bytes.Buffer
	code = run(t.Context(), args, world{environ: []string{"TVSCIM_STORE_URL=" + url}, in: strings.NewReader(in), out: &o, err: &e})
	return code, o.String(), e.String()
}

// TestLinksMoveToADatabase: what export wrote of a file is imported into a database, is the same there, and comes back into a
// file; list and forget work.
func TestLinksMoveToADatabase(t *testing.T) {
	t.Parallel()
	url := pgtest.Shared(t).URL(t)
	records := someLinks() // with a random salt
	exported := export(t, storeOf(t, records))
	if code, out, err := at(t, url, exported, "links", "import"); code != exitOK || !strings.Contains(out, "4 new") {
		t.Fatalf("import: exit %d: %s%s", code, out, err)
	}
	if code, out, err := at(t, url, exported, "links", "import"); code != exitOK || !strings.Contains(out, "4 the same") {
		t.Fatalf("import again: exit %d: %s%s", code, out, err)
	}
	code, again, text := at(t, url, "", "links", "export")
	if code != exitOK || again != exported {
		t.Errorf("export: exit %d %s\n%s\nwant\n%s", code, text, again, exported)
	}
	path := filepath.Join(t.TempDir(), "links.db")
	if code, _, err := links(t, again, "import", "--store", path); code != exitOK {
		t.Fatalf("import into a file: exit %d: %s", code, err)
	}
	wantContents(t, path, records)
	if code, out, err := at(t, url, "", "links", "list"); code != exitOK || !strings.Contains(out, "TV Field Service") {
		t.Errorf("list: exit %d: %s%s", code, out, err)
	}
	if code, out, err := at(t, url, "", "links", "forget", "u7", "9"); code != exitOK || out != "2 forgotten, 2 left\n" {
		t.Errorf("forget: exit %d: %s%s", code, out, err)
	}
}

// TestStoreMigrate: the command makes the tables and prints the rights; check says which there are.
func TestStoreMigrate(t *testing.T) {
	t.Parallel()
	url := pgtest.Shared(t).URL(t)
	for _, want := range []string{"the tables will be made in the database", "the database has the tables"} {
		if code, out, err := at(t, url, "", "check"); code != exitOK || !strings.Contains(out, want) {
			t.Errorf("check: exit %d: %s%s", code, out, err)
		}
		if code, out, err := at(t, url, "", "store", "migrate"); code != exitOK || !strings.Contains(out, "GRANT SELECT, INSERT, UPDATE") {
			t.Errorf("migrate: exit %d: %s%s", code, out, err)
		}
	}
}

// TestDatabaseMistakes: a URL that cannot be used is a mistake of the settings, and its password is not shown; a server that
// cannot be reached is none.
func TestDatabaseMistakes(t *testing.T) {
	t.Parallel()
	const password = "s3cret"
	server := pgtest.Shared(t)
	for name, test := range map[string]struct {
		url  string
		code int
		want string
	}{
		"no URL of PostgreSQL": {"mysql://u:" + password + "@h/d", exitSettings, "store.url: TVSCIM_STORE_URL: must be a URL of PostgreSQL"},
		"no database":          {"postgres://u:" + password + "@h", exitSettings, "must be a URL of PostgreSQL"},
		"wrong password":       {server.As("postgres", "somebody", password), exitSettings, "PostgreSQL refuses the user or the password"},
		"nobody listens":       {"postgres://u:" + password + "@127.0.0.1:1/d?sslmode=disable", exitFailed, "PostgreSQL cannot be reached"},
	} {
		for _, args := range [][]string{{"serve"}, {"check"}, {"links", "list"}, {"store", "migrate"}} {
			t.Run(name+"/"+args[0], func(t *testing.T) {
				t.Parallel()
				code, out, err := at(t, test.url, "", args...)
				if code != test.code || !strings.Contains(out+err, test.want) || strings.Contains(out+err, password) {
					t.Errorf("exit %d, want %d and %q: %s%s", code, test.code, test.want, out, err)
				}
			})
		}
	}
}
