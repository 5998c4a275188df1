package config_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// TestDocumentedValues: each value that a command line sets exists in the chart.
func TestDocumentedValues(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../../deploy/helm/tvscim/values.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var values map[string]any
	if err := yaml.Unmarshal(raw, &values); err != nil {
		t.Fatal(err)
	}
	found := 0
	for file, text := range documentsWithValues(t) {
		for _, m := range regexp.MustCompile(`--set ([a-zA-Z.]+)=`).FindAllStringSubmatch(text, -1) {
			found++
			if !hasValue(values, strings.Split(m[1], ".")) {
				t.Errorf("%s: the chart has no value %s", file, m[1])
			}
		}
	}
	if found < 4 || hasValue(values, []string{"image", "repositoy"}) {
		t.Errorf("%d values found", found)
	}
}

func hasValue(values map[string]any, path []string) bool {
	value, here := values[path[0]]
	if len(path) == 1 {
		return here
	}
	inner, ok := value.(map[string]any)
	return ok && hasValue(inner, path[1:])
}

// documentsWithValues are the documents that may name values of the chart.
func documentsWithValues(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob("../../docs/*.md")
	if err != nil || len(files) == 0 {
		t.Fatalf("%q, %v", files, err)
	}
	texts := map[string]string{}
	for _, file := range append(files, "../../README.md") {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		texts[file] = string(text)
	}
	return texts
}
