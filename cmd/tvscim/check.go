package main

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"

	"tvscim/cmd/config"
	"tvscim/cmd/gateway"
	"tvscim/tvapi"
)

type checkCommand struct {
	Config string `help:"Path of config.yaml; without it, the defaults and the environment." type:"path" placeholder:"FILE"`
	Online bool   `help:"Also ask TeamViewer what the token may do. Nothing is changed; it takes a few calls."`
	Token  string `help:"The token to ask with in auth.mode passthrough, where the settings have none. Not used in auth.mode token." env:"TVSCIM_CHECK_TOKEN"`
	JSON   bool   `name:"json" help:"Write the result as one JSON object, for scripts."`
}

// checkResult is the result of a check, and the object of --json.
type checkResult struct {
	OK       bool           `json:"ok"`
	Problems []checkProblem `json:"problems"`
	Warnings []string       `json:"warnings"`
	Online   []string       `json:"online,omitempty"` // the lines of --online

	lines []string // about what is correct
	errs  []error  // empty: serve can start
}

// checkProblem is one problem. Key, Line and Env are the place of the setting, as far as it is
// known.
type checkProblem struct {
	Key     string `json:"key,omitempty"`
	Line    int    `json:"line,omitempty"`
	Env     string `json:"env,omitempty"`
	Message string `json:"message"`
}

// Run tries what serve needs, and asks TeamViewer about the token if --online is set.
func (k checkCommand) Run(ctx context.Context, w world) error {
	result := k.check(ctx, w.environ)
	if k.JSON {
		return result.writeJSON(w.out)
	}
	for _, warning := range result.Warnings {
		fmt.Fprintln(w.out, "warning:", warning)
	}
	for _, line := range append(result.lines, result.Online...) {
		fmt.Fprintln(w.out, line)
	}
	if len(result.errs) > 0 { // the last line of standard output is the result
		fmt.Fprintln(w.out, "result    NOT ok: what is wrong is written to standard error")
	}
	for _, err := range result.errs {
		printError(err, w.err)
	}
	return result.reported()
}

// check reads the settings and prepares a gateway as serve does. With --online, TeamViewer is asked
// about the token even if the gateway cannot start: another process may be serving.
func (k checkCommand) check(ctx context.Context, environ []string) checkResult {
	result := checkResult{Problems: []checkProblem{}, Warnings: []string{}}
	c, err := loadSettings(k.Config, environ)
	if err != nil {
		result.fail(err)
		return result
	}
	result.Warnings = append(result.Warnings, warningsOf(c, k.Config)...)
	result.lines = append(result.lines, fmt.Sprintf("settings  ok (%s, auth.mode %s, SCIM on %s%s, health and metrics on %s, TeamViewer at %s)",
		k.source(), c.Auth.Mode, c.Listen, c.BasePath, c.AdminListen, c.TeamViewer.BaseURL))
	checked, err := gateway.Check(ctx, gateway.Options{Config: c, Version: version, Logger: zap.NewNop()})
	result.Warnings = append(result.Warnings, checked.Warnings...)
	running, err := besideGateway(ctx, c, err)
	result.fail(err)
	for _, p := range running {
		result.lines = append(result.lines, fmt.Sprintf("running   %s is in use by a running gateway: not tried", p.Key))
	}
	if err == nil && len(running) > 0 {
		if !c.Store.URL.IsZero() {
			result.lines = append(result.lines, "store     ok: the database can be used") // gateways share it, so it was tried
		}
		result.lines = append(result.lines, "settings can be used: reload or restart the running gateway to apply them")
	}
	if err == nil && len(running) == 0 {
		if !c.Store.URL.IsZero() {
			result.lines = append(result.lines, databaseLine(checked.StoreExists))
		}
		if c.Store.Path != "" {
			result.lines = append(result.lines, storeLine(c.Store.Path, checked.StoreExists))
		}
		if c.TLS.Enabled() {
			result.lines = append(result.lines, "tls       ok: "+tlsLine(c.TLS))
		}
		line := "start     ok: serve can start with these settings"
		if k.Online {
			line += "; whether TeamViewer accepts the token follows"
		}
		result.lines = append(result.lines, line)
	}
	if k.Online {
		var out strings.Builder
		err := k.online(ctx, c, &out)
		result.Online = slices.Collect(strings.Lines(out.String()))
		for i, line := range result.Online {
			result.Online[i] = strings.TrimSuffix(line, "\n")
		}
		result.fail(err)
	}
	result.OK = len(result.errs) == 0
	return result
}

// source returns the description of what the settings were read from.
func (k checkCommand) source() string {
	if k.Config == "" {
		return "no file read: defaults and environment only; name a file with --config"
	}
	return k.Config
}

// runningTime is the time limit of the question whether a gateway runs.
const runningTime = 2 * time.Second

