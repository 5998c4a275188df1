package gateway_test

import "strings"

// kept is a change that TeamViewer has no part in.
func kept(given func(*play), then ...func(*play)) expectation {
	return expectation{given: given, then: all(append(then, changedNobody)...)}
}

// keptAndSent is a change that names what TeamViewer holds and leaves it as it is: it is sent,
// since the console may have changed it.
func keptAndSent(given func(*play), then ...func(*play)) expectation {
	return expectation{given: given, tv: func(*company) {}, then: all(then...)}
}

// ignored is a change of an attribute that only users.keep remembers.
func ignored(given func(*play), attribute, shown string) expectation {
	e := kept(given, user(`{"`+attribute+`": null}`))
	e.keep = all(user(shown), calledNobody)
	return e
}

// corpusUserAttributePatches are the rows that change what TeamViewer does not hold of a user.
func corpusUserAttributePatches() map[string]expectation {
	const (
		extension = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
		work      = `{"emails": [{"type": "work", "value": "nora.vale@contoso.example"}]}`
		primary   = `{"emails": [{"type": "work", "value": "nora.vale@contoso.example", "primary": true}]}`
	)
	mailless := all(bare, played("entra.legacy.user.remove-work-email-element"))
	managed := all(noraAndOla, played("entra.legacy.user.manager-add-object"))
	managed1 := ignored(noraAndOla, extension, `{`+enterprise(`{"manager": {"value": "{managerId}"}}`)+`}`)
	unmanaged := kept(managed, user(`{`+enterprise("null")+`}`))
	unmanaged.keep = unmanaged.then
	operator := `{"primary": true, "type": "WindowsAzureActiveDirectoryRole", "value": "tv-operator", "display": "Operator"}`
	return map[string]expectation{
		"entra.legacy.user.replace-externalId": kept(noraAndOla, user(`{"externalId": "5f0c3e8a-1f0b-4b7a-9d7d-6f1a6ddc0a11"}`),
			finds("/Users", `externalId eq "5f0c3e8a-1f0b-4b7a-9d7d-6f1a6ddc0a11"`, "userId"), finds("/Users", `externalId eq "nora.vale"`)),
		"entra.legacy.user.name-parts": kept(noraAndOla,
			user(`{"displayName": "Nora Vale", "name": {"formatted": "Norah Vale", "givenName": "Norah", "familyName": "Vale"}}`)),
		"entra.legacy.user.name-parts-when-name-absent": {given: bare, tv: nameOfParts, then: func(p *play) {
			p.t.Helper()
			name, _ := p.see("/Users/{userId}")["name"].(map[string]any)
			p.has(name, `{"givenName": "Norah", "familyName": "Vale"}`)
		}},
		"entra.legacy.user.add-work-email-when-absent":     kept(mailless, user(work), finds("/Users", `emails[type eq "work"].value eq "`+nora+`"`, "userId")),
		"entra.legacy.user.replace-work-email-when-absent": kept(mailless, user(work)),
		"entra.legacy.user.work-email-primary-flag":        kept(mailless, user(primary)),
		"entra.legacy.user.emails-whole-array-replace": kept(noraAndOla, user(`{"emails": [{"type": "work", "value": "n.vale@contoso.example", "primary": true}]}`),
			finds("/Users", `emails.value eq "n.vale@contoso.example"`, "userId")),
		"entra.legacy.user.remove-work-email-element": kept(noraAndOla, user(`{"emails": null}`), played("entra.legacy.user.remove-work-email-element"),
			finds("/Users", `emails[type eq "work"].value eq "`+nora+`"`)),
		"entra.compliant.user.remove-email-path":       kept(noraAndOla, mailCleared, played("entra.compliant.user.remove-email-path")),
		"entra.legacy.user.mobile-phone-upsert":        ignored(noraAndOla, "phoneNumbers", `{"phoneNumbers": [{"type": "mobile", "value": "+49 170 1111111"}]}`),
		"entra.compliant.user.add-single":              ignored(noraAndOla, "nickName", `{"nickName": "Nono"}`),
		"entra.legacy.user.manager-add-string":         managed1,
		"entra.legacy.user.manager-add-object":         managed1,
		"entra.legacy.user.manager-dotted-urn":         managed1,
		"entra.validator.user.manager-add":             ignored(noraAndOla, extension, `{`+enterprise(`{"manager": {"value": "AXTKDL"}}`)+`}`),
		"entra.legacy.user.manager-clear-empty-string": unmanaged,
		"entra.legacy.user.manager-remove": {given: managed, keep: unmanaged.keep,
			then: all(unmanaged.then, played("entra.legacy.user.manager-remove"))},
		"entra.validator.user.manager-remove-empty": unmanaged,
		"entra.legacy.user.roles-add-json-string":   ignored(noraAndOla, "roles", `{"roles": [{"value": "tv-operator", "display": "Operator"}]}`),
		"entra.legacy.user.roles-assertive-replace": ignored(all(noraAndOla, played("entra.legacy.user.roles-primary-true-string-filter")), "roles",
			`{"roles": [{"primary": false, "type": "WindowsAzureActiveDirectoryRole", "display": "Viewer", "value": "tv-viewer"}]}`),
		"entra.legacy.user.roles-primary-true-string-filter": ignored(noraAndOla, "roles", `{"roles": [`+operator+`]}`),
		"entra.legacy.user.extension-mv-boolean-filter":      {given: noraAndOla, then: all(calledNobody, nothingOfTheExtension), keep: nothingOfTheExtension},
		"entra.logicapp.null-update-empty-strings": keptAndSent(all(noraAndOla, played("entra.legacy.user.sso-add")),
			user(`{"displayName": null, "preferredLanguage": null, "name": {"formatted": "Nora Vale", "familyName": "Vale"}}`)),
		"entra.logicapp.null-update-nulls": kept(all(noraAndOla, played("entra.legacy.user.sso-add")),
			user(`{"displayName": "Nora Vale", "preferredLanguage": null, "name": {"formatted": "Nora Vale", "familyName": "Vale"}}`)),
		"okta.password.patch": {given: noraAndOla, then: all(calledNobody, user(`{"password": null}`))},
	}
}

// nameOfParts is the name in TeamViewer of a user without displayName, once the parts of the name
// are known. A user who was found has the displayName that TeamViewer shows.
func nameOfParts(c *company) {
	if c.Found {
		return
	}
	c.user(testUser, func(a *account) { a.Name = "Norah Vale" })
}

func mailCleared(p *play) {
	p.t.Helper()
	emails, _ := p.see("/Users/{userId}")["emails"].([]any)
	for _, e := range emails {
		if get(e, "value") != nil {
			p.t.Errorf("the address is still there: %v", e)
		}
	}
}

func nothingOfTheExtension(p *play) {
	p.t.Helper()
	text := p.do("GET", p.fill("/Users/{userId}"), "").body
	for _, word := range []string{"contacts", "organisation", "Ulm", "SsoUser"} {
		if strings.Contains(text, word) {
			p.t.Errorf("an unknown attribute is shown: %s", text)
		}
	}
}
