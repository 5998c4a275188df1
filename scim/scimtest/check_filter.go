package scimtest

import (
	"net/http"
	"strings"
	"time"

	"tvscim/scim"
)

// filterCase is a filter and whether it selects the subject: the user that [Probe.subject] makes.
// Words in braces stand for what the subject has.
type filterCase struct {
	section string // of RFC 7644, "" is 3.4.2.2
	name    string
	says    string
	filter  string
	selects bool
	needs   []Feature
}

// filterCases are the grammar of RFC 7644 section 3.4.2.2.
var filterCases = []filterCase{
	{"", "eq", "eq selects equal values.", `displayName eq "Babs Jensen"`, true, nil},
	{"", "eq of another value", "eq does not select other values.", `displayName eq "Babs"`, false, nil},
	{"", "eq in other case", "A value that is not caseExact is compared in any case.", `displayName eq "bABS jENSEN"`, true, nil},
	{"", "eq of userName in other case", "userName is compared in any case.", `userName eq "{USERNAME}"`, true, nil},
	{"", "eq of a caseExact value", "A value that is caseExact is compared as it is.", `externalId eq "{externalId}"`, true, nil},
	{"", "eq of a caseExact value in other case", "A value that is caseExact differs from the same in other case.", `externalId eq "{EXTERNALID}"`, false, nil},
	{"", "eq of id", "A filter may ask for an id.", `id eq "{id}"`, true, nil},
	{"", "eq of a boolean", "A boolean is compared with true.", `active eq true`, true, nil},
	{"", "eq of the other boolean", "A boolean is compared with false.", `active eq false`, false, nil},
	{"", "ne", "ne selects other values.", `displayName ne "Babs"`, true, nil},
	{"", "ne of the value", "ne does not select the equal value.", `displayName ne "babs jensen"`, false, nil},
	{"", "co", "co selects values that contain the text.", `displayName co "bs Je"`, true, nil},
	{"", "co of something else", "co does not select values without the text.", `displayName co "Guide"`, false, nil},
	{"", "sw", "sw selects values that begin with the text.", `displayName sw "BABS"`, true, nil},
	{"", "sw in the middle", "sw does not select values that hold the text elsewhere.", `displayName sw "Jensen"`, false, nil},
	{"", "ew", "ew selects values that end with the text.", `displayName ew "jensen"`, true, nil},
	{"", "ew at the beginning", "ew does not select values that hold the text elsewhere.", `displayName ew "Babs"`, false, nil},
	{"", "pr", "pr selects what has a value.", `displayName pr`, true, nil},
	{"", "pr of what is absent", "pr does not select what has no value.", `nickName pr`, false, nil},
	{"", "pr of a complex attribute", "pr selects a complex attribute with any value.", `name pr`, true, []Feature{attribute("User.name.givenName")}},
	{"", "pr of a list", "pr selects a list that is not empty.", `emails pr`, true, []Feature{attribute("User.emails")}},
	{"", "gt of texts", "gt compares texts by their order.", `displayName gt "Aaron"`, true, nil},
	{"", "gt of the value", "gt does not select the equal value.", `displayName gt "Babs Jensen"`, false, nil},
	{"", "ge of the value", "ge selects the equal value.", `displayName ge "Babs Jensen"`, true, nil},
	{"", "lt of texts", "lt compares texts by their order.", `displayName lt "Zoe"`, true, nil},
	{"", "le of the value", "le selects the equal value.", `displayName le "Babs Jensen"`, true, nil},
	{"", "le of less", "le does not select what is greater.", `displayName le "Aaron"`, false, nil},
	{"", "gt of times", "gt compares times: this century is after 1999.", `meta.created gt "1999-12-31T23:59:59Z"`, true, nil},
	{"", "lt of times", "lt compares times.", `meta.created lt "1999-12-31T23:59:59Z"`, false, nil},
	{"", "times in other zones", "Times are compared as instants, whatever zone they are written in.", `meta.created ge "{created+14}" and meta.created le "{created+14}"`, true, nil},
	{"", "eq of a time", "A time equals itself.", `meta.created eq "{created}"`, true, nil},
	{"", "eq of meta.resourceType", "meta can be asked for.", `meta.resourceType eq "User"`, true, nil},
	{"", "eq of schemas", "schemas can be asked for.", `schemas eq "urn:ietf:params:scim:schemas:core:2.0:User"`, true, nil},
	{"", "null", "An attribute equals null when it has no value.", `nickName eq null`, true, []Feature{attribute("User.nickName")}},
	{"", "and", "and selects what fulfils both.", `displayName sw "Babs" and active eq true`, true, nil},
	{"", "and of one", "and does not select what fulfils one.", `displayName sw "Babs" and active eq false`, false, nil},
	{"", "or", "or selects what fulfils either.", `displayName eq "x" or active eq true`, true, nil},
	{"", "or of none", "or does not select what fulfils neither.", `displayName eq "x" or active eq false`, false, nil},
	{"", "not", "not selects what does not fulfil.", `not (displayName eq "x")`, true, nil},
	{"", "not of what holds", "not does not select what fulfils.", `not (displayName eq "Babs Jensen")`, false, nil},
	{"", "and binds before or", "and has precedence over or.", `active eq true or active eq true and displayName eq "x"`, true, nil},
	{"", "and binds before or, from the left", "and has precedence over or, wherever it stands.", `displayName eq "x" and active eq true or active eq true`, true, nil},
	{"", "grouping", "Parentheses come before precedence.", `(active eq true or active eq true) and displayName eq "x"`, false, nil},
	{"", "nested grouping", "Parentheses nest.", `((displayName eq "x" or (active eq true)) and not (not (userName pr)))`, true, nil},
	{"", "not binds first", "not has precedence over and and or.", `not (displayName eq "x") and active eq true`, true, nil},
	{"", "operators in any case", "Operators are the same in any case.", `displayName EQ "Babs Jensen" AND NOT (displayName Eq "x") Or displayName PR`, true, nil},
	{"", "names in any case", "Attribute names are the same in any case.", `DISPLAYNAME eq "Babs Jensen"`, true, nil},
	{"3.10", "URN of the core schema", "An attribute may be written with the URN of its schema.", scim.UserURN + `:displayName eq "Babs Jensen"`, true, nil},
	{"3.10", "URN in any case", "URNs are the same in any case.", strings.ToUpper(scim.UserURN) + `:displayName eq "Babs Jensen"`, true, nil},
	{"3.10", "URN of an extension", "An attribute of an extension is written with its URN.", scim.EnterpriseURN + `:department eq "Tour Operations"`, true, []Feature{attribute("EnterpriseUser.department")}},
	{"3.10", "sub-attribute", "A sub-attribute is written behind a dot.", `name.familyName eq "Jensen"`, true, []Feature{attribute("User.name.familyName")}},
	{"3.10", "sub-attribute with URN", "A sub-attribute is written behind URN, colon, name and dot.", scim.UserURN + `:name.familyName co "ense"`, true, []Feature{attribute("User.name.familyName")}},
	{"3.4.2.1", "unknown attribute", "An attribute that the type does not have is one without a value.", `noSuchAttribute eq "x"`, false, nil},
	{"3.4.2.1", "unknown attribute beside a known one", "An attribute that the type does not have does not make a filter invalid.", `noSuchAttribute pr or displayName pr`, true, nil},
	{"", "sub-attribute of a list", "Any value of a list may fulfil a comparison.", `emails.value eq "{userName}"`, true, []Feature{attribute("User.emails")}},
	{"", "a list without sub-attribute", "A list of objects compares its value.", `emails co "{userName}"`, true, []Feature{attribute("User.emails")}},
	{"", "value path", "A value path selects by one value.", `emails[type eq "work"]`, true, []Feature{attribute("User.emails.type")}},
	{"", "value path that nothing fulfils", "A value path does not select when no value fulfils it.", `emails[type eq "home"]`, false, []Feature{attribute("User.emails.type")}},
	{"", "value path with and", "One value must fulfil all of a value path.", `emails[type eq "work" and value eq "{userName}"]`, true, []Feature{attribute("User.emails.type")}},
	{"", "value path across values", "A value path is not fulfilled by two values together.", `phoneNumbers[type eq "work" and value eq "555-0002"]`, false, phones},
	{"", "sub-attributes across values", "Two comparisons may be fulfilled by two values.", `phoneNumbers.type eq "work" and phoneNumbers.value eq "555-0002"`, true, phones},
	{"", "value path with or", "A value path may hold or.", `phoneNumbers[type eq "fax" or value eq "555-0002"]`, true, phones},
	{"", "value path with not", "A value path may hold not.", `phoneNumbers[not (type eq "work")]`, true, phones},
	{"", "value path and more", "A value path is a filter among others.", `displayName eq "x" or phoneNumbers[type eq "mobile" and value sw "555"]`, true, phones},
	{"", "value path and what follows", "A value path may be followed by more.", `phoneNumbers[type eq "mobile"] and displayName eq "x"`, false, phones},
	{"", "brackets in a value path", "Parentheses group within a value path.", `phoneNumbers[(type eq "fax" or type eq "mobile") and value pr]`, true, phones},
	{"", "escaped text", "Text is JSON: escapes are decoded.", `displayName eq "B\u0061bs\u0020Jensen"`, true, nil},
	{"", "quotes in text", "Text may hold a quotation mark.", `title eq "\"Top\" Guide \\ {word}"`, true, []Feature{attribute("User.title")}},
	{"", "words of the grammar in text", "Text may hold the words and brackets of the language.", `displayName eq ") or (userName pr"`, false, nil},
	{"", "spaces around", "Spaces around a filter do not count.", `  displayName eq "Babs Jensen"  `, true, nil},
}

