package gateway_test

import (
	"fmt"
	"net/http"
	"time"

	"tvscim/tvapi/tvfake"
)

// The functions of TeamViewer's Web API that budgets name.
const (
	getAccount    = "GET /account"
	listUsers     = "GET /users"
	getUser       = "GET /users/{id}"
	postUser      = "POST /users"
	putUser       = "PUT /users/{id}"
	listGroups    = "GET /usergroups"
	getGroup      = "GET /usergroups/{id}"
	postGroup     = "POST /usergroups"
	putGroup      = "PUT /usergroups/{id}"
	deleteGroup   = "DELETE /usergroups/{id}"
	listMembers   = "GET /usergroups/{id}/members"
	addMembers    = "POST /usergroups/{id}/members"
	removeMembers = "DELETE /usergroups/{id}/members"
)

// readBudgets are requests that change nothing.
func readBudgets() []budget {
	found := func(path string) func(*bench) {
		return func(b *bench) {
			a := b.want(http.StatusOK, "GET", path, "")
			if n := get(a.json(b.t), "totalResults"); n != 1.0 {
				b.t.Errorf("GET %s finds %v, want 1", path, n)
			}
		}
	}
	depots := func(b *bench) {
		for i := range 6 {
			b.fake.AddGroup(fmt.Sprintf("Depot %d", i), b.users...)
		}
		time.Sleep(time.Hour)
		b.want(http.StatusOK, "GET", "/Users?count=1", "")
	}
	listed := func(b *bench) { b.want(http.StatusOK, "GET", "/Groups?startIndex=1&count=100", "") }
	tag := func(b *bench) {
		b.patchUser(0, attr{"externalId", "ext-0"})
		b.patchGroup(b.d.change(nil, attr{"externalId", "ext-group"}))
	}
	return []budget{
		{name: "Test Connection", cold: true, do: (*bench).probe, calls: callCount{listUsers: 1, listGroups: 1}},
		{name: "probes after it", do: func(b *bench) { b.probe(); b.probe(); b.probe() }},
		{name: "probe when the picture of users is too old", before: wait(2 * time.Minute), do: (*bench).probe, calls: callCount{listUsers: 1}},
		{name: "probe when both pictures are too old", before: wait(time.Hour), do: (*bench).probe, calls: callCount{listUsers: 1, listGroups: 1}},
		{name: "userName eq", do: found("/Users?filter=" + eq("userName", benchAddress(0)))},
		{name: "userName eq in capitals", do: found("/Users?filter=" + eq("userName", "PERSON.0@CONTOSO.EXAMPLE"))},
		{name: "emails eq", do: found("/Users?filter=" + eq(`emails[type eq "work"].value`, benchAddress(0)))},
		{name: "externalId eq", before: tag, do: found("/Users?filter=" + eq("externalId", "ext-0"))},
		{name: "id eq", do: func(b *bench) { found("/Users?filter=" + eq("id", b.users[0]))(b) }},
		{name: "group displayName eq", do: found("/Groups?excludedAttributes=members&filter=" + eq("displayName", benchGroup))},
		{name: "group externalId eq", before: tag, do: found("/Groups?excludedAttributes=members&filter=" + eq("externalId", "ext-group"))},
		{name: "group id eq", do: func(b *bench) { found("/Groups?excludedAttributes=members&filter=" + eq("id", b.group))(b) }},
		{name: "is this user a member?",
			do: func(b *bench) {
				found("/Groups?attributes=id&filter=" + query(fmt.Sprintf("id eq %q and members eq %q", b.group, b.users[1])))(b)
			},
			under: func(v tvfake.Variant) callCount { return callCount{listMembers: pages(2, v)} }},
		{name: "GET of a known user", do: func(b *bench) { b.want(http.StatusOK, "GET", "/Users/"+b.users[0], "") }},
		{name: "GET of a known user when the picture is too old", before: wait(2 * time.Minute), calls: callCount{listUsers: 1},
			do: func(b *bench) { b.want(http.StatusOK, "GET", "/Users/"+b.users[0], "") }},
		{name: "GET of an unknown user", calls: callCount{getUser: 1},
			do: func(b *bench) { b.want(http.StatusNotFound, "GET", "/Users/u2147483600", "") }},
		{name: "GET of the same unknown user within the age", before: func(b *bench) { b.want(http.StatusNotFound, "GET", "/Users/u2147483600", "") },
			do: func(b *bench) { b.want(http.StatusNotFound, "GET", "/Users/u2147483600", "") }},
		{name: "POST of an address of an account outside the company, again within the age",
			before: func(b *bench) {
				b.fake.AddOutsider("taken@fabrikam.example")
				b.want(http.StatusConflict, "POST", "/Users", newUser("taken@fabrikam.example"))
			},
			do: func(b *bench) {
				b.want(http.StatusConflict, "POST", "/Users", newUser("taken@fabrikam.example"))
				b.want(http.StatusConflict, "POST", "/Users", newUser("Taken@Fabrikam.example"))
			}},
		{name: "GET of a group without its members",
			do: func(b *bench) { b.want(http.StatusOK, "GET", "/Groups/"+b.group+"?excludedAttributes=members", "") }},
		{name: "GET of a group with its members", do: func(b *bench) { b.want(http.StatusOK, "GET", "/Groups/"+b.group, "") },
			under: func(v tvfake.Variant) callCount { return callCount{listMembers: pages(2, v)} }},
		{name: "list of users", do: func(b *bench) { b.want(http.StatusOK, "GET", "/Users?startIndex=1&count=2", "") }},
		{name: "list of groups", cold: true,
			before: func(b *bench) {
				for i := range 6 {
					b.fake.AddGroup(fmt.Sprintf("Depot %d", i), b.users...)
				}
			},
			do: func(b *bench) {
				b.want(http.StatusOK, "GET", "/Groups?excludedAttributes=members&startIndex=1&count=100", "")
			},
			under: func(v tvfake.Variant) callCount { return callCount{listGroups: pages(7, v)} }},
		{name: "list of groups with their members", before: depots, do: listed,
			under: func(v tvfake.Variant) callCount {
				return callCount{listGroups: pages(7, v), listMembers: pages(2, v) + 6*pages(4, v)}
			}},
		{name: "the same list again within the age", before: func(b *bench) { depots(b); listed(b) }, do: listed},
		{name: "the same list after changes of members",
			before: func(b *bench) {
				depots(b)
				listed(b)
				b.patchGroup(b.d.addMembers(b.users[2]))
				b.patchGroup(b.d.removeMembers(b.users[0]))
			}, do: listed},
		{name: "one of these groups, and is this user a member?", before: func(b *bench) { depots(b); listed(b) }, do: func(b *bench) {
			b.want(http.StatusOK, "GET", "/Groups/"+b.group, "")
			found("/Groups?attributes=id&filter=" + query(fmt.Sprintf("id eq %q and members eq %q", b.group, b.users[1])))(b)
		}},
		{name: "descriptions of the service", cold: true, do: func(b *bench) {
			b.want(http.StatusOK, "GET", "/ServiceProviderConfig", "")
			b.want(http.StatusOK, "GET", "/Schemas", "")
			b.want(http.StatusOK, "GET", "/ResourceTypes", "")
		}},
	}
}

