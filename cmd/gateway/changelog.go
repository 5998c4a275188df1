package gateway

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"tvscim/cmd/alert"
	"tvscim/cmd/config"
	"tvscim/mapping"
	"tvscim/mapping/changelog"
	"tvscim/proxy"
	"tvscim/proxy/admin"
	"tvscim/scim"
	"tvscim/tvapi"
)

// changeLog writes what the gateway changes and refuses to the change log.
type changeLog struct{ writer *changelog.Writer }

// changelogKey is the setting that is named by the error of a change log that cannot be written.
const changelogKey = "changelog.path"

// openChangeLog opens the change log of the settings; nil if there is none.
func openChangeLog(c config.Changelog, stdout io.Writer, log *zap.Logger) (*changeLog, error) {
	o := changelog.Options{Path: c.Path, MaxSize: int64(c.MaxSize), MaxAge: c.MaxAge, Keep: c.Keep, Failed: func(err error) {
		if err == nil {
			log.Info("change log can be written again")
			return
		}
		log.Error("change log cannot be written: only changes that end access are made", zap.Error(err))
	}}
	switch c.Path {
	case "":
		return nil, nil //nolint:nilnil // there is none
	case config.ChangelogStdout:
		if o.Output = stdout; stdout == nil {
			o.Output = os.Stdout
		}
	}
	writer, err := changelog.Open(o)
	if err != nil {
		return nil, Problem{Key: changelogKey, Err: fmt.Errorf("%s: %w", changelogKey, err)}
	}
	return &changeLog{writer}, nil
}

// checkChangeLog returns the error that openChangeLog would return, and leaves no file behind.
func checkChangeLog(c config.Changelog) error {
	if c.Path == "" || c.Path == config.ChangelogStdout {
		return nil
	}
	if err := changelog.Check(c.Path); err != nil {
		return fmt.Errorf("%s: %w", changelogKey, err)
	}
	return nil
}

// openChanges opens the change log, if there is one, and has changes withheld while it cannot be
// written.
func (g *Gateway) openChanges(o Options, to *mapping.Options) (*changeLog, error) {
	l, err := openChangeLog(o.Config.Changelog, o.Stdout, o.Logger)
	if l == nil || err != nil {
		return nil, err
	}
	g.close = append(g.close, func() {
		if err := l.writer.Close(); err != nil {
			o.Logger.Error("change log not closed", zap.Error(err))
		}
	})
	to.Withhold = l.withhold
	return l, nil
}

// components are the part of the gateway's state that the change log has.
func (l *changeLog) components() []admin.Component {
	if l == nil {
		return nil
	}
	return []admin.Component{{Name: "changelog", Check: l.status}}
}

// eachLine returns an observer that hands the line of an event to write. That a list lacks an
// object, which is noted in its record, changes nothing until the record is deleted; nor do notes
// of the store that are about no object, other than a release of the guard.
func eachLine(write func(changelog.Line)) func(mapping.Event) {
	return func(e mapping.Event) {
		if onlyNotes(e) {
			return
		}
		if line := lineOf(e); e.Cause != mapping.CauseAbsent || line.Gone() {
			write(line)
		}
	}
}

// onlyNotes reports whether an event wrote notes of the store and nothing else. That of a release
// of the guard tells more.
func onlyNotes(e mapping.Event) bool {
	return (e.Cause != mapping.CauseGuard || len(e.Steps) == 0) && e.Err == nil && len(e.Calls) == 0 && !slices.ContainsFunc(e.Memory, func(w mapping.MemoryWrite) bool { return w.Note == "" })
}

// eachRefusal returns what hands the line of a request that was refused to write. Of an error that
// ended a change, the line of the change tells.
func eachRefusal(write func(changelog.Line)) func(proxy.Refusal) {
	return func(r proxy.Refusal) {
		if r.Err.Recorded() {
			return
		}
		line := lineFor(r.Request)
		line.Time, line.Cause = time.Now().UTC(), changelog.CauseRequest
		line.Kind, line.ID, line.Name = kinds[r.Type], r.ID, r.Name
		line.Outcome, line.Status, line.Reason = outcomeOf(r.Err.Status), r.Err.Status, r.Err.Detail
		write(line)
	}
}

// kinds are the kinds of objects by the name of the resource type.
var kinds = map[string]string{"User": changelog.KindUser, "Group": changelog.KindGroup}

// retryChangeLog is after what time a client should send a change again that was withheld.
const retryChangeLog = time.Minute

// withhold returns why only ends of access may be carried out; nil while lines can be written.
func (l *changeLog) withhold() *scim.Error {
	if err := l.writer.Trouble(); err != nil {
		return scim.Unavailable(retryChangeLog, "The change log of the gateway cannot be written, so only changes that end access are made: "+
			"the component changelog of the gateway's /health says why and what to do. This change will be made when it is tried again.").Because(err)
	}
	return nil
}

// status is what /readyz shows of the change log.
func (l *changeLog) status() admin.Status {
	err := l.writer.Trouble()
	if err == nil {
		return admin.Status{OK: true}
	}
	held, lost := l.writer.Held()
	detail := fmt.Sprintf("the change log cannot be written: %v; only changes that end access are made, others get 503. "+
		"Free space on its disk, or restart the gateway with another %s. %d bytes of lines wait in memory", err, changelogKey, held)
	if lost > 0 {
		detail += fmt.Sprintf(", lines lost: %d", lost)
	}
	return admin.Status{Since: l.writer.Since(), Detail: detail}
}

