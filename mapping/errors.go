package mapping

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.uber.org/zap"

	"tvscim/mapping/roster"
	"tvscim/scim"
	"tvscim/tvapi"
)

// Waits that an error asks for when TeamViewer does not say how long.
const (
	retryThrottled = time.Minute
	retryTrouble   = 30 * time.Second
	retryMoment    = time.Second // what stood in the way has gone
)

// rights names the right of the token that each function needs, in the words of TeamViewer's management console.
var rights = map[tvapi.Function]string{
	tvapi.FuncAccount:      "Account management: view account data",
	tvapi.FuncUserList:     "User management: view users",
	tvapi.FuncUserGet:      "User management: view users",
	tvapi.FuncUserCreate:   "User management: create users",
	tvapi.FuncUserUpdate:   "User management: edit users (and administrators, for administrators)",
	tvapi.FuncUserDelete:   "User management: delete users",
	tvapi.FuncGroupList:    "User groups: read user groups",
	tvapi.FuncGroupGet:     "User groups: read user groups",
	tvapi.FuncGroupCreate:  "User groups: create user groups",
	tvapi.FuncGroupUpdate:  "User groups: edit user groups",
	tvapi.FuncGroupDelete:  "User groups: delete user groups",
	tvapi.FuncMemberList:   "User groups: read user groups",
	tvapi.FuncMemberAdd:    "User groups: edit user groups",
	tvapi.FuncMemberRemove: "User groups: edit user groups",
}

// Right returns the right of the token that a function needs, in the words of TeamViewer's Management Console; "" where
// that is not known.
func Right(f tvapi.Function) string { return rights[f] }

// sayError is the border between TeamViewer's errors and SCIM's: the one place where a tvapi.Error becomes a
// scim.Error. what is a sentence without its full stop that names the thing and says what did not happen. Errors that
// are SCIM's already pass unchanged. It never says 404: that is the callers' business, who know which id was meant.
func (c *core) sayError(err error, what string) error {
	if said, ok := errors.AsType[*scim.Error](err); ok {
		return said
	}
	e, ok := errors.AsType[*tvapi.Error](err)
	switch {
	case ok:
		return c.sayKind(e, what).Because(brief{err, e})
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return scim.Unavailable(retryTrouble, "%s: the time limit of the request was reached. Retry the request.", what).Because(err)
	case errors.Is(err, roster.ErrShort):
		return scim.Unavailable(retryTrouble, "%s: TeamViewer's list lacks many users or groups that the gateway knows, and is used only when "+
			"a second one agrees. Retry the request.", what).Because(err)
	default: // the snapshot has troubles of its own: an empty list, a gateway that is stopping
		return scim.Unavailable(retryTrouble, "%s: the gateway has no current list of the users or groups in TeamViewer. Retry the request.", what).Because(err)
	}
}

// brief is the cause of an error as a log may show it: without TeamViewer's own words, which may name people.
type brief struct {
	error
	said *tvapi.Error
}

// Error returns what happened, in our words alone.
func (b brief) Error() string { return b.said.Brief() }

// Unwrap returns the whole error.
func (b brief) Unwrap() error { return b.error }

// logged is an error of TeamViewer, or one that says it to a client, as a log may show it.
func logged(err error) zap.Field {
	if e, ok := errors.AsType[*tvapi.Error](err); ok {
		return zap.String("error", e.Brief())
	}
	return zap.Error(err)
}

func (c *core) sayKind(e *tvapi.Error, sentence string) *scim.Error {
	words, what := tvWords(e), scim.Safe(sentence)
	switch e.Kind {
	case tvapi.KindThrottled:
		return scim.TooManyRequests(wait(e, retryThrottled), "%s: TeamViewer's limit for the call %s is used up%s. "+
			"Retry the request later.", what, scim.Safe(e.Function), words)
	case tvapi.KindToken:
		return c.sayToken(e, what)
	case tvapi.KindPermission:
		return c.sayPermission(e, what)
	case tvapi.KindLicense:
		return scim.Errorf(400, "", "%s: the TeamViewer licence of the company, or that of the token's owner, does not allow it%s. "+
			"User groups need a Tensor licence. Check both licences in TeamViewer's Management Console.", what, words)
	case tvapi.KindBlocked:
		return scim.Unavailable(wait(e, retryThrottled), "%s: TeamViewer blocks calls from the IP address of this gateway%s. "+
			"Find out what else calls TeamViewer from this address, or ask TeamViewer's support.", what, words)
	case tvapi.KindNotFound, tvapi.KindConflict, tvapi.KindInvalid:
		return sayRefusal(e, what)
	case tvapi.KindForeign:
		return sayForeign(e, what)
	default:
		return sayNoAnswer(e, what)
	}
}

