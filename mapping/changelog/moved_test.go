package changelog_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tvscim/mapping/changelog"
)

// TestFileThatIsMoved: when the file is moved, deleted or replaced while it is open, the lines that
// follow are in the file of the path.
func TestFileThatIsMoved(t *testing.T) {
	t.Parallel()
	move := func(path string) error { return os.Rename(path, path+".1") }
	for name, change := range map[string]func(path string) error{
		"deleted": os.Remove,
		"moved":   move,
		"replaced": func(path string) error {
			if err := move(path); err != nil {
				return err
			}
			return os.WriteFile(path, nil, 0o600)
		},
		"replaced by one that ends within a line": func(path string) error {
			if err := move(path); err != nil {
				return err
			}
			return os.WriteFile(path, []byte(`{"time":`), 0o600)
		},
		"directory removed": func(path string) error { return os.RemoveAll(filepath.Dir(path)) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "log", "changes.jsonl")
			if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			w, err := changelog.Open(changelog.Options{Path: path, MaxSize: changelog.MinSize})
			if err != nil {
				t.Fatal(err)
			}
			defer w.Close()
			for _, id := range []string{"u1", "u2"} {
				w.Write(changelog.Line{Kind: changelog.KindUser, ID: id, Outcome: changelog.Done})
			}
			if err := change(path); err != nil {
				t.Fatal(err)
			}
			for _, id := range []string{"u3", "u4"} {
				w.Write(changelog.Line{Kind: changelog.KindUser, ID: id, Outcome: changelog.Done})
			}
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if got := string(text); strings.Count(got, "\n{")+strings.Count(got, "{\"time\":\"") < 2 || !strings.Contains(got, `"u3"`) || !strings.Contains(got, `"u4"`) {
				t.Errorf("the file holds %q", got)
			}
			if err := w.Trouble(); err != nil {
				t.Errorf("trouble: %v", err)
			}
		})
	}
}
