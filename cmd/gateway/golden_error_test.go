package gateway_test

import (
	"tvscim/cmd/config"
	"tvscim/tvapi/tvfake"
)

// refusalScenarios are errors for which the request, or the company's state, is the reason.
func refusalScenarios() []scenario {
	const user = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"ida.nord@contoso.example","displayName":"Ida Nord"}`
	post := func(name, about, body string) scenario {
		return scenario{name: "error." + name, about: about, method: "POST", path: "/Users", body: body}
	}
	patchNora := func(name, about string, operations ...string) scenario {
		return scenario{name: "error." + name, about: about, given: noraAndOla, method: "PATCH", path: "/Users/{userId}", body: patchOf(operations...)}
	}
	get := func(name, about, path string) scenario {
		return scenario{name: "error." + name, about: about, method: "GET", path: path}
	}
	owner := func(name, method, body string) scenario {
		return scenario{name: "error.400-owner-" + name, about: "The owner of the gateway's token is protected.", method: method, path: "/Users/u99", body: body}
	}
	with := func(s scenario, given func(*play)) scenario { s.given = given; return s }
	outsider := func(p *play) { noraAndOla(p); p.fake.AddOutsider("ida.nord@contoso.example") }
	return []scenario{
		post("400-empty-body", "A POST without a body.", ""),
		post("400-no-object", "A body that is no object.", "[]"),
		post("400-no-userName", "userName is required.", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"displayName":"Ida Nord"}`),
		post("400-address", "A userName that TeamViewer would never take is not even sent.", `{"userName":"idå.nord@contoso.example","displayName":"Ida"}`),
		post("400-active", "A value of the wrong type.", `{"userName":"ida.nord@contoso.example","active":"perhaps"}`),
		patchNora("400-path", "A path that cannot be read.", `{"op":"replace","path":"emails[type eq \"work\".value","value":"x@contoso.example"}`),
		patchNora("400-no-target", "A removal without a path.", `{"op":"remove"}`),
		patchNora("400-read-only", "An attribute that only the service sets.", `{"op":"replace","path":"id","value":"u1"}`),
		patchNora("400-no-value", "An addition without a value.", `{"op":"add","path":"displayName"}`),
		patchNora("400-address-deactivated", "An address that TeamViewer would never take, beside a deactivation: that is done all the same.",
			`{"op":"Replace","path":"userName","value":"no address"}`, `{"op":"Replace","path":"active","value":"False"}`),
		with(patchNora("409-outside-deactivated", "An address that is taken outside the company, beside a deactivation: that is done all the same.",
			`{"op":"Replace","path":"userName","value":"ida.nord@contoso.example"}`, `{"op":"Replace","path":"active","value":"False"}`), outsider),
		get("400-filter", "A filter that cannot be read.", "/Users?filter=userName+eq"),
		owner("deactivated", "PATCH", patchOf(`{"op":"Replace","path":"active","value":"False"}`)),
		owner("renamed", "PATCH", patchOf(`{"op":"Replace","path":"userName","value":"somebody@contoso.example"}`)),
		owner("deleted", "DELETE", ""),
		{name: "error.400-members", about: "Users whom the company does not have cannot be members: nothing is sent.", given: noraInFieldService, method: "PATCH",
			path: "/Groups/{groupId}",
			body: patchOf(`{"op":"Add","path":"members","value":[{"value":"{managerId}"},{"value":"u77"},{"value":"00000000-0000-4000-8000-00000000dead"}]}`)},
		{name: "error.400-no-group-name", about: "displayName is required.", method: "POST", path: "/Groups",
			body: `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"]}`},
		with(post("409-outside", "The address belongs to an account outside the company.", user), outsider),
		{name: "error.409-group-renamed", about: "A group cannot take another one's name, whatever the letter case.",
			given:  all(noraInFieldService, have("other", "entra.create.group.members-null")),
			method: "PATCH", path: "/Groups/{groupId}", body: patchOf(`{"op":"Replace","path":"displayName","value":"tv lab"}`)},
		{name: "error.401-no-token", about: "No bearer token.", method: "GET", path: "/Users", header: map[string]string{"Authorization": ""}},
		{name: "error.401-wrong-token", about: "A wrong bearer token.", method: "GET", path: "/Users", header: map[string]string{"Authorization": "Bearer wrong"}},
		{name: "error.401-caller", about: "auth.mode passthrough: TeamViewer does not accept the caller's own token.", method: "GET", path: "/Users",
			header: map[string]string{"Authorization": "Bearer " + goldenToken}, settings: passedThrough, given: func(p *play) { p.fake.SetTokenState(tvfake.TokenExpired) }},
		{name: "error.403-caller", about: "auth.mode passthrough: the caller's own token may not even look at users.", method: "GET", path: "/Users",
			header: map[string]string{"Authorization": "Bearer " + goldenToken}, settings: passedThrough, given: func(p *play) { p.fake.SetRights(tvfake.RightAccountRead) }},
		get("404-path", "A wrong address in the client's settings.", "/Userz"),
		get("404-group", "A group that is not there.", "/Groups/77"),
		{name: "error.405", about: "A method that the path does not have.", method: "PUT", path: "/Users", body: user},
		{name: "error.413", about: "A body that is too large.", method: "POST", path: "/Users", body: user,
			settings: func(c *config.Config) { c.Limits.MaxBody = 64 }},
		{name: "error.415", about: "A body that is no JSON.", method: "POST", path: "/Users", body: user, header: map[string]string{"Content-Type": "text/plain"}},
	}
}

