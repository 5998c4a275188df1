package proxy

import (
	"context"
	"net/http"

	"tvscim/scim"
)

// mostShared is how many PATCHes of one group share calls at most.
const mostShared = 100

// share carries out the next steps as one PATCH if they all add members to one group, or all remove
// members from it: one call at TeamViewer changes up to 100 members. It returns the number of
// steps, 0 if there is nothing to share. If the PATCH is refused for what it asks, each step is to
// be carried out on its own, so that each has its own result: adding or removing a member again
// changes nothing.
func (b *bulkRun) share(ctx context.Context, steps []scim.BulkStep) int {
	id, all, ok := b.memberChange(steps[0])
	if !ok || ctx.Err() != nil {
		return 0
	}
	n, ignored := 1, []*scim.Ignored{all.Ignored}
	for n < min(len(steps), mostShared) {
		other, patch, ok := b.memberChange(steps[n])
		if !ok || other != id || patch.Ops[0].Kind != all.Ops[0].Kind {
			break
		}
		all.Ops = append(all.Ops, patch.Ops...)
		ignored = append(ignored, patch.Ignored)
		n++
	}
	if n == 1 {
		return 0
	}
	ctx, cancel := context.WithTimeout(ctx, b.server.timeout)
	defer cancel()
	ctx = operationContext(ctx, 0, http.MethodPatch)
	ans, err := b.server.stop.await(func() (answer, error) {
		return b.groups.apply(ctx, b.groups.request(id, scim.BulkOperation{}), all, scim.Nothing())
	})
	if err != nil && isRefusal(b.server.problem(b.exchange, err)) {
		b.alone = n
		return 0
	}
	for i, step := range steps[:n] {
		b.server.noteIgnored(b.id, ignored[i])
		ans = b.groups.about(ans, id, err)
		b.result(step).Location = b.location(b.groups, id)
		b.finish(step, ans, err)
	}
	return n
}

// isRefusal reports whether an error is about the request, and not about the moment or the caller.
func isRefusal(e *scim.Error) bool {
	return e.Status < http.StatusInternalServerError && e.Status != http.StatusTooManyRequests && e.Status != http.StatusUnauthorized
}

// memberChange decodes a step that adds members to a group or removes members from it, and does
// nothing else. It reports false for any other step, and for one that is malformed.
func (b *bulkRun) memberChange(step scim.BulkStep) (id string, patch scim.Patch, ok bool) {
	if step.Method != http.MethodPatch || step.Late || step.Refused != nil || !step.If.Empty() {
		return "", scim.Patch{}, false
	}
	op, err := step.Resolve(b.ids)
	if err != nil {
		return "", scim.Patch{}, false
	}
	in, id, err := b.target(op.Path)
	if err != nil || in != operable(b.groups) || id == "" {
		return "", scim.Patch{}, false
	}
	if patch, err = scim.DecodePatchBody(b.server.groups, id, op.Data); err != nil {
		return "", scim.Patch{}, false
	}
	return id, patch, patch.MembersOnly()
}
