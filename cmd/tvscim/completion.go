package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// completionCommand writes a script that completes command lines. The script is made from the model
// of the command line, so that no library is needed that runs the program at each key press.
type completionCommand struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"bash, zsh or fish."`
}

// Run writes the script.
func (c completionCommand) Run(w world, parser *kong.Context) error {
	switch c.Shell {
	case "fish":
		return fishCompletion(w.out, parser.Model.Node)
	case "zsh":
		_, err := fmt.Fprint(w.out, "# source <(tvscim completion zsh)\nautoload -U +X compinit && compinit\nautoload -U +X bashcompinit && bashcompinit\n")
		if err != nil {
			return err
		}
	}
	return bashCompletion(w.out, parser.Model.Node)
}

// nodes returns the root and all visible commands below it, parents first.
func nodes(root *kong.Node) []*kong.Node {
	all := []*kong.Node{root}
	for _, child := range root.Children {
		if !child.Hidden {
			all = append(all, nodes(child)...)
		}
	}
	return all
}

// commandPath returns the words of a command without the program's name.
func commandPath(n *kong.Node) []string {
	var words []string
	for ; n.Parent != nil; n = n.Parent {
		words = append(words, n.Name)
	}
	slices.Reverse(words)
	return words
}

// takesFile reports whether the value is the path of a file.
func takesFile(v *kong.Value) bool { return v.Tag != nil && v.Tag.Type == "path" || v.Name == "file" }

// followers returns the words that may follow a command: the commands below it, its flags and the
// values of its arguments.
func followers(n *kong.Node) []string {
	words := []string{"--help"}
	for _, child := range n.Children {
		if !child.Hidden {
			words = append(words, child.Name)
		}
	}
	for _, f := range n.Flags {
		words = append(words, "--"+f.Name)
	}
	for _, p := range n.Positional {
		if p.Enum != "" {
			words = append(words, p.EnumSlice()...)
		}
	}
	slices.Sort(words)
	return slices.Compact(words)
}

// fileFlags returns the flags of all commands that take the path of a file.
func fileFlags(root *kong.Node) []string {
	var flags []string
	for _, n := range nodes(root) {
		for _, f := range n.Flags {
			if takesFile(f.Value) {
				flags = append(flags, "--"+f.Name)
			}
		}
	}
	slices.Sort(flags)
	return slices.Compact(flags)
}

// bashCompletion writes a function that finds the command among the words so far, and offers the
// words that may follow.
func bashCompletion(out io.Writer, root *kong.Node) error {
	var paths, words []string
	for _, n := range nodes(root) {
		path := strings.Join(commandPath(n), " ")
		if path != "" {
			paths = append(paths, fmt.Sprintf("%q", path))
		}
		words = append(words, fmt.Sprintf("    %q) words=%q ;;\n", path, strings.Join(followers(n), " ")))
	}
	_, err := fmt.Fprintf(out, bashScript, strings.Join(paths, " | "), strings.Join(fileFlags(root), " | "), strings.Join(words, ""))
	return err
}

// bashScript has placeholders for the commands, the flags that take a file, and the words that may
// follow each command.
const bashScript = `# source <(tvscim completion bash)
_tvscim() {
  local word path="" words="" i
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="${path:+$path }${COMP_WORDS[i]}"
    case $word in
      %s) path=$word ;;
    esac
  done
  case ${COMP_WORDS[COMP_CWORD-1]} in
    %s) COMPREPLY=($(compgen -f -- "${COMP_WORDS[COMP_CWORD]}")); return ;;
  esac
  case $path in
%s  esac
  COMPREPLY=($(compgen -W "$words" -- "${COMP_WORDS[COMP_CWORD]}"))
}
complete -o filenames -F _tvscim tvscim
`

// fishCompletion writes one line for each word that can be completed.
func fishCompletion(out io.Writer, root *kong.Node) error {
	lines := []string{"# tvscim completion fish | source", "complete -c tvscim -f"}
	for _, n := range nodes(root) {
		when := fmt.Sprintf("complete -c tvscim -n %q", fishCondition(n))
		for _, child := range n.Children {
			if !child.Hidden {
				lines = append(lines, fmt.Sprintf("%s -a %s -d %q", when, child.Name, child.Help))
			}
		}
		for _, f := range n.Flags {
			lines = append(lines, when+fishFlag(f))
		}
		for _, p := range n.Positional {
			if p.Enum != "" {
				lines = append(lines, fmt.Sprintf("%s -a %q", when, strings.Join(p.EnumSlice(), " ")))
			}
		}
	}
	_, err := io.WriteString(out, strings.Join(lines, "\n")+"\n")
	return err
}

// fishCondition returns a condition that is true if all words of a command were typed, and none of
// a command below it.
func fishCondition(n *kong.Node) string {
	var all, below []string
	for _, word := range commandPath(n) {
		all = append(all, "__fish_seen_subcommand_from "+word)
	}
	for _, child := range n.Children {
		below = append(below, child.Name)
	}
	if len(below) > 0 {
		all = append(all, "not __fish_seen_subcommand_from "+strings.Join(below, " "))
	}
	return strings.Join(all, "; and ")
}

// fishFlag returns the options of "complete" for a flag.
func fishFlag(f *kong.Flag) string {
	text := " -l " + f.Name
	if !f.IsBool() {
		text += " -r"
	}
	if takesFile(f.Value) {
		text += " -F"
	}
	return fmt.Sprintf("%s -d %q", text, f.Help)
}
