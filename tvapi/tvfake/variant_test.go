package tvfake_test

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"tvscim/tvapi/tvfake"
)

// statusOf makes a call and says its status and category: "400 email_in_use".
func (c *company) statusOf(method, path, body string) string {
	c.t.Helper()
	r := c.do(method, path, body)
	return strings.TrimSpace(fmt.Sprint(r.status, " ", r.category()))
}

// bodyOf makes a call and says its status and body.
func (c *company) bodyOf(method, path, body string) string {
	c.t.Helper()
	r := c.do(method, path, body)
	return fmt.Sprint(r.status, " ", r.body)
}

// observation is what shows the difference between the default and a variant.
type observation struct {
	observe        func(c *company) string
	usual, variant string
}

// call observes the status of one call.
func call(method, path, body string) func(*company) string {
	return func(c *company) string { return c.statusOf(method, fill(c, path), body) }
}

// whole observes the status and body of one call.
func whole(method, path, body string) func(*company) string {
	return func(c *company) string { return c.bodyOf(method, fill(c, path), body) }
}

// fill puts the group's id into a path.
func fill(c *company, path string) string { return strings.ReplaceAll(path, "{g}", id(c.group)) }

// after makes calls before the observation.
func after(calls string, observe func(*company) string) func(*company) string {
	return func(c *company) string {
		for call := range strings.SplitSeq(calls, "; ") {
			parts := strings.SplitN(call+"  ", " ", 3)
			c.do(parts[0], fill(c, parts[1]), strings.TrimSpace(parts[2]))
		}
		return observe(c)
	}
}

// member observes members of the JSON object that a call answers.
func member(method, path, body string, names ...string) func(*company) string {
	return func(c *company) string {
		object := c.do(method, fill(c, path), body).object()
		var shown []string
		for _, name := range names {
			value, there := object[name]
			if !there {
				value = "absent"
			}
			shown = append(shown, fmt.Sprint(value))
		}
		return strings.Join(shown, " ")
	}
}

// membersLeft observes who is in the group.
func membersLeft(c *company) string { return fmt.Sprint(c.members()) }

// found observes how many users a list has.
func found(query string) func(*company) string {
	return func(c *company) string { return fmt.Sprint(len(c.listed(query))) }
}

// limited observes the answer of a used-up limit.
func limited(c *company) string {
	c.server.Fail(tvfake.Fault{Limit: true})
	r := c.do("GET", "/users", "")
	return strings.TrimSpace(fmt.Sprint(r.status, " ", r.category(), " ", r.header.Get("Retry-After")))
}

// with changes the company before an observation.
func with(change func(c *company), observe func(*company) string) func(*company) string {
	return func(c *company) string {
		change(c)
		return observe(c)
	}
}

func unlicensed(c *company) { c.server.SetLicensed(false) }
func companyTok(c *company) { c.server.SetCompanyToken(true) }

// manyGroups makes seven groups more.
func manyGroups(c *company) {
	for i := range 7 {
		c.server.AddGroup(fmt.Sprint("Group ", i))
	}
}

// firstPage observes the length of the first page of groups.
func firstPage(c *company) string {
	return fmt.Sprint(len(decode[pageOfGroups](c.do("GET", "/usergroups", "")).Resources))
}

const taken = `{"email":"U2@example.com","name":"Jo","language":"en"}`