// newUser is a user as Entra creates one.
func newUser(userName string) string {
	return fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],`+
		`"externalId":%[1]q,"userName":%[1]q,"active":true,"displayName":"New User","emails":[{"primary":true,"type":"work","value":%[1]q}],`+
		`"meta":{"resourceType":"User"},"name":{"formatted":"New User","familyName":"User","givenName":"New"},"preferredLanguage":"de-DE","roles":[]}`, userName)
}

// created is the count of n new users. Where a password is required, the first refusal teaches
// that.
func created(n int) func(v tvfake.Variant) callCount {
	return func(v tvfake.Variant) callCount {
		if v.PasswordRequired {
			return callCount{postUser: n + 1}
		}
		return callCount{postUser: n}
	}
}

// userBudgets are changes of users as Entra makes them.
func userBudgets() []budget {
	once := callCount{putUser: 1}
	return []budget{
		{name: "first cycle of 30 users", under: created(30), do: func(b *bench) {
			for i := range 30 {
				name := fmt.Sprintf("new.%d@contoso.example", i)
				b.want(http.StatusOK, "GET", "/Users?filter="+eq("userName", name), "")
				b.want(http.StatusCreated, "POST", "/Users", newUser(name))
			}
		}},
		{name: "user who is born inactive", do: func(b *bench) {
			b.want(http.StatusCreated, "POST", "/Users", `{"userName":"born@contoso.example","displayName":"Born","active":false}`)
		}, under: func(v tvfake.Variant) callCount { return callCount{postUser: created(1)(v)[postUser], putUser: 1} }},
		// Before the holder gets the externalId, or is activated, TeamViewer says that it still has
		// the name.
		{name: "POST of a userName that is taken", calls: callCount{getUser: 1},
			do: func(b *bench) { b.want(http.StatusConflict, "POST", "/Users", newUser(benchAddress(0))) }},
		{name: "the same POST again", before: func(b *bench) { b.want(http.StatusConflict, "POST", "/Users", newUser(benchAddress(0))) },
			do: func(b *bench) { b.want(http.StatusConflict, "POST", "/Users", newUser(benchAddress(0))) }},
		{name: "POST of an address that cannot be", do: func(b *bench) { b.want(http.StatusBadRequest, "POST", "/Users", newUser("nobody")) }},
		// An address that is believed to be so is asked about, since sending it might mail the
		// user; a name is sent.
		{name: "PATCH to what is already so", calls: callCount{getUser: 1}, do: func(b *bench) {
			b.patchUser(0, attr{"displayName", benchName(0)}, attr{"userName", benchAddress(0)}, attr{`emails[type eq "work"].value`, benchAddress(0)})
		}},
		{name: "PATCH of what TeamViewer lacks", do: func(b *bench) {
			b.patchUser(0, attr{"externalId", "ext-0"}, attr{"title", "Engineer"}, attr{"name.givenName", "Nora"}, attr{"preferredLanguage", "de-DE"})
		}},
		{name: "PATCH of the letter case of a userName", calls: callCount{getUser: 1}, do: func(b *bench) { b.patchUser(0, attr{"userName", "Person.0@Contoso.example"}) }},
		{name: "PATCH of a displayName", do: func(b *bench) { b.patchUser(0, attr{"displayName", "Nora Roth"}) }, calls: once},
		{name: "the same PATCH again", calls: once, before: func(b *bench) { b.patchUser(0, attr{"displayName", "Nora Roth"}) },
			do: func(b *bench) { b.patchUser(0, attr{"displayName", "Nora Roth"}) }},
		{name: "PATCH of a displayName of 80 characters, and again", calls: callCount{putUser: 2}, do: func(b *bench) {
			for range 2 {
				b.patchUser(0, attr{"displayName", "Nora Elisabeth Charlotte Vale of the Northern Field Service of the Contoso Group"})
			}
		}},
		{name: "PATCH of userName and displayName", before: learnOwner, calls: once,
			do: func(b *bench) {
				b.patchUser(0, attr{"userName", "nora.roth@contoso.example"}, attr{"displayName", "Nora Roth"})
			}},
		{name: "first rename in the life of the process", calls: callCount{putUser: 1, getAccount: 1},
			do: func(b *bench) { b.patchUser(0, attr{"userName", "nora.roth@contoso.example"}) }},
		{name: "userName that waits for its confirmation, and again", before: learnOwner, calls: callCount{putUser: 1, getUser: 1},
			do: func(b *bench) {
				for range 2 {
					b.patchUser(0, attr{"userName", "nora.roth@contoso.example"})
				}
			}},
		{name: "first deactivation in the life of the process", calls: callCount{putUser: 1, getAccount: 1}, do: func(b *bench) { b.setActive(0, false) }},
		{name: "deactivation", before: learnOwner, calls: once, do: func(b *bench) { b.setActive(0, false) }},
		{name: "deactivation of who is inactive", before: learnOwner, calls: once, do: func(b *bench) { b.setActive(3, false) }},
		{name: "activation", before: learnOwner, calls: once, do: func(b *bench) { b.setActive(3, true) }},
		{name: "deactivation in Entra's recycle bin", before: learnOwner, calls: once, do: func(b *bench) {
			no := false
			b.want(http.StatusOK, "PATCH", "/Users/"+b.users[0], b.d.change(&no, attr{"userName", "0f8b6a2c4d1e4b7a9c3d5e6f708192a3" + benchAddress(0)}))
		}},
		// One 404 is not believed. A 400 may mean something else, so a list must lack the user as
		// well.
		{name: "PATCH of a user who was removed in the console", before: func(b *bench) { learnOwner(b); b.fake.DropUser(b.users[0]) },
			do: func(b *bench) {
				b.want(http.StatusNotFound, "PATCH", "/Users/"+b.users[0], b.d.change(nil, attr{"displayName", "Nora Roth"}))
			},
			under: func(v tvfake.Variant) callCount {
				calls := callCount{putUser: 1, getUser: 1}
				if v.UnknownUser == http.StatusBadRequest {
					calls[listUsers] = 1
				}
				return calls
			}},
		{name: "first DELETE in the life of the process", calls: callCount{putUser: 1, getAccount: 1},
			do: func(b *bench) { b.want(http.StatusNoContent, "DELETE", "/Users/"+b.users[0], "") }},
		// Who returns must be in none of the groups of before: in this company one group has the
		// user, two more have others.
		{name: "DELETE, what follows it, and the return", before: func(b *bench) {
			learnOwner(b)
			b.fake.AddGroup("Depot", b.users[1:]...)
			b.fake.AddGroup("Nobody")
		}, under: func(v tvfake.Variant) callCount {
			calls := callCount{putUser: 2, getUser: 2, listGroups: pages(3, v), listMembers: pages(2, v) + pages(3, v) + 1, removeMembers: 1}
			if v.DeactivatedLeavesGroups {
				calls[listMembers], calls[removeMembers] = pages(1, v)+pages(3, v)+1, 0
			}
			return calls
		}, do: func(b *bench) {
			b.want(http.StatusNoContent, "DELETE", "/Users/"+b.users[0], "")
			b.want(http.StatusNotFound, "GET", "/Users/"+b.users[0], "")
			// Who was deleted may have been activated in the console, so TeamViewer is asked before
			// the 404; and again before the return.
			b.want(http.StatusNotFound, "DELETE", "/Users/"+b.users[0], "")
			b.want(http.StatusOK, "GET", "/Users?filter="+eq("userName", benchAddress(0)), "")
			time.Sleep(time.Second)
			b.want(http.StatusCreated, "POST", "/Users", newUser(benchAddress(0)))
		}},
	}
}

// oktaBudgets are the whole objects that Okta PUTs, and its pathless PATCH.
func oktaBudgets() []budget {
	put := func(displayName, active string) func(*bench) {
		return func(b *bench) {
			b.want(http.StatusOK, "PUT", "/Users/"+b.users[0], fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"id":%q,`+
				`"userName":%q,"displayName":%q%s,"name":{"givenName":"Person","familyName":"0"},"emails":[{"primary":true,"type":"work","value":%[2]q}],"groups":[]}`,
				b.users[0], benchAddress(0), displayName, active))
		}
	}
	putGroupOf := func(displayName string, members ...int) func(*bench) {
		return func(b *bench) {
			var ids []string
			for _, i := range members {
				ids = append(ids, b.users[i])
			}
			b.want(http.StatusOK, "PUT", "/Groups/"+b.group+"?excludedAttributes=members", fmt.Sprintf(`{"displayName":%q,"members":%s}`, displayName, jsonOf(references(ids))))
		}
	}
	read := func(more callCount) func(v tvfake.Variant) callCount {
		return func(v tvfake.Variant) callCount {
			all := callCount{listMembers: pages(2, v)}
			for function, n := range more {
				all[function] += n
			}
			return all
		}
	}
	return []budget{
		{name: "PUT of a user as it is", calls: callCount{getUser: 1}, do: put(benchName(0), "")},
		{name: "PUT of a user as it is, with active", calls: callCount{getUser: 1, putUser: 1}, do: put(benchName(0), `,"active":true`)},
		{name: "PUT of another displayName", calls: callCount{getUser: 1, putUser: 1}, do: put("Nora Roth", `,"active":true`)},
		{name: "PUT that deactivates", before: learnOwner, calls: callCount{getUser: 1, putUser: 1}, do: put(benchName(0), `,"active":false`)},
		{name: "pathless deactivation", before: learnOwner, calls: callCount{putUser: 1},
			do: func(b *bench) {
				b.want(http.StatusOK, "PATCH", "/Users/"+b.users[0], patchOf(`{"op":"replace","value":{"active":false}}`))
			}},
		{name: "PUT of a group as it is", do: putGroupOf(benchGroup, 0, 1), under: read(callCount{getGroup: 1})},
		{name: "PUT of a group with other members", do: putGroupOf(benchGroup, 1, 2), under: read(callCount{getGroup: 1, addMembers: 1, removeMembers: 1})},
		{name: "PUT of a group with another name", do: putGroupOf("Depot", 0, 1), under: read(callCount{putGroup: 1})},
		{name: "PUT of a group without members", do: func(b *bench) {
			b.want(http.StatusOK, "PUT", "/Groups/"+b.group+"?excludedAttributes=members", `{"displayName":"Depot"}`)
		}, calls: callCount{putGroup: 1}},
		{name: "PUT of an empty group", do: putGroupOf(benchGroup), under: read(callCount{getGroup: 1, removeMembers: 1})},
	}
}