// besideGateway removes from the error of [gateway.Check] the problems that are no fault of the
// settings: an address or a store that a running gateway uses. It is one if it locks the store or
// answers at admin_listen.
func besideGateway(ctx context.Context, c config.Config, err error) (running gateway.Problems, rest error) {
	problems, _ := errors.AsType[gateway.Problems](err)
	var others gateway.Problems
	locked := false
	for _, p := range problems {
		if p.InUse {
			running = append(running, p)
			locked = locked || p.Key == "store.path"
		} else {
			others = append(others, p)
		}
	}
	if len(running) == 0 || !locked && !answers(ctx, c.AdminListen) {
		return nil, err
	}
	if len(others) == 0 {
		return running, nil
	}
	return running, others
}

// answers reports whether a gateway answers at an address of admin_listen.
func answers(ctx context.Context, address string) bool {
	ctx, cancel := context.WithTimeout(ctx, runningTime)
	defer cancel()
	_, body, err := askHealth(ctx, "http://"+reachable(address)+"/readyz", "")
	var health struct {
		Ready      *bool
		Components []json.RawMessage
	}
	return err == nil && json.Unmarshal([]byte(body), &health) == nil && health.Ready != nil && len(health.Components) > 0
}

// tlsLine returns the line about the source of the certificate.
func tlsLine(t config.TLS) string {
	text := "the certificate is that of " + t.CertFile
	if t.ACME.Enabled() {
		text = fmt.Sprintf("certificates for %s are obtained from %s", strings.Join(t.ACME.Domains, ", "), t.ACME.DirectoryURL)
	}
	if t.ClientCAFile != "" {
		text += "; clients need one of " + t.ClientCAFile
	}
	return text
}

// storeLine returns the line about the file of store.path, which can be used.
func storeLine(path string, exists bool) string {
	if exists {
		return fmt.Sprintf("store     ok: %s is there", path)
	}
	return fmt.Sprintf("store     ok: %s will be made", path)
}

// databaseLine returns the line about the database of store.url, which can be used.
func databaseLine(exists bool) string {
	if exists {
		return "store     ok: the database has the tables"
	}
	return "store     ok: the tables will be made in the database"
}

// fail adds an error, if there is one, and each problem in it.
func (r *checkResult) fail(err error) {
	if err == nil {
		return
	}
	r.errs = append(r.errs, err)
	settings, _ := errors.AsType[config.Problems](err)
	for _, p := range settings {
		r.Problems = append(r.Problems, checkProblem{p.Key, p.Line, p.Env, p.Message})
	}
	start, _ := errors.AsType[gateway.Problems](err)
	for _, p := range start {
		r.Problems = append(r.Problems, checkProblem{Key: p.Key, Message: p.Error()})
	}
	if settings == nil && start == nil {
		r.Problems = append(r.Problems, checkProblem{Message: err.Error()})
	}
}

// reported returns the error that determines the exit code.
func (r checkResult) reported() error {
	if len(r.errs) == 0 {
		return nil
	}
	return reportedError{errors.Join(r.errs...)}
}

// writeJSON writes the object of --json.
func (r checkResult) writeJSON(out io.Writer) error {
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(r); err != nil {
		return err
	}
	return r.reported()
}

// online asks TeamViewer about the token of the settings or, in auth.mode passthrough, about the
// given one.
func (k checkCommand) online(ctx context.Context, c config.Config, out io.Writer) error {
	token, name := k.Token, "that of TVSCIM_CHECK_TOKEN or --token"
	if c.Auth.Mode == config.AuthToken {
		token, name = c.TeamViewer.Token.Reveal(), "that of the settings, which serve uses"
		if k.Token != "" {
			fmt.Fprintln(out, "token     the one of TVSCIM_CHECK_TOKEN or --token is not tried: auth.mode is token")
		}
	}
	if token == "" {
		return fmt.Errorf("token: auth.mode passthrough (%s) has none in the settings; give one in the environment variable TVSCIM_CHECK_TOKEN", k.source())
	}
	if reason := config.TokenProblem(token); reason != "" {
		return fmt.Errorf("token: %s", reason)
	}
	var unlisted error
	if c.Auth.Mode == config.AuthPassthrough {
		unlisted = listed(c.Auth.Tokens, token, time.Now())
	}
	client, err := tvapi.New(tvapi.Options{BaseURL: c.TeamViewer.BaseURL, Token: token, Timeout: c.TeamViewer.Timeout, Logger: zap.NewNop()})
	if err != nil {
		return err
	}
	defer client.Close()
	return errors.Join(unlisted, checkOnline(ctx, client, name, out))
}

// listed returns why serve answers 401 to a caller's token in auth.mode passthrough, nil if it does
// not.
func listed(tokens []config.Token, token string, now time.Time) error {
	i := slices.IndexFunc(tokens, func(t config.Token) bool { return t.SHA256 == sha256.Sum256([]byte(token)) })
	switch {
	case len(tokens) == 0:
		return nil
	case i < 0:
		return errors.New("auth.tokens: does not list the token that was tried, so that serve answers it with 401; " +
			"add its hash, which is made with: printf %s \"$TOKEN\" | sha256sum")
	case tokens[i].Expired(now):
		return fmt.Errorf("auth.tokens[%d]: %s, the token that was tried, expired on %s, so that serve answers it with 401; correct expires, or make a new token",
			i, tokens[i].Name, tokens[i].Expires.Format(time.DateOnly))
	}
	return nil
}