func userObservations() map[string]observation {
	unknown := func(c *company) string {
		return c.statusOf("GET", "/users/u9", "") + ", " + c.statusOf("PUT", "/users/u9", `{"active":false}`) + ", " + c.statusOf("DELETE", "/users/u9", "")
	}
	changes := func(c *company) string {
		return c.bodyOf("PUT", "/users/u1", `{"active":false}`) + "|" + c.bodyOf("DELETE", c.path(), "[1]") + "|" +
			c.bodyOf("DELETE", "/usergroups/"+id(c.group), "") + "|" + c.bodyOf("DELETE", "/users/u1", "")
	}
	created := func(c *company) string {
		return strings.Join(keys(c.do("POST", "/users", createBody).object()), " ")
	}
	inactive := func(c *company) string {
		status := c.statusOf("POST", "/users", newUser(map[string]any{"active": false}))
		u, ok := c.server.UserByEmail("jo@example.com")
		return fmt.Sprint(status, " ", ok, " ", u.Active)
	}
	removal := func(c *company) string {
		c.do("PUT", "/users/u1", `{"active":false}`)
		status := c.statusOf("DELETE", "/users/u1", "")
		u, there := c.server.User("u1")
		return fmt.Sprintf("%s, still inactive: %v", status, there && !u.Active)
	}
	const rest = "active id log_sessions name online_state permissions show_comment_window sso_status tfa_enforcement"
	const user1 = `{"id":"u1","name":"User u1","email":"u1@example.com","permissions":"","active":false,"log_sessions":false,` +
		`"show_comment_window":false,"online_state":"Offline","tfa_enforcement":false,"sso_status":6}`
	return map[string]observation{
		"email-in-use-403":          {call("POST", "/users", taken), "400 email_in_use", "403 email_in_use"},
		"email-in-use-409":          {call("PUT", "/users/u1", `{"email":"u2@example.com"}`), "400 email_in_use", "409 email_in_use"},
		"unknown-user-400":          {unknown, "404 not_found, 404 not_found, 404 not_found", "400 invalid_request, 400 invalid_request, 400 invalid_request"},
		"create-answer-full":        {created, rest, strings.Replace(rest, "active ", "active email ", 1)},
		"create-answer-minimal":     {created, rest, "id name"},
		"active-on-create-honoured": {inactive, "200 true true", "200 true false"},
		"active-on-create-refused":  {inactive, "200 true true", "400 invalid_request false false"},
		"password-required":         {call("POST", "/users", createBody), "200", "400 invalid_request"},
		"password-any":              {call("PUT", "/users/u1", `{"password":"x"}`), "400 invalid_request", "204"},
		"change-answer-200":         {changes, "204 |204 |204 |204 ", "200 |200 |200 |200 "},
		"change-answer-200-body":    {changes, "204 |204 |204 |204 ", "200 " + user1 + "|200 {}|200 {}|200 {}"},
		"empty-put-accepted":        {call("PUT", "/users/u1", "{}"), "400 invalid_request", "204"},
		"email-pending":             {after(`PUT /users/u1 {"email":"x@example.com"}`, member("GET", "/users/u1", "", "email")), "x@example.com", "u1@example.com"},
		"email-lower":               {after(`PUT /users/u1 {"email":"X@Example.com"}`, member("GET", "/users/u1", "", "email")), "X@Example.com", "x@example.com"},
		"removed-frees-email":       {after("DELETE /users/u2", call("POST", "/users", taken)), "400 email_in_use", "200"},
		"sso-user-token-only":       {with(companyTok, call("PUT", "/users/u1", `{"sso_customer_id":"x"}`)), "204", "400 invalid_request"},
		"bare-user-ids":             {call("GET", "/users/1", ""), "404 not_found", "200"},
		"administrators-as-user":    {call("PUT", "/users/u50", `{"active":false}`), "403 invalid_permission", "204"},
		"empty-without-users":       {whole("GET", "/users?name=nobody", ""), `200 {"users":[]}`, "200 {}"},
		"active-omitted":            {member("GET", "/users/u1", "", "active"), "true", "absent"},
		"inactive-removal-400":      {removal, "204, still inactive: false", "400 invalid_request, still inactive: true"},
		"inactive-removal-403":      {removal, "204, still inactive: false", "403 invalid_request, still inactive: true"},
		"filter-minds-case":         {found("?email=U1@example.com"), "1", "0"},
		"filters-or":                {found("?email=u1@example.com&name=u2"), "0", "2"},
		"list-lag":                  {after(`PUT /users/u1 {"name":"Xy"}`, found("?name=Xy")), "1", "0"},
		"sorted-lists": {func(c *company) string {
			for i := range 20 {
				c.server.AddUser(tvfake.User{ID: fmt.Sprint("u1", 10+i)})
			}
			first := c.do("GET", "/users", "").body
			return fmt.Sprint(first == c.do("GET", "/users", "").body)
		}, "false", "true"},
	}
}

