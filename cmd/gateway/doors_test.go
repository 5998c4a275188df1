package gateway_test

import (
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	gocmp "github.com/google/go-cmp/cmp"
)

// door is what a room may import: rooms of ours, and libraries from outside.
type door struct {
	ours    []string // "*" is every room
	outside []string // module path prefixes
	noHTTP  bool     // requests are values there
	pure    bool     // see impureImports and impureNames
	planned bool     // the room may not exist yet
}

// guests are libraries that several rooms may use.
var guests = []string{"go.uber.org/zap", "github.com/prometheus/client_golang"}

// doors is the table of packages. A package that is not in it may not exist.
var doors = map[string]door{
	"cmd/tvscim":                        {ours: []string{"*"}, outside: with(guests, "github.com/alecthomas/kong", "github.com/schollz/progressbar/v3", "golang.org/x/term")},
	"cmd/gateway":                       {ours: []string{"*"}, outside: with(guests, "golang.org/x/term")},
	"cmd/alert":                         {outside: guests},
	"cmd/config":                        {outside: []string{"go.yaml.in/yaml/v3"}},
	"proxy":                             {ours: []string{"scim", "scim/filter"}, outside: with(guests, "github.com/labstack/echo/v4")},
	"proxy/admin":                       {outside: guests},
	"proxy/admin/page":                  {outside: guests},
	"proxy/certificate":                 {outside: with(guests, "golang.org/x/crypto/acme")},
	"proxy/certificate/certificatetest": {},
	"scim":                              {ours: []string{"scim/filter"}, noHTTP: true},
	"scim/filter":                       {noHTTP: true},
	"scim/scimtest":                     {ours: []string{"scim", "scim/filter"}, outside: []string{"github.com/google/go-cmp"}},
	"tvapi":                             {outside: with(guests, "github.com/go-resty/resty/v2")},
	"tvapi/dryrun":                      {ours: []string{"tvapi"}},
	"tvapi/tvfake":                      {},
	"mapping":                           {ours: []string{"scim", "scim/filter", "tvapi", "mapping/plan", "mapping/roster", "mapping/idmap"}, outside: guests, noHTTP: true},
	"mapping/plan":                      {ours: []string{"scim", "scim/filter", "tvapi", "mapping/idmap"}, noHTTP: true, pure: true},
	"mapping/roster":                    {ours: []string{"tvapi"}, outside: guests},
	"mapping/idmap":                     {outside: []string{"github.com/hashicorp/golang-lru/v2"}, noHTTP: true},
	"mapping/idmap/boltmap":             {ours: []string{"mapping/idmap"}, outside: []string{"go.etcd.io/bbolt"}, noHTTP: true},
	"mapping/idmap/pgmap":               {ours: []string{"mapping/idmap"}, outside: []string{"github.com/jackc/pgx/v5"}, noHTTP: true},
	"mapping/idmap/pgmap/pgtest":        {outside: []string{"github.com/jackc/pgx/v5"}, noHTTP: true},
	"mapping/idmap/idmaptest":           {ours: []string{"mapping/idmap"}, outside: []string{"github.com/google/go-cmp", "pgregory.net/rapid"}},
	"mapping/changelog":                 {outside: []string{"github.com/DeRuina/timberjack"}, noHTTP: true},
}

// impureImports are packages that a pure room may not import: what it returns depends on its
// arguments alone.
var impureImports = []string{"context", "crypto/rand", "log", "log/slog", "math/rand", "math/rand/v2", "net", "os"}

// impureNames are functions that a pure room may not use, by package: the time is one of its
// arguments.
var impureNames = map[string][]string{
	"time": {"After", "AfterFunc", "NewTicker", "NewTimer", "Now", "Since", "Sleep", "Tick", "Until"},
}

func with(list []string, more ...string) []string { return slices.Concat(list, more) }

// module is this module's path, the first part of our own imports.
const module = "tvscim/"

// TestDoors reads every file that is no test. It parses the files itself: a test that asked the go
// command could be answered from its cache after a rule was broken.
func TestDoors(t *testing.T) {
	t.Parallel()
	sources, err := sourcesOf(os.DirFS("../.."))
	if err != nil {
		t.Fatal(err)
	}
	for _, broken := range brokenDoors(sources) {
		t.Error(broken)
	}
}

