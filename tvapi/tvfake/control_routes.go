package tvfake

// controlRoutes are the routes of the control address, with examples of each use that work in this
// order.
func controlRoutes() []controlRoute {
	one := func(pattern string, handle controlHandler, about, body string) controlRoute {
		return controlRoute{pattern, handle, []controlExample{{about: about, body: body}}}
	}
	at := func(pattern string, handle controlHandler, about, path string) controlRoute {
		return controlRoute{pattern, handle, []controlExample{{about: about, path: path}}}
	}
	return []controlRoute{
		{"POST /users", (*Server).controlUser, []controlExample{
			{about: "a user as if made in the console", body: `{"id":"u7","email":"jo@example.com","name":"Jo"}`},
			{about: "a deactivated one; the rest is filled in", body: `{"active":false}`},
			{about: "an administrator with Single Sign-On, whose new address waits to be confirmed",
				body: `{"email":"al@example.com","pending_email":"al.new@example.com","administrator":true,"sso_customer_id":"some-id"}`},
		}},
		one("POST /groups", (*Server).controlGroup, "a user group with its members", `{"name":"Sales","members":["u7"]}`),
		one("POST /outsiders", (*Server).controlOutsider, "an account outside every company: its address is taken", `{"email":"out@example.com"}`),
		one("POST /confirm-emails", (*Server).controlConfirm, "new addresses that wait for a confirmation mail are confirmed", ""),
		one("GET /rights", (*Server).controlRights, "the rights, and which of them the token has", ""),
		at("DELETE /rights/{right}", (*Server).controlTake, "take a right from the token", "/rights/UserGroups.Modify"),
		at("PUT /rights/{right}", (*Server).controlGive, "give it back", "/rights/UserGroups.Modify"),
		{"POST /token", (*Server).controlToken, []controlExample{
			{about: "the token is expired (or revoked, or blocked)", body: `{"state":"expired"}`},
			{about: "it is valid again", body: `{"state":"valid"}`},
			{about: "it is one of company access, and the company has no licence for user groups", body: `{"company":true,"licensed":false}`},
		}},
		{"POST /faults", (*Server).controlFault, faultExamples()},
		one("POST /late", (*Server).controlLate, "late work is done now", ""),
		at("DELETE /faults/{id}", (*Server).controlClearOne, "take one fault away", "/faults/1"),
		one("DELETE /faults", (*Server).controlClear, "take all faults away", ""),
		one("GET /state", (*Server).controlState, "what the company holds", ""),
		one("GET /calls", (*Server).controlCalls, "how often each function was called", ""),
		one("GET /log", (*Server).controlLog, "the last 10,000 calls, in the order of their answers", ""),
		one("GET /variants", (*Server).controlVariants, "the readings of TeamViewer's contract that it can follow", ""),
		one("POST /reset", (*Server).controlReset, "as new: the token's owner is all that is left", ""),
	}
}

// faultExamples have every member of a fault once at least. Each fault lasts until it is taken
// away, unless times says otherwise.
func faultExamples() []controlExample {
	return []controlExample{
		{about: "every call fails, once", body: `{"status":503,"times":1}`},
		{about: "one function fails after it has done its work; the third and fourth call", body: `{"function":"POST /users","status":500,"after":true,"skip":2,"times":2}`},
		{about: "another answer than TeamViewer's, with a header Retry-After",
			body: `{"function":"GET /users","status":502,"body":"<html>Bad Gateway</html>","content_type":"text/html","retry_after":"30"}`},
		{about: "the limit of calls of a function is used up for a minute", body: `{"function":"PUT /users/{id}","limit":true,"times":1,"for":"1m"}`},
		{about: "the limit of one token's calls", body: `{"token":"another-token","limit":true}`},
		{about: "the connection breaks without an answer, and nothing is done", body: `{"function":"DELETE /users/{id}","lost":true}`},
		{about: "the same, after the work was done", body: `{"function":"DELETE /users/{id}","lost":true,"after":true}`},
		{about: "the work is done 30 seconds after the call, whether or not the client still waits", body: `{"function":"PUT /users/{id}","late":"30s","times":1}`},
		{about: "the same, and the connection breaks at once", body: `{"function":"PUT /users/{id}","late":"30s","lost":true,"times":1}`},
		{about: "a valid list that is too short: the token's owner alone", body: `{"function":"GET /users","short":true,"times":1}`},
		{about: "a list of groups that holds five of them only", body: `{"function":"GET /usergroups","short":true,"keep":5,"times":1}`},
		{about: "an answer is cut: empty, object, half, or broken with the connection", body: `{"function":"GET /users","truncate":"half"}`},
		{about: "on average every second call is slow", body: `{"delay":"1.5s","rate":0.5}`},
	}
}