func groupObservations() map[string]observation {
	again := call("POST", "/usergroups/{g}/members", "[1]")
	nonMember := call("DELETE", "/usergroups/{g}/members/3", "")
	foreign := func(c *company) string { return c.statusOf("POST", c.path(), "[999,2]") + " " + membersLeft(c) }
	unknown := func(c *company) string { return c.statusOf("DELETE", c.path(), "[1,3,999]") + " " + membersLeft(c) }
	many := "[" + strings.TrimSuffix(strings.Repeat("2,", 101), ",") + "]"
	rename := whole("PUT", "/usergroups/{g}", `{"name":"New"}`)
	renamed := func(c *company) string { return strings.ReplaceAll(rename(c), id(c.group), "{g}") }
	lastToken := func(c *company) string {
		value, there := c.do("GET", "/usergroups", "").object()["nextPaginationToken"]
		return fmt.Sprintf("%v %q", there, fmt.Sprint(value))
	}
	two := `201 [{"accountId":2,"name":"User u2"}]`
	return map[string]observation{
		"rename-taken-400": {with(func(c *company) { c.server.AddGroup("B") }, call("PUT", "/usergroups/{g}", `{"name":"b"}`)),
			"409 invalid_request", "400 invalid_request"},
		"group-names-mind-case":     {call("POST", "/usergroups", `{"name":"SALES"}`), "409 invalid_request", "201"},
		"unknown-group-html":        {call("GET", "/usergroups/1", ""), "404 not_found", "404"},
		"group-rename-200-empty":    {renamed, `200 {"id":{g},"name":"New","creationSourceType":2}`, "200 "},
		"group-rename-204":          {renamed, `200 {"id":{g},"name":"New","creationSourceType":2}`, "204 "},
		"member-add-200-empty":      {whole("POST", "/usergroups/{g}/members", "[2]"), two, "200 "},
		"member-add-204":            {whole("POST", "/usergroups/{g}/members", "[2]"), two, "204 "},
		"member-again-409":          {again, "201", "409 invalid_request"},
		"member-again-404":          {again, "201", "404 not_found"},
		"member-again-400":          {again, "201", "400 invalid_request"},
		"non-member-removed-400":    {nonMember, "204", "400 invalid_request"},
		"non-member-removed-404":    {nonMember, "204", "404 not_found"},
		"unknown-removed-400":       {unknown, "204 []", "400 invalid_request [u1]"},
		"unknown-removed-404":       {unknown, "204 []", "404 not_found [u1]"},
		"bad-member-partial-400":    {foreign, "400 invalid_request [u1]", "400 invalid_request [u1 u2]"},
		"bad-member-partial-201":    {foreign, "400 invalid_request [u1]", "201 [u1 u2]"},
		"too-many-members-413":      {call("POST", "/usergroups/{g}/members", many), "400 invalid_request", "413 invalid_request"},
		"deactivated-leaves-groups": {after(`PUT /users/u1 {"active":false}`, membersLeft), "[u1]", "[]"},
		"removed-stays-member":      {after("DELETE /users/u1", membersLeft), "[]", "[u1]"},
		"page-size-100":             {with(manyGroups, firstPage), "3", "8"},
		"page-size-2":               {with(manyGroups, firstPage), "3", "2"},
		"limit-refused":             {call("GET", "/usergroups?limit=4", ""), "200", "400 invalid_request"},
		"last-token-empty":          {lastToken, `true "<nil>"`, `true ""`},
		"last-token-absent":         {lastToken, `true "<nil>"`, `false "<nil>"`},
	}
}

