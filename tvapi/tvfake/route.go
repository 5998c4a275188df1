package tvfake

import (
	"net/http"
	"net/url"
	"strings"
)

// prefix is where the Web API begins.
const prefix = "/api/v1"

// request is what a handler sees of a call.
type request struct {
	params      []string // what stands for the placeholders of the path
	query       url.Values
	contentType string
	body        []byte
	short       bool // a list shows keep objects only: see [Fault.Short]
	keep        int
}

// handler does the work of one function. It runs with the server locked.
type handler func(*Company, *request) (answer, error)

// route is one function of the Web API.
type route struct {
	function string   // "PUT /users/{id}"
	segments []string // of the path, placeholders as "{...}"
	method   string
	right    Right // that the token needs; "" = none
	licensed bool  // only with a licence for user groups
	handle   handler
}

// routes are the functions that the emulator knows, as TeamViewer's OpenAPI document names their
// paths. Ping is not among them: it needs no company.
func routes() []route {
	groups := func(function string, right Right, h handler) route {
		return route{function: function, right: right, licensed: true, handle: h}
	}
	plain := func(function string, right Right, h handler) route {
		return route{function: function, right: right, handle: h}
	}
	all := []route{
		plain(pingFunction, "", nil),
		plain("GET /account", RightAccountRead, (*Company).getAccount),

		plain("GET /users", RightUsersRead, (*Company).listUsers),
		plain("POST /users", RightUsersCreate, (*Company).createUser),
		plain("DELETE /users", "", (*Company).deleteCompany),
		plain("DELETE /company", "", (*Company).deleteCompany),
		plain("GET /company/license", RightLicenseRead, (*Company).listLicenses),
		plain("GET /users/{id}", RightUsersRead, (*Company).getUser),
		plain("PUT /users/{id}", RightUsersModify, (*Company).changeUser),
		plain("DELETE /users/{id}", RightUsersModify, (*Company).removeUser),
		plain("GET /users/{id}/userroles", RightUsersRead, (*Company).listRolesOfUser),

		groups("GET /usergroups", RightGroupsRead, (*Company).listGroups),
		groups("POST /usergroups", RightGroupsCreate, (*Company).createGroup),
		groups("GET /usergroups/{id}", RightGroupsRead, (*Company).getGroup),
		groups("PUT /usergroups/{id}", RightGroupsModify, (*Company).renameGroup),
		groups("DELETE /usergroups/{id}", RightGroupsDelete, (*Company).deleteGroup),
		groups("GET /usergroups/{id}/members", RightGroupsRead, (*Company).listMembers),
		groups("POST /usergroups/{id}/members", RightGroupsModify, (*Company).addMembers),
		groups("DELETE /usergroups/{id}/members", RightGroupsModify, (*Company).removeMembers),
		groups("DELETE /usergroups/{id}/members/{accountId}", RightGroupsModify, (*Company).removeMember),
		groups("GET /usergroups/{id}/userroles", RightGroupsRead, (*Company).getRoleOfGroup),

		plain("GET /userroles", RightUsersRead, (*Company).listRoles),
		plain("POST /userroles", RightRolesModify, (*Company).createRole),
		plain("PUT /userroles", RightRolesModify, (*Company).changeRole),
		plain("DELETE /userroles", RightRolesModify, (*Company).deleteRole),
		plain("GET /userroles/permissions", RightUsersRead, (*Company).listPermissions),
		plain("GET /userroles/assignments/account", RightUsersRead, (*Company).listUsersOfRole),
		plain("GET /userroles/assignments/usergroups", RightUsersRead, (*Company).listGroupsOfRole),
		plain("POST /userroles/assign/account", RightRolesModify, (*Company).assignRole),
		plain("POST /userroles/unassign/account", RightRolesModify, (*Company).unassignRole),
		groups("POST /userroles/assign/usergroup", RightRolesModify, (*Company).assignGroupRole),
		groups("POST /userroles/unassign/usergroup", RightRolesModify, (*Company).unassignGroupRole),
		plain("GET /userroles/predefined", RightUsersRead, (*Company).getPredefinedRole),
		plain("PUT /userroles/{id}/predefined", RightRolesModify, (*Company).setPredefinedRole),
		plain("DELETE /userroles/predefined", RightRolesModify, (*Company).clearPredefinedRole),
	}
	for i, r := range all {
		method, path, _ := strings.Cut(r.function, " ")
		all[i].method, all[i].segments = method, segments(path)
	}
	return all
}

// segments cuts a path in the way of a server that is kind to odd paths: empty and blank segments
// and dots count for nothing, so "/users/", "/users/%20" and "/users/u1/.." are all "/users". A
// client that builds a path out of an empty id meets DELETE /users here, as it may there.
func segments(path string) []string {
	var out []string
	for part := range strings.SplitSeq(path, "/") {
		switch part = strings.TrimSpace(part); part {
		case "", ".":
		case "..":
			out = out[:max(len(out)-1, 0)]
		default:
			out = append(out, part)
		}
	}
	return out
}

// route finds the function of a call, and what its placeholders stand for. Nil is none: the path,
// or the method for it, is not the Web API's.
func (s *Server) route(r *http.Request) (*route, []string) {
	parts := segments(r.URL.Path)
	base := segments(prefix)
	if len(parts) < len(base) || parts[0] != base[0] || parts[1] != base[1] {
		return nil, nil
	}
	for i := range s.routes {
		if params, ok := s.routes[i].match(r.Method, parts[len(base):]); ok {
			return &s.routes[i], params
		}
	}
	return nil, nil
}

func (r *route) match(method string, parts []string) ([]string, bool) {
	if method != r.method || len(parts) != len(r.segments) {
		return nil, false
	}
	var params []string
	for i, segment := range r.segments {
		switch {
		case strings.HasPrefix(segment, "{"):
			params = append(params, parts[i])
		case parts[i] != segment:
			return nil, false
		}
	}
	return params, true
}
