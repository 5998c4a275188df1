package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"tvscim/mapping/idmap/pgmap/pgtest"
)

// TestDocumentedRestore carries out the commands of docs/operations.md that back up and restore a
// database, for an owner of the database and for one of the schema alone. What was stored comes back,
// and no session.
func TestDocumentedRestore(t *testing.T) {
	t.Parallel()
	commands := regexp.MustCompile(`(?m)^pg_(dump|restore) .*`).FindAllString(readDocument(t, "../../docs/operations.md"), -1)
	if len(commands) != 2 {
		t.Fatalf("%d commands", len(commands))
	}
	server := pgtest.Shared(t)
	server.Role(t, "keeper", "OTHER")
	for name, prepare := range map[string]func(database string) []string{
		"owner of the database": func(database string) []string { return []string{"ALTER DATABASE " + database + " OWNER TO keeper"} },
		"owner of the schema":   func(string) []string { return []string{"CREATE SCHEMA tvscim AUTHORIZATION keeper"} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			database := server.Database(t)
			server.Exec(t, database, prepare(database)...)
			url := server.As(database, "keeper", "OTHER")
			if code, _, err := at(t, url, "", "store", "migrate"); code != exitOK {
				t.Fatalf("migrate: exit %d: %s", code, err)
			}
			server.Exec(t, database, "INSERT INTO tvscim.entries (name, value, version, writer, others) VALUES ('n/kept', 'x', 1, 'w', 0)",
				"INSERT INTO tvscim.sessions (id, writer) VALUES (1, 'w')")
			dir := t.TempDir()
			for i, command := range commands {
				words := strings.Fields(strings.NewReplacer("db.example.com", server.Dir(), "-U tvscim", "-U keeper", "-d tvscim ", "-d "+database+" ").Replace(command))
				shell := exec.CommandContext(t.Context(), filepath.Join(server.Programs(), words[0]), words[1:]...)
				shell.Dir, shell.Env = dir, append(os.Environ(), "PGPASSWORD=OTHER")
				if out, err := shell.CombinedOutput(); err != nil {
					t.Fatalf("%s: %v: %s", command, err, out)
				}
				if i == 0 {
					server.Exec(t, database, "DELETE FROM tvscim.entries", "DELETE FROM tvscim.sessions")
				}
			}
			if kept := server.Text(t, database, "SELECT (SELECT count(*) FROM tvscim.entries) || ' ' || (SELECT count(*) FROM tvscim.sessions)"); kept != "1 0" {
				t.Errorf("entries and sessions: %s, want 1 0", kept)
			}
		})
	}
}
