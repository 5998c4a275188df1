package config_test

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tvscim/cmd/config"
)

// chartSets are the settings that the Helm chart sets itself, by variables: they are not allowed in
// its values.
var chartSets = []string{"listen", "admin_listen", "teamviewer.token_file", "store.path", "store.url_file", "users.sso_customer_id_file",
	"tls.cert_file", "tls.key_file", "tls.client_ca_file", "alert.webhook_file"}

// TestChartTakesEverySetting compares the schema of the chart's values with the settings: each can
// be given under "config", but for secrets and what the chart sets.
func TestChartTakesEverySetting(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../deploy/helm/tvscim/values.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var schema schemaNode
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, key := range config.Keys() {
		if !key.Secret && !slices.Contains(chartSets, key.Path) {
			want = append(want, key.Path)
		}
	}
	got := schema.Properties["config"].leaves("")
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("settings under properties.config of values.schema.json (-want +got); a setting that the chart sets itself stands in chartSets:\n%s", diff)
	}
}

// TestChartStatesTheBounds compares the ranges of whole numbers in the schema with those of the
// settings.
func TestChartStatesTheBounds(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../deploy/helm/tvscim/values.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var schema schemaNode
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatal(err)
	}
	compared := 0
	for _, r := range config.Ranges() {
		n := schema.Properties["config"]
		for name := range strings.SplitSeq(r.Key, ".") {
			n = n.Properties[name]
		}
		for _, n := range append(n.OneOf, n) {
			if n.Type != "integer" {
				continue
			}
			compared++
			if n.Minimum != r.Least || n.Maximum != r.Most {
				t.Errorf("%s: from %d to %d in values.schema.json, want %s", r.Key, n.Minimum, n.Maximum, r.Text)
			}
		}
	}
	if compared < 8 {
		t.Errorf("%d whole numbers were compared", compared)
	}
}

// schemaNode is a part of a JSON schema.
type schemaNode struct {
	Properties           map[string]*schemaNode
	AdditionalProperties any
	Type                 any // a name or a list of names
	OneOf                []*schemaNode
	Minimum, Maximum     int64
}

// leaves are the paths of the values that a schema takes, joined as the settings are.
func (n *schemaNode) leaves(path string) []string {
	if n.Properties == nil {
		return []string{path}
	}
	var all []string
	if n.AdditionalProperties != false {
		all = append(all, path+": additionalProperties is not false")
	}
	for key, child := range n.Properties {
		all = append(all, child.leaves(strings.TrimPrefix(path+"."+key, "."))...)
	}
	return all
}
