package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"tvscim/cmd/config"
	"tvscim/mapping/changelog"
)

// logCommand shows the change log, and how changes are taken back.
type logCommand struct {
	File   string `help:"The file; without it, changelog.path of the settings." type:"path" placeholder:"FILE"`
	Config string `help:"Path of config.yaml, for its changelog.path; without it, the environment." type:"path" placeholder:"FILE"`

	User    string        `help:"Only changes of this user, by userName or id, and of memberships." placeholder:"NAME"`
	Group   string        `help:"Only changes of this group, by displayName or id." placeholder:"NAME"`
	Since   time.Duration `help:"Only the latest, such as 2h." placeholder:"TIME"`
	Failed  bool          `help:"Only what was not done, or not wholly."`
	Request string        `help:"Only this request; the detail of each SCIM error has its id." placeholder:"ID"`

	Follow bool   `short:"f" help:"Wait for more."`
	JSON   bool   `help:"One JSON object a line, as in the file."`
	Undo   bool   `help:"In place of the changes, the SCIM requests that take them back, for curl: the latest change first."`
	URL    string `help:"Address of the gateway for --undo, with base_path; without it, that of the settings." placeholder:"URL"`
}

// Run prints the lines that were asked for.
func (k logCommand) Run(ctx context.Context, w world) error {
	if k.Undo && (k.Follow || k.JSON) {
		return settingsError{errors.New("--undo prints requests, and goes with neither --follow nor --json")}
	}
	path, base, err := k.settings(w.environ)
	if err != nil {
		return err
	}
	wanted := newLogFilter(k, time.Now())
	skipped := 0
	r := changelog.Reader{Path: path, Each: wanted.learn, Skipped: func(where string) {
		if skipped++; skipped <= 3 {
			fmt.Fprintln(w.err, "tvscim:", where)
		}
	}}
	if err := r.Read(); err != nil {
		return explainLog(path, err)
	}
	if skipped > 3 {
		fmt.Fprintf(w.err, "tvscim: %d lines were skipped in all\n", skipped)
	}
	r.Skipped = nil
	if k.Undo {
		var all []changelog.Line
		r.Each = func(l changelog.Line) { all = append(all, l) }
		if err := r.Read(); err != nil {
			return explainLog(path, err)
		}
		return printUndo(w.out, base, changelog.TakeBack(all, wanted.match))
	}
	show, flush := printTable(w.out, k.Follow)
	if k.JSON {
		show, flush = printJSON(w.out)
	}
	found := 0
	r.Each = func(l changelog.Line) {
		if wanted.match(l) {
			found++
			show(l)
		}
	}
	if k.Follow {
		return errors.Join(r.Follow(ctx), flush())
	}
	err = errors.Join(r.Read(), flush())
	if err == nil && found == 0 {
		fmt.Fprintln(w.err, "tvscim: no line of the change log matches; a request id must be given in full")
	}
	return err
}

// settings returns the path of the log and the address of the gateway.
func (k logCommand) settings(environ []string) (path, base string, err error) {
	path, base = k.File, k.URL
	if path != "" && (base != "" || !k.Undo) {
		return path, base, nil
	}
	c, err := loadSettings(k.Config, environ)
	if err != nil {
		return "", "", err
	}
	if path == "" {
		path = c.Changelog.Path
	}
	switch path {
	case "":
		return "", "", config.Problems{{Key: "changelog.path", Message: "missing; name the file with --file, or the settings that have changelog.path with --config"}}
	case config.ChangelogStdout:
		return "", "", errors.New("the change log goes to the standard output of the gateway: save its lines to a file, and name that with --file")
	}
	if base == "" {
		base = c.PublicURL
		if base == "" {
			base = "http://" + c.Listen
		}
		base += c.BasePath
	}
	return path, strings.TrimSuffix(base, "/"), nil
}

// explainLog says what to do about a log that cannot be read.
func explainLog(path string, err error) error {
	switch {
	case errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("change log %s: there is no such file yet; name another with --file, or set changelog.path and start the gateway", path)
	case errors.Is(err, os.ErrPermission):
		return fmt.Errorf("change log %s: permission denied; run this as the user of the gateway", path)
	}
	return fmt.Errorf("change log %s: %w", path, err)
}

// logFilter decides which lines are shown.
type logFilter struct {
	k           logCommand
	from        time.Time
	userIDs     map[string]bool
	groupIDs    map[string]bool
	user, group string
}

func newLogFilter(k logCommand, now time.Time) *logFilter {
	f := &logFilter{k: k, userIDs: map[string]bool{k.User: true}, groupIDs: map[string]bool{k.Group: true}}
	f.user, f.group = strings.ToLower(k.User), strings.ToLower(k.Group)
	if k.Since > 0 {
		f.from = now.Add(-k.Since)
	}
	return f
}

// learn takes note of the ids of those who ever had the name.
func (f *logFilter) learn(l changelog.Line) {
	switch {
	case l.ID == "":
	case l.Kind == changelog.KindUser && named(l, "userName", f.user):
		f.userIDs[l.ID] = true
	case l.Kind == changelog.KindGroup && named(l, "displayName", f.group):
		f.groupIDs[l.ID] = true
	}
}

// named reports whether the object of a line has or had a name, in any letter case.
func named(l changelog.Line, key, name string) bool {
	is := func(value any) bool { text, _ := value.(string); return text != "" && strings.ToLower(text) == name }
	return is(l.Name) || is(l.Before[key]) || is(l.After[key])
}

// match reports whether a line is asked for.
func (f *logFilter) match(l changelog.Line) bool {
	return !l.Time.Before(f.from) &&
		(!f.k.Failed || l.Outcome != changelog.Done) &&
		(f.k.Request == "" || l.Request == f.k.Request) &&
		(f.k.User == "" || f.ofUser(l)) &&
		(f.k.Group == "" || l.Kind == changelog.KindGroup && (f.groupIDs[l.ID] || named(l, "displayName", f.group)))
}

func (f *logFilter) ofUser(l changelog.Line) bool {
	if l.Kind == changelog.KindUser {
		return f.userIDs[l.ID] || named(l, "userName", f.user)
	}
	return slices.ContainsFunc(slices.Concat(l.Added, l.Removed, l.Open), func(id string) bool { return f.userIDs[id] })
}

// printJSON returns what prints lines as they are in the file.
func printJSON(out io.Writer) (show func(changelog.Line), flush func() error) {
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	var failed error
	return func(l changelog.Line) { failed = errors.Join(failed, encoder.Encode(l)) }, func() error { return failed }
}
