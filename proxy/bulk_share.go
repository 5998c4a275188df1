package proxy

import (
	"context"
	"net/http"

	"tvscim/scim"
)

// shareable is a step that adds members to a group, or removes some, and does nothing else.
type shareable struct {
	id    string // of the group
	kind  scim.OpKind
	patch scim.Patch
}

// share carries out steps that follow each other as one, if they all add members to one group, or all remove some: a
// client that adds a thousand members one by one would cost a thousand calls. It returns how many steps it took, 0 if
// there is nothing to share. Where the group is refused the change, each step is to be carried out on its own, so that
// each gets its own answer; to add or remove a member once more does no harm.
func (b *bulkRun) share(ctx context.Context, steps []scim.BulkStep) int {
	all, ok := b.shareable(steps[0])
	if !ok || ctx.Err() != nil {
		return 0
	}
	n, ignored := 1, []*scim.Ignored{all.patch.Ignored}
	for n < min(len(steps), mostShared) {
		one, ok := b.shareable(steps[n])
		if !ok || one.id != all.id || one.kind != all.kind {
			break
		}
		all.patch.Ops = append(all.patch.Ops, one.patch.Ops...)
		ignored = append(ignored, one.patch.Ignored)
		n++
	}
	if n == 1 {
		return 0
	}
	ctx, cancel := context.WithTimeout(ctx, b.server.timeout)
	defer cancel()
	ans, err := b.server.stop.await(func() (answer, error) {
		return b.groups.apply(ctx, b.groups.request(all.id, scim.BulkOperation{}), all.patch, scim.Nothing())
	})
	if err != nil && refused(b.server.problem(b.exchange, err)) {
		b.alone = n
		return 0
	}
	for _, names := range ignored {
		b.server.noteIgnored(b.id, names)
	}
	for _, step := range steps[:n] {
		result := b.result(step)
		result.Location = b.location(b.groups, all.id)
		if err != nil {
			b.fail(step, err)
		} else {
			result.Status, result.Version = ans.status, ans.version
		}
	}
	return n
}

// refused tells whether an error is about what was asked, rather than about the moment.
func refused(e *scim.Error) bool {
	return e.Status < http.StatusInternalServerError && e.Status != http.StatusTooManyRequests && e.Status != http.StatusUnauthorized
}

// shareable reads a step; false when it is something else, or nothing that could be carried out.
func (b *bulkRun) shareable(step scim.BulkStep) (shareable, bool) {
	if step.Method != http.MethodPatch || step.Late || step.Refused != nil || !step.If.Empty() {
		return shareable{}, false
	}
	op, err := step.Resolve(b.ids)
	if err != nil {
		return shareable{}, false
	}
	in, id, err := b.target(op.Path)
	if err != nil || in != operable(b.groups) || id == "" {
		return shareable{}, false
	}
	patch, err := scim.DecodePatchBody(b.server.groups, id, op.Data)
	if err != nil {
		return shareable{}, false
	}
	kind, ok := patch.MembersOnly()
	return shareable{id: id, kind: kind, patch: patch}, ok
}
