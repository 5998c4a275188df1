package gateway_test

const (
	nora     = "nora.vale@contoso.example"
	testUser = "test-user-7f3a@contoso.example" // was created with a userName alone
)

// changes is the change of Nora in TeamViewer.
func changes(change func(*account)) func(*company) {
	return func(c *company) { c.user(nora, change) }
}

// renames is a change of Nora's name in TeamViewer.
func renames(name string) func(*company) { return changes(func(a *account) { a.Name = name }) }

func deactivates(a *account) { a.Active = false }
func activates(a *account)   { a.Active = true }

// bare is a user who was created with a userName alone.
var bare = have("userId", "entra.create.user.userName-only")

// corpusUserPatches are the rows that change what TeamViewer holds of a user.
func corpusUserPatches() map[string]expectation {
	disabled := expectation{given: noraAndOla, tv: changes(deactivates), then: all(
		user(`{"active": false, "userName": "nora.vale@contoso.example", "displayName": "Nora Vale"}`), finds("/Users", `userName eq "`+nora+`"`, "userId"))}
	inactive := all(noraAndOla, played("entra.legacy.user.disable-string"))
	enabled := expectation{given: inactive, tv: changes(activates), then: user(`{"active": true}`)}
	secret := func(id string) expectation {
		return expectation{given: noraAndOla, tv: changes(func(a *account) { a.SSO = id }),
			then: user(`{"urn:ietf:params:scim:schemas:extension:teamviewer:1.0:SsoUser": null, "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"]}`)}
	}
	uncleared := secret("").after(all(noraAndOla, played("entra.legacy.user.sso-add")))
	uncleared.tv = nil // TeamViewer cannot take it back
	replaced := secret("tvsso-4712")
	return map[string]expectation{
		"entra.legacy.user.disable-string":           disabled,
		"entra.legacy.user.disable-boolean":          disabled,
		"entra.legacy.user.disable-lowercase-string": disabled,
		"entra.legacy.user.add-active-string":        disabled,
		"entra.compliant.user.disable":               disabled,
		"entra.legacy.user.enable-string":            enabled,
		"okta.activate.user.patch":                   enabled,
		"entra.legacy.user.add-displayName-when-set": {given: noraAndOla, tv: renames("Nora V."), then: user(
			`{"displayName": "Nora V.", "name": {"formatted": "Nora Vale", "givenName": "Nora", "familyName": "Vale"}}`)},
		"entra.legacy.user.replace-displayName-when-empty": {given: bare,
			tv:   func(c *company) { c.user(testUser, func(a *account) { a.Name = "Nora V." }) },
			then: user(`{"displayName": "Nora V."}`)},
		"entra.legacy.user.replace-userName-conflict": {given: noraAndOla, then: all(
			answers(`{"scimType": "uniqueness"}`), says("ola.lind@contoso.example", "{managerId}"), user(`{"userName": "nora.vale@contoso.example"}`))},
		"entra.legacy.user.sso-add":                  secret("tvsso-4711"),
		"entra.legacy.user.sso-replace":              replaced.after(all(noraAndOla, played("entra.legacy.user.sso-add"))),
		"entra.legacy.user.sso-remove-empty-value":   uncleared,
		"entra.legacy.user.sso-replace-empty-string": uncleared,
		"entra.legacy.user.sso-urn-other-case":       secret("tvsso-4713"),
		"entra.legacy.user.sso-whole-extension":      secret("tvsso-4714"),
		"entra.legacy.user.nopath-dotted-and-urn": {given: noraAndOla,
			tv: changes(func(a *account) { a.Name, a.SSO = "Norah Vale", "tvsso-4715" }),
			then: user(`{"displayName": "Norah Vale", "name": {"formatted": "Nora Vale", "givenName": "Norah", "familyName": "Vale"}, "preferredLanguage": "fr-FR",
				"name.givenName": null, ` + enterprise("null") + `}`),
			keep: user(`{"displayName": "Norah Vale", ` + enterprise(`{"department": "Field"}`) + `}`)},
		"entra.legacy.user.nopath-add": {given: noraAndOla, tv: renames("Nora"), then: all(user(`{"displayName": "Nora", "externalId": "nora-2"}`),
			finds("/Users", `externalId eq "nora-2"`, "userId"), finds("/Users", `externalId eq "nora.vale"`))},
		"entra.legacy.user.nopath-filter-key": {given: noraAndOla, tv: renames("Nora"), then: user(
			`{"displayName": "Nora", "emails": [{"value": "nora.vale@contoso.example", "type": "work", "primary": true}]}`)},
		"entra.legacy.user.path-case":          {given: noraAndOla, tv: renames("Nora"), then: user(`{"displayName": "Nora"}`)},
		"entra.legacy.user.patch-missing-user": {given: noraAndOla, then: calledNobody},
		"entra.legacy.user.patch-unknown-op":   {given: noraAndOla, then: all(answers(`{"scimType": "invalidSyntax"}`), calledNobody, user(`{"active": true}`))},
		"entra.compliant.user.replace-merged": {given: noraAndOla, tv: changes(func(a *account) { a.Name, a.SSO = "Norah", "tvsso-4716" }),
			then: all(user(`{"displayName": "Norah", "userName": "nora.vale@contoso.example", "name": {"formatted": "Nora Vale", "givenName": "Norah", "familyName": "Vale"},
				"emails": [{"value": "norah@contoso.example", "type": "work", "primary": true}], `+enterprise("null")+`}`),
				finds("/Users", `emails[type eq "work"].value eq "NORAH@contoso.example"`, "userId")),
			keep: user(`{"displayName": "Norah", ` + enterprise(`{"employeeNumber": "100236"}`) + `}`)},
		"entra.compliant.user.nested-name-object": {given: noraAndOla, tv: changes(func(a *account) { a.SSO = "tvsso-4717" }),
			then: user(`{"displayName": "Nora Vale", "name": {"formatted": "Nora Vale", "givenName": "Norah", "familyName": "Vale"}}`)},
		"entra.validator.user.replace-attributes-nopath": {given: inactive,
			tv: changes(func(a *account) { a.Name, a.Active = "FGHIJK", true }),
			then: user(`{"active": true, "displayName": "FGHIJK", "preferredLanguage": "pa", "name": {"formatted": "Lia Gold", "givenName": "Lia", "familyName": "Gold"},
				"emails": [{"value": "lia@contoso.example", "type": "work", "primary": true}], "phoneNumbers": null, "userType": null, ` + enterprise("null") + `}`),
			keep: user(`{"phoneNumbers": [{"type": "work", "value": "07-555-0101"}], "userType": "ABCDEF", ` + enterprise(`{"department": "GHIJKL"}`) + `}`)},
		"entra.validator.user.replace-attributes-verbose": {given: noraAndOla,
			tv: changes(func(a *account) { a.Name, a.SSO = "LMNOPQ", "XYZABC" }),
			then: all(user(`{"active": true, "displayName": "LMNOPQ", "preferredLanguage": "sw", "name": {"formatted": "Nora Vale", "givenName": "Lia", "familyName": "Stone"},
				"emails": [{"value": "lia2@contoso.example", "type": "work", "primary": true}], "externalId": "b1e0ad6f-9e8b-4c1e-9d2e-90d2a1f7c302", "title": null}`),
				finds("/Users", `externalId eq "b1e0ad6f-9e8b-4c1e-9d2e-90d2a1f7c302"`, "userId")),
			keep: user(`{"title": "RSTUVW"}`)},
		"entra.validator.user.update-userName-nopath": {given: noraAndOla,
			tv: func(c *company) { c.Users["emil@contoso.example"] = c.Users[nora]; delete(c.Users, nora) },
			then: all(user(`{"userName": "emil@contoso.example", "externalId": "nora.vale"}`),
				finds("/Users", `userName eq "Emil@contoso.example"`, "userId"), finds("/Users", `userName eq "`+nora+`"`))},
		"entra.validator.user.multi-ops-different-attrs": {given: noraAndOla, tv: renames("QQQ"), then: all(
			user(`{"displayName": "QQQ", "externalId": "QQQ-1", "preferredLanguage": null}`), finds("/Users", `externalId eq "QQQ-1"`, "userId"))},
	}
}
