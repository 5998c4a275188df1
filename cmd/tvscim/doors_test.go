package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// door is what a room may import: rooms of ours, and libraries from outside.
type door struct {
	ours    []string // "*" is every room
	outside []string // module path prefixes
}

// guests are libraries that several rooms may use.
var guests = []string{"go.uber.org/zap", "github.com/prometheus/client_golang"}

// doors is the plan of the house. A room that is not in it may not exist.
var doors = map[string]door{
	"cmd/tvscim":              {ours: []string{"*"}, outside: with(guests, "github.com/alecthomas/kong", "github.com/schollz/progressbar/v3", "golang.org/x/term")},
	"cmd/config":              {outside: []string{"go.yaml.in/yaml/v3"}},
	"proxy":                   {ours: []string{"scim", "scim/filter"}, outside: with(guests, "github.com/labstack/echo/v4")},
	"proxy/admin":             {outside: guests},
	"scim":                    {ours: []string{"scim/filter"}},
	"scim/filter":             {},
	"scim/scimtest":           {ours: []string{"scim", "scim/filter"}, outside: []string{"github.com/google/go-cmp"}},
	"tvapi":                   {outside: with(guests, "github.com/go-resty/resty/v2")},
	"tvapi/tvfake":            {},
	"mapping":                 {ours: []string{"scim", "scim/filter", "tvapi", "mapping/plan", "mapping/roster", "mapping/idmap"}, outside: guests},
	"mapping/plan":            {ours: []string{"scim", "scim/filter", "tvapi", "mapping/idmap"}},
	"mapping/roster":          {ours: []string{"tvapi"}, outside: guests},
	"mapping/idmap":           {outside: []string{"github.com/hashicorp/golang-lru/v2"}},
	"mapping/idmap/boltmap":   {ours: []string{"mapping/idmap"}, outside: []string{"go.etcd.io/bbolt"}},
	"mapping/idmap/idmaptest": {ours: []string{"mapping/idmap"}, outside: []string{"github.com/google/go-cmp", "pgregory.net/rapid"}},
}

// noHTTP are the rooms in which HTTP has no place: requests are values there.
var noHTTP = []string{"scim", "scim/filter", "mapping", "mapping/idmap", "mapping/idmap/boltmap"}

func with(list []string, more ...string) []string { return slices.Concat(list, more) }

// module is this module's path, the first part of our own imports.
const module = "tvscim/"

// TestDoors reads the imports of every file that is no test. It parses the files itself: a test that asked the go command
// could be answered from its cache after a rule was broken.
func TestDoors(t *testing.T) {
	rooms := map[string]bool{}
	for file, imports := range importsOfAllFiles(t) {
		room := path.Dir(file)
		rooms[room] = true
		door, known := doors[room]
		if !known {
			t.Errorf("%s: the room %s is not in the plan", file, room)
			continue
		}
		for _, imported := range imports {
			if reason := door.refuses(room, imported); reason != "" {
				t.Errorf("%s imports %s: %s", file, imported, reason)
			}
		}
	}
	for room := range doors {
		if !rooms[room] {
			t.Errorf("the room %s is in the plan and has no file", room)
		}
	}
}

// TestDoorsRefuse shows that the rules can be broken.
func TestDoorsRefuse(t *testing.T) {
	for _, test := range []struct{ room, imported string }{
		{"scim", "tvscim/tvapi"},
		{"scim", "net/http"},
		{"scim", "go.uber.org/zap"},
		{"mapping", "tvscim/proxy"},
		{"mapping", "github.com/labstack/echo/v4"},
		{"tvapi/tvfake", "tvscim/tvapi"},
		{"proxy", "tvscim/mapping"},
		{"proxy", "github.com/labstack/echo/v4x"},
	} {
		if doors[test.room].refuses(test.room, test.imported) == "" {
			t.Errorf("%s may import %s", test.room, test.imported)
		}
	}
}

// refuses says why a room may not import a package, "" when it may.
func (d door) refuses(room, imported string) string {
	if ours, ok := strings.CutPrefix(imported, module); ok {
		if slices.Contains(d.ours, "*") || slices.Contains(d.ours, ours) {
			return ""
		}
		return "not a door of " + room
	}
	if !strings.Contains(strings.Split(imported, "/")[0], ".") { // the standard library
		if imported == "net/http" && slices.Contains(noHTTP, room) {
			return "no HTTP in " + room
		}
		return ""
	}
	for _, allowed := range d.outside {
		if imported == allowed || strings.HasPrefix(imported, allowed+"/") {
			return ""
		}
	}
	return "not a library of " + room
}

// importsOfAllFiles returns the imports of every Go file that is no test, by its path from the root of the module.
func importsOfAllFiles(t *testing.T) map[string][]string {
	t.Helper()
	const root = "../.."
	all := map[string][]string{}
	err := filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		base := entry.Name()
		if entry.IsDir() && name != root && (strings.HasPrefix(base, ".") || base == "testdata") {
			return filepath.SkipDir
		}
		if entry.IsDir() || !strings.HasSuffix(base, ".go") || strings.HasSuffix(base, "_test.go") {
			return nil
		}
		source, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, source, parser.ImportsOnly)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		all[rel] = nil
		for _, spec := range file.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			all[rel] = append(all[rel], imported)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) == 0 {
		t.Fatal("no file found")
	}
	return all
}
