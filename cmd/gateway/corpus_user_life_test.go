package gateway_test

import (
	"net/http"

	"tvscim/cmd/config"
)

// omar is the user of Okta's rows.
func omar(p *play) {
	p.t.Helper()
	p.have("userId", "okta.create.user")
}

// leaves is what a DELETE of Nora comes to in TeamViewer.
func leaves(c *company) {
	if c.OnDelete == config.OnDeleteDelete {
		delete(c.Users, nora)
		return
	}
	c.user(nora, deactivates)
}

// corpusUserLives are the rows that replace and delete users.
func corpusUserLives() map[string]expectation {
	const omarAddress = "omar.reyes@contoso.example"
	okta := func(active string, change func(*account)) expectation {
		const shown = `"displayName": "Omar Reyes-Lind", "name": {"givenName": "Omar", "familyName": "Reyes-Lind"}, "externalId": "00uexample0001", "groups": null`
		return expectation{given: omar, tv: func(c *company) { c.user(omarAddress, change) },
			then: all(answers(`{`+shown+`, "active": `+active+`, "locale": null}`), user(`{`+shown+`, "active": `+active+`}`)),
			keep: user(`{` + shown + `, "locale": "en-US"}`)}
	}
	deleted := all(gone("/Users/{userId}"), finds("/Users", `userName eq "`+nora+`"`), finds("/Users", `externalId eq "nora.vale"`))
	return map[string]expectation{
		"entra.refcoll.user.put": {given: noraAndOla, tv: changes(func(a *account) { a.Name, a.Active = "Nora Replaced", false }), then: user(
			`{"active": false, "displayName": "Nora Replaced", "name": {"formatted": "Nora Replaced", "familyName": "Vale", "givenName": "Nora"}, "externalId": "nora.vale",
			  "preferredLanguage": null, "emails": [{"primary": true, "type": "work", "value": "nora.vale@contoso.example"}]}`)},
		"entra.refcoll.user.put-no-userName": {given: noraAndOla, tv: changes(deactivates), then: all(
			answers(`{"scimType": "invalidValue"}`), says("userName", deactivationDone), user(`{"active": false, "userName": "nora.vale@contoso.example"}`))},
		"okta.update.user.put":      okta("true", func(a *account) { a.Name = "Omar Reyes-Lind" }),
		"okta.deactivate.user.put":  okta("false", func(a *account) { a.Name, a.Active = "Omar Reyes-Lind", false }),
		"entra.delete.user":         {given: noraAndOla, tv: leaves, then: all(deleted, comesBack)},
		"entra.delete.user-twice":   {given: all(noraAndOla, played("entra.delete.user")), then: deleted},
		"entra.delete.user-unknown": {given: noraAndOla, then: calledNobody},
	}
}

// comesBack expects that Nora can be created again.
func comesBack(p *play) {
	p.t.Helper()
	r := corpusRow(p.t, "entra.create.user.default-mapping")
	a := p.do(r.Method, r.Path, r.text())
	if a.status != http.StatusCreated {
		p.t.Fatalf("create again: %d %s", a.status, a.body)
	}
	p.ids["userId"], _ = a.json(p.t)["id"].(string)
	p.has(p.see("/Users/{userId}"), `{"active": true, "userName": "nora.vale@contoso.example", "externalId": "nora.vale"}`)
	if found := p.search("/Users", `externalId eq "nora.vale"`); len(found) != 1 {
		p.t.Errorf("then there are %v", found)
	}
}