// phones is what checks of several values need.
var phones = []Feature{attribute("User.phoneNumbers.value"), attribute("User.phoneNumbers.type")}

// filterChecks returns one check for each case: alone with the name of the subject, the filter
// selects it or not.
func filterChecks() []Check {
	all := make([]Check, len(filterCases))
	for i, c := range filterCases {
		section := c.section
		if section == "" {
			section = "3.4.2.2"
		}
		all[i] = must("7644 "+section, "filter: "+c.name, c.says, func(p *Probe) {
			u, fill := p.subject()
			want := []string{}
			if c.selects {
				want = []string{u.id()}
			}
			p.find("/Users", `userName eq "`+u.string("userName")+`" and (`+fill.Replace(c.filter)+`)`).finds(want...)
		}).needs(Filter).needs(c.needs...)
	}
	return all
}

// subject makes the user that filters are tried on.
func (p *Probe) subject() (u *reply, fill *strings.Replacer) {
	name, external, word := p.userName(), "Ext-"+p.word(), p.word()
	u = p.user(object{
		"userName": name, "externalId": external, "active": true, "title": `"Top" Guide \ ` + word,
		"name":             object{"givenName": "Babs", "familyName": "Jensen"},
		"emails":           list{object{"value": name, "type": "work", "primary": true}},
		"phoneNumbers":     list{object{"value": "555-0001", "type": "work"}, object{"value": "555-0002", "type": "mobile"}},
		scim.EnterpriseURN: object{"department": "Tour Operations"},
	})
	created, err := time.Parse(time.RFC3339Nano, u.string("meta", "created"))
	east := created.In(time.FixedZone("", 14*3600)).Format(time.RFC3339Nano)
	if err != nil {
		u.failf("meta.created is %q", u.string("meta", "created"))
	}
	return u, strings.NewReplacer("{userName}", name, "{USERNAME}", strings.ToUpper(name), "{id}", u.id(),
		"{externalId}", external, "{EXTERNALID}", strings.ToUpper(external), "{word}", word,
		"{created}", u.string("meta", "created"), "{created+14}", east)
}

