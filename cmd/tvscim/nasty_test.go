package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"tvscim/mapping"
	"tvscim/tvapi"
)

// nastyRequests are files that explain must survive, with what it must say of them; "" is anything.
var nastyRequests = map[string]struct{ text, says string }{
	"empty file":              {"", "not a JSON object with method, path and body"},
	"NUL":                     {"\x00\x00", "not a JSON object"},
	"cut in half":             {`{"time":"2026-11-28T10:00:00Z","cause":"request","method":"PATCH","kind":"user","id":"u1","outcome":"do`, "not a JSON object"},
	"control characters":      {"{\"method\":\"POST\",\"path\":\"/Users\",\"body\":{\"userName\":\"a\\u001b[2Jb@contoso.example\",\"displayName\":\"x\\u202ey\\u0007z\"}}", ""},
	"control in the path":     {`{"method":"GET","path":"/Users/\u001b[2J\r\nX: y"}`, ""},
	"control in the method":   {`{"method":"GET\u001b[2J","path":"/Users"}`, "not a JSON object"},
	"invalid UTF-8":           {"{\"method\":\"POST\",\"path\":\"/Users\",\"body\":{\"userName\":\"a\xff\xfe@contoso.example\"}}", ""},
	"deep JSON":               {`{"method":"POST","path":"/Users","body":` + strings.Repeat(`{"a":`, 9000) + "1" + strings.Repeat("}", 9000) + "}", ""},
	"deeper JSON":             {`{"method":"POST","path":"/Users","body":` + strings.Repeat(`[`, 20000) + strings.Repeat("]", 20000) + "}", "not a JSON object"},
	"very long name":          {`{"method":"POST","path":"/Users","body":{"userName":"a@contoso.example","displayName":"` + strings.Repeat("x", 1<<20) + `"}}`, ""},
	"secrets":                 {`{"method":"POST","path":"/Users","body":{"userName":"a@contoso.example","password":"S3cret-1","Authorization":"Bearer S3cret-2","externalId":{"token":"S3cret-3"}}}`, ""},
	"secrets in a bad body":   {`{"method":"POST","path":"/Users","body":"{\"password\":\"S3cret-1\""}`, ""},
	"secret in a filter":      {`{"method":"GET","path":"/Users?filter=password%20eq%20%22S3cret-1%22"}`, ""},
	"secret in a path":        {`{"method":"PATCH","path":"/Users/u1","body":{"Operations":[{"op":"replace","path":"password","value":"S3cret-1"}]}}`, ""},
	"body is no object":       {`{"method":"PUT","path":"/Users/u1","body":[1,2]}`, ""},
	"body is null":            {`{"method":"PUT","path":"/Users/u1","body":null}`, ""},
	"another version":         {`{"v":99,"when":1764324000,"outcome":{"is":"done"},"cause":["request"]}`, "not a JSON object"},
	"line, unknown outcome":   {`{"time":"2026-11-28T10:00:00Z","cause":"request","method":"PATCH","kind":"user","id":"u1","outcome":"later","before":{"active":true},"after":{"active":false},"new":{"x":1}}`, "active"},
	"line, unknown kind":      {`{"time":"2026-11-28T10:00:00Z","cause":"request","method":"PATCH","kind":"role","id":"1","outcome":"done"}`, "not that of a request about a user or group"},
	"line, hostile id":        {`{"time":"2026-11-28T10:00:00Z","cause":"request","method":"DELETE","kind":"user","id":"../Groups/1?x\u001b[2J","outcome":"done"}`, "line: its id is not that of a user or group"},
	"line, refused":           {`{"time":"2026-11-28T10:00:00Z","cause":"request","method":"POST","kind":"user","outcome":"refused","status":409,"reason":"userName is\u001b[2J taken"}`, "was refused with 409: userName is"},
	"line, refused change":    {`{"time":"2026-11-28T10:00:00Z","cause":"request","method":"PATCH","kind":"user","id":"u1","outcome":"refused","status":400,"reason":"no"}`, "was refused with 400: no"},
	"line, attributes differ": {`{"time":"2026-11-28T10:00:00Z","cause":"request","method":"PATCH","kind":"user","id":"u1","outcome":"done","before":{"active":{"a":[null]}},"after":{"active":7,"\u001b[2J":"x"}}`, ""},
}

