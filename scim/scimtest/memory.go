package scimtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/go-cmp/cmp"

	"tvscim/scim"
)

// Memory is a [scim.Store] that holds its resources in memory, in the order of their creation.
// userName of users and displayName of groups are unique in any case. It stores every attribute
// unchanged, except for a password, which is accepted and not stored. It is safe for concurrent
// use.
//
// Users and groups are separate stores: a group may have members that do not exist.
type Memory[R scim.Resource] struct {
	typ *scim.ResourceType

	mu    sync.RWMutex
	items []R
	made  int
}

var (
	_ scim.Store[scim.User]  = (*Memory[scim.User])(nil)
	_ scim.Store[scim.Group] = (*Memory[scim.Group])(nil)
)

// NewMemory returns an empty store of the given type. Ids count up from 1 behind the name of the
// type: "user-1".
func NewMemory[R scim.Resource](t *scim.ResourceType) *Memory[R] {
	return &Memory[R]{typ: t}
}

// Len returns how many resources there are.
func (m *Memory[R]) Len() int {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return len(m.items)
}

// Get returns the resource with that id; 404 when there is none.
func (m *Memory[R]) Get(ctx context.Context, req scim.GetRequest) (R, error) {
	var none R
	if err := ctx.Err(); err != nil {
		return none, err
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	i, err := m.find(req.ID)
	if err != nil {
		return none, err
	}
	return clone(m.items[i]), nil
}

// List returns the page of resources that match the query.
func (m *Memory[R]) List(ctx context.Context, req scim.ListRequest) (scim.Page[R], error) {
	if err := ctx.Err(); err != nil {
		return scim.Page[R]{}, err
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	page, err := scim.SelectPage(ctx, m.typ, slices.Values(m.items), req)
	if err != nil {
		return page, err
	}
	for i, item := range page.Items {
		page.Items[i] = clone(item)
	}
	return page, nil
}

// Create makes a resource; 409 uniqueness when its name is taken.
func (m *Memory[R]) Create(ctx context.Context, req scim.CreateRequest[R]) (R, error) {
	var none R
	if err := ctx.Err(); err != nil {
		return none, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.vacant(req.Resource, ""); err != nil {
		return none, err
	}
	m.made++
	now := time.Now()
	r := stored(clone(req.Resource), scim.Head{
		ID:         fmt.Sprintf("%s-%d", strings.ToLower(m.typ.Name), m.made),
		ExternalID: req.Resource.Common().ExternalID,
		Meta:       scim.Meta{Created: now, LastModified: now},
	})
	m.items = append(m.items, r)
	return clone(r), nil
}

// Replace sets all attributes of a resource. An absent active or members leaves the value
// unchanged, as in the gateway.
func (m *Memory[R]) Replace(ctx context.Context, req scim.ReplaceRequest[R]) (R, error) {
	return m.change(ctx, change[R]{id: req.ID, expected: req.If, refused: req.Refused, patch: endingOf(req.Resource), become: func(before R) (R, error) {
		return keepAbsent(clone(req.Resource), before), scim.CheckReplace(m.typ, before, req.Resource)
	}})
}

// Patch changes a resource atomically, except for what ends access, which is never lost; see
// [scim.Store].
func (m *Memory[R]) Patch(ctx context.Context, req scim.PatchRequest) (R, error) {
	return m.change(ctx, change[R]{id: req.ID, expected: req.If, refused: req.Patch.Refused, patch: req.Patch, become: func(before R) (R, error) {
		return scim.Apply(m.typ, before, req.Patch)
	}})
}

// change is a change of one resource.
type change[R scim.Resource] struct {
	id       string
	expected scim.Precondition
	become   func(before R) (R, error) // the changed resource
	patch    scim.Patch                // has what ends access
	refused  *scim.Error               // why the request is refused; nil: it is not
}

// change replaces a resource by the result of a function. Of a refused change, it does only
// what ends access. lastModified changes only if another attribute does (RFC 7644 section
// 3.5.2.1).
func (m *Memory[R]) change(ctx context.Context, c change[R]) (R, error) {
	var none R
	if err := ctx.Err(); err != nil {
		return none, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	i, err := m.find(c.id)
	if err != nil {
		return none, err
	}
	if err := c.expected.Check(scim.VersionOf(m.typ, m.items[i])); err != nil {
		return none, err
	}
	after, err := m.after(c, m.items[i])
	if refused, ok := errors.AsType[*scim.Error](err); ok {
		if ending, ok := c.patch.Ending(refused); ok {
			ended, err := scim.Apply(m.typ, clone(m.items[i]), ending)
			if err != nil {
				return none, err
			}
			m.put(i, ended)
			return none, ending.Done()
		}
	}
	if err != nil {
		return none, err
	}
	m.put(i, after)
	return clone(m.items[i]), nil
}

// after returns the changed resource, or why the change is refused.
func (m *Memory[R]) after(c change[R], before R) (R, error) {
	if c.refused != nil {
		return before, c.refused
	}
	after, err := c.become(clone(before))
	if err != nil {
		return before, err
	}
	return after, m.vacant(after, c.id)
}

// put stores a changed resource.
func (m *Memory[R]) put(i int, after R) {
	before := m.items[i]
	head := before.Common()
	head.ExternalID = after.Common().ExternalID
	after = stored(after, head)
	if !cmp.Equal(before.Attributes(), after.Attributes()) {
		head.Meta.LastModified = time.Now()
		after = stored(after, head)
	}
	m.items[i] = after
}

// Delete removes a resource; 404 when there is none.
func (m *Memory[R]) Delete(ctx context.Context, req scim.DeleteRequest) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	i, err := m.find(req.ID)
	if err != nil {
		return err
	}
	if err := req.If.Check(scim.VersionOf(m.typ, m.items[i])); err != nil {
		return err
	}
	m.items = slices.Delete(m.items, i, i+1)
	return nil
}

// find returns the index of the resource with that id.
func (m *Memory[R]) find(id string) (int, error) {
	i := slices.IndexFunc(m.items, func(r R) bool { return r.Common().ID == id })
	if i < 0 {
		return 0, scim.NotFound("%s %q: no resource has this id", m.typ.Name, id)
	}
	return i, nil
}

// vacant reports a resource other than the one with the given id that has the name of r.
func (m *Memory[R]) vacant(r R, except string) error {
	attr, name := unique(r)
	for _, other := range m.items {
		if _, taken := unique(other); other.Common().ID != except && strings.EqualFold(name, taken) {
			return scim.Uniqueness("%s %q: %s %s has it", attr, name, m.typ.Name, other.Common().ID)
		}
	}
	return nil
}
