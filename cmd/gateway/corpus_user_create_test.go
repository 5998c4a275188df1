package gateway_test

import "strings"

// creates is the expectation of a user who is made, with this address and name in TeamViewer. shown
// is what clients see in the answer and afterwards.
func creates(address, name, sso, shown string) expectation {
	return expectation{
		tv: func(c *company) { c.create(address, name, sso) },
		then: all(
			answers(`{"userName": "`+address+`", "active": true, "roles": null, "groups": null, "password": null}`), answers(shown), hasMeta("User"),
			func(p *play) { p.t.Helper(); p.ids["userId"], _ = p.answer.json(p.t)["id"].(string) },
			user(shown), finds("/Users", `userName eq "`+strings.ToUpper(address)+`"`, "userId"),
		),
	}
}

// with adds what is checked besides.
func (e expectation) with(more func(*play)) expectation {
	e.then = all(e.then, more)
	return e
}

// keeping sets what is seen with users.keep: ["*"].
func (e expectation) keeping(shown string) expectation {
	e.keep = all(answers(shown), func(p *play) { p.ids["userId"], _ = p.answer.json(p.t)["id"].(string) }, user(shown))
	return e
}

// after sets what must be there before.
func (e expectation) after(given func(*play)) expectation {
	e.given = given
	return e
}

// language expects the language in which TeamViewer writes to the user.
func language(want string) func(*play) {
	return func(p *play) {
		p.t.Helper()
		if u, _ := p.fake.User(p.ids["userId"]); u.Language != want {
			p.t.Errorf("language %q, want %q", u.Language, want)
		}
	}
}

// passwordless expects that TeamViewer was given no password that a client sent.
func passwordless(p *play) {
	p.t.Helper()
	for _, c := range p.calls {
		if !p.fake.Variant().PasswordRequired && strings.Contains(c.Body, "password") {
			p.t.Errorf("a password was sent: %s", c.Body)
		}
	}
}

