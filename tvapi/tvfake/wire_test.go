package tvfake_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tvscim/tvapi/tvfake"
)

var update = flag.Bool("update", false, "write the answers of this run into testdata")

// TestWire replays testdata/*.wire: lines "> METHOD path body" are calls, the line "< status body"
// after each is its whole answer. The files are the emulator's wire format, to be read beside
// TeamViewer's manual. {group}, {role} and {user} stand for the ids that the answer to the last
// POST gave.
func TestWire(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.wire")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := replay(t, string(text))
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			same(t, "answers", strings.Split(got, "\n"), strings.Split(string(text), "\n"))
		})
	}
}

// replay makes the calls of a file and returns it with the answers that came.
func replay(t *testing.T, text string) string {
	t.Helper()
	v := tvfake.Default()
	v.BareErrors, v.SortedLists, v.PageSize = true, true, 100 // without what is chance
	c := newCompany(t, v)
	c.server.SetRights(tvfake.AllRights()...)
	ids := map[string]string{"{group}": id(c.group)}
	var out strings.Builder
	for line := range strings.Lines(text) {
		call, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "> ")
		if !ok {
			if !strings.HasPrefix(line, "< ") {
				out.WriteString(line)
			}
			continue
		}
		fmt.Fprintf(&out, "%s< %s\n", line, c.replayCall(call, ids))
	}
	return out.String()
}

// replayCall makes one call and shows its answer, ids by their names.
func (c *company) replayCall(call string, ids map[string]string) string {
	c.t.Helper()
	for name, id := range ids {
		call = strings.ReplaceAll(call, name, id)
	}
	parts := strings.SplitN(call+"  ", " ", 3)
	r := c.do(parts[0], parts[1], strings.TrimSpace(parts[2]))
	made := decodeOr[struct {
		ID   json.RawMessage
		Role struct{ ID string }
	}](r)
	switch strings.Join(parts[:2], " ") {
	case "POST /users":
		ids["{user}"] = strings.Trim(string(made.ID), `"`)
	case "POST /usergroups":
		ids["{group}"] = string(made.ID)
	case "POST /userroles":
		ids["{role}"] = made.Role.ID
	}
	maps.DeleteFunc(ids, func(_, id string) bool { return id == "" })
	answer := fmt.Sprint(r.status, " ", r.body)
	if location := r.header.Get("Location"); location != "" {
		answer += " Location: " + location
	}
	for name, id := range ids {
		answer = strings.ReplaceAll(answer, id, name)
	}
	return strings.TrimSpace(strings.ReplaceAll(answer, "\n", " "))
}

// decodeOr reads the JSON of an answer, or nothing where there is none.
func decodeOr[T any](r reply) T {
	var into T
	if json.Unmarshal([]byte(r.body), &into) != nil {
		return *new(T)
	}
	return into
}