func otherObservations() map[string]observation {
	badToken := with(func(c *company) { c.token = "wrong" }, whole("GET", "/ping", ""))
	noRight := with(func(c *company) { c.server.SetRights() }, call("GET", "/users", ""))
	expired := with(func(c *company) { c.server.SetTokenState(tvfake.TokenExpired) }, call("GET", "/users", ""))
	plain := with(func(c *company) { c.header = http.Header{"Content-Type": {"text/plain"}} }, call("POST", "/users", createBody))
	fails := func(c *company) string {
		c.server.Fail(tvfake.Fault{Status: 503})
		return c.statusOf("GET", "/users", "")
	}
	isArray := func(c *company) string { return c.do("GET", "/userroles/permissions", "").body[:1] }
	return map[string]observation{
		"unknown-user-no-roles":   {call("GET", "/users/u9/userroles", ""), "404 not_found", "200"},
		"role-permissions-object": {isArray, "[", "{"},
		"ping-401":                {func(c *company) string { return badToken(c)[:22] }, `200 {"token_valid":fal`, `401 {"error":"invalid_`},
		"expired-is-invalid":      {expired, "401 token_expired", "401 invalid_token"},
		"no-permission-400":       {noRight, "403 invalid_permission", "400 invalid_permission"},
		"license-required-400":    {with(unlicensed, call("GET", "/usergroups", "")), "403 license_required", "400 license_required"},
		"license-required-402":    {with(unlicensed, call("GET", "/usergroups", "")), "403 license_required", "402 license_required"},
		"limit-retry-after":       {limited, "403 rate_limit_reached", "403 rate_limit_reached 1"},
		"limit-429":               {limited, "403 rate_limit_reached", "429 rate_limit_reached"},
		"limit-429-retry-after":   {limited, "403 rate_limit_reached", "429 rate_limit_reached 1"},
		"html-errors":             {fails, "503 internal_error", "503"},
		"bare-errors":             {member("GET", "/users/u9", "", "error", "error_code"), "not_found 5062", "not_found absent"},
		"wrong-media-type-415":    {plain, "400 invalid_request", "415 invalid_request"},
		"unknown-fields-ignored":  {call("PUT", "/users/u1", `{"language":"de","active":false}`), "400 invalid_request", "204"},
		"request-names-exact":     {call("PUT", "/users/u1", `{"Active":false}`), "204", "400 invalid_request"},
		"account-without-userid":  {with(companyTok, member("GET", "/account", "", "userid")), "u50", "absent"},
	}
}

// TestVariants shows what each variant changes, and that the default does not.
func TestVariants(t *testing.T) {
	t.Parallel()
	all := userObservations()
	maps.Copy(all, groupObservations())
	maps.Copy(all, otherObservations())
	elsewhere := []string{"default", "page-token-life", "hostile-a", "hostile-b"} // have tests of their own
	var names []string
	for _, v := range tvfake.Variants() {
		names = append(names, v.Name)
		o, ok := all[v.Name]
		if !ok {
			if !slices.Contains(elsewhere, v.Name) {
				t.Errorf("variant %s has no observation", v.Name)
			}
			continue
		}
		t.Run(v.Name, func(t *testing.T) {
			t.Parallel()
			same(t, "under the default", o.observe(newCompany(t, tvfake.Default())), o.usual)
			same(t, "under the variant", o.observe(newCompany(t, v)), o.variant)
		})
	}
	for name := range all {
		if !slices.Contains(names, name) {
			t.Errorf("observation of %s, which is no variant", name)
		}
	}
	slices.Sort(names)
	same(t, "names that differ", len(slices.Compact(slices.Clone(names))), len(names))
}

func TestVariantByName(t *testing.T) {
	t.Parallel()
	for _, want := range tvfake.Variants() {
		got, ok := tvfake.VariantByName(want.Name)
		same(t, want.Name, ok, true)
		same(t, want.Name, got, want)
	}
	if _, ok := tvfake.VariantByName("nonsense"); ok {
		t.Error("found a variant called nonsense")
	}
}