// corpusUserCreates are the rows that create users.
func corpusUserCreates() map[string]expectation {
	const roles = `"roles": [{"primary": true, "type": "WindowsAzureActiveDirectoryRole", "value": "tv-operator"}]`
	taken := expectation{given: noraAndOla, then: all(answers(`{"scimType": "uniqueness"}`), says("userName", "{userId}"),
		finds("/Users", `externalId eq "nora.vale"`, "userId"))}
	return map[string]expectation{
		"entra.create.user.default-mapping": creates("nora.vale@contoso.example", "Nora Vale", "",
			`{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "externalId": "nora.vale", "displayName": "Nora Vale",
			  "name": {"formatted": "Nora Vale", "givenName": "Nora", "familyName": "Vale"}, "preferredLanguage": "de-DE",
			  "emails": [{"value": "nora.vale@contoso.example", "type": "work", "primary": true}]}`).
			with(all(language("de"), finds("/Users", `externalId eq "nora.vale"`, "userId"))),
		"entra.create.user.with-nulls": creates("ola.lind@contoso.example", "Ola Lind", "",
			`{"externalId": "ola.lind", "displayName": "Ola Lind", "name": {"givenName": "Ola", "familyName": "Lind"}, "preferredLanguage": null, "addresses": null,
			  "phoneNumbers": null, "title": null, "department": null, "manager": null, "emails": [{"value": "ola.lind@contoso.example", "type": "work", "primary": true}]}`).
			with(language("en")),
		"entra.create.user.malformed-enterprise-urn": creates("pia.berg@contoso.example", "Ola Lind", "",
			`{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "externalId": "pia.berg", "displayName": "Ola Lind",
			  "emails": [{"value": "ola.lind@contoso.example", "type": "work", "primary": true}]}`),
		"entra.create.user.active-string-true": creates("rui.costa@contoso.example", "Rui Costa", "",
			`{"active": true, "externalId": "rui.costa", "displayName": "Rui Costa", "emails": null, "name": null}`),
		"entra.create.user.userName-only": creates("test-user-7f3a@contoso.example", "test-user-7f3a", "",
			`{"active": true, "externalId": null, "displayName": null, "emails": null, "name": null, "preferredLanguage": null}`),
		"entra.create.user.teamviewer-gallery-attrs": creates("sam.hale@contoso.example", "Sam Hale", "", `{"active": true, "displayName": "Sam Hale"}`),
		"entra.create.user.extension-declared": creates("uma.roth@contoso.example", "Uma Roth", "tvsso-4711",
			`{"displayName": "Uma Roth", "urn:ietf:params:scim:schemas:extension:teamviewer:1.0:SsoUser": null}`),
		"entra.create.user.extension-flat-urn-key": creates("vic.dorn@contoso.example", "Vic Dorn", "tvsso-4711",
			`{"displayName": "Vic Dorn", "urn:ietf:params:scim:schemas:extension:teamviewer:1.0:SsoUser:ssoCustomerId": null}`),
		"entra.create.user.enterprise-manager-string": creates("xia.wu@contoso.example", "Xia Wu", "", `{"externalId": "xia.wu", `+enterprise("null")+`}`).
			after(have("managerId", "entra.create.user.with-nulls")).keeping(`{` + enterprise(`{"manager": {"value": "{managerId}"}}`) + `}`),
		"entra.create.user.roles-single-assignment": creates("yan.ito@contoso.example", "Yan Ito", "", `{"externalId": "yan.ito", "roles": null}`).
			keeping(`{` + roles + `}`),
		"entra.create.user.roles-primary-string": creates("abe.kern@contoso.example", "abe.kern", "", `{"displayName": null, "roles": null}`).
			keeping(`{"roles": [{"primary": true, "display": "QWERTY", "value": "ASDF", "type": "ZXCV"}]}`),
		"entra.create.user.multivalue-phone-email": creates("bea.funk@contoso.example", "Bea Funk", "",
			`{"emails": [{"type": "work", "value": "bea.funk@contoso.example", "primary": true}], "phoneNumbers": null, "addresses": null, "title": null}`).
			keeping(`{"emails": [{"type": "work", "value": "bea.funk@contoso.example", "primary": true}, {"type": "other", "value": "SMTP:bea@contoso.example"}],
				"phoneNumbers": [{"type": "work", "value": "55555555555"}, {"type": "mobile", "value": "+49 170 0000000"}, {"type": "fax", "value": "+49 30 000"}],
				"addresses": [{"type": "work", "formatted": "HQ / 3.14", "locality": "Ulm", "postalCode": "89073", "country": "DE"}], "title": "Technician"}`),
		"entra.create.user.duplicate":      taken,
		"entra.create.user.duplicate-case": taken,
		"entra.create.user.misspelt-attribute": creates("dov.east@contoso.example", "Dov East", "", `{"displayName": "Dov East", "adreses": null, "addresses": null}`).
			keeping(`{"adreses": null, "addresses": null}`),
		"entra.create.user.malformed-json": {then: all(calledNobody, answers(`{"scimType": "invalidSyntax"}`))},
		"okta.create.user": creates("omar.reyes@contoso.example", "Omar Reyes", "",
			`{"externalId": "00uexample0001", "displayName": "Omar Reyes", "name": {"givenName": "Omar", "familyName": "Reyes"}, "locale": null,
			  "groups": null, "password": null, "emails": [{"primary": true, "value": "omar.reyes@contoso.example", "type": "work"}]}`).
			with(passwordless).keeping(`{"locale": "en-US", "groups": null, "password": null}`),
		"okta.create.user.sso-extension": creates("paz.luna@contoso.example", "Paz Luna", "tvsso-4711",
			`{"externalId": "00uexample0002", "displayName": "Paz Luna", "urn:ietf:params:scim:schemas:extension:teamviewer:1.0:SsoUser": null}`).
			with(passwordless),
	}
}

// enterprise is the member of a user that holds the attributes of the enterprise extension.
func enterprise(value string) string {
	return `"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": ` + value
}
