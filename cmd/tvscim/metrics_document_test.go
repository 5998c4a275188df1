package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"tvscim/proxy/certificate/certificatetest"
)

// TestMetricsDocument compares the table of docs/metrics.md with what /metrics of a gateway shows
// that was used. It wants name, type, labels and help of each metric, in the order of the names.
func TestMetricsDocument(t *testing.T) {
	t.Parallel()
	table := regexp.MustCompile(`(?m)^\| .tvscim_.*$`)
	got := strings.Join(table.FindAllString(readDocument(t, "../../docs/metrics.md"), -1), "\n")
	if want := metricsTable(t, usedMetrics(t)); got != want {
		t.Errorf("the table of docs/metrics.md is not what /metrics shows; want:\n%s", want)
	}
}

// TestMetricsInUse: each metric that a rule, the dashboard or a document names exists, and each
// alert is explained.
func TestMetricsInUse(t *testing.T) {
	t.Parallel()
	document := readDocument(t, "../../docs/metrics.md")
	known := make(map[string]bool)
	for _, m := range regexp.MustCompile("(?m)^\\| `(tvscim_[a-z_]+)`").FindAllStringSubmatch(document, -1) {
		known[m[1]] = true
	}
	rules := readDocument(t, "../../deploy/prometheus/tvscim.rules.yaml")
	texts := documents(t)
	maps.Copy(texts, map[string]string{"rules": rules, "dashboard": readDocument(t, "../../deploy/grafana/tvscim.json")})
	for where, text := range texts {
		for _, name := range regexp.MustCompile(`\btvscim_[a-z]+_[a-z_]*[a-z]|\btvscim_links\b`).FindAllString(text, -1) {
			name = strings.TrimSuffix(name, "_bucket")
			if !known[name] {
				t.Errorf("%s names the metric %s, which docs/metrics.md lacks", where, name)
			}
		}
	}
	alerts := regexp.MustCompile(`(?m)^ *- alert: (\w+)`).FindAllStringSubmatch(rules, -1)
	for _, m := range alerts {
		if !strings.Contains(document, "| `"+m[1]+"` |") {
			t.Errorf("docs/metrics.md does not explain the alert %s", m[1])
		}
	}
	if len(alerts) < 5 || len(known) < 10 {
		t.Errorf("only %d alerts and %d metrics were found", len(alerts), len(known))
	}
	var dashboard struct{ Panels []struct{ Title string } }
	if err := json.Unmarshal([]byte(texts["dashboard"]), &dashboard); err != nil || len(dashboard.Panels) < 10 {
		t.Errorf("dashboard: %d panels, %v", len(dashboard.Panels), err)
	}
}

func readDocument(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// usedMetrics is /metrics of a gateway that has done a bit of everything.
func usedMetrics(t *testing.T) string {
	t.Helper()
	emulator := start(t, nil, "emulate", "--listen", "127.0.0.1:0", "--control", "127.0.0.1:0", "--token", "tv-script-token", "--users", "2")
	api := emulator.out.wait(t, `Web API\s+(\S+)`)[1]
	emulator.out.wait(t, `variant`)
	hash := sha256.Sum256([]byte("entra-token"))
	gateway := start(t, anyPort("TVSCIM_CHANGELOG_PATH="+filepath.Join(t.TempDir(), "changes.jsonl"), "TVSCIM_AUTH_MODE=token", "TVSCIM_TEAMVIEWER_TOKEN=tv-script-token", "TVSCIM_TEAMVIEWER_BASE_URL="+api,
		fmt.Sprintf("TVSCIM_AUTH_TOKENS=[{name: entra, sha256: %s}]", hex.EncodeToString(hash[:]))), "serve")
	base := "http://" + gateway.err.wait(t, `"scim":"([^"]+)"`)[1] + "/scim/v2"
	private := gateway.err.wait(t, `"admin":"([^"]+)"`)[1]
	for _, path := range []string{"/Users", "/Groups"} {
		if status, body := fetch(t, base+path, "entra-token"); status != http.StatusOK {
			t.Fatalf("GET %s: %d %s", path, status, body)
		}
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+"/Users", strings.NewReader(
		`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"nora.vale@contoso.example","displayName":"Nora","title":"Engineer"}`))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer entra-token")
	request.Header.Set("Content-Type", "application/scim+json")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusCreated {
		t.Fatalf("POST /Users: %d", answer.StatusCode)
	}
	_, text := fetch(t, "http://"+private+"/metrics", "")
	return text + tlsMetrics(t)
}

// tlsMetrics are the lines of /metrics that a gateway with TLS shows in addition.
func tlsMetrics(t *testing.T) string {
	t.Helper()
	cert, key := certificatetest.New(t).Issue("tv.example.com").Write(t, t.TempDir())
	gateway := start(t, anyPort("TVSCIM_TLS_CERT_FILE="+cert, "TVSCIM_TLS_KEY_FILE="+key), "serve")
	_, text := fetch(t, "http://"+gateway.err.wait(t, `"admin":"([^"]+)"`)[1]+"/metrics", "")
	return strings.Join(slices.DeleteFunc(strings.SplitAfter(text, "\n"), func(line string) bool {
		return !strings.Contains(line, "tvscim_tls_")
	}), "")
}

// metricsTable writes the rows of the document for the metrics of the text format.
func metricsTable(t *testing.T, text string) string {
	t.Helper()
	help := regexp.MustCompile(`(?m)^# HELP (tvscim_\w+) (.*)\n# TYPE \w+ (\w+)$`)
	label := regexp.MustCompile(`(\w+)="`)
	var rows []string
	for _, m := range help.FindAllStringSubmatch(text, -1) {
		labels := make(map[string]bool)
		series := regexp.MustCompile(`(?m)^` + m[1] + `(?:_bucket)?\{([^\n]*)\} `)
		for _, s := range series.FindAllStringSubmatch(text, -1) {
			for _, l := range label.FindAllStringSubmatch(s[1], -1) {
				if l[1] != "le" {
					labels["`"+l[1]+"`"] = true
				}
			}
		}
		rows = append(rows, fmt.Sprintf("| `%s` | %s | %s | %s |", m[1], m[3], strings.Join(slices.Sorted(maps.Keys(labels)), ", "), m[2]))
	}
	slices.Sort(rows)
	return strings.Join(rows, "\n")
}