// groupBudgets are changes of groups themselves.
func groupBudgets() []budget {
	made := func(members ...int) func(*bench) {
		return func(b *bench) {
			var ids []string
			for _, i := range members {
				ids = append(ids, b.users[i])
			}
			b.want(http.StatusCreated, "POST", "/Groups", fmt.Sprintf(`{"displayName":"Depot","externalId":"d","members":%s}`, jsonOf(references(ids))))
		}
	}
	return []budget{
		{name: "new group", do: made(), calls: callCount{postGroup: 1}},
		{name: "new group with members", do: made(0, 1, 2), calls: callCount{postGroup: 1, addMembers: 1}},
		{name: "new group with an unknown member", calls: callCount{getUser: 1}, do: func(b *bench) {
			b.want(http.StatusBadRequest, "POST", "/Groups", `{"displayName":"Depot","members":[{"value":"u2147483600"}]}`)
		}},
		{name: "POST of a group name that is taken", calls: callCount{getGroup: 1}, do: func(b *bench) { b.want(http.StatusConflict, "POST", "/Groups", `{"displayName":"FIELD service"}`) }},
		{name: "rename of a group", calls: callCount{putGroup: 1}, do: func(b *bench) { b.patchGroup(b.d.change(nil, attr{"displayName", "Depot"})) }},
		{name: "rename of a group to its name", calls: callCount{getGroup: 1}, do: func(b *bench) { b.patchGroup(b.d.change(nil, attr{"displayName", benchGroup})) }},
		{name: "PATCH of a group's externalId", do: func(b *bench) { b.patchGroup(b.d.change(nil, attr{"externalId", "ext-group"})) }},
		{name: "DELETE of a group, and what follows", calls: callCount{deleteGroup: 1}, do: func(b *bench) {
			b.want(http.StatusNoContent, "DELETE", "/Groups/"+b.group, "")
			b.want(http.StatusNotFound, "GET", "/Groups/"+b.group, "")
			b.want(http.StatusNotFound, "DELETE", "/Groups/"+b.group, "")
		}},
	}
}

