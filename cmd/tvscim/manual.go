package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"

	"tvscim/cmd/config"
)

// manualCommand writes the manual page, which is made from the same model as --help.
type manualCommand struct{}

// Run writes the page in the language of man(7).
func (manualCommand) Run(w world, parser *kong.Context) error {
	page := manualPage{}
	page.line(`.TH TVSCIM 1 "" "tvscim %s" "User Commands"`, roff(version))
	page.section("NAME", `tvscim \- SCIM 2.0 gateway to the TeamViewer Web API`)
	page.section("SYNOPSIS", `.B tvscim`, `.I command`, `[options]`)
	page.section("DESCRIPTION", roff(parser.Model.Help))
	page.section("COMMANDS")
	for _, n := range nodes(parser.Model.Node) {
		if n.Leaf() {
			page.command(n)
		}
	}
	page.section("SETTINGS", roff("Each setting is a key of config.yaml or a variable of the environment, which wins."))
	for _, key := range config.Keys() {
		page.line(".TP\n.B %s\n%s", roff(key.Path), roff(settingText(key)))
	}
	page.section("EXIT STATUS", ".TP\n.B 0\nDone.\n.TP\n.B 1\nFailed.\n.TP\n.B 2\nThe settings or the command line are wrong.")
	_, err := io.WriteString(w.out, page.String())
	return err
}

// settingText returns the variable of a setting and its default.
func settingText(key config.Key) string {
	text := key.Env
	if key.Secret {
		text += "; a secret"
	} else if key.Default != "" {
		text += "; default: " + key.Default
	}
	return text
}

// manualPage is a manual page that is being written.
type manualPage struct{ strings.Builder }

func (p *manualPage) line(format string, values ...any) { fmt.Fprintf(p, format+"\n", values...) }

// section begins a section with lines of markup.
func (p *manualPage) section(title string, lines ...string) {
	p.line(".SH %q", title)
	for _, l := range lines {
		p.line("%s", l)
	}
}

// command describes a command with its arguments and flags.
func (p *manualPage) command(n *kong.Node) {
	p.line(".SS %q", roff(n.FullPath()))
	p.line("%s", roff(n.Help))
	for _, a := range n.Positional {
		p.line(".TP\n.I %s\n%s", roff(a.Summary()), roff(a.Help))
	}
	for _, f := range n.Flags {
		if !f.Hidden {
			help := f.Help
			if len(f.Envs) > 0 {
				help += " Also by the variable " + strings.Join(f.Envs, ", ") + "."
			}
			p.line(".TP\n.B %s\n%s", roff(f.String()), roff(help))
		}
	}
}

// roff escapes the characters that man(7) reads as markup.
func roff(text string) string {
	text = strings.NewReplacer(`\`, `\e`, `-`, `\-`, "\n", " ").Replace(text)
	if strings.HasPrefix(text, ".") || strings.HasPrefix(text, "'") {
		return `\&` + text
	}
	return text
}
