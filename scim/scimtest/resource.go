package scimtest

import "tvscim/scim"

// unique returns the unique attribute of a resource, and its value.
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

// stored returns r as it is stored: with the given head, without a password, and with known
// members.
func stored[R scim.Resource](r R, head scim.Head) R {
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

// keepAbsent returns r with the active or members of before if they are absent.
func keepAbsent[R scim.Resource](r, before R) R {
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

// endingOf returns the part of the replacement by r that may end access, as a patch.
func endingOf[R scim.Resource](r R) scim.Patch {
	var ops []scim.Op
	switch r := any(r).(type) {
	case scim.User:
		if r.Active != nil {
			ops = []scim.Op{{Kind: scim.OpReplace, Path: scim.Path{Attr: "active"}, Value: *r.Active}}
		}
	case scim.Group:
		if r.Members == nil {
			break
		}
		members := make([]any, len(r.Members))
		for i, m := range r.Members {
			members[i] = map[string]any{"value": m.Value}
		}
		ops = []scim.Op{{Kind: scim.OpReplace, Path: scim.Path{Attr: "members"}, Value: members}}
	}
	return scim.Patch{Ops: ops}
}
