package config_test

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"tvscim/cmd/config"
)

// sampleFile is the file that the project ships as its list of settings.
const sampleFile = "../../config.yaml"

// sampleKey is one key of the sample: the text of its value and its comment.
type sampleKey struct{ value, comment string }

// sampleKeys returns the leaves of the sample by path, and the comments of its sections.
func sampleKeys(t *testing.T) (keys map[string]sampleKey, sections map[string]string) {
	t.Helper()
	data, err := os.ReadFile(sampleFile)
	if err != nil {
		t.Fatal(err)
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		t.Fatal(err)
	}
	keys, sections = make(map[string]sampleKey), make(map[string]string)
	var walk func(n *yaml.Node, path string)
	walk = func(n *yaml.Node, path string) {
		for i := 0; i < len(n.Content); i += 2 {
			key, value := n.Content[i], n.Content[i+1]
			at := strings.TrimPrefix(path+"."+key.Value, ".")
			switch value.Kind {
			case yaml.MappingNode:
				sections[at] = key.HeadComment
				walk(value, at)
			case yaml.SequenceNode:
				keys[at] = sampleKey{value: fmt.Sprint(len(value.Content)), comment: key.HeadComment}
			default:
				keys[at] = sampleKey{value: value.Value, comment: key.HeadComment}
			}
		}
	}
	walk(doc.Content[0], "")
	return keys, sections
}

func TestSampleIsDefault(t *testing.T) {
	t.Parallel()
	got, err := config.Load(sampleFile, nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(config.Default(), got); diff != "" {
		t.Errorf("config.yaml is not the default (-want +got):\n%s", diff)
	}
}

// Since Load lays the file over the defaults, a key that is left out of the sample would pass the
// test above.
func TestSampleShowsEveryKeyWithItsDefault(t *testing.T) {
	t.Parallel()
	shown, sections := sampleKeys(t)
	for _, key := range config.Keys() {
		sample, ok := shown[key.Path]
		if !ok {
			t.Errorf("config.yaml does not show %s", key.Path)
			continue
		}
		if len(sample.comment) < 20 {
			t.Errorf("config.yaml says too little about %s: %q", key.Path, sample.comment)
		}
	}
	for section, comment := range sections {
		if comment == "" {
			t.Errorf("config.yaml does not say what %s is for", section)
		}
	}
}

// The sample also holds an example that is commented out. It must work when the comment is taken
// away.
func TestSampleExampleOfTokens(t *testing.T) {
	t.Parallel()
	shown, _ := sampleKeys(t)
	_, example, ok := strings.Cut(shown["auth.tokens"].comment, "#   tokens:\n")
	if !ok {
		t.Fatal("the comment of auth.tokens holds no example")
	}
	example = regexp.MustCompile(`(?m)^# ?`).ReplaceAllString(example, "")
	text := "teamviewer: {token: tv}\nauth:\n  mode: token\n  tokens:\n" + example
	got, err := config.Load(writeFile(t, text), nil)
	if err != nil {
		t.Fatalf("%v\nin\n%s", err, text)
	}
	if len(got.Auth.Tokens) != 1 || got.Auth.Tokens[0].Expires.IsZero() {
		t.Errorf("tokens %v, want one that expires", got.Auth.Tokens)
	}
}

// The words that the comments offer must be the ones that the code takes.
func TestSampleCommentsOfferWhatIsTaken(t *testing.T) {
	t.Parallel()
	shown, _ := sampleKeys(t)
	for key, words := range map[string][]string{
		"auth.mode":       {"passthrough"},
		"users.on_delete": {"deactivate", "remove", "delete"},
		"log.level":       {"debug", "info", "warn", "error"},
		"log.format":      {"auto", "json", "console"},
		"users.language":  strings.Fields("bg cs da de el en es fi fr hr hu id it ja ko lt nl no pl pt ro ru sk sr sv th tr uk vi zh_CN zh_TW"),
	} {
		section, name, _ := strings.Cut(key, ".")
		for _, word := range words {
			if !regexp.MustCompile(`\b` + word + `\b`).MatchString(shown[key].comment) {
				t.Errorf("the comment of %s does not offer %s", key, word)
			}
			if _, err := config.Load(writeFile(t, fmt.Sprintf("%s: {%s: %s}\n", section, name, word)), nil); err != nil {
				t.Errorf("%s: %s is refused: %v", key, word, err)
			}
		}
	}
}
