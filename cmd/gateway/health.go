package gateway

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"tvscim/mapping"
	"tvscim/proxy/admin"
	"tvscim/tvapi"
)

// teamviewerStatus returns the status of TeamViewer in /readyz: whether the calls of the company
// succeed.
func teamviewerStatus(d companyDirectory) admin.Status {
	status := statusOf(d.health())
	if failed := d.unreached(); status.Unknown && !failed.At.IsZero() {
		status.Since = failed.At
		status.Detail = fmt.Sprintf("no bearer token was accepted yet: TeamViewer was not reached when one was tried at %s: %s", clock(failed.At), failed.Reason)
	}
	return status
}

// statusOf returns the worst status of the clients, unknown before the first call.
func statusOf(clients []tvapi.Health) admin.Status {
	called := slices.DeleteFunc(clients, func(c tvapi.Health) bool { return c.Since.IsZero() && len(c.Throttled) == 0 })
	if len(called) == 0 {
		return admin.Status{OK: true, Unknown: true, Detail: "not called yet"}
	}
	troubled := slices.DeleteFunc(slices.Clone(called), func(c tvapi.Health) bool { return c.Trouble == nil })
	if len(troubled) > 0 {
		first := slices.MinFunc(troubled, func(a, b tvapi.Health) int { return a.Since.Compare(b.Since) })
		return admin.Status{Since: first.Since, Detail: sayTrouble(*first.Trouble)}
	}
	if closed := throttled(called); len(closed) > 0 {
		return admin.Status{Since: closed[0].Since, Detail: sayThrottled(closed)}
	}
	latest := slices.MaxFunc(called, func(a, b tvapi.Health) int { return a.Since.Compare(b.Since) })
	return admin.Status{OK: true, Since: latest.Since, Detail: sayUsage(called)}
}

// remedies are the remedies for failing calls, by the kind of the latest failure. They have every
// kind that concerns TeamViewer as a whole.
var remedies = map[tvapi.Kind]string{
	tvapi.KindToken:   mapping.TokenRemedy,
	tvapi.KindServer:  "The fault is TeamViewer's own: if it stays, look at TeamViewer's status page",
	tvapi.KindLost:    networkRemedy,
	tvapi.KindUnsent:  networkRemedy,
	tvapi.KindForeign: "What answers is not TeamViewer's Web API: check teamviewer.base_url, and the proxies and firewalls on the way",
	tvapi.KindBlocked: "TeamViewer blocks this machine's address: find what else calls TeamViewer from there, or ask TeamViewer's support",
}

const networkRemedy = "Check the network, the firewalls on the way and teamviewer.base_url; \"tvscim check --config FILE --online\" tells more"

// summaryOf returns what is wrong, without the remedy.
func summaryOf(t tvapi.Trouble) string {
	said := fmt.Sprintf("calls to TeamViewer fail: %s", t.Kind)
	if t.Kind == tvapi.KindToken {
		said = "TeamViewer refuses the gateway's token"
	}
	if t.Status != 0 {
		said += fmt.Sprintf(" (HTTP status %d)", t.Status)
	}
	return said
}

func sayTrouble(t tvapi.Trouble) string {
	said := summaryOf(t)
	if remedy := remedies[t.Kind]; remedy != "" {
		said += ". " + remedy
	}
	if !t.NextProbe.IsZero() {
		said += "; requests are answered without a call until " + clock(t.NextProbe)
	}
	return said
}

// throttled returns the functions that are closed for any client, each once, in the order in which
// they were closed.
func throttled(clients []tvapi.Health) []tvapi.Throttled {
	var all []tvapi.Throttled
	for _, c := range clients {
		all = append(all, c.Throttled...)
	}
	slices.SortFunc(all, func(a, b tvapi.Throttled) int {
		return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.Function, b.Function))
	})
	seen := make(map[tvapi.Function]bool)
	return slices.DeleteFunc(all, func(t tvapi.Throttled) bool {
		defer func() { seen[t.Function] = true }()
		return seen[t.Function]
	})
}

func sayThrottled(closed []tvapi.Throttled) string {
	each := make([]string, len(closed))
	for i, t := range closed {
		each[i] = fmt.Sprintf("%s since %s, next call at %s", t.Function, clock(t.Since), clock(t.NextProbe))
	}
	return "TeamViewer's limit of calls is used up: " + strings.Join(each, "; ")
}

// sayUsage names the functions with few calls left today, "" when there are none.
func sayUsage(clients []tvapi.Health) string {
	most := make(map[tvapi.Function]tvapi.Usage)
	for _, c := range clients {
		for _, u := range c.Usage {
			if u.NearlyUsed() && u.Calls > most[u.Function].Calls {
				most[u.Function] = u
			}
		}
	}
	var each []string
	for f, u := range most {
		each = append(each, fmt.Sprintf("%s %d of %d", f, u.Calls, u.Allowed))
	}
	if len(each) == 0 {
		return ""
	}
	slices.Sort(each)
	return "calls of today are nearly used up: " + strings.Join(each, "; ")
}

// settingsStatus returns the status of the settings in /readyz: whether those of the files are in
// use.
func settingsStatus(s reloadState) admin.Status {
	waiting := ""
	if len(s.waiting) > 0 {
		waiting = "restart the gateway to apply what has changed: " + strings.Join(s.waiting, ", ")
	}
	if s.problem != "" {
		if len(s.waiting) > 0 {
			return admin.Status{Since: s.since, Detail: "first correct this, since the gateway may not start with it: " + s.problem +
				"; then restart the gateway to apply what has changed: " + strings.Join(s.waiting, ", ")}
		}
		return admin.Status{Since: s.since, Detail: s.problem}
	}
	return admin.Status{OK: true, Since: s.since, Detail: waiting}
}

// clock formats a time for the operator, in the time zone of the logs.
func clock(t time.Time) string { return t.UTC().Format(time.RFC3339) }
