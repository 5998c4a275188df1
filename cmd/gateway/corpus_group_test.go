package gateway_test

import (
	"fmt"
	"net/http"
	"slices"
)

const (
	ola          = "ola.lind@contoso.example"
	fieldService = "TV Field Service"
)

// corpusGroupCreates are the rows that create groups, and those that end them.
func corpusGroupCreates() map[string]expectation {
	creates := func(name, externalID string) expectation {
		return expectation{given: noraAndOla, tv: func(c *company) { c.Groups[name] = []string{} }, then: all(
			answers(fmt.Sprintf(`{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": %q, "externalId": %s}`, name, externalID)),
			hasMeta("Group"), memberless,
			func(p *play) { p.ids["groupId"], _ = p.answer.json(p.t)["id"].(string) },
			sees("/Groups/{groupId}", fmt.Sprintf(`{"displayName": %q, "externalId": %s}`, name, externalID)),
			finds("/Groups", fmt.Sprintf("displayName eq %q", name), "groupId"))}
	}
	return map[string]expectation{
		"entra.create.group.default": creates(fieldService, `"7e0d5d52-6d14-4f5e-b7f8-0d6a7f3d9c01"`).
			with(finds("/Groups", `externalId eq "7e0d5d52-6d14-4f5e-b7f8-0d6a7f3d9c01"`, "groupId")),
		"entra.create.group.members-null":  creates("TV Lab", `"7e0d5d52-6d14-4f5e-b7f8-0d6a7f3d9c03"`),
		"entra.create.group.no-externalId": creates("TV Office", "null"),
		"entra.create.group.special-chars": creates("Test'Group-(a1b2c3d4) & Ü", `"7e0d5d52-6d14-4f5e-b7f8-0d6a7f3d9c05"`),
		"entra.create.group.duplicate":     {given: noraInFieldService, then: all(answers(`{"scimType": "uniqueness"}`), says(fieldService, "{groupId}"), changedNobody)},
		"okta.create.group.with-members": {given: omar, tv: func(c *company) { c.Groups["Okta Leads"] = []string{"omar.reyes@contoso.example"} }, then: all(
			func(p *play) { p.ids["groupId"], _ = p.answer.json(p.t)["id"].(string) }, membersAre("userId"))},
		"entra.delete.group": {given: noraInFieldService, tv: func(c *company) { delete(c.Groups, fieldService) }, then: all(
			gone("/Groups/{groupId}"), user(`{"active": true}`), finds("/Groups", `displayName eq "`+fieldService+`"`))},
		"entra.delete.group-twice": {given: all(noraInFieldService, played("entra.delete.group")), then: all(gone("/Groups/{groupId}"))},
	}
}