// passedThrough is auth.mode passthrough.
func passedThrough(c *config.Config) {
	c.Auth.Mode, c.Auth.Tokens, c.TeamViewer.Token = config.AuthPassthrough, nil, config.Secret{}
}

// troubleScenarios are errors for which TeamViewer is the reason.
func troubleScenarios() []scenario {
	const user = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"ida.nord@contoso.example","displayName":"Ida Nord"}`
	failing := func(f tvfake.Fault) func(*play) { return func(p *play) { p.fake.Fail(f) } }
	list := func(name, about string, given func(*play)) scenario {
		return scenario{name: "trouble." + name, about: about, given: given, method: "GET", path: "/Users?filter=" + eq("userName", nora)}
	}
	disable := func(name, about string, given func(*play)) scenario {
		return scenario{name: "trouble." + name, about: about, given: all(noraAndOla, given), method: "PATCH", path: "/Users/{userId}",
			body: patchOf(`{"op":"Replace","path":"active","value":"False"}`)}
	}
	create := func(name, about, body string, given func(*play)) scenario {
		return scenario{name: "trouble." + name, about: about, given: all(noraAndOla, given), method: "POST", path: "/Users", body: body}
	}
	group := func(name, about string, given func(*play)) scenario {
		return scenario{name: "trouble." + name, about: about, given: all(noraAndOla, given), method: "POST", path: "/Groups",
			body: `{"displayName":"TV Lab","members":[{"value":"{userId}"}]}`}
	}
	rights := func(rights ...tvfake.Right) func(*play) { return func(p *play) { p.fake.SetRights(rights...) } }
	return []scenario{
		list("503-error", "TeamViewer is down: no empty list is shown, which would say that nobody is there.", failing(tvfake.Fault{Status: 500})),
		list("503-foreign", "A proxy answers in TeamViewer's place.", failing(tvfake.Fault{Status: 200, Body: "<html>Welcome</html>", ContentType: "text/html"})),
		list("503-token", "TeamViewer no longer accepts the gateway's token. 401 would stop the client's whole job, and its own token is right.",
			func(p *play) { p.fake.SetTokenState(tvfake.TokenExpired) }),
		list("503-blocked", "TeamViewer blocks the gateway's address.", func(p *play) { p.fake.SetTokenState(tvfake.TokenBlocked) }),
		list("503-right", "The gateway's token may not look at users.", rights(tvfake.RightAccountRead)),
		disable("503-lost", "The connection breaks before an answer comes.", failing(tvfake.Fault{Function: "PUT /users/{id}", Lost: true})),
		disable("429", "TeamViewer's limit of calls is used up.", failing(tvfake.Fault{Function: "PUT /users/{id}", Limit: true, RetryAfter: "120"})),
		disable("400-right", "The gateway's token may not change users: that is about the token, but 403 would stop the client's whole job.",
			rights(tvfake.RightAccountRead, tvfake.RightUsersRead)),
		disable("404-gone", "The user was removed in TeamViewer's console a moment ago.", func(p *play) { p.fake.DropUser(p.ids["userId"]) }),
		create("503-lost-done", "The answer to a POST is lost, but its work was done: the next search finds the account, which is not taken for the request's.", user,
			failing(tvfake.Fault{Function: "POST /users", Lost: true, After: true, Times: 1})),
		create("503-inactive", "A user is to be born inactive, and cannot be deactivated.", `{"userName":"ida.nord@contoso.example","displayName":"Ida Nord","active":false}`,
			failing(tvfake.Fault{Function: "PUT /users/{id}", Status: 500})),
		create("201-password", "TeamViewer wants a password for each new user: it gets a random one.", user,
			failing(tvfake.Fault{Function: "POST /users", Status: 400, Times: 1,
				Body: `{"error":"invalid_request","error_description":"password: is required","error_code":2}`})),
		group("400-licence", "The company's licence has no user groups.", func(p *play) { p.fake.SetLicensed(false) }),
		group("400-taken-back", "A group is made with all of its members or not at all.", failing(tvfake.Fault{Function: "POST /usergroups/{id}/members", Status: 400})),
		group("503-taken-back", "The same where TeamViewer is down.", failing(tvfake.Fault{Function: "POST /usergroups/{id}/members", Status: 500})),
		group("409-unseen-group", "A group of that name was made in the console a moment ago.", func(p *play) { p.see("/Groups"); p.fake.AddGroup("TV Lab") }),
		create("409-unseen", "A user of that address was made in the console a moment ago.", user,
			func(p *play) {
				p.fake.AddUser(tvfake.User{Email: "ida.nord@contoso.example", Name: "Ida", Active: true})
			}),
	}
}