// sayForeign says what is wrong with an answer that cannot be TeamViewer's as documented.
func sayForeign(e *tvapi.Error, what scim.Safe) *scim.Error {
	if over, ok := errors.AsType[*tvapi.BoundError](e); ok {
		return scim.Unavailable(wait(e, retryTrouble), "%s: TeamViewer's answer to %s is larger than the gateway accepts (%s). "+
			"Look in TeamViewer for a name or an address of unusual length; if there is none, report this to the authors of the gateway.", what, scim.Safe(e.Function), scim.Safe(over.Error()))
	}
	at := ""
	if e.Host != "" {
		at = " from " + e.Host
	}
	return scim.Unavailable(wait(e, retryTrouble), "%s: the answer%s is not one of TeamViewer's Web API (HTTP status %d). "+
		"If this persists, look for a proxy or firewall between the gateway and TeamViewer.", what, scim.Safe(at), e.Status)
}

// sayNoAnswer says why a call has no answer that can be used: the network, the time, or a fault of TeamViewer's.
func sayNoAnswer(e *tvapi.Error, what scim.Safe) *scim.Error {
	if tvapi.Uncertain(e) && !reads(e) {
		what += ", as far as is known"
	}
	after := wait(e, retryTrouble)
	switch {
	case e.Network != 0:
		return scim.Unavailable(after, "%s: %s Retry the request.", what, scim.Safe(NetworkTrouble(e)))
	case e.Kind == tvapi.KindServer:
		return scim.Unavailable(after, "%s: TeamViewer answered with a server error%s. Retry the request.", what, tvWords(e))
	case errors.Is(e, tvapi.ErrTooManyCalls):
		return scim.Unavailable(after, "%s: too many calls to TeamViewer are in progress, and none ended in time (settings teamviewer.max_concurrent and teamviewer.max_wait). "+
			"Retry the request.", what)
	case errors.Is(e, context.DeadlineExceeded), errors.Is(e, context.Canceled):
		return scim.Unavailable(after, "%s: the time limit of the request was reached before TeamViewer answered. Retry the request.", what)
	default:
		return scim.Unavailable(after, "%s: the gateway could not make the TeamViewer call %s. Retry the request; "+
			"if it keeps failing, the log of the gateway shows the reason.", what, scim.Safe(e.Function))
	}
}

// remedies are what to do about a network that brings no answer.
var remedies = map[tvapi.NetworkReason]string{
	tvapi.NetworkName:        "Check the address in the setting teamviewer.base_url, and the DNS server that the gateway's machine asks.",
	tvapi.NetworkRefused:     "Check the address and the port in the setting teamviewer.base_url, and the firewalls between it and the gateway.",
	tvapi.NetworkUnreachable: "Check the network of the gateway's machine, and the firewalls between it and the internet.",
	tvapi.NetworkTimeout:     "If this persists, check the network and the firewalls between it and the gateway; if it is only slow, raise the setting teamviewer.timeout.",
	tvapi.NetworkUntrusted: "If a proxy inspects TLS, make the gateway trust its CA certificate (environment variable SSL_CERT_FILE); " +
		"otherwise check the setting teamviewer.base_url and the clock of the gateway's machine.",
	tvapi.NetworkNoTLS:  "Check the scheme and the port in the setting teamviewer.base_url, and the proxies and firewalls between it and the gateway.",
	tvapi.NetworkBroken: "If this persists, check the proxies and firewalls between it and the gateway.",
	tvapi.NetworkProxy:  "Check HTTPS_PROXY, HTTP_PROXY and NO_PROXY in the gateway's environment, and whether the proxy asks for a password.",
}

// NetworkTrouble says in two sentences why the network brought no answer of TeamViewer, and what to do about it; "" when
// err has another reason.
func NetworkTrouble(err error) string {
	e, ok := errors.AsType[*tvapi.Error](err)
	if !ok || e.Network == 0 {
		return ""
	}
	return e.Network.Describe(e.Host) + ". " + remedies[e.Network]
}

// sayRefusal says whose fault a refusal is. Only what a request has TeamViewer write can be the request's. A list or the
// token's account that TeamViewer refuses to show, or that it does not know, says nothing about the object of the request:
// passed on, it would tell the client that its user is gone, or that its name is taken.
func sayRefusal(e *tvapi.Error, what scim.Safe) *scim.Error {
	switch {
	case e.Kind == tvapi.KindNotFound, reads(e):
		return scim.Unavailable(wait(e, retryTrouble), "%s: TeamViewer unexpectedly answered %s with HTTP status %d%s. "+
			"Retry the request; if it keeps failing, ask TeamViewer's support.", what, scim.Safe(e.Function), e.Status, tvWords(e))
	case e.Kind == tvapi.KindConflict && names(e):
		return scim.Uniqueness("%s: TeamViewer reports that the name or address is in use%s. Use another one.", what, tvWords(e))
	default:
		return scim.InvalidValue("%s: TeamViewer refused the call%s. Check the values of this request and where they are mapped from.", what, tvWords(e))
	}
}

