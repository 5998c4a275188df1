package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/zap"

	"tvscim/cmd/config"
	"tvscim/cmd/gateway"
	"tvscim/mapping/idmap"
	"tvscim/mapping/idmap/boltmap"
	"tvscim/mapping/idmap/idmaptest"
)

// someLinks are records with something in every field, and with text that a careless writer would
// change.
func someLinks() map[string]idmap.Record {
	at := time.Date(2026, 3, 1, 9, 30, 0, 123_456_789, time.UTC)
	return map[string]idmap.Record{
		"u12": {
			Asked: map[string]json.RawMessage{
				"userName": json.RawMessage(`"nora.vale@contoso.example"`), "externalId": json.RawMessage(`"ext-<nora>&\u2028"`),
				"name": json.RawMessage(`{"familyName":"Vale"}`), "nickName": json.RawMessage(`null`),
			},
			Sent: map[string]string{"userName": "nora@contoso.example"}, Before: map[string]string{"userName": "old@contoso.example"},
			Secret: idmap.Hash("sso"), Created: at, LastModified: at.Add(time.Hour),
			Keys: []idmap.Key{{Index: idmap.UserExternalID, Value: "ext-<nora>&\u2028"}, {Index: idmap.UserName, Value: "nora.vale@contoso.example"}},
		},
		"u7":  {Tombstone: at, LastModified: at, Asked: map[string]json.RawMessage{"userName": json.RawMessage(`"pia\u001b[2J@contoso.example"`)}},
		"456": {Asked: map[string]json.RawMessage{"displayName": json.RawMessage(`"TV Field Service"`)}, Keys: []idmap.Key{{Index: idmap.GroupName, Value: "tv field service"}}},
		"9":   {},
	}
}