// filterListChecks are about filters on what is not one user.
var filterListChecks = []Check{
	must("7644 3.4.2.2", "a filter is applied", "A filter is applied, not ignored: other resources are not in the list.", func(p *Probe) {
		u, _ := p.user(nil), p.user(nil)
		p.find("/Users", `userName eq "`+u.string("userName")+`"`).finds(u.id())
	}).needs(Filter),
	must("7644 3.4.2.2", "several matches", "All resources that fulfil a filter are found.", func(p *Probe) {
		filter, ids := p.crowd(3)
		p.find("/Users", filter).finds(ids...)
	}).needs(Filter),
	must("7644 3.4.2.2", "groups by name", "Groups are found by displayName, in any case.", func(p *Probe) {
		g, _ := p.group(), p.group()
		p.find("/Groups", `displayName eq "`+g.string("displayName")+`"`).finds(g.id())
		p.find("/Groups", `displayName eq "`+strings.ToUpper(g.string("displayName"))+`"`).finds(g.id())
	}).needs(Filter, Groups),
	must("7644 3.4.2.2", "groups by externalId", "Groups are found by externalId.", func(p *Probe) {
		id := p.word()
		g, _ := p.tryGroup(object{"externalId": id}).want(http.StatusCreated), p.group()
		p.find("/Groups", `externalId eq "`+id+`"`).finds(g.id())
	}).needs(Filter, Groups),
	must("7644 3.4.2.2", "groups by member", "Groups are found by the id of a member.", func(p *Probe) {
		u := p.user(nil)
		g, _ := p.group(u.id()), p.group()
		p.find("/Groups", `members[value eq "`+u.id()+`"]`).finds(g.id())
		p.find("/Groups", `members.value eq "`+u.id()+`"`).finds(g.id())
	}).needs(Filter, attribute("Group.members.value")),
	must("7644 3.4.2.2", "a group and its member", "A filter may ask for one group and for one member of it.", func(p *Probe) {
		u, other := p.user(nil), p.user(nil)
		g := p.group(u.id())
		p.find("/Groups", `id eq "`+g.id()+`" and members[value eq "`+u.id()+`"]`).finds(g.id())
		p.find("/Groups", `id eq "`+g.id()+`" and members[value eq "`+other.id()+`"]`).finds()
	}).needs(Filter, attribute("Group.members.value")),
	should("7644 3.4.2.2", "groups by the type of a member", "A filter sees the type that members are shown with.", func(p *Probe) {
		u := p.user(nil)
		g := p.group(u.id())
		p.find("/Groups", `id eq "`+g.id()+`" and members[type eq "User"]`).finds(g.id())
		p.find("/Groups", `id eq "`+g.id()+`" and members[value eq "`+u.id()+`" and type eq "User"]`).finds(g.id())
		p.find("/Groups", `id eq "`+g.id()+`" and members[type ne "User"]`).finds()
	}).needs(Filter, attribute("Group.members.value"), attribute("Group.members.type")),
	may("7644 3.4.2.2", "text without quotes", "Text without quotes is refused as the grammar has it, or is taken as text, as some clients mean it.", func(p *Probe) {
		u := p.user(nil)
		r := p.get(query("/Users", "filter", "userName eq "+u.string("userName"))).want(http.StatusOK, http.StatusBadRequest)
		if r.status == http.StatusOK {
			r.finds(u.id())
		}
	}).needs(Filter),
	must("7644 3.4.2.2", "what was changed is found", "A filter finds a resource by its new value, and no longer by its old one.", func(p *Probe) {
		u := p.user(nil)
		name := p.userName()
		u.patched(op("replace", "userName", name))
		p.find("/Users", `userName eq "`+name+`"`).finds(u.id())
		p.find("/Users", `userName eq "`+u.string("userName")+`"`).finds()
	}).needs(Filter, Patch),
}

