package gateway_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
)

// noraAndOla are two users, Nora is {userId}.
func noraAndOla(p *play) {
	p.t.Helper()
	p.have("userId", "entra.create.user.default-mapping")
	p.have("managerId", "entra.create.user.with-nulls")
}

// noraInFieldService is a group, {groupId}, with one member, and a user who is in none.
func noraInFieldService(p *play) {
	p.t.Helper()
	noraAndOla(p)
	p.have("groupId", "entra.create.group.default")
	p.played("entra.legacy.group.add-member")
}

// corpusMatches are the rows that only look.
func corpusMatches() map[string]expectation {
	nobody := expectation{given: noraInFieldService, then: lists()}
	nora := expectation{given: noraAndOla, then: all(lists("userId"), firstHas(`{"userName": "nora.vale@contoso.example", "active": true}`))}
	manager := expectation{
		given: all(noraAndOla, played("entra.legacy.user.manager-add-object")),
		then:  lists(),
		keep:  all(lists("userId"), firstHas(`{"id": "{userId}", "userName": null, "displayName": null, "meta": null}`)),
	}
	groupFound := all(calledNobody, lists("groupId"), firstHas(`{"displayName": "TV Field Service", "members": null}`))
	return map[string]expectation{
		"entra.probe.users.userName-random-guid":     nobody,
		"entra.probe.users.emails-random-guid":       nobody,
		"entra.probe.users.flag-query-last":          nobody,
		"entra.probe.groups.displayName-random-guid": nobody,
		"entra.probe.groups.externalId-random-guid":  nobody,
		"entra.logicapp.pagination.page1":            {given: twelveUsers, then: all(pageOfFive(1), everyPageOnce)},
		"entra.logicapp.pagination.page2":            {given: twelveUsers, then: pageOfFive(6)},
		"entra.match.user.userName":                  nora,
		"entra.match.user.userName-other-case":       nora,
		"entra.match.user.attrname-other-case":       nora,
		"entra.match.user.externalId-unquoted":       {given: noraAndOla, then: all(answersOK, lists("userId"))},
		"entra.match.user.work-email":                nora,
		"entra.match.user.guest-like":                {given: noraAndOla, then: lists()},
		"entra.get.user": {given: noraAndOla, then: all(
			answers(`{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "id": "{userId}", "userName": "nora.vale@contoso.example", "externalId": "nora.vale",
				"active": true, "displayName": "Nora Vale", "name": {"formatted": "Nora Vale", "givenName": "Nora", "familyName": "Vale"}, "preferredLanguage": "de-DE",
				"emails": [{"value": "nora.vale@contoso.example", "type": "work", "primary": true}]}`),
			hasMeta("User"), played("entra.compliant.user.disable"), user(`{"id": "{userId}", "active": false}`))},
		"entra.get.user-missing":         {given: noraAndOla, then: calledNobody},
		"entra.ref.user-manager":         manager,
		"entra.ref.user-manager-swapped": manager,
		"entra.get.group-without-members": {given: noraInFieldService, then: all(calledNobody,
			answers(`{"id": "{groupId}", "displayName": "TV Field Service", "externalId": "7e0d5d52-6d14-4f5e-b7f8-0d6a7f3d9c01", "members": null}`))},
		"entra.match.group.displayName": {given: noraInFieldService, then: groupFound},
		"entra.match.group.externalId":  {given: noraInFieldService, then: groupFound},
		"entra.discovery.schemas":       {then: schemasOfService},
		"entra.refcoll.attributes-valuepath": {given: noraAndOla, then: func(p *play) {
			for _, r := range p.listed() {
				if emails, _ := get(r, "emails").([]any); len(emails) != 1 {
					p.t.Errorf("e-mails are missing: %v", r)
				}
			}
			p.has(p.listed()[1].(map[string]any), `{"userName": null}`)
		}},
		"entra.refcoll.filter-unquoted-grouping": {given: noraAndOla, then: all(answersOK, lists("userId"))},
		"okta.setup.users": {given: noraAndOla, then: func(p *play) {
			p.has(p.answer.json(p.t), `{"totalResults": 3, "startIndex": 1, "itemsPerPage": 2}`)
			wholeNumbers(p)
		}},
		"okta.setup.groups": {given: noraInFieldService, then: all(lists("groupId"), wholeNumbers, answers(`{"startIndex": 1, "itemsPerPage": 1}`))},
	}
}

// firstHas expects this of the first resource of the list that is the answer.
func firstHas(wanted string) func(*play) {
	return func(p *play) {
		p.t.Helper()
		if listed := p.listed(); len(listed) > 0 {
			p.has(listed[0].(map[string]any), wanted)
		}
	}
}

// answersOK expects the better one of the answers that a row allows.
func answersOK(p *play) {
	p.t.Helper()
	if p.answer.status != http.StatusOK {
		p.t.Errorf("status %d: %s", p.answer.status, p.answer.body)
	}
}

// answersNothing expects the better one of the two answers to a PATCH of a group.
func answersNothing(p *play) {
	p.t.Helper()
	if p.answer.status != http.StatusNoContent {
		p.t.Errorf("status %d: %s", p.answer.status, p.answer.body)
	}
}