// reads tells whether a call that failed only asked for something.
func reads(e *tvapi.Error) bool { return e.Function.Reads() }

// names tells whether a call that failed was to give something its name. What changes a user may do so too, and is not
// meant: who has the address is found out then.
func names(e *tvapi.Error) bool {
	return e.Function == tvapi.FuncUserCreate || e.Function == tvapi.FuncGroupCreate || e.Function == tvapi.FuncGroupUpdate
}

// TokenRemedy is what to do about a refused token of the gateway's own, wherever the settings have it from.
const TokenRemedy = "Put a valid script token where the gateway reads it (teamviewer.token, teamviewer.token_file or TVSCIM_TEAMVIEWER_TOKEN): a changed file is read within seconds, a changed variable at a restart"

// sayToken blames whose token it is: 401 would stop the client's whole job, so it is said only of the caller's own,
// and only when TeamViewer confirmed it.
func (c *core) sayToken(e *tvapi.Error, what scim.Safe) *scim.Error {
	if e.Unconfirmed {
		return scim.Unavailable(wait(e, retryTrouble), "%s: TeamViewer refused the call %s for its token%s, but did not confirm that when it was asked about the token. "+
			"Retry the request; if it keeps failing, ask TeamViewer's support.", what, scim.Safe(e.Function), tvWords(e))
	}
	if c.callersToken && e.UsedToken(c.tokenSum) {
		return scim.Unauthorized("TeamViewer does not accept this bearer token%s; %s. "+
			"Put a valid TeamViewer script token into the client's Secret Token.", tvWords(e), scim.Safe(whyRefused(e.Host)))
	}
	if c.callersToken { // that of another caller, which read for all
		return scim.Unavailable(retryMoment, "%s: TeamViewer no longer accepts the token of another client, which the gateway used for this. Retry the request.", what)
	}
	return scim.Unavailable(wait(e, retryThrottled), "%s: TeamViewer does not accept the gateway's token%s; %s. "+TokenRemedy+".", what, tvWords(e), scim.Safe(whyRefused(e.Host)))
}

// whyRefused is why a token may be refused by the Web API at host: it belongs to one of TeamViewer's data centres.
func whyRefused(host string) string {
	const may = "it may have expired or been revoked"
	if other := tvapi.OtherBaseURL(host); other != "" {
		return fmt.Sprintf("%s, or belong to TeamViewer's other data centre (then set teamviewer.base_url to %s)", may, other)
	}
	return may
}

// sayPermission names the right that is missing. A token that may not even look at users can do nothing at all, which is
// about the token and not about an object.
func (c *core) sayPermission(e *tvapi.Error, what scim.Safe) *scim.Error {
	right := rights[e.Function]
	if right == "" {
		right = "for " + string(e.Function)
	}
	const lacks = "%s: the TeamViewer token lacks the right %q%s. Add the right to the script token in TeamViewer's Management Console."
	args := []any{what, scim.Safe(right), tvWords(e)}
	switch {
	case e.Function != tvapi.FuncUserList:
		return scim.Errorf(400, "", lacks, args...)
	case c.callersToken && e.UsedToken(c.tokenSum):
		return scim.Errorf(403, "", lacks, args...)
	default:
		return scim.Unavailable(wait(e, retryThrottled), lacks, args...)
	}
}

// tvWords is what TeamViewer said, in brackets, "" when it said nothing.
func tvWords(e *tvapi.Error) string {
	switch {
	case e.Category == "" && e.Description == "":
		return ""
	case e.Description == "":
		return " (" + e.Category + ")"
	case e.Category == "":
		return " (" + strings.TrimSuffix(e.Description, ".") + ")"
	default:
		return " (" + e.Category + ": " + strings.TrimSuffix(e.Description, ".") + ")"
	}
}

func wait(e *tvapi.Error, otherwise time.Duration) time.Duration {
	if e.RetryAfter > 0 {
		return e.RetryAfter
	}
	return otherwise
}

// refusal tells whether TeamViewer looked at a call and would not do it: doing it again as it is would not help.
func refusal(err error) bool {
	switch tvapi.KindOf(err) {
	case tvapi.KindInvalid, tvapi.KindConflict, tvapi.KindPermission, tvapi.KindLicense:
		return true
	default:
		return false
	}
}
