package mapping

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"

	"tvscim/mapping/roster"
	"tvscim/scim"
	"tvscim/tvapi"
)

// The values of Retry-After where TeamViewer sends none.
const (
	retryThrottled = time.Minute
	retryTrouble   = 30 * time.Second
	retryMoment    = time.Second // the reason no longer exists
)

// rights names the right of the token that each function needs, as TeamViewer's Management Console
// does.
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
	tvapi.FuncLicenses:     "Company administration: view license",
}

// Right returns the right of the token that a function needs, as TeamViewer's Management Console
// names it; "" if it is not known.
func Right(f tvapi.Function) string { return rights[f] }

// toSCIMError converts an error of a call or of the roster into a [scim.Error]. It is the only
// place where a tvapi.Error becomes one. what is a sentence without its full stop: the object, and
// what was not done. A scim.Error is returned unchanged. The status is never 404: only the caller
// knows whether the id of the request was meant.
func (c *core) toSCIMError(err error, what string) error {
	if e, ok := errors.AsType[*scim.Error](err); ok {
		return e
	}
	e, ok := errors.AsType[*tvapi.Error](err)
	switch {
	case ok:
		return c.kindError(e, what).Because(brief{err, e})
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return scim.Unavailable(retryTrouble, "%s: the time limit of the request was reached. Retry the request.", what).Because(err)
	case errors.Is(err, roster.ErrShort):
		return scim.Unavailable(retryTrouble, "%s: TeamViewer's list lacks many users or groups "+
			"that the gateway knows, and is used only when "+
			"a second one agrees. Retry the request.", what).Because(err)
	default: // an empty list, or a gateway that is stopping
		return scim.Unavailable(retryTrouble, "%s: the gateway has no current list of the users "+
			"or groups in TeamViewer. Retry the request.", what).Because(err)
	}
}

// brief is an error as a log may show it: without the text of TeamViewer, which may name people.
type brief struct {
	error
	tv *tvapi.Error
}

// Error returns the description without the text of TeamViewer.
func (b brief) Error() string { return b.tv.Brief() }

// Unwrap returns the whole error.
func (b brief) Unwrap() error { return b.error }

// logged returns the field of a log line for an error of TeamViewer, or for one that wraps it.
func logged(err error) zap.Field {
	if e, ok := errors.AsType[*tvapi.Error](err); ok {
		return zap.String("error", e.Brief())
	}
	return zap.Error(err)
}

// kindError returns the error for an answer of TeamViewer, by its kind.
func (c *core) kindError(e *tvapi.Error, sentence string) *scim.Error {
	words, what := tvWords(e), scim.Safe(sentence)
	switch e.Kind {
	case tvapi.KindThrottled:
		return scim.TooManyRequests(wait(e, retryThrottled), "%s: TeamViewer's limit for the call %s is used up%s. "+
			"Retry the request later.", what, scim.Safe(e.Function), words)
	case tvapi.KindToken:
		return c.tokenError(e, what)
	case tvapi.KindPermission:
		return c.permissionError(e, what)
	case tvapi.KindLicense:
		return scim.Errorf(400, "", "%s: the TeamViewer licence of the company, or that of the token's owner, does not allow it%s. "+
			"User groups need a Tensor licence. Check both licences in TeamViewer's Management Console.", what, words)
	case tvapi.KindBlocked:
		return scim.Unavailable(wait(e, retryThrottled), "%s: TeamViewer blocks calls from the IP address of this gateway%s. "+
			"Find out what else calls TeamViewer from this address, or ask TeamViewer's support.", what, words)
	case tvapi.KindNotFound, tvapi.KindConflict, tvapi.KindInvalid:
		return refusalError(e, what)
	case tvapi.KindForeign:
		return foreignError(e, what)
	default:
		return noAnswerError(e, what)
	}
}

// foreignError returns the error for an answer that is not TeamViewer's as documented.
func foreignError(e *tvapi.Error, what scim.Safe) *scim.Error {
	if over, ok := errors.AsType[*tvapi.BoundError](e); ok {
		return scim.Unavailable(wait(e, retryTrouble), "%s: TeamViewer's answer to %s is larger than the gateway accepts (%s). "+
			"Look in TeamViewer for a name or an address of unusual length; if there is none, "+
			"report this to the authors of the gateway.", what, scim.Safe(e.Function), scim.Safe(over.Error()))
	}
	at := ""
	if e.Host != "" {
		at = " from " + e.Host
	}
	return scim.Unavailable(wait(e, retryTrouble), "%s: the answer%s is not one of TeamViewer's Web API (HTTP status %d). "+
		"If this persists, look for a proxy or firewall between the gateway and TeamViewer.", what, scim.Safe(at), e.Status)
}