// storeOf returns the path of a file with these records.
func storeOf(t *testing.T, records map[string]idmap.Record) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "links.db")
	m, err := boltmap.Open(path, boltmap.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.PutAll(maps.All(records)); err != nil {
		t.Fatal(err)
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// contents returns what a file holds.
func contents(t *testing.T, path string) map[string]idmap.Record {
	t.Helper()
	m, err := boltmap.Open(path, boltmap.Options{Existing: true})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	return maps.Collect(m.All())
}

func wantContents(t *testing.T, path string, want map[string]idmap.Record) {
	t.Helper()
	got := contents(t, path)
	if diff := cmp.Diff(slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(got))); diff != "" {
		t.Errorf("ids (-want +got):\n%s", diff)
	}
	for id, r := range want {
		if diff := idmaptest.Diff(r, got[id]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", id, diff)
		}
	}
}

// links runs tvscim links with an input.
func links(t *testing.T, in string, args ...string) (code int, out, err string) {
	t.Helper()
	var o, e bytes.Buffer
	code = run(t.Context(), append([]string{"links"}, args...), world{in: strings.NewReader(in), out: &o, err: &e})
	return code, o.String(), e.String()
}

func export(t *testing.T, path string) string {
	t.Helper()
	code, out, err := links(t, "", "export", "--store", path)
	if code != exitOK || err != "" {
		t.Fatalf("export: exit %d: %s", code, err)
	}
	return out
}

func TestLinksExport(t *testing.T) {
	t.Parallel()
	records := someLinks()
	hash := records["u12"]
	hash.Secret = make([]byte, len(hash.Secret))
	records["u12"] = hash
	want := `{"format":"tvscim-links","version":1}
{"id":"456","asked":{"displayName":"TV Field Service"},"keys":[{"index":"group.displayName","value":"tv field service"}]}
{"id":"9"}
{"id":"u12","asked":{"externalId":"ext-<nora>&\u2028","name":{"familyName":"Vale"},"nickName":null,"userName":"nora.vale@contoso.example"},` +
		`"sent":{"userName":"nora@contoso.example"},"was":{"userName":"old@contoso.example"},"secret":"` + strings.Repeat("A", 64) + `",` +
		`"created":"2026-03-01T09:30:00.123456789Z","lastModified":"2026-03-01T10:30:00.123456789Z",` +
		`"keys":[{"index":"user.externalId","value":"ext-<nora>&\u2028"},{"index":"user.userName","value":"nora.vale@contoso.example"}]}
{"id":"u7","asked":{"userName":"pia\u001b[2J@contoso.example"},"tombstone":"2026-03-01T09:30:00.123456789Z","lastModified":"2026-03-01T09:30:00.123456789Z"}
`
	if diff := cmp.Diff(want, export(t, storeOf(t, records))); diff != "" {
		t.Errorf("export (-want +got):\n%s", diff)
	}
}

func TestLinksRoundTrip(t *testing.T) {
	t.Parallel()
	records := someLinks()
	path := storeOf(t, records)
	exported := export(t, path)
	file := filepath.Join(t.TempDir(), "links.jsonl")
	if err := os.WriteFile(file, []byte(exported), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, how := range map[string]struct {
		in   string
		args []string
	}{
		"standard input": {exported, nil},
		"a dash":         {exported, []string{"-"}},
		"a file":         {"", []string{file}},
	} {
		copied := filepath.Join(t.TempDir(), "links.db")
		code, out, err := links(t, how.in, append([]string{"import", "--store", copied}, how.args...)...)
		if code != exitOK || out != "4 new, 0 replaced, 0 the same; 4 links in all\n" {
			t.Fatalf("import from %s: exit %d: %s%s", name, code, out, err)
		}
		wantContents(t, copied, records)
		if diff := cmp.Diff(exported, export(t, copied)); diff != "" {
			t.Errorf("exported again (-want +got):\n%s", diff)
		}
	}
}

const header = `{"format":"tvscim-links","version":1}` + "\n"

// TestLinksImportInto shows what import does with what is there.
func TestLinksImportInto(t *testing.T) {
	t.Parallel()
	there := map[string]idmap.Record{"u1": {Sent: map[string]string{"a": "old"}}, "u2": {}, "u3": {Sent: map[string]string{"a": "kept"}}}
	input := header + `{"id":"u1","sent":{"a":"new"}}` + "\n\n" + `{"id":"u2"}` + "\r\n" + `{"id":"u4"}`
	t.Run("refused", func(t *testing.T) {
		t.Parallel()
		path := storeOf(t, there)
		code, _, err := links(t, input, "import", "--store", path)
		if want := "tvscim: line 2: something else is remembered of u1; --replace takes the line's\nnothing was imported\n"; code != exitFailed || err != want {
			t.Errorf("exit %d: %q, want %q", code, err, want)
		}
		wantContents(t, path, there)
	})
	t.Run("replace", func(t *testing.T) {
		t.Parallel()
		path := storeOf(t, there)
		code, out, err := links(t, input, "import", "--store", path, "--replace")
		if code != exitOK || out != "1 new, 1 replaced, 1 the same; 4 links in all\n" {
			t.Errorf("exit %d: %s%s", code, out, err)
		}
		want := maps.Clone(there)
		want["u1"], want["u4"] = idmap.Record{Sent: map[string]string{"a": "new"}}, idmap.Record{}
		wantContents(t, path, want)
	})
	t.Run("twice", func(t *testing.T) {
		t.Parallel()
		path := storeOf(t, someLinks())
		if code, out, err := links(t, export(t, path), "import", "--store", path); code != exitOK || out != "0 new, 0 replaced, 4 the same; 4 links in all\n" {
			t.Errorf("exit %d: %s%s", code, out, err)
		}
	})
}

// TestLinksImportBadLines: whatever is wrong is told with its line, and nothing is imported, not
// even a new file made.
func TestLinksImportBadLines(t *testing.T) {
	t.Parallel()
	good := `{"id":"u1"}` + "\n"
	many := header + strings.Repeat("{}\n", 25)
	for _, test := range []struct{ name, in, says string }{
		{"empty", "", "the input is empty"},
		{"blank", " \n\n", "the input is empty"},
		{"no header", good, "line 1: does not begin as what export writes"},
		{"another format", `{"format":"links","version":1}`, "line 1: does not begin as what export writes"},
		{"newer", `{"format":"tvscim-links","version":2}`, "line 1: version 2 of the format is unknown; this tvscim reads 1"},
		{"not JSON", header + good + "hello\n", "line 3: not what export writes: invalid character 'h'"},
		{"cut off", header + good + `{"id":"u2","sent":{"a":"`, "line 3: not JSON: it ends too early"},
		{"unknown field", header + `{"id":"u1","colour":"red"}`, `line 2: not what export writes: json: unknown field "colour"`},
		{"two objects", header + `{"id":"u1"}{"id":"u2"}`, "line 2: more than one JSON object"},
		{"a list", header + `["u1"]`, "line 2: not what export writes"},
		{"no id", header + `{}`, `line 2: id "": neither a user's, such as u123, nor a group's, such as 456`},
		{"strange id", header + `{"id":"g12"}`, `line 2: id "g12"`},
		{"id out of range", header + `{"id":"u99999999999"}`, `line 2: id "u99999999999"`},
		{"id twice", header + good + "\n" + good, "line 4: u1 stands in line 2 already"},
		{"time", header + `{"id":"u1","created":"yesterday"}`, "line 2: not what export writes: parsing time"},
		{"secret in the clear", header + `{"id":"u1","secret":"c2VjcmV0"}`, "line 2: secret: has 6 bytes; a hash has 48"},
		{"secret not base64", header + `{"id":"u1","secret":"???"}`, "line 2: not what export writes: illegal base64"},
		{"key of another kind", header + `{"id":"u1","keys":[{"index":"group.displayName","value":"x"}]}`, `line 2: keys: index "group.displayName" is not one of a user`},
		{"key without value", header + `{"id":"4","keys":[{"index":"group.displayName"}]}`, "line 2: keys: group.displayName without a value"},
		{"several", header + "{}\n" + good + "x\n", "line 4: not what export writes"},
		{"all over", many, "line 21: id \"\": neither a user's, such as u123, nor a group's, such as 456\nand 5 more\nnothing was imported"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "links.db")
			code, out, err := links(t, test.in, "import", "--store", path)
			if code != exitFailed || out != "" || !strings.Contains(err, test.says) {
				t.Errorf("exit %d, saying %q; want %q", code, err, test.says)
			}
			if _, err := os.Stat(path); err == nil {
				t.Error("a file was made")
			}
		})
	}
}

