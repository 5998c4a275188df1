package gateway_test

// dialectScenarios are shapes that no row of the corpus has.
func dialectScenarios() []scenario {
	both := func(p *play) {
		p.t.Helper()
		noraInFieldService(p)
		p.ids["userId2"] = p.ids["managerId"]
		p.played("entra.compliant.group.add-members")
	}
	patchUser := func(name, about string, operations ...string) scenario {
		return scenario{name: "dialect.user." + name, about: about, given: noraAndOla, method: "PATCH", path: "/Users/{userId}", body: patchOf(operations...)}
	}
	patchGroup := func(name, about string, operations ...string) scenario {
		return scenario{name: "dialect.group." + name, about: about, given: both, method: "PATCH", path: "/Groups/{groupId}", body: patchOf(operations...)}
	}
	keeping := func(s scenario) scenario { s.setup.keep = true; return s }
	asking := func(s scenario, query string) scenario { s.path += query; return s }
	return []scenario{
		patchUser("disable-pathless-string", "Older builds of Entra ID: active as text, in an object without a path.", `{"op":"Replace","value":{"active":"False"}}`),
		patchUser("soft-deleted", "Entra ID renames a user in its recycle bin, and deactivates it in the same request. Nobody has such an address: "+
			"the name is remembered, and only the deactivation is sent.",
			`{"op":"Replace","path":"userName","value":"0f8b6a2c4d1e4b7a9c3d5e6f708192a3nora.vale@contoso.example"}`, `{"op":"Replace","path":"active","value":"False"}`),
		patchUser("rename", "A new address, in the legacy dialect.", `{"op":"Replace","path":"userName","value":"nora.roth@contoso.example"}`),
		patchUser("rename-case-alone", "Letter case alone is not sent, but shown.", `{"op":"Replace","path":"userName","value":"Nora.Vale@contoso.example"}`),
		patchUser("name-too-long", "TeamViewer takes 50 characters. The name is cut at a word for it, and shown as it was asked for.",
			`{"op":"Replace","path":"displayName","value":"Nora Elisabeth Wilhelmina Constance Vale of the Northern Field Service"}`),
		patchUser("name-object", "A path to a complex attribute merges, it does not wipe the siblings.", `{"op":"replace","path":"name","value":{"givenName":"Norah"}}`),
		patchUser("nothing-new", "What is so already costs no call.",
			`{"op":"Replace","path":"displayName","value":"Nora Vale"}`, `{"op":"Add","path":"externalId","value":"nora.vale"}`),
		keeping(patchUser("manager-as-list", "The oldest form of a manager.",
			`{"op":"Add","path":"manager","value":[{"$ref":"https://scim.example.com/scim/v2/Users/{managerId}","value":"{managerId}"}]}`)),
		keeping(patchUser("manager-clear-object", "A manager is cleared with an empty value.",
			`{"op":"Replace","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager","value":{"value":""}}`)),
		{name: "dialect.user.one-operation", about: "A lone operation where a list should be, and no schemas.", given: noraAndOla, method: "PATCH", path: "/Users/{userId}",
			body: `{"Operations":{"op":"replace","path":"displayName","value":"Norah"}}`},
		asking(patchUser("attributes", "Only what is asked for comes back.", `{"op":"replace","path":"displayName","value":"Norah"}`), "?attributes=displayName"),
		{name: "dialect.user.create-inactive", about: "TeamViewer's create call knows no inactive user: a second call deactivates it.", method: "POST", path: "/Users",
			body: `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"ida.nord@contoso.example","displayName":"Ida Nord","active":"False"}`},
		{name: "dialect.user.create-again", about: "A user who was deleted comes back under the same id.", given: all(noraAndOla, played("entra.delete.user")),
			method: "POST", path: "/Users",
			body: `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"nora.vale@contoso.example","externalId":"nora-2","displayName":"Nora Vale"}`},
		patchGroup("remove-all-members", "No value and no filter: every member.", `{"op":"remove","path":"members"}`),
		patchGroup("remove-member-by-condition", "Two members in one filter.", `{"op":"remove","path":"members[value eq \"{userId}\" or value eq \"{managerId}\"]"}`),
		patchGroup("members-one-by-one", "An operation for each member becomes one call.",
			`{"op":"Remove","path":"members","value":[{"value":"{userId}"}]}`, `{"op":"Remove","path":"members","value":[{"value":"{managerId}"}]}`),
		patchGroup("extra-name", "An operation with a member of its own invention.", `{"name":"addMember","op":"Add","path":"members","value":[{"value":"{userId}"}]}`),
		patchGroup("rename-and-members", "Name and members at once.", `{"op":"Replace","path":"displayName","value":"TV Field Service EU"}`,
			`{"op":"Remove","path":"members","value":[{"value":"{userId}"}]}`),
		asking(patchGroup("attributes", "A group that is asked for comes back.", `{"op":"Remove","path":"members","value":[{"value":"{userId}"}]}`), "?attributes=members"),
		{name: "dialect.group.create-members-empty", about: "An empty list of members.", method: "POST", path: "/Groups",
			body: `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"externalId":"7e0d5d52-6d14-4f5e-b7f8-0d6a7f3d9c07","displayName":"TV Empty","members":[]}`},
		{name: "dialect.group.get", about: "A single group shows its members.", given: both, method: "GET", path: "/Groups/{groupId}"},
		{name: "dialect.group.member-check", about: "Older builds of Entra ID ask whether a user is a member before they add it.", given: both, method: "GET",
			path: "/Groups?filter=id+eq+%22{groupId}%22+and+members+eq+%22{userId}%22&attributes=id"},
		{name: "dialect.provider-config", about: "What the service can do.", method: "GET", path: "/ServiceProviderConfig"},
		{name: "dialect.resource-types", about: "What there is.", method: "GET", path: "/ResourceTypes"},
	}
}
