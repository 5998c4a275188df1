package scimtest

import (
	"fmt"
	"net/http"
	"strings"

	"tvscim/scim"
)

// attributeValues are the attributes of a user and a value of each, as a client would send it.
var attributeValues = []struct {
	section, schema, name string
	value                 any
}{
	{"4.1.1", scim.UserURN, "displayName", "Babs Jensen"},
	{"4.1.1", scim.UserURN, "nickName", "Babs"},
	{"4.1.1", scim.UserURN, "profileUrl", "https://login.example.com/bjensen"},
	{"4.1.1", scim.UserURN, "title", "Tour Guide"},
	{"4.1.1", scim.UserURN, "userType", "Employee"},
	{"4.1.1", scim.UserURN, "preferredLanguage", "en-US"},
	{"4.1.1", scim.UserURN, "locale", "en-US"},
	{"4.1.1", scim.UserURN, "timezone", "America/Los_Angeles"},
	{"4.1.1", scim.UserURN, "active", false},
	{"4.1.1", scim.UserURN, "name", object{"formatted": "Ms. Barbara J Jensen, III", "familyName": "Jensen", "givenName": "Barbara",
		"middleName": "Jane", "honorificPrefix": "Ms.", "honorificSuffix": "III"}},
	{"4.1.2", scim.UserURN, "emails", list{object{"value": "bjensen@example.com", "type": "work", "primary": true}}},
	{"4.1.2", scim.UserURN, "phoneNumbers", list{object{"value": "tel:+1-201-555-0123", "type": "work"}, object{"value": "tel:+1-201-555-0124", "type": "mobile"}}},
	{"4.1.2", scim.UserURN, "ims", list{object{"value": "someaimhandle", "type": "aim"}}},
	{"4.1.2", scim.UserURN, "photos", list{object{"value": "https://photos.example.com/profilephoto/F", "type": "photo"}}},
	{"4.1.2", scim.UserURN, "addresses", list{object{"streetAddress": "100 Universal City Plaza", "locality": "Hollywood", "region": "CA",
		"postalCode": "91608", "country": "US", "formatted": "100 Universal City Plaza\nHollywood, CA 91608 USA", "type": "work", "primary": true}}},
	{"4.1.2", scim.UserURN, "entitlements", list{object{"value": "tours", "display": "Tours"}}},
	{"4.1.2", scim.UserURN, "roles", list{object{"value": "guide", "display": "Guide", "primary": true}}},
	{"4.1.2", scim.UserURN, "x509Certificates", list{object{"value": "MIIDQzCCAqygAwIBAgICEAAwDQYJKoZIhvcNAQEFBQAwTjELMAkGA1UEBhMCVVMx"}}},
	{"4.3", scim.EnterpriseURN, "employeeNumber", "701984"},
	{"4.3", scim.EnterpriseURN, "costCenter", "4130"},
	{"4.3", scim.EnterpriseURN, "organization", "Universal Studios"},
	{"4.3", scim.EnterpriseURN, "division", "Theme Park"},
	{"4.3", scim.EnterpriseURN, "department", "Tour Operations"},
	{"4.3", scim.EnterpriseURN, "manager", object{"value": "26118915-6090-4610-87e4-49d8ca9f808d"}},
}

// attributeChecks return two checks of each attribute: that it comes back as it was sent, if it is
// advertised, and that a PUT and a PATCH set it alike.
func attributeChecks() []Check {
	var all []Check
	for _, a := range attributeValues {
		in := func(v any) object { return object{a.name: v} }
		path := []string{a.name}
		urn := a.name
		if a.schema != scim.UserURN {
			in = func(v any) object { return object{a.schema: object{a.name: v}} }
			path = []string{a.schema, a.name}
			urn = a.schema + ":" + a.name
		}
		have := attribute(schemaName(a.schema) + "." + a.name)
		all = append(all,
			must("7643 "+a.section, a.name, fmt.Sprintf("%s, which is advertised, comes back as it was sent.", a.name), func(p *Probe) {
				p.user(in(a.value)).is(a.value, path...).again().is(a.value, path...)
			}).needs(have),
			must("7643 "+a.section, a.name+" by PATCH", fmt.Sprintf("%s can be set later.", a.name), func(p *Probe) {
				p.user(nil).patched(op("add", urn, a.value)).is(a.value, path...)
			}).needs(have, Patch),
		)
	}
	return all
}