// noAnswerError returns the error for a call without a usable answer: because of the network, the
// time limit, or a fault of TeamViewer.
func noAnswerError(e *tvapi.Error, what scim.Safe) *scim.Error {
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
		return scim.Unavailable(after, "%s: too many calls to TeamViewer are in progress, and "+
			"none ended in time (settings teamviewer.max_concurrent and teamviewer.max_wait). "+
			"Retry the request.", what)
	case errors.Is(e, context.DeadlineExceeded), errors.Is(e, context.Canceled):
		return scim.Unavailable(after, "%s: the time limit of the request was reached before TeamViewer answered. Retry the request.", what)
	default:
		return scim.Unavailable(after, "%s: the gateway could not make the TeamViewer call %s. Retry the request; "+
			"if it keeps failing, the log of the gateway shows the reason.", what, scim.Safe(e.Function))
	}
}

// remedies are what to do if the network brings no answer.
var remedies = map[tvapi.NetworkReason]string{
	tvapi.NetworkName: "Check the address in the setting teamviewer.base_url, and the DNS server that the gateway's machine asks.",
	tvapi.NetworkRefused: "Check the address and the port in the setting " +
		"teamviewer.base_url, and the firewalls between it and the gateway.",
	tvapi.NetworkUnreachable: "Check the network of the gateway's machine, and the firewalls between it and the internet.",
	tvapi.NetworkTimeout: "If this persists, check the network and the firewalls between it " +
		"and the gateway; if it is only slow, raise the setting teamviewer.timeout.",
	tvapi.NetworkUntrusted: "If a proxy inspects TLS, make the gateway trust its CA certificate (environment variable SSL_CERT_FILE); " +
		"otherwise check the setting teamviewer.base_url and the clock of the gateway's machine.",
	tvapi.NetworkNoTLS: "Check the scheme and the port in the setting teamviewer.base_url, and " +
		"the proxies and firewalls between it and the gateway.",
	tvapi.NetworkBroken: "If this persists, check the proxies and firewalls between it and the gateway.",
	tvapi.NetworkProxy: "Check HTTPS_PROXY, HTTP_PROXY and NO_PROXY in the gateway's " +
		"environment, and whether the proxy asks for a password.",
}

// NetworkTrouble describes in two sentences why there is no answer because of the network, and what
// to do; "" if err has another reason.
func NetworkTrouble(err error) string {
	e, ok := errors.AsType[*tvapi.Error](err)
	if !ok || e.Network == 0 {
		return ""
	}
	return e.Network.Describe(e.Host) + ". " + remedies[e.Network]
}

// refusalError returns the error for a refused call. It is the client's fault only if the call
// writes. If TeamViewer refuses to show a list or the account of the token, that is no evidence
// about the object of the request: a 404 or 409 would tell the client that its user is gone, or
// that the name is taken.
func refusalError(e *tvapi.Error, what scim.Safe) *scim.Error {
	switch {
	case e.Kind == tvapi.KindNotFound, reads(e):
		return scim.Unavailable(wait(e, retryTrouble), "%s: TeamViewer unexpectedly answered %s with HTTP status %d%s. "+
			"Retry the request; if it keeps failing, ask TeamViewer's support.", what, scim.Safe(e.Function), e.Status, tvWords(e))
	case e.Kind == tvapi.KindConflict && names(e):
		return scim.Uniqueness("%s: TeamViewer reports that the name or address is in use%s. Use another one.", what, tvWords(e))
	default:
		return scim.InvalidValue("%s: TeamViewer refused the call%s. Check the values of this "+
			"request and where they are mapped from.", what, tvWords(e))
	}
}

// reads reports whether a failed call was a GET.
func reads(e *tvapi.Error) bool { return e.Function.Reads() }

// names reports whether a failed call gives an object its name. A change of a user may do so too
// and is excluded: the conflict is looked up.
func names(e *tvapi.Error) bool {
	return e.Function == tvapi.FuncUserCreate || e.Function == tvapi.FuncGroupCreate || e.Function == tvapi.FuncGroupUpdate
}

// TokenRemedy is what to do about a refused token of the gateway, wherever the settings have it
// from.
const TokenRemedy = "Put a valid script token where the gateway reads it (teamviewer.token, teamviewer.token_file or TVSCIM_TEAMVIEWER_TOKEN): a changed file is read within seconds, a changed variable at a restart"