func calledNobody(p *play) {
	p.t.Helper()
	if len(p.calls) > 0 {
		p.t.Errorf("TeamViewer was called: %v", p.calls)
	}
}

// changedNobody is for what TeamViewer may be asked about and is not changed by: calls that only
// read.
func changedNobody(p *play) {
	p.t.Helper()
	for _, c := range p.calls {
		if c.Method != "GET" {
			p.t.Errorf("TeamViewer was changed: %v", p.calls)
		}
	}
}

// twelveUsers are, with the token's owner, thirteen, one of whom is inactive.
func twelveUsers(p *play) {
	p.t.Helper()
	for i := range 12 {
		id := p.user(fmt.Sprintf("person.%02d@contoso.example", i))
		if i == 0 {
			p.ids["userId"] = id
			p.played("entra.compliant.user.disable")
		}
	}
}

func pageOfFive(start int) func(*play) {
	return func(p *play) {
		p.t.Helper()
		p.has(p.answer.json(p.t), fmt.Sprintf(`{"totalResults": 13, "startIndex": %d, "itemsPerPage": 5}`, start))
		if n := len(p.listed()); n != 5 {
			p.t.Errorf("%d resources on the page", n)
		}
	}
}

// everyPageOnce turns the pages and expects to see everybody once.
func everyPageOnce(p *play) {
	p.t.Helper()
	seen := map[any]int{}
	for start := 1; start <= 13; start += 5 {
		resources, _ := p.see(fmt.Sprintf("/Users?startIndex=%d&count=5", start))["Resources"].([]any)
		for _, r := range resources {
			seen[get(r, "id")]++
		}
	}
	if len(seen) != 13 || seen[p.ids["userId"]] != 1 {
		p.t.Errorf("the pages show %v", seen)
	}
}

// wholeNumbers expects the figures of a list to be integers in JSON.
func wholeNumbers(p *play) {
	p.t.Helper()
	for _, key := range []string{"totalResults", "startIndex", "itemsPerPage"} {
		if !regexp.MustCompile(`"` + key + `":\d+[,}]`).MatchString(p.answer.body) {
			p.t.Errorf("%s is no integer: %s", key, p.answer.body)
		}
	}
}

// hasMeta expects the answer to have all of meta that clients look at.
func hasMeta(resourceType string) func(*play) {
	return func(p *play) {
		p.t.Helper()
		meta, _ := get(p.answer.json(p.t), "meta").(map[string]any)
		p.has(meta, fmt.Sprintf(`{"resourceType": %q}`, resourceType))
		location, _ := meta["location"].(string)
		if id, _ := get(p.answer.json(p.t), "id").(string); id == "" || !strings.HasSuffix(location, "/scim/v2/"+resourceType+"s/"+id) {
			p.t.Errorf("meta.location %q of %q", location, id)
		}
		if p.setup.found && p.ids["userId"] == get(p.answer.json(p.t), "id") {
			return // TeamViewer does not say when it made an account
		}
		for _, key := range []string{"created", "lastModified"} {
			if text, _ := meta[key].(string); !regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$`).MatchString(text) {
				p.t.Errorf("meta.%s %q", key, text)
			}
		}
	}
}

// schemasOfService expects of /Schemas what clients read out of it.
func schemasOfService(p *play) {
	p.t.Helper()
	if strings.Contains(p.answer.body, "null") {
		p.t.Error("null in /Schemas")
	}
	byID := map[any]any{}
	for _, s := range p.listed() {
		byID[get(s, "id")] = s
		attributes, _ := get(s, "attributes").([]any)
		if len(attributes) == 0 {
			p.t.Errorf("%v has no attributes", get(s, "id"))
		}
		characteristics(p.t, attributes)
	}
	for _, id := range []string{"core:2.0:User", "core:2.0:Group", "extension:teamviewer:1.0:SsoUser"} {
		if byID["urn:ietf:params:scim:schemas:"+id] == nil {
			p.t.Errorf("no schema %s", id)
		}
	}
	text, _ := json.Marshal(byID["urn:ietf:params:scim:schemas:core:2.0:User"])
	if !regexp.MustCompile(`"canonicalValues":\[[^]]*"work"`).Match(text) {
		p.t.Errorf("type has no canonicalValues: %s", text)
	}
}

// characteristics expects the values of RFC 7643 section 2.2, in the letter case that it has.
func characteristics(t *testing.T, attributes []any) {
	t.Helper()
	legal := map[string]string{
		"type": "string boolean decimal integer dateTime reference complex binary", "mutability": "readOnly readWrite immutable writeOnly",
		"returned": "always never default request", "uniqueness": "none server global",
	}
	for _, a := range attributes {
		for key, values := range legal {
			if value, _ := get(a, key).(string); !strings.Contains(" "+values+" ", " "+value+" ") {
				t.Errorf("%v: %s is %q", get(a, "name"), key, value)
			}
		}
		sub, _ := get(a, "subAttributes").([]any)
		characteristics(t, sub)
	}
}