// TestVariantsChangeOnePoint compares each variant with the default as values.
func TestVariantsChangeOnePoint(t *testing.T) {
	t.Parallel()
	for _, v := range tvfake.Variants()[1:] {
		if strings.HasPrefix(v.Name, "hostile") {
			continue
		}
		points := differences(v, tvfake.Default())
		if want := 1 + strings.Count(v.Name, "429-retry"); points != want {
			t.Errorf("%s changes %d points, want %d", v.Name, points, want)
		}
	}
	a, _ := tvfake.VariantByName("hostile-a")
	b, _ := tvfake.VariantByName("hostile-b")
	if differences(a, tvfake.Default()) < 35 || differences(b, tvfake.Default()) < 35 || differences(a, b) < 8 {
		t.Error("the hostile variants do not join enough alternatives")
	}
}

// differences counts the fields, Name aside, in which two variants differ.
func differences(a, b tvfake.Variant) int {
	a.Name, b.Name = "", ""
	left, right := strings.Fields(fmt.Sprintf("%+v", a)), strings.Fields(fmt.Sprintf("%+v", b))
	n := 0
	for i := range left {
		if left[i] != right[i] {
			n++
		}
	}
	return n
}

// TestLifecycleUnderVariants walks one life of a user and a group under every variant: what the
// documents promise holds in each.
func TestLifecycleUnderVariants(t *testing.T) {
	t.Parallel()
	for _, v := range tvfake.Variants() {
		t.Run(v.Name, func(t *testing.T) {
			t.Parallel()
			c := newClient(t, tvfake.Options{Variant: v})
			works := func(method, path, body string) reply {
				t.Helper()
				r := c.do(method, path, body)
				if r.status/100 != 2 {
					t.Fatalf("%s %s: %d %s", method, path, r.status, r.body)
				}
				return r
			}
			u := c.create("jo@example.com")
			works("PUT", "/users/"+u, `{"active":false}`)
			same(t, "active", works("GET", "/users/"+u, "").object()["active"], any(false))
			works("PUT", "/users/"+u, `{"active":true,"name":"New Name"}`)
			same(t, "name", works("GET", "/users/"+u, "").object()["name"], any("New Name"))
			works("POST", "/usergroups", `{"name":"Sales"}`)
			g, _ := c.server.GroupByName("Sales")
			works("POST", "/usergroups/"+id(g)+"/members", accounts(u))
			works("PUT", "/usergroups/"+id(g), `{"name":"Sales EU"}`)
			g, _ = c.server.Group(g.ID)
			same(t, "group", g, tvfake.Group{ID: g.ID, Name: "Sales EU", Members: []string{u}})
			works("DELETE", "/usergroups/"+id(g)+"/members", accounts(u))
			works("DELETE", "/usergroups/"+id(g), "")
			works("DELETE", "/users/"+u+"?isPermanentDelete=true", "")
			c.create("jo@example.com")
			same(t, "users", len(c.server.Users()), 2)
			same(t, "company deleted", c.server.CompanyDeleted(), false)
		})
	}
}

// TestGhosts: a removed account that stays a member is shown with its name, can be taken out, and
// cannot be added again.
func TestGhosts(t *testing.T) {
	t.Parallel()
	v, _ := tvfake.VariantByName("removed-stays-member")
	c := newCompany(t, v)
	c.want(http.StatusNoContent, "DELETE", "/users/u1?isPermanentDelete=true", "")
	shown := c.do("GET", c.path(), "").object()["resources"]
	same(t, "members", shown, any([]any{map[string]any{"accountId": 1.0, "name": "User u1"}}))
	c.server.ChangeGroup(c.group.ID, func(g *tvfake.Group) { g.Members = append(g.Members, "u2") })
	same(t, "kept by a change in the console", c.members(), []string{"u1", "u2"})
	c.want(http.StatusNoContent, "DELETE", c.path(), "[1]")
	c.want(http.StatusBadRequest, "POST", c.path(), "[1]")
}