// tokenError returns the error for a refused token. It is 401 only for the caller's own token, and
// only if TeamViewer confirmed the refusal, since 401 stops the client's whole job.
func (c *core) tokenError(e *tvapi.Error, what scim.Safe) *scim.Error {
	if e.Unconfirmed {
		return scim.Unavailable(wait(e, retryTrouble), "%s: TeamViewer refused the call %s for its token%s, but did not confirm that when it was asked about the token. "+
			"Retry the request; if it keeps failing, ask TeamViewer's support.", what, scim.Safe(e.Function), tvWords(e))
	}
	if c.callersToken && e.UsedToken(c.tokenSum) {
		return scim.Unauthorized("TeamViewer does not accept this bearer token%s; %s. "+
			"Put a valid TeamViewer script token into the client's Secret Token.", tvWords(e), scim.Safe(whyRefused(e.Host)))
	}
	if c.callersToken { // the token of another caller, which makes the shared reads
		return scim.Unavailable(retryMoment, "%s: TeamViewer no longer accepts the token of "+
			"another client, which the gateway used for this. Retry the request.", what)
	}
	return scim.Unavailable(wait(e, retryThrottled), "%s: TeamViewer does not accept the "+
		"gateway's token%s; %s. "+TokenRemedy+".", what, tvWords(e), scim.Safe(whyRefused(e.Host)))
}

// whyRefused returns why the Web API at host may refuse a token: each belongs to one of
// TeamViewer's data centres.
func whyRefused(host string) string {
	const may = "it may have expired or been revoked"
	if other := tvapi.OtherBaseURL(host); other != "" {
		return fmt.Sprintf("%s, or belong to TeamViewer's other data centre (then set teamviewer.base_url to %s)", may, other)
	}
	return may
}

// permissionError returns the error for a missing right, which it names. A token that may not list
// users cannot do anything: then the error is about the token and not about an object.
func (c *core) permissionError(e *tvapi.Error, what scim.Safe) *scim.Error {
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

// tvWords returns the text of TeamViewer in parentheses; "" if there is none.
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

// wait returns the Retry-After of an answer, or the default if it has none.
func wait(e *tvapi.Error, otherwise time.Duration) time.Duration {
	if e.RetryAfter > 0 {
		return e.RetryAfter
	}
	return otherwise
}

// refusal reports whether TeamViewer processed a call and refused it, so that repeating it does not
// help.
func refusal(err error) bool {
	switch tvapi.KindOf(err) {
	case tvapi.KindInvalid, tvapi.KindConflict, tvapi.KindPermission, tvapi.KindLicense:
		return true
	default:
		return false
	}
}

// errUnknown is the cause of errors that report an object as missing. The gateway checks the cause,
// and not the error that the client gets.
var errUnknown = errors.New("no such object")

// unknown returns the 404 for an id.
func unknown(kind, id string) *scim.Error {
	return scim.NotFound("There is no %s %q in this TeamViewer company. If it was removed "+
		"there, provision it again to create it.", kind, clip(id)).Because(errUnknown)
}

// deletedError returns the 404 for a user whose deletion was a deactivation.
func deletedError(id tvapi.UserID) *scim.Error {
	return scim.NotFound("User %s was deleted by the client and is inactive in TeamViewer. "+
		"Create a user with the same userName to bring the account back.", id).Because(errUnknown)
}

// about returns the beginning of errors about an object.
func about(kind, id string) string { return kind + " " + clip(id) + " could not be read or changed" }

// clip shortens an id of a request for the text of an error.
func clip(id string) string {
	const most = 64
	if len(id) <= most {
		return id
	}
	return id[:most] + "…"
}

// undecided reports whether the members have to be read to know what a refusal means.
func undecided(err error) bool {
	switch tvapi.KindOf(err) {
	case tvapi.KindInvalid, tvapi.KindNotFound, tvapi.KindConflict:
		return true
	default:
		return false
	}
}

// hasStatus reports whether an error has one of these HTTP statuses.
func hasStatus(err error, statuses ...int) bool {
	e, ok := errors.AsType[*scim.Error](err)
	return ok && slices.Contains(statuses, e.Status)
}

// inBrief returns an error as a log may show it.
func inBrief(err error) error {
	if e, ok := errors.AsType[*tvapi.Error](err); ok {
		return brief{err, e}
	}
	return err
}
