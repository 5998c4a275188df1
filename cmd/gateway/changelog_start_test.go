package gateway_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/zap"

	"tvscim/cmd/config"
	"tvscim/cmd/gateway"
	"tvscim/tvapi/tvfake"
)

// TestUnwritableChangeLogIsRefused: a gateway does not start with a change log that cannot be
// written, and names the setting, beside all else that is wrong. A check makes no file.
func TestUnwritableChangeLogIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c := config.Default()
	c.Listen, c.AdminListen = "127.0.0.1:0", "127.0.0.1:0"
	c.Changelog.Path = filepath.Join(dir, "missing", "changes.jsonl")
	c.Store.Path = filepath.Join(dir, "missing", "links.db")
	o := gateway.Options{Config: c, Version: "test", Logger: zap.NewNop()}
	_, err := gateway.Check(t.Context(), o)
	wantProblems(t, err, "store.path", "changelog.path")
	o.Config.Store.Path = ""
	wantProblems(t, gateway.Run(t.Context(), o), "changelog.path")

	o.Config.Changelog.Path = filepath.Join(dir, "changes.jsonl")
	if _, err := gateway.Check(t.Context(), o); err != nil {
		t.Error(err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("the check left %v, %v", left, err)
	}
}

func wantProblems(t *testing.T, err error, keys ...string) {
	t.Helper()
	problems, _ := errors.AsType[gateway.Problems](err)
	var got []string
	for _, p := range problems {
		got = append(got, p.Key)
		if p.Key == "changelog.path" && !strings.HasPrefix(p.Error(), "changelog.path: file ") {
			t.Errorf("text: %s", p.Error())
		}
	}
	if diff := cmp.Diff(keys, got); diff != "" {
		t.Errorf("settings that are refused (-want +got):\n%s\n%v", diff, err)
	}
}

// TestChangeLogOnStandardOutput: "-" is the standard output.
func TestChangeLogOnStandardOutput(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	c := config.Default()
	c.Changelog.Path, c.TeamViewer.BaseURL = config.ChangelogStdout, "http://127.0.0.1:1"
	fake := tvfake.New(tvfake.Options{})
	g, err := gateway.New(gateway.Options{Config: c, Version: "test", Logger: zap.NewNop(), Network: fake.Transport(), Stdout: &out})
	if err != nil {
		t.Fatal(err)
	}
	s := &stage{t: t, fake: fake, gateway: g, url: "http://stage.example/scim/v2", client: &http.Client{Transport: inProcess{g.SCIM()}}, token: fake.Token()}
	s.user("ada@contoso.example")
	g.Close()
	if lines := strings.Count(out.String(), "\n"); lines != 1 || !strings.Contains(out.String(), `"name":"ada@contoso.example"`) {
		t.Errorf("standard output: %s", &out)
	}
}

// TestChangeLogCostsNoCall: the same requests make the same calls of TeamViewer with a change log
// and without.
func TestChangeLogCostsNoCall(t *testing.T) {
	t.Parallel()
	calls := map[bool]map[string]int{}
	for _, on := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			with := staging{direct: true}
			s := newStage(t, with)
			if on {
				s, _ = logged(t, with)
			}
			c := randomClient{stage: s, random: rand.New(rand.NewPCG(5, 6))}
			for i := range 200 {
				method, path, body := c.next(i)
				s.do(method, path, body)
			}
			calls[on] = s.fake.Calls()
		})
	}
	if diff := cmp.Diff(calls[false], calls[true]); diff != "" {
		t.Errorf("calls without a change log (-) and with one (+):\n%s", diff)
	}
}
