package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"tvscim/mapping/idmap/pgmap/pgtest"
)

// databaseSettings returns the path of settings that name a database.
func databaseSettings(t *testing.T, url string) string {
	t.Helper()
	dir := t.TempDir()
	secret, file := filepath.Join(dir, "url"), filepath.Join(dir, "config.yaml")
	if err := os.WriteFile(secret, []byte(url+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte("auth: {mode: passthrough}\nstore: {url_file: "+secret+"}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestLinksMove: export and import move what is remembered from a file to a database and back, and
// the commands work on a database as on a file.
func TestLinksMove(t *testing.T) {
	t.Parallel()
	file := databaseSettings(t, pgtest.Shared(t).URL(t))
	if code, _, err := links(t, "", "list", "--config", file); code != exitSettings || !strings.Contains(err, "has no tables of tvscim") {
		t.Errorf("list of an empty database: exit %d: %s", code, err)
	}
	records := someLinks()
	text := export(t, storeOf(t, records))
	if code, out, err := links(t, text, "import", "--config", file); code != exitOK || !strings.Contains(out, "4 new, 0 replaced, 0 the same; 4 links") {
		t.Fatalf("import: exit %d: %s%s", code, out, err)
	}
	if code, out, err := links(t, text, "import", "--config", file); code != exitOK || !strings.Contains(out, "4 the same") {
		t.Errorf("import again: exit %d: %s%s", code, out, err)
	}
	other := strings.Replace(text, `"TV Field Service"`, `"TV Field"`, 1)
	if code, out, err := links(t, other, "import", "--config", file); code != exitFailed || !strings.Contains(err, "something else is remembered of 456") {
		t.Errorf("import of something else: exit %d: %s%s", code, out, err)
	}
	code, back, err := links(t, "", "export", "--config", file)
	if code != exitOK || back != text {
		t.Errorf("export: exit %d: %s\n%s\nwant\n%s", code, err, back, text)
	}
	path := filepath.Join(t.TempDir(), "links.db")
	if code, _, err := links(t, back, "import", "--store", path); code != exitOK {
		t.Fatalf("import into a file: exit %d: %s", code, err)
	}
	wantContents(t, path, records)
	if code, out, err := links(t, "", "forget", "--config", file, "u7", "9"); code != exitOK || out != "2 forgotten, 2 left\n" {
		t.Errorf("forget: exit %d: %s%s", code, out, err)
	}
	if code, _, err := links(t, "", "forget", "--config", file, "u7"); code != exitFailed || !strings.Contains(err, "nothing is remembered of u7") {
		t.Errorf("forget again: exit %d: %s", code, err)
	}
	if code, out, err := links(t, "", "list", "--config", file); code != exitOK || !strings.Contains(out, "nora.vale@contoso.example") || strings.Contains(out, "u7") {
		t.Errorf("list: exit %d: %s%s", code, out, err)
	}
}

// TestURLOnTheCommandLine: a URL is refused there, and not repeated.
func TestURLOnTheCommandLine(t *testing.T) {
	t.Parallel()
	code, out, err := links(t, "", "list", "--store", "postgres://tvscim:hunter2@127.0.0.1:1/tvscim")
	if code != exitSettings || !strings.Contains(err, "TVSCIM_STORE_URL") || strings.Contains(out+err, "hunter2") {
		t.Errorf("exit %d: %s%s", code, out, err)
	}
}

func TestStoreMigrate(t *testing.T) {
	t.Parallel()
	server := pgtest.Shared(t)
	database := server.Database(t)
	server.Role(t, "app", "hunter2")
	url := "TVSCIM_STORE_URL=" + server.As(database, "app", "hunter2")
	check := []string{"TVSCIM_AUTH_MODE=passthrough", "TVSCIM_LISTEN=127.0.0.1:0", "TVSCIM_ADMIN_LISTEN=127.0.0.1:0", url}
	if code, out, err := once(t, check, "check"); code != exitSettings || !strings.Contains(err, "tvscim store migrate") || strings.Contains(out+err, "hunter2") {
		t.Errorf("check before: exit %d: %s%s", code, out, err)
	}
	if code, _, err := once(t, []string{url}, "store", "migrate"); code != exitSettings || !strings.Contains(err, "may not create or change them") {
		t.Errorf("migrate without the right: exit %d: %s", code, err)
	}
	code, out, err := once(t, []string{"TVSCIM_STORE_URL=" + server.As(database, pgtest.Admin, "")}, "store", "migrate", "--user", "app")
	if code != exitOK {
		t.Fatalf("migrate: exit %d: %s", code, err)
	}
	server.Exec(t, database, out) // all of it is SQL
	if code, out, err := once(t, check, "check"); code != exitOK || !strings.Contains(out, "store     ok: the database has the tables") {
		t.Errorf("check afterwards: exit %d: %s%s", code, out, err)
	}
	if code, _, err := once(t, nil, "store", "migrate"); code != exitSettings || !strings.Contains(err, "store.url: missing") {
		t.Errorf("without a URL: exit %d: %s", code, err)
	}
	if code, _, err := once(t, []string{url}, "store", "migrate", "--user", ""); code == exitOK || !strings.Contains(err, "--user: must not be empty") {
		t.Errorf("without a user: exit %d: %s", code, err)
	}
	wrong := "TVSCIM_STORE_URL=" + server.As(database, "app", "hunter3")
	if code, out, err := once(t, []string{wrong}, "store", "migrate"); code != exitSettings || !strings.Contains(err, "refuses the user or the password") || strings.Contains(out+err, "hunter3") {
		t.Errorf("a wrong password: exit %d: %s%s", code, out, err)
	}
	away := slices.Concat(check[:3], []string{"TVSCIM_STORE_URL=postgres://app:hunter2@127.0.0.1:1/tvscim"})
	if code, out, err := once(t, away, "serve"); code != exitFailed || !strings.Contains(err, "PostgreSQL cannot be reached") || strings.Contains(out+err, "hunter2") {
		t.Errorf("serve without the database: exit %d: %s%s", code, out, err)
	}
}

// TestDocumentedRoles carries out what docs/operations.md says about users of the database: one who
// owns it, and one who can change no tables.
func TestDocumentedRoles(t *testing.T) {
	t.Parallel()
	var blocks []string
	for _, m := range regexp.MustCompile("(?s)```sql\n(.*?)```").FindAllStringSubmatch(readDocument(t, "../../docs/operations.md"), -1) {
		blocks = append(blocks, m[1])
	}
	if len(blocks) != 2 {
		t.Fatalf("%d blocks of SQL", len(blocks))
	}
	for i, owner := range []string{"tvscim", "tvscim_owner"} {
		t.Run(owner, func(t *testing.T) {
			t.Parallel()
			server := pgtest.Start(t)
			for statement := range strings.SplitSeq(strings.TrimSpace(blocks[i]), "\n") {
				server.Exec(t, "postgres", statement)
			}
			environ := append(anyPort(), "TVSCIM_STORE_URL="+server.As("tvscim", "tvscim", "PASSWORD"))
			if owner != "tvscim" {
				if code, _, err := once(t, environ, "check"); code != exitSettings || !strings.Contains(err, "tvscim store migrate") {
					t.Errorf("before: exit %d: %s", code, err)
				}
				code, out, err := once(t, []string{"TVSCIM_STORE_URL=" + server.As("tvscim", owner, "OTHER")}, "store", "migrate", "--user", "tvscim")
				if code != exitOK {
					t.Fatalf("migrate: exit %d: %s", code, err)
				}
				server.Exec(t, "tvscim", "SET ROLE "+owner+"; "+out)
			}
			if code, _, err := once(t, environ, "check"); code != exitOK {
				t.Errorf("exit %d: %s", code, err)
			}
		})
	}
}

// at runs a command with a database in the environment.
func at(t *testing.T, url, in string, args ...string) (code int, out, err string) {
	t.Helper()
	var o, e bytes.Buffer
	code = run(t.Context(), args, world{environ: []string{"TVSCIM_STORE_URL=" + url}, in: strings.NewReader(in), out: &o, err: &e})
	return code, o.String(), e.String()
}

// TestDatabaseMistakes: a URL that cannot be used is a mistake of the settings, and its password is
// not shown; a server that cannot be reached is none.
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