// TestDoorsRefuse shows that each rule can be broken.
func TestDoorsRefuse(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		file, source string
		broken       []string
	}{
		"allowed":             {"proxy/user.go", `package proxy; import ("net/http"; "github.com/labstack/echo/v4/middleware"; "tvscim/scim")`, nil},
		"allowed everywhere":  {"cmd/tvscim/serve.go", `package main; import "tvscim/mapping/idmap/boltmap"`, nil},
		"unknown room":        {"util/util.go", `package util`, []string{"util/util.go: the room util is not in the plan"}},
		"room below a room":   {"proxy/bulk/bulk.go", `package bulk`, []string{"proxy/bulk/bulk.go: the room proxy/bulk is not in the plan"}},
		"the top":             {"doc.go", `package tvscim`, []string{"doc.go: the room . is not in the plan"}},
		"no door":             {"scim/user.go", `package scim; import "tvscim/tvapi"`, []string{"scim/user.go imports tvscim/tvapi: not a door of scim"}},
		"no way up":           {"mapping/user.go", `package mapping; import "tvscim/proxy"`, []string{"mapping/user.go imports tvscim/proxy: not a door of mapping"}},
		"command":             {"proxy/user.go", `package proxy; import "tvscim/cmd/gateway"`, []string{"proxy/user.go imports tvscim/cmd/gateway: not a door of proxy"}},
		"emulator":            {"tvapi/tvfake/user.go", `package tvfake; import "tvscim/tvapi"`, []string{"tvapi/tvfake/user.go imports tvscim/tvapi: not a door of tvapi/tvfake"}},
		"HTTP":                {"scim/user.go", `package scim; import "net/http"`, []string{"scim/user.go imports net/http: no HTTP in scim"}},
		"another's library":   {"cmd/gateway/gateway.go", `package gateway; import "github.com/alecthomas/kong"`, []string{"cmd/gateway/gateway.go imports github.com/alecthomas/kong: not a library of cmd/gateway"}},
		"no guest":            {"scim/user.go", `package scim; import "go.uber.org/zap"`, []string{"scim/user.go imports go.uber.org/zap: not a library of scim"}},
		"like a library":      {"proxy/user.go", `package proxy; import "github.com/labstack/echo/v4x"`, []string{"proxy/user.go imports github.com/labstack/echo/v4x: not a library of proxy"}},
		"pure":                {"mapping/plan/user.go", `package plan; import ("time"; "tvscim/tvapi"); func f(t time.Time) time.Time { return t.Add(time.Hour) }`, nil},
		"context in a plan":   {"mapping/plan/user.go", `package plan; import "context"`, []string{"mapping/plan/user.go imports context: mapping/plan is pure"}},
		"randomness":          {"mapping/plan/user.go", `package plan; import "math/rand/v2"`, []string{"mapping/plan/user.go imports math/rand/v2: mapping/plan is pure"}},
		"logger in a plan":    {"mapping/plan/user.go", `package plan; import "go.uber.org/zap"`, []string{"mapping/plan/user.go imports go.uber.org/zap: not a library of mapping/plan"}},
		"clock":               {"mapping/plan/user.go", `package plan; import "time"; var now = time.Now`, []string{"mapping/plan/user.go uses time.Now: mapping/plan is pure"}},
		"clock, renamed":      {"mapping/plan/user.go", `package plan; import clock "time"; var d = clock.Since(clock.Time{})`, []string{"mapping/plan/user.go uses time.Since: mapping/plan is pure"}},
		"clock, without name": {"mapping/plan/user.go", `package plan; import . "time"; var now = Now()`, []string{"mapping/plan/user.go imports time without its name: mapping/plan is pure"}},
		"clock elsewhere":     {"mapping/roster/user.go", `package roster; import "time"; var now = time.Now`, nil},
		"test":                {"scim/user_test.go", `package scim; import "net/http"`, nil},
		"testdata":            {"scim/testdata/user.go", `package user; import "net/http"`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tree := fstest.MapFS{test.file: &fstest.MapFile{Data: []byte(test.source)}}
			for room, d := range doors {
				if at := path.Join(room, "doc.go"); !d.planned && test.file != at {
					tree[at] = &fstest.MapFile{Data: []byte("package " + path.Base(room))}
				}
			}
			sources, err := sourcesOf(tree)
			if err != nil {
				t.Fatal(err)
			}
			if diff := gocmp.Diff(test.broken, brokenDoors(sources)); diff != "" {
				t.Errorf("broken doors (-want +got):\n%s", diff)
			}
		})
	}
}

// TestDoorsMissRooms: a package of the table without files is reported, unless it is announced.
func TestDoorsMissRooms(t *testing.T) {
	t.Parallel()
	broken := brokenDoors(nil)
	for room, d := range doors {
		if told := slices.Contains(broken, "the room "+room+" is in the plan and has no file"); told == d.planned {
			t.Errorf("%s: told that it has no file: %t", room, told)
		}
	}
}

// brokenDoors says what the files do that the plan does not allow, in the order of their paths.
func brokenDoors(sources map[string]source) []string {
	var broken []string
	rooms := map[string]bool{}
	for _, file := range slices.Sorted(maps.Keys(sources)) {
		room := path.Dir(file)
		rooms[room] = true
		d, known := doors[room]
		if !known {
			broken = append(broken, file+": the room "+room+" is not in the plan")
			continue
		}
		for _, imported := range sources[file].imports {
			if reason := d.refuses(room, imported); reason != "" {
				broken = append(broken, file+" imports "+imported+": "+reason)
			}
		}
		if d.pure {
			for _, reason := range sources[file].impurities() {
				broken = append(broken, file+" "+reason+": "+room+" is pure")
			}
		}
	}
	for _, room := range slices.Sorted(maps.Keys(doors)) {
		if !rooms[room] && !doors[room].planned {
			broken = append(broken, "the room "+room+" is in the plan and has no file")
		}
	}
	return broken
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
		switch {
		case d.pure && slices.Contains(impureImports, imported):
			return room + " is pure"
		case d.noHTTP && imported == "net/http":
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