func TestLinksList(t *testing.T) {
	t.Parallel()
	code, out, err := links(t, "", "list", "--store", storeOf(t, someLinks()))
	if code != exitOK || err != "" {
		t.Fatalf("exit %d: %s", code, err)
	}
	want := `ID   KIND   NAME                       EXTERNAL ID    DELETED               LAST MODIFIED
456  group  TV Field Service           -              -                     -
9    group  -                          -              -                     -
u12  user   nora.vale@contoso.example  ext-<nora>&` + "\ufffd" + `   -                     2026-03-01T10:30:00Z
u7   user   pia` + "\ufffd" + `[2J@contoso.example    -              2026-03-01T09:30:00Z  2026-03-01T09:30:00Z
`
	if diff := cmp.Diff(strings.ReplaceAll(want, " ", ""), strings.ReplaceAll(out, " ", "")); diff != "" {
		t.Errorf("list (-want +got):\n%s", diff)
	}
}

func TestLinksForget(t *testing.T) {
	t.Parallel()
	want := someLinks()
	path := storeOf(t, want)
	code, _, err := links(t, "", "forget", "--store", path, "u12", "u99", "8")
	if says := "tvscim: nothing is remembered of u99, 8; nothing was forgotten\n"; code != exitFailed || err != says {
		t.Errorf("exit %d: %q, want %q", code, err, says)
	}
	wantContents(t, path, want)
	code, out, err := links(t, "", "forget", "--store", path, "u12", "9", "u12")
	if code != exitOK || out != "2 forgotten, 2 left\n" {
		t.Errorf("exit %d: %s%s", code, out, err)
	}
	delete(want, "u12")
	delete(want, "9")
	wantContents(t, path, want)
}

