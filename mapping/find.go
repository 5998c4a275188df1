package mapping

import (
	"slices"

	"tvscim/mapping/idmap"
	"tvscim/mapping/plan"
	"tvscim/mapping/roster"
	"tvscim/scim"
	"tvscim/scim/filter"
	"tvscim/tvapi"
)

// narrow reduces a filter to candidates that an index finds: all objects that match and perhaps
// more, since the filter is evaluated on them again. It returns false if no index applies. lookUp
// returns the objects for one equality on an attribute, named by its key in scim.Attributes, and
// false for an attribute without index.
func narrow[ID ~int32 | ~int64](
	t *scim.ResourceType, e filter.Expr, lookUp func(key, value string) ([]ID, bool),
) ([]ID, bool) {
	switch e := e.(type) {
	case filter.And:
		left, okLeft := narrow(t, e.Left, lookUp)
		right, okRight := narrow(t, e.Right, lookUp)
		if okLeft && (!okRight || len(left) <= len(right)) {
			return left, true
		}
		return right, okRight
	case filter.Or:
		left, okLeft := narrow(t, e.Left, lookUp)
		right, okRight := narrow(t, e.Right, lookUp)
		if !okLeft || !okRight {
			return nil, false
		}
		return distinct(append(left, right...)), true
	case filter.Compare:
		return narrowCompare(t, e.Path, e, lookUp)
	case filter.ValuePath:
		return narrowElements(t, e, lookUp)
	}
	return nil, false
}

// narrowElements narrows by an equality on the value of the elements of a multi-valued attribute,
// in the brackets or after them.
func narrowElements[ID ~int32 | ~int64](
	t *scim.ResourceType, e filter.ValuePath, lookUp func(key, value string) ([]ID, bool),
) ([]ID, bool) {
	for _, part := range []filter.Expr{e.Then, e.Inner} {
		if part == nil {
			continue
		}
		for _, conjunct := range filter.Conjuncts(part) {
			c, ok := conjunct.(filter.Compare)
			if !ok || c.Path.URN != "" || c.Path.Sub != "" {
				continue
			}
			path := filter.AttrPath{URN: e.Path.URN, Name: e.Path.Name, Sub: c.Path.Name}
			if ids, ok := narrowCompare(t, path, c, lookUp); ok {
				return ids, true
			}
		}
	}
	return nil, false
}

func narrowCompare[ID ~int32 | ~int64](
	t *scim.ResourceType, path filter.AttrPath, c filter.Compare, lookUp func(key, value string) ([]ID, bool),
) ([]ID, bool) {
	r, ok := t.Resolve(path)
	if !ok || r.Attr == nil || c.Op != filter.Equal || c.Value.Kind != filter.String {
		return nil, false
	}
	if r.Sub != nil && r.Sub.Name != "value" {
		return nil, false
	}
	return lookUp(r.Key(), c.Value.Text)
}

// userLookUp returns the look-up of users by their indexed attributes, in one view of the snapshot.
func (c userReader) userLookUp(view *roster.UserView) func(key, value string) ([]tvapi.UserID, bool) {
	return func(key, value string) ([]tvapi.UserID, bool) {
		switch key {
		case "id":
			id, err := tvapi.ParseUserID(value)
			if err != nil {
				return nil, true
			}
			return c.inView(view, []string{id.String()}), true
		case plan.KeyExternalID:
			return c.inView(view, c.links.Find(idmap.Key{Index: idmap.UserExternalID, Value: value})), true
		case plan.KeyUserName:
			return c.idsByUserName(view, value), true
		case plan.KeyEmails: // a user without another e-mail address has the userName
			byMail := c.inView(view, c.links.Find(idmap.Key{Index: idmap.UserEmail, Value: tvapi.FoldEmail(value)}))
			return distinct(append(byMail, c.idsByUserName(view, value)...)), true
		}
		return nil, false
	}
}

// idsByUserName returns the users who have a userName in TeamViewer, or who may be shown with it.
func (c userReader) idsByUserName(view *roster.UserView, userName string) []tvapi.UserID {
	ids := c.inView(view, c.links.Find(idmap.Key{Index: idmap.UserName, Value: tvapi.FoldEmail(userName)}))
	for _, t := range view.AllNamed(userName) {
		ids = append(ids, t.ID)
	}
	return distinct(ids)
}

// inView returns the ids of users that the view has.
func (c userReader) inView(view *roster.UserView, links []string) []tvapi.UserID {
	return knownIDs(links, tvapi.ParseUserID, view.ByID)
}

// groupLookUp returns the look-up of groups by their indexed attributes, in one view of the
// snapshot.
func (c groupReader) groupLookUp(view *roster.GroupView) func(key, value string) ([]tvapi.GroupID, bool) {
	return func(key, value string) ([]tvapi.GroupID, bool) {
		switch key {
		case "id":
			return c.groupsInView(view, []string{value}), true
		case plan.KeyExternalID:
			return c.groupsInView(view, c.links.Find(idmap.Key{Index: idmap.GroupExternalID, Value: value})), true
		case plan.KeyDisplayName:
			return c.idsByGroupName(view, value), true
		}
		return nil, false
	}
}

// idsByGroupName returns the groups that have a name in TeamViewer, or that may be shown with it,
// ignoring letter case.
func (c groupReader) idsByGroupName(view *roster.GroupView, name string) []tvapi.GroupID {
	ids := c.groupsInView(view, c.links.Find(idmap.Key{Index: idmap.GroupName, Value: tvapi.FoldName(name)}))
	for _, g := range view.AllNamed(name) {
		ids = append(ids, g.ID)
	}
	return distinct(ids)
}

// groupsInView returns the ids of groups that the view has.
func (c groupReader) groupsInView(view *roster.GroupView, links []string) []tvapi.GroupID {
	return knownIDs(links, tvapi.ParseGroupID, view.ByID)
}

// knownIDs returns the ids that a view has. There may be records of other users and groups, which
// are gone.
func knownIDs[ID ~int32 | ~int64, V any](
	links []string, parse func(string) (ID, error), byID func(ID) (V, bool),
) []ID {
	var ids []ID
	for _, link := range links {
		id, err := parse(link)
		if err != nil {
			continue
		}
		if _, ok := byID(id); ok {
			ids = append(ids, id)
		}
	}
	return ids
}

// distinct sorts ids, which is the order of lists, and removes duplicates.
func distinct[ID ~int32 | ~int64](ids []ID) []ID {
	slices.Sort(ids)
	return slices.Compact(ids)
}

// conclusive reports whether one match of a filter is the whole answer. With alternatives it is
// not: there may be other matches.
func conclusive(e filter.Expr) bool {
	switch e := e.(type) {
	case filter.And:
		return conclusive(e.Left) && conclusive(e.Right)
	case filter.Compare:
		return e.Op == filter.Equal
	case filter.ValuePath:
		return true
	}
	return false
}

// subtract returns the ids that are not in without.
func subtract(ids, without []tvapi.UserID) []tvapi.UserID {
	not := make(map[tvapi.UserID]bool, len(without))
	for _, id := range without {
		not[id] = true
	}
	return slices.DeleteFunc(slices.Clone(ids), func(id tvapi.UserID) bool { return not[id] })
}
