package main

import (
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/alecthomas/kong"
)

// TestDocumentedLinks follows each link of a document that leads to a file or a heading of the
// repository.
func TestDocumentedLinks(t *testing.T) {
	t.Parallel()
	link := regexp.MustCompile(`\]\(([^)\s]+)\)`)
	texts := documents(t)
	maps.Copy(texts, map[string]string{"../../CHANGELOG.md": readDocument(t, "../../CHANGELOG.md")})
	found := 0
	for file, text := range texts {
		for _, m := range link.FindAllStringSubmatch(withoutCode(text), -1) {
			found++
			if problem := followLink(file, m[1]); problem != "" {
				t.Errorf("%s: link to %s: %s", file, m[1], problem)
			}
		}
	}
	if found < 20 {
		t.Errorf("only %d links found", found)
	}
}

// followLink returns what is wrong with a link that stands in a file; "" if nothing is.
func followLink(file, link string) string {
	to, err := url.Parse(link)
	switch {
	case err != nil:
		return err.Error()
	case to.Scheme == "https" && to.Host != "":
		return "" // Nothing is called in a test.
	case to.Scheme != "" || to.Host != "":
		return "neither https nor a file"
	}
	target := file
	if to.Path != "" {
		target = filepath.Join(filepath.Dir(file), to.Path)
	}
	info, err := os.Stat(target)
	if err != nil {
		return "there is no such file"
	}
	if to.Fragment == "" {
		return ""
	}
	text, err := os.ReadFile(target)
	if err != nil || info.IsDir() {
		return "no file with headings"
	}
	for _, heading := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(withoutCode(string(text)), -1) {
		if anchor(heading[1]) == to.Fragment {
			return ""
		}
	}
	return "there is no such heading"
}

// anchor is how a heading is named in links: in lower case, without punctuation, with dashes for
// spaces.
func anchor(heading string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
			return unicode.ToLower(r)
		}
		return -1
	}, heading)
}

// withoutCode removes the code blocks of a document.
func withoutCode(text string) string {
	return regexp.MustCompile("(?s)\n *```.*?\n *```").ReplaceAllString(text, "")
}

// TestDocumentedTools: what code blocks name of the repository exists: commands of an installed
// gateway, targets of the Makefile, and files.
func TestDocumentedTools(t *testing.T) {
	t.Parallel()
	makefile := readDocument(t, "../../Makefile")
	// A command line of the gateway behind a prompt-like start: sudo, docker and kubectl run it, or
	// it is in the path.
	gateway := regexp.MustCompile(`(?m)^ *(?:sudo (?:-u \S+ )?)?(?:[A-Z_]+=\S+ )*(?:/usr/local/bin/|docker compose exec tvscim /|docker exec \S+ /)?tvscim ([a-z][^#\n|>]*)`)
	target := regexp.MustCompile(`(?m)^ *make ([a-z]+)`)
	file := regexp.MustCompile(`(?:^|[\s"=])((?:deploy|docs)/[A-Za-z0-9._/-]+)`)
	commandLines, files := 0, 0
	for name, text := range documents(t) {
		for _, block := range regexp.MustCompile("(?s)\n *```[a-z]*\n(.*?)\n *```").FindAllStringSubmatch(text, -1) {
			for _, m := range gateway.FindAllStringSubmatch(block[1], -1) {
				commandLines++
				parser, err := kong.New(&commands{}, kong.Exit(func(int) {}))
				if err != nil {
					t.Fatal(err)
				}
				if _, err := parser.Parse(strings.Fields(m[1])); err != nil {
					t.Errorf("%s: tvscim %s: %v", name, m[1], err)
				}
			}
			for _, m := range target.FindAllStringSubmatch(block[1], -1) {
				if !strings.Contains(makefile, "\n"+m[1]+":") {
					t.Errorf("%s: the Makefile has no target %s", name, m[1])
				}
			}
			for _, m := range file.FindAllStringSubmatch(block[1], -1) {
				files++
				if _, err := os.Stat("../../" + m[1]); err != nil {
					t.Errorf("%s: %s does not exist", name, m[1])
				}
			}
		}
	}
	if commandLines < 3 || files < 3 {
		t.Errorf("only %d command lines and %d files found", commandLines, files)
	}
}

// TestFollowLink: a link that leads nowhere is found.
func TestFollowLink(t *testing.T) {
	t.Parallel()
	for link, wrong := range map[string]bool{
		"https://example.com/x": false, "docs/operations.md": false, "docs/operations.md#health": false, "deploy": false,
		"http://example.com": true, "docs/missing.md": true, "docs/operations.md#wealth": true, "#no-such-heading": true, "mailto:x@example.com": true,
	} {
		if problem := followLink("../../README.md", link); (problem != "") != wrong {
			t.Errorf("%s: %q", link, problem)
		}
	}
}