// TestLinksOfARunningGateway: the file is the gateway's.
func TestLinksOfARunningGateway(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "links.db")
	c := config.Default()
	c.Store.Path = path
	g, err := gateway.New(gateway.Options{Config: c, Logger: zap.NewNop()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.Close)
	for _, args := range [][]string{{"list"}, {"export"}, {"import"}, {"import", "--replace"}, {"forget", "u1"}} {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			t.Parallel()
			code, out, err := links(t, header, append(args, "--store", path)...)
			if want := fmt.Sprintf("tvscim: store %s: a gateway is using it; stop the gateway first\n", path); code != exitFailed || out != "" || err != want {
				t.Errorf("exit %d: %q, want %q", code, out+err, want)
			}
		})
	}
}

// TestLinksNamesItsFile shows where the path may stand.
func TestLinksNamesItsFile(t *testing.T) {
	t.Parallel()
	path := storeOf(t, someLinks())
	settings := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(settings, []byte("store: {path: "+path+"}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	absent := filepath.Join(t.TempDir(), "absent.db")
	for _, test := range []struct {
		name    string
		environ []string
		args    []string
		code    int
		says    string
	}{
		{"in the settings", nil, []string{"--config", settings}, exitOK, "u12"},
		{"in the environment", []string{"TVSCIM_STORE_PATH=" + path}, nil, exitOK, "u12"},
		{"on the command line before others", []string{"TVSCIM_STORE_PATH=" + absent}, []string{"--store", path}, exitOK, "u12"},
		{"nowhere", nil, nil, exitSettings, "store.path: missing, and store.url too; name the file with --store, or the settings that have one of them with --config"},
		{"wrong settings", []string{"TVSCIM_LIMITS_PAGE=0", "TVSCIM_STORE_PATH=" + path}, nil, exitSettings, "limits.page"},
		{"a file that is not there", nil, []string{"--store", absent}, exitFailed, "store " + absent + ": does not exist; name the file of store.path"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			code, out, err := once(t, test.environ, append([]string{"links", "list"}, test.args...)...)
			if code != test.code || !strings.Contains(out+err, test.says) {
				t.Errorf("exit %d, saying %q; want %d and %q", code, out+err, test.code, test.says)
			}
		})
	}
	if _, err := os.Stat(absent); err == nil {
		t.Error("list made a file")
	}
}

// FuzzLinksImport reads any input. What is taken comes out of export as it went in.
func FuzzLinksImport(f *testing.F) {
	f.Add(header + `{"id":"u1","asked":{"a":null,"b":{"c":[1,2.50]}},"keys":[{"index":"user.userName","value":"x"}]}`)
	f.Add(header + `{"id":"9","tombstone":"2026-03-01T09:30:00+02:00"}`)
	f.Add(header + "{}\n{}")
	f.Add("x")
	f.Fuzz(func(t *testing.T, in string) {
		first := lineReader{ids: map[string]int{}}
		if first.read(strings.NewReader(in)) != nil {
			return
		}
		m, err := idmap.NewLRU(1000, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range first.lines {
			if err := m.Put(l.ID, l.record()); err != nil {
				t.Fatal(err)
			}
		}
		var out bytes.Buffer
		if err := exportLinks(&out, m); err != nil {
			t.Fatal(err)
		}
		second := lineReader{ids: map[string]int{}}
		if err := second.read(bytes.NewReader(out.Bytes())); err != nil {
			t.Fatalf("%v in\n%s", err, out.String())
		}
		if len(first.lines) != len(second.lines) {
			t.Fatalf("%d lines became %d", len(first.lines), len(second.lines))
		}
		for _, l := range second.lines {
			r, _ := m.Peek(l.ID)
			if !sameLine(l.ID, r, l.record()) {
				t.Errorf("%s changed", l.ID)
			}
		}
	})
}
