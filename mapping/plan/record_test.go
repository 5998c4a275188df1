package plan_test

import (
	"encoding/json"
	"testing"

	"tvscim/mapping/idmap"
	"tvscim/mapping/plan"
)

// TestRequestedText: only a string of JSON is text; what another program has broken is not there.
func TestRequestedText(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		`"Nora Vale"`: "Nora Vale", `"\u00e9\"\n"`: "é\"\n", `""`: "", `null`: "", `7`: "", `{"value":"x"}`: "",
		`"half`: "", `"a" "b"`: "", ``: "",
	} {
		r := idmap.Record{Asked: map[string]json.RawMessage{"title": json.RawMessage(raw)}}
		if got := plan.RequestedText(r, "title"); got != want {
			t.Errorf("%s: %q, want %q", raw, got, want)
		}
	}
}