// corpusGroupPatches are the rows that rename, fill and empty groups.
func corpusGroupPatches() map[string]expectation {
	empty := func(p *play) { p.t.Helper(); noraAndOla(p); p.have("groupId", "entra.create.group.default") }
	both := func(p *play) {
		p.t.Helper()
		noraInFieldService(p)
		p.ids["userId2"] = p.ids["managerId"]
		p.played("entra.compliant.group.add-members")
	}
	one := func(p *play) { p.t.Helper(); noraInFieldService(p); p.ids["userId2"] = p.ids["managerId"] }
	members := func(given func(*play), addresses ...string) expectation {
		placeholders := []string{}
		for _, a := range addresses {
			placeholders = append(placeholders, map[string]string{nora: "userId", ola: "managerId"}[a])
		}
		return expectation{given: given, tv: func(c *company) { c.Groups[fieldService] = append([]string{}, addresses...) },
			then: all(answersNothing, membersAre(placeholders...),
				sees("/Groups/{groupId}", `{"displayName": "TV Field Service", "externalId": "7e0d5d52-6d14-4f5e-b7f8-0d6a7f3d9c01"}`))}
	}
	renamed := func(given func(*play), name string) expectation {
		return expectation{given: given, tv: func(c *company) { c.Groups[name] = c.Groups[fieldService]; delete(c.Groups, fieldService) }, then: all(
			answersNothing, sees("/Groups/{groupId}", `{"id": "{groupId}", "displayName": "`+name+`"}`), membersAre("userId"),
			finds("/Groups", `displayName eq "`+name+`"`, "groupId"), finds("/Groups", `displayName eq "`+fieldService+`"`))}
	}
	unchanged := members(both, nora, ola)
	unchanged.tv = nil
	put := renamed(noraInFieldService, "Okta Field Ops EU")
	put.then = all(answers(`{"displayName": "Okta Field Ops EU"}`), membersAre("userId"))
	put.given = both
	rename := put.tv
	put.tv = func(c *company) { rename(c); c.Groups["Okta Field Ops EU"] = []string{nora} }
	return map[string]expectation{
		"entra.legacy.group.rename":           renamed(noraInFieldService, "TV Field Service DACH"),
		"entra.compliant.group.rename-nopath": renamed(noraInFieldService, "TV Field Service EU"),
		"okta.rename.group":                   renamed(noraInFieldService, "Okta Field Ops EU"),
		"entra.legacy.group.replace-externalId": kept(noraInFieldService, answersNothing,
			sees("/Groups/{groupId}", `{"externalId": "7e0d5d52-6d14-4f5e-b7f8-0d6a7f3d9c0f", "displayName": "TV Field Service"}`),
			finds("/Groups", `externalId eq "7e0d5d52-6d14-4f5e-b7f8-0d6a7f3d9c0f"`, "groupId"), finds("/Groups", `externalId eq "7e0d5d52-6d14-4f5e-b7f8-0d6a7f3d9c01"`)),
		"entra.legacy.group.add-member":                members(empty, nora),
		"entra.legacy.group.add-member-again":          members(noraInFieldService, nora),
		"entra.legacy.group.add-members-many":          {given: twentyFiveUsers, tv: fillWithTwentyFive, then: all(answersNothing, twentyFiveMembers)},
		"entra.legacy.group.add-member-string":         members(empty, nora),
		"entra.legacy.group.add-member-single-object":  members(empty, nora),
		"entra.legacy.group.add-member-nopath":         members(empty, nora),
		"entra.legacy.group.remove-member-value-list":  members(both, ola),
		"entra.legacy.group.remove-non-member":         unchanged,
		"entra.legacy.group.remove-members-empty-list": unchanged,
		"entra.legacy.group.replace-members":           members(one, nora, ola),
		"entra.legacy.group.replace-members-empty":     members(both),
		"entra.compliant.group.add-members":            members(one, nora, ola),
		"entra.compliant.group.remove-member":          members(both, ola),
		"entra.compliant.group.remove-non-member":      unchanged,
		"entra.validator.group.add-member-by-replace":  members(both, nora),
		"entra.validator.group.multi-ops-same-attr":    members(both, ola),
		"okta.group.members.replace":                   members(both, nora),
		"okta.group.put":                               put,
	}
}

// memberless expects the answer, a group, to have no members.
func memberless(p *play) {
	p.t.Helper()
	if members, _ := p.answer.json(p.t)["members"].([]any); len(members) > 0 {
		p.t.Errorf("members %v", members)
	}
}

// membersAre expects the group to be seen with these members.
func membersAre(placeholders ...string) func(*play) {
	return func(p *play) {
		p.t.Helper()
		want, got := []string{}, []string{}
		for _, name := range placeholders {
			want = append(want, p.ids[name])
		}
		members, _ := p.see("/Groups/{groupId}")["members"].([]any)
		for _, m := range members {
			id, _ := get(m, "value").(string)
			got = append(got, id)
		}
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(want, got) {
			p.t.Errorf("members are %v, want %v", got, want)
		}
		for _, id := range want {
			if found := p.search("/Groups", fmt.Sprintf(`id eq "{groupId}" and members eq %q`, id)); len(found) != 1 {
				p.t.Errorf("the member check finds %v", found)
			}
		}
	}
}

// twentyFiveUsers are {userId01} to {userId25}, and a group that holds one of them already.
func twentyFiveUsers(p *play) {
	p.t.Helper()
	p.have("groupId", "entra.create.group.default")
	for i := range 25 {
		p.ids[fmt.Sprintf("userId%02d", i+1)] = p.user(twentyFive(i))
	}
	p.ids["userId"] = p.ids["userId07"]
	p.played("entra.legacy.group.add-member")
}

func twentyFive(i int) string { return fmt.Sprintf("person.%02d@contoso.example", i+1) }

func fillWithTwentyFive(c *company) {
	c.Groups[fieldService] = nil
	for i := range 25 {
		c.Groups[fieldService] = append(c.Groups[fieldService], twentyFive(i))
	}
}

// twentyFiveMembers expects them all, also when the request is repeated.
func twentyFiveMembers(p *play) {
	p.t.Helper()
	p.played("entra.legacy.group.add-members-many")
	members, _ := p.see("/Groups/{groupId}")["members"].([]any)
	distinct := map[any]bool{}
	for _, m := range members {
		distinct[get(m, "value")] = true
	}
	if len(members) != 25 || len(distinct) != 25 {
		p.t.Errorf("%d members, %d of them distinct", len(members), len(distinct))
	}
	if p.answer.status == http.StatusOK {
		p.t.Error("a PATCH of a group need not be answered with all of its members")
	}
}