// TestExplainNastyInput: no file makes explain panic, hang, print what a terminal would act on, or a
// secret.
func TestExplainNastyInput(t *testing.T) {
	t.Parallel()
	for name, test := range nastyRequests {
		for _, form := range [][]string{{"explain"}, {"explain", "--json"}} {
			t.Run(fmt.Sprint(name, form[1:]), func(t *testing.T) {
				t.Parallel()
				var out, problems bytes.Buffer
				code := run(t.Context(), form, world{in: strings.NewReader(test.text), out: &out, err: &problems})
				said := out.String() + problems.String()
				if code < 0 || code > 2 || said == "" {
					t.Errorf("exit %d: %q", code, said)
				}
				if !strings.Contains(said, test.says) {
					t.Errorf("it does not say %q: %.500q", test.says, said)
				}
				if len(form) > 1 && code == exitOK && !json.Valid(out.Bytes()) {
					t.Errorf("not JSON: %.500q", out.String())
				}
				if len(form) > 1 { // for programs: JSON has every letter as it is
					said = strings.ReplaceAll(said, "\u202e", "")
				}
				mustBePlain(t, said)
			})
		}
	}
}

// mustBePlain fails the test for a text that a terminal acts on, that is not UTF-8, or that has a
// secret of the inputs.
func mustBePlain(t *testing.T, said string) {
	t.Helper()
	acts := func(r rune) bool {
		return unicode.IsControl(r) && r != '\n' && r != '\t' || r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069'
	}
	if i := strings.IndexFunc(said, acts); i >= 0 {
		t.Errorf("a control character: %q", said[max(i-80, 0):min(i+20, len(said))])
	}
	if !utf8.ValidString(said) {
		t.Error("not UTF-8")
	}
	if i := strings.Index(said, "S3cret"); i >= 0 {
		t.Errorf("a secret: %q", said[max(i-200, 0):min(i+20, len(said))])
	}
}

// TestReportNastyNames: what TeamViewer and the memory hold, whatever it is, makes rows that a
// terminal and a spreadsheet show as text.
func TestReportNastyNames(t *testing.T) {
	t.Parallel()
	names := []string{
		"=cmd|' /C calc'!A0", "+1", "-1+1", "@SUM(A1)", "\tx", "\r\n=1", "＝1+1", "a\x00b", "\x1b[2J\u202eevil", strings.Repeat("x", 1<<16),
		"a,\"b\",c\n=2", "bad \xff utf-8", "",
	}
	var users []tvapi.UserAccess
	for i, name := range names {
		users = append(users, tvapi.UserAccess{User: tvapi.User{ID: tvapi.UserID(i + 1), Email: name, Name: name}})
	}
	r := newReport(users, []mapping.RememberedUser{}, 90, time.Now())
	r.addLicenses([]tvapi.License{{Name: "=1\x1b[2J"}}, nil)
	var table, list bytes.Buffer
	if err := errors.Join(r.writeTable(&table), r.writeCSV(&list)); err != nil {
		t.Fatal(err)
	}
	mustBePlain(t, table.String())
	mustBePlain(t, strings.ReplaceAll(strings.ReplaceAll(list.String(), "\r", ""), "\u202e", ""))
	rows, err := csv.NewReader(&list).ReadAll()
	if err != nil || len(rows) <= len(names) {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for _, row := range rows {
		for _, text := range row {
			if strings.IndexAny(text, "=+-@＝＋－＠\t\r\n") == 0 {
				t.Errorf("a formula: %q", text)
			}
		}
	}
}
