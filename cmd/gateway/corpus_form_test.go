package gateway_test

import (
	"strings"
)

const eva = "eva.holm@contoso.example"

// corpusForms are the rows of forms that bug reports of SCIM services tell of, and of what this
// service departs in.
func corpusForms() map[string]expectation {
	plus := func(p *play) { p.t.Helper(); p.ids["userId"] = p.user("eva+tv@contoso.example") }
	found := expectation{given: plus, then: all(lists("userId"), firstHas(`{"userName": "eva+tv@contoso.example"}`))}
	named := expectation{given: func(p *play) {
		p.t.Helper()
		p.ids["userId"] = p.made(p.t, "/Users", `{"userName":"`+eva+`","displayName":"Eva Holm"}`)
	}, then: all(lists("userId"), firstHas(`{"userName": "`+eva+`"}`))}
	work := func(address string) string {
		return `{"emails": [{"type": "work", "value": "` + address + `", "primary": true}]}`
	}
	two := expectation{given: noraAndOla, then: all(user(work("norah@contoso.example")), calledNobody,
		finds("/Users", `emails.value eq "norah@contoso.example"`, "userId"), finds("/Users", `emails[type eq "work"].value eq "nv@contoso.example"`))}
	refused := expectation{given: noraAndOla, tv: changes(deactivates), then: all(
		says(deactivationDone), user(`{"active": false, "userName": "`+nora+`", "displayName": "Nora Vale"}`))}
	unchanged := expectation{given: noraInFieldService, then: all(answersNothing, membersAre("userId"))}
	return map[string]expectation{
		"entra.older.user.disable-value-object":     {given: noraAndOla, tv: changes(deactivates), then: user(`{"active": false, "displayName": "Nora Vale"}`)},
		"entra.older.user.displayName-value-object": {given: noraAndOla, tv: renames("Nora V."), then: user(`{"displayName": "Nora V."}`)},
		"entra.older.user.nopath-value-objects": {given: noraAndOla, tv: renames("Nora"), then: all(
			user(`{"displayName": "Nora", "externalId": "nora-2", "name": {"formatted": "Nora Vale", "givenName": "Norah", "familyName": "Vale"}}`),
			finds("/Users", `externalId eq "nora-2"`, "userId"))},
		"entra.older.create.user.value-objects": creates(eva, "Eva Holm", "", `{"displayName": "Eva Holm", "externalId": "eva.holm"}`),
		"entra.older.put.user.value-objects": {given: noraAndOla,
			tv:   changes(func(a *account) { a.Name, a.Active = "Nora V.", false }),
			then: user(`{"active": false, "displayName": "Nora V.", "externalId": "nora.vale", "name": {"givenName": "Norah"}}`)},
		"entra.older.group.remove-members-null": unchanged,
		"report.create.user.two-work-emails": creates(eva, "Eva Holm", "", work(eva)).
			with(all(finds("/Users", `emails.value eq "`+eva+`"`, "userId"), finds("/Users", `emails.value eq "eva@contoso.example"`))),
		"report.patch.user.two-work-emails":               two,
		"report.match.user.plus":                          found,
		"report.match.user.plus-escaped":                  found,
		"report.match.user.plus-blank":                    named,
		"report.bulk.group-circle":                        {tv: func(c *company) { c.Groups["TV North"], c.Groups["TV South"] = []string{}, []string{} }, then: saysGroupsAreThere},
		"report.patch.user.disable-beside-empty-userName": refused,
		"report.put.user.disable-without-userName":        refused,
		"report.patch.user.unadvertised-wrong-type":       {given: noraAndOla, tv: renames("Nora V."), then: user(`{"displayName": "Nora V.", "nickName": null, "shoeSize": null}`)},
	}
}

// saysGroupsAreThere expects both operations of a bulk request to be refused, and to say that the
// groups were made.
func saysGroupsAreThere(p *play) {
	p.t.Helper()
	if n := strings.Count(p.answer.body, "The group was created"); n != 2 || strings.Contains(p.answer.body, "Nothing was changed") {
		p.t.Errorf("the answer: %s", p.answer.body)
	}
	if got := p.search("/Groups", `displayName sw "TV "`); len(got) != 2 {
		p.t.Errorf("groups %v", got)
	}
}