// passwordChecks are about the password, which is never shown (RFC 7643 section 4.1.1), whether it
// is kept or not.
var passwordChecks = []Check{
	must("7643 4.1.1", "password is not in the answer to a create", "The answer to a POST does not hold the password.", func(p *Probe) {
		p.user(object{"password": "Tr0ub4dor&3"}).secretive()
	}),
	must("7643 4.1.1", "password is not read", "A GET does not hold the password.", func(p *Probe) {
		p.user(object{"password": "Tr0ub4dor&3"}).again().secretive()
	}),
	must("7643 7", "password is not read by name", "Returned never: not even a client that asks for the password by name gets it.", func(p *Probe) {
		u := p.user(object{"password": "Tr0ub4dor&3"})
		p.get(u.path + "?attributes=password,userName").want(http.StatusOK).secretive()
	}),
	must("7643 4.1.1", "password is not listed", "A list does not hold the password.", func(p *Probe) {
		u := p.user(object{"password": "Tr0ub4dor&3"})
		p.find("/Users", `userName eq "`+u.string("userName")+`"`).finds(u.id()).secretive()
	}).needs(Filter),
	must("7643 4.1.1", "password is not in the answer to a PUT", "The answer to a PUT does not hold the password.", func(p *Probe) {
		u := p.user(nil)
		p.put(u.path, p.userBody(object{"userName": u.string("userName"), "password": "Tr0ub4dor&3"})).want(http.StatusOK).secretive()
	}),
	must("7643 4.1.1", "password is not in the answer to a PATCH", "The answer to a PATCH does not hold the password.", func(p *Probe) {
		u := p.user(nil)
		p.patch(u.path, op("replace", "password", "Tr0ub4dor&3")).secretive()
		u.again().secretive()
	}).needs(Patch),
	must("7643 5", "password can be changed", "A provider that advertises changePassword takes a new password by PATCH.", func(p *Probe) {
		p.user(object{"password": "Tr0ub4dor&3"}).patched(op("replace", "password", "C0rrect-horse")).secretive()
	}).needs(ChangePassword, Patch),
	may("7643 5", "password cannot be changed", "A provider that does not advertise changePassword refuses or ignores a new password.", func(p *Probe) {
		u := p.user(nil)
		if r := p.patch(u.path, op("replace", "password", "C0rrect-horse")); r.status >= http.StatusInternalServerError && r.status != http.StatusNotImplemented {
			r.failf("status %d", r.status)
		}
		u.again()
	}).needs(Patch).unless(ChangePassword),
}

// secretive expects no password.
func (r *reply) secretive() {
	if strings.Contains(strings.ToLower(r.text), `"password"`) || strings.Contains(r.text, "Tr0ub4dor") || strings.Contains(r.text, "C0rrect-horse") {
		r.failf("the password is shown")
	}
}

// uniquenessChecks are about unique names (RFC 7643 section 4.1.1, RFC 7644
// section 3.3).
var uniquenessChecks = []Check{
	must("7644 3.3", "userName twice", "A second user of one userName is 409 uniqueness.", func(p *Probe) {
		u := p.user(nil)
		p.tryUser(object{"userName": u.string("userName")}).wantError(http.StatusConflict, "uniqueness")
	}),
	must("7643 4.1.1", "userName twice in other case", "userName is not caseExact: the same in other case is 409 uniqueness.", func(p *Probe) {
		u := p.user(nil)
		p.tryUser(object{"userName": strings.ToUpper(u.string("userName"))}).wantError(http.StatusConflict, "uniqueness")
	}),
	must("7644 3.5.1", "userName of another by PUT", "A PUT that takes the userName of another is 409 uniqueness.", func(p *Probe) {
		first, second := p.user(nil), p.user(nil)
		p.put(second.path, p.userBody(object{"userName": first.string("userName")})).wantError(http.StatusConflict, "uniqueness")
		second.again().is(second.at("userName"), "userName")
	}),
	must("7644 3.5.2", "userName of another by PATCH", "A PATCH that takes the userName of another is 409 uniqueness.", func(p *Probe) {
		first, second := p.user(nil), p.user(nil)
		p.patch(second.path, op("replace", "userName", strings.ToUpper(first.string("userName")))).wantError(http.StatusConflict, "uniqueness")
		second.again().is(second.at("userName"), "userName")
	}).needs(Patch),
	must("7643 4.1.1", "one's own userName in other case", "A user may be given its own userName in other case.", func(p *Probe) {
		u := p.user(nil)
		p.patch(u.path, op("replace", "userName", strings.ToUpper(u.string("userName")))).want(http.StatusOK, http.StatusNoContent)
	}).needs(Patch),
	must("7644 3.3", "a conflict changes nothing", "The first user stays as it was when a second of its userName is refused.", func(p *Probe) {
		u := p.user(object{"displayName": "The First"})
		p.tryUser(object{"userName": u.string("userName"), "displayName": "The Second"}).want(http.StatusConflict)
		u.again().is("The First", "displayName")
	}),
	must("7643 7", "group name twice", "Where displayName of groups is unique, a second group of one name is 409 uniqueness.", func(p *Probe) {
		g := p.group()
		p.tryGroup(object{"displayName": g.string("displayName")}).wantError(http.StatusConflict, "uniqueness")
	}).needs(distinct("Group.displayName")),
	must("7643 7", "group name twice in other case", "Where displayName of groups is unique, the same in other case is 409 uniqueness.", func(p *Probe) {
		g := p.group()
		p.tryGroup(object{"displayName": strings.ToUpper(g.string("displayName"))}).wantError(http.StatusConflict, "uniqueness")
	}).needs(distinct("Group.displayName")),
}
