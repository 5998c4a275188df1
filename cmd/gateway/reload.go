package gateway

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"

	"tvscim/cmd/config"
	"tvscim/mapping"
)

// How often the files are read, and how soon a token that could not be proven is tried again. A
// trial costs calls.
const (
	reloadEvery   = 5 * time.Second
	minTokenRetry = time.Minute
	maxTokenRetry = 15 * time.Minute
	tokenTimeout  = time.Minute // of the proof of a token
)

const oldStay = "the new settings are not used, the old ones stay"

// part is something else that is reloaded with the settings, such as a certificate.
type part struct {
	name   string
	reload func() error
}

// outcome is the result of one reading of the settings: settings, or the text of an error.
type outcome struct {
	config  config.Config
	problem string
}

func (o outcome) equal(other outcome) bool {
	_, changed, waiting := o.config.Reloaded(other.config)
	return o.problem == other.problem && len(changed)+len(waiting) == 0
}

// reloader applies new settings to a running gateway. A reload applies all settings or none, with
// one exception: if TeamViewer's token cannot be proven, the other settings are applied.
type reloader struct {
	gateway *Gateway
	read    func() (config.Config, error) // nil: the settings do not change
	level   *zap.AtomicLevel              // nil: the level of the log does not change
	parts   []part

	reloading sync.Mutex // one reload at a time; guards what follows
	current   config.Config
	seen      outcome // the latest reading
	tried     outcome // the reading that was acted on last
	retry     time.Duration
	retryAt   time.Time // when TeamViewer's token is tried again; zero: it is not

	mu    sync.Mutex
	state reloadState
}

func newReloader(g *Gateway, o Options) *reloader {
	now := time.Now()
	return &reloader{
		gateway: g, read: o.Reload, level: o.Level, current: o.Config, tried: outcome{config: o.Config},
		state: reloadState{since: now, succeeded: now, tokens: o.Config.Auth.Tokens, adminTokens: o.Config.Admin.Tokens},
	}
}

// Reload reads the settings again and applies them. SIGHUP calls it. If it returns an error, the
// settings in use stay; the error says what is wrong. Settings that need a restart are logged and
// shown by /readyz.
func (g *Gateway) Reload(ctx context.Context) error {
	r := g.reloader
	r.reloading.Lock()
	defer r.reloading.Unlock()
	if r.read == nil {
		r.gateway.log.Warn("settings not reloaded: they cannot be read again; restart the gateway to apply new ones")
		return nil
	}
	r.seen = r.look()
	return r.act(ctx)
}

// poll reads the settings. It applies new ones when a second reading is equal, since a file may be
// read while it is being written.
func (r *reloader) poll(ctx context.Context) {
	r.reloading.Lock()
	defer r.reloading.Unlock()
	due := !r.retryAt.IsZero() && !time.Now().Before(r.retryAt)
	before := r.seen
	r.seen = r.look()
	if r.seen.equal(before) && (due || !r.seen.equal(r.tried)) {
		_ = r.act(ctx) // it is logged and shown
	}
}

func (r *reloader) look() outcome {
	c, err := r.read()
	if err != nil {
		return outcome{problem: strings.ReplaceAll(err.Error(), "\n", "; ")}
	}
	return outcome{config: c}
}

// act applies the latest reading and records the result.
func (r *reloader) act(ctx context.Context) (err error) {
	r.tried, r.retryAt = r.seen, time.Time{}
	var waiting []string
	if r.seen.problem != "" {
		err, waiting = fmt.Errorf("%s: %s", oldStay, r.seen.problem), r.status().waiting
	} else {
		waiting, err = r.apply(ctx, r.seen.config)
	}
	for _, p := range r.parts {
		if failed := p.reload(); failed != nil {
			err = errors.Join(err, fmt.Errorf("%s: %w", p.name, failed))
		}
	}
	if ctx.Err() == nil { // otherwise the process ends, and the error concerns that
		r.note(err, waiting)
	}
	return err
}

// apply applies new settings, and returns the keys that need a restart.
func (r *reloader) apply(ctx context.Context, next config.Config) (waiting []string, err error) {
	now, changed, waiting := r.current.Reloaded(next)
	if err := now.Validate(); err != nil {
		if len(waiting) > 0 {
			err = fmt.Errorf("without what needs a restart (%s) they are wrong: %w", strings.Join(waiting, ", "), err)
		}
		return waiting, fmt.Errorf("%s: %w", oldStay, err)
	}
	use, err := r.gateway.renewed(now)
	if err != nil {
		return waiting, fmt.Errorf("%s: %w", oldStay, err)
	}
	unproven := r.replaceToken(ctx, &now)
	use()
	if r.level != nil {
		r.level.SetLevel(levelOf(now.Log.Level))
	}
	r.log(now, changed, waiting, unproven != nil)
	r.current = now
	return waiting, unproven
}

// replaceToken replaces TeamViewer's token by the one of the settings. If that token cannot be
// proven, now keeps the old one.
func (r *reloader) replaceToken(ctx context.Context, now *config.Config) error {
	old := r.current.TeamViewer
	if now.Auth.Mode != config.AuthToken || now.TeamViewer.Token.Equal(old.Token) {
		r.retry = 0
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, tokenTimeout)
	defer cancel()
	err := r.gateway.company().ReplaceToken(ctx, now.TeamViewer.Token.Reveal())
	if err == nil {
		r.gateway.refused.replaced()
		r.retry = 0
		return nil
	}
	now.TeamViewer.Token, now.TeamViewer.TokenFile = old.Token, old.TokenFile
	if !errors.Is(err, mapping.ErrTokenUnfit) {
		r.retry = min(max(2*r.retry, minTokenRetry), maxTokenRetry)
		r.retryAt = time.Now().Add(r.retry)
	}
	return fmt.Errorf("teamviewer.token: the new token is not used, the old one stays: %w", err)
}

// log logs what a reload has changed.
// A reload whose only change was a token that is not used has changed nothing.
func (r *reloader) log(now config.Config, changed, waiting []string, unproven bool) {
	log := r.gateway.log
	if now.TeamViewer.Token.Equal(r.current.TeamViewer.Token) {
		changed = slices.DeleteFunc(changed, func(key string) bool { return key == "teamviewer.token" || unproven && key == "teamviewer.token_file" })
	}
	if len(changed) > 0 || !unproven {
		log.Info("settings reloaded", zap.Strings("changed", changed))
	}
	if len(waiting) > 0 && !slices.Equal(waiting, r.status().waiting) {
		log.Warn("settings have changed that need a restart of the gateway", zap.Strings("keys", waiting))
	}
	if len(changed) > 0 {
		for _, warning := range now.Warnings() {
			log.Warn(warning)
		}
	}
}

// follow reloads on each signal, and polls the files, until the returned function is called. That
// function waits for the end of the current reload.
func (g *Gateway) follow(ctx context.Context, hangup <-chan os.Signal) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var following sync.WaitGroup
	following.Go(func() {
		ticker := time.NewTicker(reloadEvery)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-hangup:
				_ = g.Reload(ctx) // it is logged and shown
			case <-ticker.C:
				if g.reloader.read != nil {
					g.reloader.poll(ctx)
				}
			}
		}
	})
	return func() {
		cancel()
		following.Wait()
	}
}