// invalidFilters cannot be read, or ask for what makes no sense.
var invalidFilters = []struct{ name, filter string }{
	{"no value", `userName eq`},
	{"no operator", `userName`},
	{"unknown operator", `userName is "x"`},
	{"open quotes", `userName eq "x`},
	{"open parenthesis", `(userName eq "x"`},
	{"closing parenthesis alone", `userName eq "x")`},
	{"nothing behind and", `userName eq "x" and`},
	{"nothing before or", `or userName eq "x"`},
	{"two filters without and", `userName eq "x" userName eq "y"`},
	{"open bracket", `emails[type eq "work"`},
	{"empty brackets", `emails[]`},
	{"empty parentheses", `()`},
	{"pr with a value", `userName pr "x"`},
	{"value first", `"x" eq userName`},
	{"gt of a boolean", `active gt true`},
	{"le of a boolean", `active le false`},
}

// invalidFilterChecks returns one check for each filter that is to be refused.
func invalidFilterChecks() []Check {
	all := make([]Check, len(invalidFilters))
	for i, c := range invalidFilters {
		all[i] = must("7644 3.4.2.2", "invalid filter: "+c.name, "The filter "+c.filter+" is 400 invalidFilter.", func(p *Probe) {
			p.user(nil) // a filter may go unread where there is nothing to filter
			p.get(query("/Users", "filter", c.filter)).wantError(http.StatusBadRequest, "invalidFilter")
		}).needs(Filter)
	}
	return all
}
