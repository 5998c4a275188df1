package main

import (
	"regexp"
	"strings"
	"testing"
)

// TestChangelog: the changelog begins with what is not released, and has a section with the notes
// of the chart's version, which the workflow of a release publishes.
func TestChangelog(t *testing.T) {
	t.Parallel()
	sections := strings.Split(readDocument(t, "../../CHANGELOG.md"), "\n## ")[1:]
	if !strings.HasPrefix(sections[0], "[Unreleased]\n") {
		t.Errorf("the first section is %.20q", sections[0])
	}
	for _, heading := range []string{"Added", "Changed", "Fixed"} {
		if !strings.Contains(sections[0], "\n### "+heading+"\n") {
			t.Errorf("[Unreleased] has no heading %s", heading)
		}
	}
	version := regexp.MustCompile(`(?m)^appVersion: "?([0-9.]+)"?$`).FindStringSubmatch(readDocument(t, "../../deploy/helm/tvscim/Chart.yaml"))
	if version == nil {
		t.Fatal("the chart has no version")
	}
	for _, section := range sections[1:] {
		if strings.HasPrefix(section, "["+version[1]+"]") && strings.Contains(section, "\n- ") {
			return
		}
	}
	t.Errorf("no section has the notes of %s", version[1])
}
