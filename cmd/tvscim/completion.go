package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// completionCommand writes a script that completes command lines. It is made of the command line's own model, so a library
// that asks the program at each key press is not needed.
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

// nodes are the root and all commands below it that are shown, parents first.
func nodes(root *kong.Node) []*kong.Node {
	all := []*kong.Node{root}
	for _, child := range root.Children {
		if !child.Hidden {
			all = append(all, nodes(child)...)
		}
	}
	return all
}

// commandPath is the words of a command without the program's name.
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

// bashCompletion writes a function that looks for the command among the words so far, and offers what may follow.
func bashCompletion(out io.Writer, root *kong.Node) error {
	var paths, words []string
	files := make(map[string]bool)
	for _, n := range nodes(root) {
		path := strings.Join(commandPath(n), " ")
		if path != "" {
			paths = append(paths, fmt.Sprintf("%q", path))
		}
		offered := []string{"--help"}
		for _, child := range n.Children {
			if !child.Hidden {
				offered = append(offered, child.Name)
			}
		}
		for _, f := range n.Flags {
			offered = append(offered, "--"+f.Name)
			files["--"+f.Name] = files["--"+f.Name] || takesFile(f.Value)
		}
		for _, p := range n.Positional {
			if p.Enum != "" {
				offered = append(offered, p.EnumSlice()...)
			}
		}
		slices.Sort(offered)
		words = append(words, fmt.Sprintf("    %q) words=%q ;;\n", path, strings.Join(slices.Compact(offered), " ")))
	}
	var fileFlags []string
	for flag, takes := range files {
		if takes {
			fileFlags = append(fileFlags, flag)
		}
	}
	slices.Sort(fileFlags)
	_, err := fmt.Fprintf(out, `# source <(tvscim completion bash)
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
`, strings.Join(paths, " | "), strings.Join(fileFlags, " | "), strings.Join(words, ""))
	return err
}

// fishCompletion writes one line for each word that can be completed.
func fishCompletion(out io.Writer, root *kong.Node) error {
	var b strings.Builder
	b.WriteString("# tvscim completion fish | source\ncomplete -c tvscim -f\n")
	for _, n := range nodes(root) {
		var condition []string
		for _, word := range commandPath(n) {
			condition = append(condition, "__fish_seen_subcommand_from "+word)
		}
		var below []string
		for _, child := range n.Children {
			below = append(below, child.Name)
		}
		if len(below) > 0 {
			condition = append(condition, "not __fish_seen_subcommand_from "+strings.Join(below, " "))
		}
		when := fmt.Sprintf("complete -c tvscim -n %q", strings.Join(condition, "; and "))
		for _, child := range n.Children {
			if !child.Hidden {
				fmt.Fprintf(&b, "%s -a %s -d %q\n", when, child.Name, child.Help)
			}
		}
		for _, f := range n.Flags {
			more := ""
			if !f.IsBool() {
				more = " -r"
			}
			if takesFile(f.Value) {
				more += " -F"
			}
			fmt.Fprintf(&b, "%s -l %s%s -d %q\n", when, f.Name, more, f.Help)
		}
		for _, p := range n.Positional {
			if p.Enum != "" {
				fmt.Fprintf(&b, "%s -a %q\n", when, strings.Join(p.EnumSlice(), " "))
			}
		}
	}
	_, err := io.WriteString(out, b.String())
	return err
}
