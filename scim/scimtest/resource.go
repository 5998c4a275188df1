package scimtest

import "tvscim/scim"

// unique returns the attribute of a resource that no two may share, and its value.
func unique[R scim.Resource](r R) (attr, value string) {
	switch r := any(r).(type) {
	case scim.User:
		return "userName", r.UserName
	case scim.Group:
		return "displayName", r.DisplayName
	}
	return "", ""
}

// clone returns a copy that shares nothing with r.
func clone[R scim.Resource](r R) R {
	return withHead(scim.Of[R](r.Attributes()), r.Common())
}

// withHead returns r with another head.
func withHead[R scim.Resource](r R, head scim.Head) R {
	switch p := any(&r).(type) {
	case *scim.User:
		p.Head = head
	case *scim.Group:
		p.Head = head
	}
	return r
}

// settle returns r as it is stored: with the given head, without a password, and with members that
// are known.
func settle[R scim.Resource](r R, head scim.Head) R {
	switch p := any(&r).(type) {
	case *scim.User:
		p.Password = ""
	case *scim.Group:
		if p.Members == nil {
			p.Members = []scim.Member{}
		}
	}
	return withHead(r, head)
}

// keepUnsaid returns r with the active or members of before, where r does not say any.
func keepUnsaid[R scim.Resource](r, before R) R {
	switch p := any(&r).(type) {
	case *scim.User:
		if old := any(before).(scim.User); p.Active == nil {
			p.Active = old.Active
		}
	case *scim.Group:
		if old := any(before).(scim.Group); p.Members == nil {
			p.Members = old.Members
		}
	}
	return r
}

// inactive reports whether r is a user who is not active.
func inactive[R scim.Resource](r R) bool {
	u, ok := any(r).(scim.User)
	return ok && u.Active != nil && !*u.Active
}

// deactivated returns r as it is, but not active.
func deactivated[R scim.Resource](r R) R {
	r = clone(r)
	if u, ok := any(&r).(*scim.User); ok {
		u.Active = new(false)
	}
	return r
}
