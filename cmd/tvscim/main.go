package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"tvscim/cmd/config"
	"tvscim/cmd/gateway"
)

// Exit codes.
const (
	exitOK       = 0
	exitFailed   = 1
	exitSettings = 2 // the command line or the settings are wrong
)

// commands is the command line.
type commands struct {
	Serve   serveCommand   `cmd:"" help:"Run the gateway."`
	Demo    demoCommand    `cmd:"" help:"Rehearse Entra's first cycle against an emulated TeamViewer, on this machine alone."`
	Check   checkCommand   `cmd:"" help:"Check the settings and, with --online, what the TeamViewer token may do."`
	Emulate emulateCommand `cmd:"" help:"Run the TeamViewer emulator alone, with its control address."`
	Links   linksCommand   `cmd:"" help:"Look after what is remembered in the store: the file of store.path while the gateway is stopped, or the database of store.url."`
	Store   storeCommand   `cmd:"" help:"Prepare the database of store.url."`
	Log     logCommand     `cmd:"" help:"Show the change log: who changed what, why not, and how a change is taken back."`
	Guard   guardCommand   `cmd:"" help:"Show and release the guard that holds back removals when there are too many."`
	Explain explainCommand `cmd:"" help:"Show what one SCIM request becomes: operations, attributes, TeamViewer calls, answer. Nothing is changed."`
	Plan    planCommand    `cmd:"" help:"Show what a gateway with dry_run would change in TeamViewer."`
	Report  reportCommand  `cmd:"" help:"List accounts to look at: named by no client, deactivated, long unused, without SSO, address not confirmed; and the seats."`
	Token   tokenCommand   `cmd:"" help:"Make a token for auth.mode token."`
	Health  healthCommand  `cmd:"" help:"Ask a gateway that runs whether it is ready, or send what Entra's Test Connection sends."`
	Version versionCommand `cmd:"" help:"Print version, commit and Go version."`

	Completion completionCommand `cmd:"" help:"Write a script that completes command lines in bash, zsh or fish."`
	Manual     manualCommand     `cmd:"" help:"Write the manual page: tvscim manual | man -l -"`

	ShowVersion kong.VersionFlag `name:"version" help:"Print version, commit and Go version."`
}

// world is all that a command may use outside the process.
type world struct {
	environ []string
	in      io.Reader
	out     io.Writer
	err     io.Writer
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], world{environ: os.Environ(), in: os.Stdin, out: os.Stdout, err: os.Stderr})
	stop()
	os.Exit(code)
}

// run is main as a function that tests can call. Commands end when ctx ends.
func run(ctx context.Context, args []string, w world) int {
	var cli commands
	exited := -1
	parser, err := kong.New(&cli,
		kong.Name("tvscim"),
		kong.Description("A self-hosted SCIM 2.0 gateway that lets Microsoft Entra ID provision TeamViewer."),
		kong.Writers(w.out, w.err),
		kong.Exit(func(code int) { exited = code }),
		kong.UsageOnError(),
		kong.Vars{"version": strings.TrimSuffix(versionText(), "\n")},
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(w),
	)
	if err != nil {
		fmt.Fprintln(w.err, "tvscim:", err)
		return exitFailed
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	command, err := parser.Parse(args)
	if exited >= 0 { // --help or --version
		return exited
	}
	if err != nil {
		fmt.Fprintln(w.err, "tvscim:", commandLineProblem(err))
		return exitSettings
	}
	return exitCode(command.Run(), w)
}

// commandLineProblem returns why a command line cannot be read. If a flag has no value, kong calls
// the missing value "EOL".
func commandLineProblem(err error) string {
	text := err.Error()
	flag, _, _ := strings.Cut(text, ":")
	if strings.HasPrefix(flag, "--") && strings.Contains(text, `got "EOL"`) {
		return flag + ": needs a value after it"
	}
	if strings.HasPrefix(text, "unexpected argument") {
		return text + "; \"tvscim --help\" lists the commands and their flags"
	}
	return text
}

// settingsError is the error of settings that cannot be read.
type settingsError struct{ error }

// Unwrap returns the reason.
func (e settingsError) Unwrap() error { return e.error }

// loadSettings reads the settings. All its errors have exit code 2.
func loadSettings(file string, environ []string) (config.Config, error) {
	c, err := config.Load(file, slices.DeleteFunc(slices.Clone(environ), isCommandVariable))
	if err != nil {
		return c, settingsError{err}
	}
	return c, nil
}

// isCommandVariable reports whether an entry of the environment is an option of a command, not a
// setting. Unknown variables are refused as settings, and a variable that is exported for one
// command must not stop another.
func isCommandVariable(entry string) bool {
	name, _, _ := strings.Cut(entry, "=")
	return name == "TVSCIM_CHECK_TOKEN" || name == "TVSCIM_EMULATE_TOKEN" || name == healthTokenVariable
}

// reportedError is an error whose text is already printed.
type reportedError struct{ error }

// Unwrap returns the error, which determines the exit code.
func (e reportedError) Unwrap() error { return e.error }

// exitCode prints why a command failed, and returns its exit code.
func exitCode(err error, w world) int {
	if err == nil {
		return exitOK
	}
	if _, reported := errors.AsType[reportedError](err); !reported {
		printError(err, w.err)
	}
	if _, ok := errors.AsType[config.Problems](err); ok {
		return exitSettings
	}
	if _, ok := errors.AsType[settingsError](err); ok {
		return exitSettings
	}
	start, _ := errors.AsType[gateway.Problems](err)
	if slices.ContainsFunc(start, func(p gateway.Problem) bool { return p.Setting }) {
		return exitSettings
	}
	return exitFailed
}

// printError prints all problems of an error.
func printError(err error, out io.Writer) {
	if problems, ok := errors.AsType[config.Problems](err); ok {
		fmt.Fprintln(out, "tvscim: the settings are wrong:")
		for _, p := range problems {
			fmt.Fprintln(out, "  "+p.String())
		}
		return
	}
	if problems, ok := errors.AsType[gateway.Problems](err); ok {
		fmt.Fprintln(out, "tvscim: the gateway cannot start:")
		for _, p := range problems {
			fmt.Fprintln(out, "  "+p.Error())
		}
		return
	}
	fmt.Fprintln(out, "tvscim:", err)
}
