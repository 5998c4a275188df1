package proxy_test

import (
	"fmt"
	"strings"
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"tvscim/proxy"
)

// TestIgnoredAttributes: what has no effect is counted by name and named in a debug line, for every
// verb, alone and in a bulk request.
func TestIgnoredAttributes(t *testing.T) {
	t.Parallel()
	core, logs := observer.New(zapcore.DebugLevel)
	s := newServer(t, roomy, func(o *proxy.Options) { o.Logger = zap.New(core) })
	c := dial(t, s.Handler())
	const patch = `{"Operations":[{"op":"replace","path":"shoeSize[type eq \"left\"].value","value":"45"}]}`
	c.send("POST", "/Users", `{"userName":"nora@contoso.example","shoeSize":45,"urn:example:2.0:User":{"a":1}}`)
	c.send("PUT", "/Users/user-1", `{"userName":"nora@contoso.example","ShoeSize":45}`)
	c.send("PATCH", "/Users/user-1", patch)
	c.bulk(`{"method":"PATCH","path":"/Users/user-1","data":` + patch + `}`)
	c.send("POST", "/Groups", `{"displayName":"G"}`)
	member := func(id string) string {
		return `{"method":"PATCH","path":"/Groups/group-1","data":{"Operations":[{"op":"add","path":"members","value":[{"value":"` + id + `"}]},{"op":"add","path":"hat","value":1}]}}`
	}
	c.bulk(member("a"), member("b"))
	got := samples(t, s.Collector())
	for name, want := range map[string]float64{"shoeSize": 1, "shoeSize.value": 2, "ShoeSize": 1, "urn:example:2.0:User": 1, "hat": 2} {
		if n := got["tvscim_ignored_attributes_total "+name]; n != want {
			t.Errorf("%s is counted %v times, want %v", name, n, want)
		}
	}
	lines := logs.FilterMessage("attributes without effect").All()
	if len(lines) != 6 {
		t.Fatalf("%d lines, want 6", len(lines))
	}
	for _, line := range lines {
		if id, _ := line.ContextMap()["request_id"].(string); line.Level != zapcore.DebugLevel || id == "" {
			t.Errorf("line %v %v", line.Level, line.ContextMap())
		}
	}
}

// TestIgnoredSeriesAreBounded: a client that invents names makes a hundred series, and what can be
// no name makes none.
func TestIgnoredSeriesAreBounded(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c := dial(t, s.Handler())
	for i := range 30 {
		var members []string
		for j := range 10 {
			members = append(members, fmt.Sprintf(`"x%d":1`, 10*i+j))
		}
		members = append(members, `"nora@contoso.example":1`, `"`+strings.Repeat("n", 200)+`":1`, `"":1`, `"nörä":1`)
		c.send("POST", "/Users", `{"userName":"nora",`+strings.Join(members, ",")+`}`)
	}
	series, others := 0, 0.0
	for name, n := range samples(t, s.Collector()) {
		label, ours := strings.CutPrefix(name, "tvscim_ignored_attributes_total ")
		switch {
		case !ours:
		case label == "other":
			others = n
		case strings.Contains(label, "@") || len(label) > 100:
			t.Errorf("series %s", label)
		default:
			series++
		}
	}
	if want := float64(200 + 4*30); series != 100 || others != want {
		t.Errorf("%d series and %v others, want 100 and %v", series, others, want)
	}
}
