package gateway

import (
	"context"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"

	"tvscim/cmd/alert"
	"tvscim/cmd/config"
	"tvscim/proxy/admin"
	"tvscim/tvapi"
)

// awayFor is how long TeamViewer must have been unavailable to be an alert: shorter outages end
// without action.
const awayFor = 10 * time.Minute

// Kinds of alerts, as docs/operations.md explains them. Receivers match on these values.
const (
	alertTokenRefused = "teamviewer_token_refused"
	alertAway         = "teamviewer_away"
	alertCalls        = "teamviewer_calls_nearly_used"
	alertCallerToken  = "caller_token_expires"
	alertAdminToken   = "admin_token_expires"
	alertSettings     = "settings_not_in_use"
	alertStore        = "store_failing"
	alertCertificate  = "certificate_failing"
	alertGuard        = "guard_holds"
	alertChangeLog    = "changelog_failing"
)

// newAlerts returns the watcher that posts the alerts of a gateway.
func newAlerts(g *Gateway, o Options) *alert.Watcher {
	instance, err := os.Hostname()
	if err != nil {
		instance = "unknown"
	}
	w := alert.New(alert.Options{
		Conditions: g.conditions, Instance: instance, Version: o.Version, Network: o.Alerts, Logger: o.Logger.Named("alert"),
	})
	w.SetURL(o.Config.Alert.Webhook.Reveal())
	return w
}

// conditions returns what needs the attention of an operator, according to health and settings.
func (g *Gateway) conditions(now time.Time) []alert.Condition {
	all := teamviewerConditions(g.directory.health(), now)
	settings := g.reloader.status()
	all = append(all, tokenConditions(settings.tokens, now)...)
	all = append(all, adminTokenConditions(settings.adminTokens, now)...)
	all = append(all, failing(alertSettings, settingsStatus(settings),
		"Correct the settings, or put the earlier ones back; \"tvscim check --config FILE\" tells all that is wrong")...)
	all = append(all, guardState{g}.conditions()...)
	all = append(all, g.changes.conditions()...)
	all = append(all, failing(alertStore, g.storeStatus(), "See the store in docs/operations.md")...)
	if g.certificates != nil {
		all = append(all, failing(alertCertificate, tlsStatus(g.certificates), "See the certificate in docs/operations.md")...)
	}
	return all
}

// failing returns the condition of a component, none if it does not fail.
func failing(kind string, s admin.Status, remedy string) []alert.Condition {
	if s.State() != admin.StateFailing {
		return nil
	}
	return []alert.Condition{{Kind: kind, Since: s.Since, Summary: s.Detail, Remedy: remedy}}
}

// teamviewerConditions returns the conditions that the calls of any client show.
func teamviewerConditions(clients []tvapi.Health, now time.Time) (all []alert.Condition) {
	for _, c := range clients {
		t := c.Trouble
		kind := alertAway
		switch {
		case t == nil:
			continue
		case t.Kind == tvapi.KindToken:
			kind = alertTokenRefused
		case t.NextProbe.IsZero() || now.Sub(c.Since) < awayFor:
			continue // a few failures, which may be old
		}
		if !slices.ContainsFunc(all, func(other alert.Condition) bool { return other.Kind == kind }) {
			all = append(all, alert.Condition{Kind: kind, Since: c.Since, Summary: summaryOf(*t), Remedy: remedies[t.Kind]})
		}
	}
	if used := sayUsage(clients); used != "" {
		all = append(all, alert.Condition{
			Kind: alertCalls, Summary: used,
			Remedy: "Raise cache.users_max_age, or ask TeamViewer for more calls: at the limit, changes wait until its next day",
		})
	}
	return all
}

// tokenConditions returns a condition for each listed token of a caller that expires soon or has
// expired.
func tokenConditions(tokens []config.Token, now time.Time) []alert.Condition {
	return expiryConditions(alertCallerToken, "auth.tokens", "client", tokens, now)
}

// adminTokenConditions is tokenConditions for the tokens that sign in to the status page.
func adminTokenConditions(tokens []config.Token, now time.Time) []alert.Condition {
	return expiryConditions(alertAdminToken, "admin.tokens", "owner", tokens, now)
}

// expiryConditions returns the conditions of the tokens of a list; holder is who has one.
func expiryConditions(kind, list, holder string, tokens []config.Token, now time.Time) (all []alert.Condition) {
	for _, t := range tokens {
		if !t.Expired(now.Add(config.ExpirySoon)) {
			continue
		}
		all = append(all, alert.Condition{
			Kind: kind, Name: t.Name, Since: t.Expires.Add(-config.ExpirySoon),
			Summary: fmt.Sprintf("the token %s of %s is refused from %s on", t.Name, list, clock(t.Expires)),
			Remedy:  fmt.Sprintf("Give its %s another token (\"tvscim token new\"), then remove this one from %s", holder, list),
		})
	}
	return all
}

// watch posts alerts until the returned function is called, which waits for the current post.
func (g *Gateway) watch(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var watching sync.WaitGroup
	watching.Go(func() { g.alerts.Run(ctx) })
	return func() {
		cancel()
		watching.Wait()
	}
}