// conditions is the alert while the change log cannot be written.
func (l *changeLog) conditions() []alert.Condition {
	if l == nil {
		return nil
	}
	return failing(alertChangeLog, l.status(), "See the change log in docs/operations.md")
}

// Metrics of the change log.
var (
	changelogLinesDesc = prometheus.NewDesc("tvscim_changelog_lines_total",
		"Lines of the change log, by outcome: written, or lost since they could be neither written nor held in memory.", []string{"outcome"}, nil)
	changelogFailuresDesc = prometheus.NewDesc("tvscim_changelog_write_failures_total", "Attempts to write to the change log that failed.", nil, nil)
)

// Describe implements prometheus.Collector.
func (*changeLog) Describe(to chan<- *prometheus.Desc) {
	to <- changelogLinesDesc
	to <- changelogFailuresDesc
}

// Collect implements prometheus.Collector.
func (l *changeLog) Collect(to chan<- prometheus.Metric) {
	c := l.writer.Counts()
	to <- prometheus.MustNewConstMetric(changelogLinesDesc, prometheus.CounterValue, float64(c.Written), "written")
	to <- prometheus.MustNewConstMetric(changelogLinesDesc, prometheus.CounterValue, float64(c.Lost), "lost")
	to <- prometheus.MustNewConstMetric(changelogFailuresDesc, prometheus.CounterValue, float64(c.Failures))
}

// lineFor returns the part of a line that tells of the request.
func lineFor(r scim.Request) changelog.Line {
	return changelog.Line{Request: r.ID, Operation: r.Operation, Activity: r.Activity, Caller: r.Caller, Address: r.Address, Method: r.Method}
}

// lineOf returns the line of an event. Its time is that of its last call, so that the times of
// lines have the order of the calls.
func lineOf(e mapping.Event) changelog.Line {
	l := lineFor(e.Request)
	l.Time, l.Cause, l.Kind, l.ID, l.Name, l.Steps = e.Ended.UTC(), string(e.Cause), e.Kind, e.ID, e.Name, e.Steps
	l.Before, l.After = attributesOf(e.Before), attributesOf(e.After)
	l.Deleted = e.Deleted
	l.Added, l.Removed, l.Open = idsOf(e.Members.Added), idsOf(e.Members.Removed), idsOf(e.Members.Unanswered)
	for _, c := range e.Calls {
		outcome := "ok"
		if c.Outcome != 0 {
			outcome = c.Outcome.String()
		}
		l.Time = c.Ended.UTC()
		l.Calls = append(l.Calls, changelog.Call{Time: c.Ended.UTC(), Function: string(c.Function), Status: c.Status, Outcome: outcome, Millis: c.Duration.Milliseconds()})
	}
	for _, w := range e.Memory {
		switch {
		case w.Err != nil || w.ID != e.ID:
		case w.Deleted:
			l.Memory = changelog.MemoryForgotten
		default:
			l.Memory = changelog.MemoryKept
		}
	}
	if l.Outcome = changelog.Done; e.Err != nil {
		l.Status, l.Reason = reasonOf(e.Err)
		l.Outcome, l.Held = failedOutcome(e, l.Status), errors.Is(e.Err, mapping.ErrHeldBack)
	}
	return l
}

// ofObject are the changes of a user or group itself: a 404 to one means that it is gone.
var ofObject = map[tvapi.Function]bool{
	tvapi.FuncUserUpdate: true, tvapi.FuncUserDelete: true, tvapi.FuncGroupUpdate: true, tvapi.FuncGroupDelete: true,
}

// failedOutcome is the outcome of a change that ended with an error.
func failedOutcome(e mapping.Event, status int) changelog.Outcome {
	made := slices.ContainsFunc(e.Memory, func(w mapping.MemoryWrite) bool { return w.Note == "" && !w.Deleted })
	for _, c := range e.Calls {
		if c.Function.Reads() {
			continue
		}
		missing := c.Outcome == tvapi.KindNotFound && status != http.StatusNotFound // and TeamViewer did not confirm it
		if c.Outcome.Uncertain() || missing && ofObject[c.Function] {
			return changelog.Unknown
		}
		made = made || c.Outcome == 0
	}
	if made {
		return changelog.Partly
	}
	return outcomeOf(status)
}

// outcomeOf is the outcome of a request that was answered with an error before anything was
// changed.
func outcomeOf(status int) changelog.Outcome {
	if status >= 500 || status == 429 {
		return changelog.Failed
	}
	return changelog.Refused
}

// reasonOf returns the status and the text of an error. An error of TeamViewer that no SCIM error
// stands for holds no secret.
func reasonOf(err error) (status int, reason string) {
	if e, ok := errors.AsType[*scim.Error](err); ok {
		return e.Status, e.Detail
	}
	if e, ok := errors.AsType[*tvapi.Error](err); ok {
		return 0, e.Error()
	}
	return 0, "internal error"
}

// attributesOf returns a user or group as clients see it, without its id.
func attributesOf(shown any) map[string]any {
	var a scim.Attributes
	switch o := shown.(type) {
	case scim.User:
		o.Password = ""
		a = o.Attributes()
	case scim.Group:
		a = o.Attributes()
	default:
		return nil
	}
	delete(a, "id")
	return a
}

func idsOf(users []tvapi.UserID) []string {
	if len(users) == 0 {
		return nil
	}
	ids := make([]string, len(users))
	for i, u := range users {
		ids[i] = u.String()
	}
	return ids
}
