package tvapi

import "strings"

// Function names one function of the Web API, as TeamViewer counts calls: the method and the path
// below /api/v1 with its placeholders, e.g. "GET /users". Call limits are per function, so it is
// the key of counts, limits and metrics.
type Function string

// The functions that this client calls. The names in the manual stand in the comments of the
// methods.
const (
	FuncPing    Function = "GET /ping"
	FuncAccount Function = "GET /account"

	FuncLicenses Function = "GET /company/license"

	FuncUserList   Function = "GET /users"
	FuncUserGet    Function = "GET /users/{id}"
	FuncUserCreate Function = "POST /users"
	FuncUserUpdate Function = "PUT /users/{id}"
	FuncUserDelete Function = "DELETE /users/{id}"

	FuncGroupList   Function = "GET /usergroups"
	FuncGroupGet    Function = "GET /usergroups/{id}"
	FuncGroupCreate Function = "POST /usergroups"
	FuncGroupUpdate Function = "PUT /usergroups/{id}"
	FuncGroupDelete Function = "DELETE /usergroups/{id}"

	FuncMemberList   Function = "GET /usergroups/{id}/members"
	FuncMemberAdd    Function = "POST /usergroups/{id}/members"
	FuncMemberRemove Function = "DELETE /usergroups/{id}/members"

	FuncRoleList       Function = "GET /userroles"
	FuncRolePredefined Function = "GET /userroles/predefined"
)

// placeholder is replaced by the id in the path of a function.
const placeholder = "{id}"

// Reads reports whether the function changes nothing.
func (f Function) Reads() bool { return strings.HasPrefix(string(f), "GET ") }

// split returns the HTTP method and the path below /api/v1, placeholder included.
func (f Function) split() (method, path string) {
	method, path, _ = strings.Cut(string(f), " ")
	return method, path
}