// memberBudgets are changes of the members of a group, whatever its size: only a refusal makes it
// read them.
func memberBudgets() []budget {
	add := func(from, to int) func(*bench) {
		return func(b *bench) { b.patchGroup(b.d.addMembers(b.users[from:to]...)) }
	}
	remove := func(from, to int) func(*bench) {
		return func(b *bench) { b.patchGroup(b.d.removeMembers(b.users[from:to]...)) }
	}
	// A removal is always sent. Where TeamViewer refuses it, the members tell whether there was
	// anything to do.
	noMember := func(v tvfake.Variant) callCount {
		if v.NonMemberRemoved == 0 || v.BadMember == tvfake.BadMemberPartialAccepted {
			return callCount{removeMembers: 1}
		}
		return callCount{removeMembers: 1, listMembers: pages(2, v)}
	}
	noUser := func(v tvfake.Variant) callCount {
		if v.UnknownRemoved != 0 && v.BadMember != tvfake.BadMemberPartialAccepted {
			return callCount{removeMembers: 1, listMembers: pages(2, v)}
		}
		return noMember(v)
	}
	return []budget{
		{name: "one member more", do: add(2, 3), calls: callCount{addMembers: 1}},
		{name: "100 members more", users: 203, do: add(2, 102), calls: callCount{addMembers: 1}},
		{name: "101 members more", users: 203, do: add(2, 103), calls: callCount{addMembers: 2}},
		{name: "201 members more", users: 203, do: add(2, 203), calls: callCount{addMembers: 3}},
		{name: "one member less of 202", users: 203, before: add(2, 202), do: remove(5, 6), calls: callCount{removeMembers: 1}},
		{name: "101 members less", users: 203, before: add(2, 202), do: remove(2, 103), calls: callCount{removeMembers: 2}},
		{name: "a member again", do: add(0, 2), under: func(v tvfake.Variant) callCount {
			if v.MemberAgain == 0 || v.BadMember == tvfake.BadMemberPartialAccepted {
				return callCount{addMembers: 1}
			}
			return callCount{addMembers: 1, listMembers: pages(2, v)}
		}},
		{name: "a member again and a new one", do: add(1, 3), under: func(v tvfake.Variant) callCount {
			switch {
			case v.MemberAgain == 0 || v.BadMember == tvfake.BadMemberPartialAccepted:
				return callCount{addMembers: 1}
			case v.BadMember == tvfake.BadMemberPartialRefused:
				return callCount{addMembers: 1, listMembers: pages(3, v)}
			}
			return callCount{addMembers: 2, listMembers: pages(2, v)}
		}},
		{name: "removal of who is no member", do: remove(2, 3), under: noMember},
		{name: "removal of who is no user", do: func(b *bench) { b.patchGroup(b.d.removeMembers("u2147483600")) }, under: noUser},
		{name: "the same removal again", before: func(b *bench) { b.patchGroup(b.d.removeMembers("u2147483600")) },
			do: func(b *bench) { b.patchGroup(b.d.removeMembers("u2147483600")) }, under: noUser},
		{name: "removal of what is no id", do: func(b *bench) { b.patchGroup(b.d.removeMembers("nobody")) }},
		{name: "replace members", do: func(b *bench) { b.patchGroup(b.d.replaceMembers(b.users[1], b.users[2])) },
			under: func(v tvfake.Variant) callCount {
				return callCount{listMembers: pages(2, v), addMembers: 1, removeMembers: 1}
			}},
		{name: "members of a group when the picture is too old", before: wait(2 * time.Minute), do: add(2, 3), calls: callCount{listUsers: 1, addMembers: 1}},
	}
}
