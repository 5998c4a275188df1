package scimtest

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// bulkChecks are about POST /Bulk (RFC 7644 section 3.7).
var bulkChecks = []Check{
	must("7644 3.7", "bulk", "A bulk request is 200 with a BulkResponse, whatever the result of its operations.", func(p *Probe) {
		p.bulk(0, bulkOp("POST", "/Users", "a", p.userBody(nil)), bulkOp("DELETE", "/Users/"+p.word(), "", nil)).statuses("201", "404")
	}).needs(Bulk),
	must("7644 3.7.3", "answer to a POST in bulk", "The answer to a POST has its bulkId, the location and the status as text.", func(p *Probe) {
		r := p.bulk(0, bulkOp("POST", "/Users", "qwerty", p.userBody(nil))).statuses("201")
		r.is("qwerty", "Operations", "0", "bulkId").is("POST", "Operations", "0", "method")
		if !strings.Contains(r.string("Operations", "0", "location"), "/Users/") {
			r.failf("location is %q", r.string("Operations", "0", "location"))
		}
	}).needs(Bulk),
	must("7644 3.7", "PUT in bulk", "A bulk request replaces.", func(p *Probe) {
		u := p.user(nil)
		p.bulk(0, bulkOp("PUT", u.path, "", p.userBody(object{"userName": u.string("userName"), "displayName": "Barbara"}))).statuses("200")
		u.again().is("Barbara", "displayName")
	}).needs(Bulk),
	must("7644 3.7", "PATCH in bulk", "A bulk request patches.", func(p *Probe) {
		u := p.user(nil)
		r := p.bulk(0, bulkOp("PATCH", u.path, "", patchOf(op("replace", "displayName", "Barbara"))))
		if s := r.string("Operations", "0", "status"); s != "200" && s != "204" {
			r.failf("status %q of a PATCH", s)
		}
		u.again().is("Barbara", "displayName")
	}).needs(Bulk, Patch),
	must("7644 3.7", "DELETE in bulk", "A bulk request deletes.", func(p *Probe) {
		u := p.user(nil)
		p.bulk(0, bulkOp("DELETE", u.path, "", nil)).statuses("204")
		p.get(u.path).wantError(http.StatusNotFound)
	}).needs(Bulk),
	must("7644 3.7.3", "an error in bulk", "An operation that fails has the error in its response.", func(p *Probe) {
		u := p.user(nil)
		r := p.bulk(0, bulkOp("POST", "/Users", "a", p.userBody(object{"userName": u.string("userName")}))).statuses("409")
		r.is("uniqueness", "Operations", "0", "response", "scimType").is("409", "Operations", "0", "response", "status")
	}).needs(Bulk),
	must("7644 3.7.3", "bulk goes on", "Without failOnErrors, all operations are tried.", func(p *Probe) {
		p.bulk(0, bulkOp("DELETE", "/Users/"+p.word(), "", nil), bulkOp("DELETE", "/Users/"+p.word(), "", nil), bulkOp("POST", "/Users", "a", p.userBody(nil))).
			statuses("404", "404", "201")
	}).needs(Bulk),
	must("7644 3.7.3", "failOnErrors", "After as many errors as failOnErrors says, the rest is not tried.", func(p *Probe) {
		name := p.userName()
		p.bulk(1, bulkOp("DELETE", "/Users/"+p.word(), "", nil), bulkOp("POST", "/Users", "a", p.userBody(object{"userName": name}))).statuses("404")
		p.find("/Users", `userName eq "`+name+`"`).finds()
	}).needs(Bulk, Filter),
	must("7644 3.7", "unknown method in bulk", "A method that bulk does not have is refused.", func(p *Probe) {
		p.post("/Bulk", bulkOf(0, bulkOp("GET", "/Users", "", nil))).refusedInBulk()
	}).needs(Bulk),
	must("7644 3.7", "POST without bulkId", "A POST in bulk needs a bulkId.", func(p *Probe) {
		p.post("/Bulk", bulkOf(0, bulkOp("POST", "/Users", "", p.userBody(nil)))).refusedInBulk()
	}).needs(Bulk),
	must("7644 3.7", "malformed bulk", "A bulk request that is not JSON is 400 invalidSyntax.", func(p *Probe) {
		p.post("/Bulk", `{"Operations":[`).wantError(http.StatusBadRequest, "invalidSyntax")
	}).needs(Bulk),
	should("7644 3.7", "bulk that is not supported", "A provider without bulk says so: 501, 404 or 403, and does nothing.", func(p *Probe) {
		name := p.userName()
		p.post("/Bulk", bulkOf(0, bulkOp("POST", "/Users", "a", p.userBody(object{"userName": name})))).
			want(http.StatusNotImplemented, http.StatusNotFound, http.StatusForbidden)
		p.find("/Users", `userName eq "`+name+`"`).finds()
	}).needs(Filter).unless(Bulk),
}

// bulkReferenceChecks are about bulkIds in place of ids (RFC 7644 sections 3.7.1 and 3.7.2).
var bulkReferenceChecks = []Check{
	must("7644 3.7.2", "reference to an earlier operation", "bulkId:x stands for the id of what the operation x created.", func(p *Probe) {
		r := p.bulk(0, bulkOp("POST", "/Users", "ada", p.userBody(nil)),
			bulkOp("POST", "/Groups", "tours", p.groupBody(object{"members": membersOf("bulkId:ada")}))).statuses("201", "201")
		r.joined(0, 1)
	}).needs(Bulk, attribute("Group.members")),
	must("7644 3.7.2", "reference to a later operation", "A reference may come before the operation that it means.", func(p *Probe) {
		r := p.bulk(0, bulkOp("POST", "/Groups", "tours", p.groupBody(object{"members": membersOf("bulkId:ada")})),
			bulkOp("POST", "/Users", "ada", p.userBody(nil)))
		user, group := 0, 1
		if strings.Contains(r.string("Operations", "0", "location"), "/Groups/") {
			user, group = 1, 0
		}
		r.joined(user, group)
	}).needs(Bulk, attribute("Group.members")),
	must("7644 3.7.2", "reference in a PATCH", "A reference may stand in the value of a PATCH.", func(p *Probe) {
		g := p.group()
		r := p.bulk(0, bulkOp("POST", "/Users", "ada", p.userBody(nil)), bulkOp("PATCH", g.path, "", patchOf(op("add", "members", membersOf("bulkId:ada")))))
		g.again().holds("value", []string{r.made(0)}, "members")
	}).needs(Bulk, Patch, attribute("Group.members")),
	must("7644 3.7.2", "unknown reference", "A reference to a bulkId that no operation has is refused.", func(p *Probe) {
		p.post("/Bulk", bulkOf(0, bulkOp("POST", "/Groups", "tours", p.groupBody(object{"members": membersOf("bulkId:nobody")})))).refusedInBulk()
	}).needs(Bulk, attribute("Group.members")),
	must("7644 3.7.1", "circular references", "Operations that refer to each other are resolved, or are 409; never partly done without an error.", func(p *Probe) {
		a, b := p.groupBody(object{"members": membersOf("bulkId:b")}), p.groupBody(object{"members": membersOf("bulkId:a")})
		r := p.bulk(0, bulkOp("POST", "/Groups", "a", a), bulkOp("POST", "/Groups", "b", b))
		for i := range 2 {
			if s := r.string("Operations", strconv.Itoa(i), "status"); s != "201" && s != "409" && s != "400" {
				r.failf("operation %d of a circle: status %q, want 201 or 409", i, s)
			}
		}
	}).needs(Bulk, attribute("Group.members")),
}

// bulkLimitChecks are about the limits of bulk (RFC 7644 section 3.7.4).
var bulkLimitChecks = []Check{
	must("7644 3.7.4", "maxOperations", "More operations than the configuration allows are 413, and none is done.", func(p *Probe) {
		most := p.bulkLimit("maxOperations", 10_000)
		name := p.userName()
		ops := []object{bulkOp("POST", "/Users", "a", p.userBody(object{"userName": name}))}
		for range most {
			ops = append(ops, bulkOp("DELETE", "/Users/x", "", nil))
		}
		p.post("/Bulk", bulkOf(0, ops...)).wantError(http.StatusRequestEntityTooLarge)
		p.find("/Users", `userName eq "`+name+`"`).finds()
	}).needs(Bulk, Filter),
	must("7644 3.7.4", "maxPayloadSize", "A body larger than the configuration allows is 413.", func(p *Probe) {
		most := p.bulkLimit("maxPayloadSize", 16<<20)
		p.post("/Bulk", bulkOf(0, bulkOp("POST", "/Users", "a", p.userBody(object{"title": strings.Repeat("x", most)})))).
			wantError(http.StatusRequestEntityTooLarge)
	}).needs(Bulk),
}

// bulkLimit returns a limit of bulk, which must be present. A limit that is too large to be tested
// skips the check.
func (p *Probe) bulkLimit(name string, bearable int) int {
	r := p.get("/ServiceProviderConfig").want(http.StatusOK)
	limit, _ := r.at("bulk", name).(float64)
	switch {
	case limit < 1:
		r.failf("bulk.%s is %v", name, r.at("bulk", name))
	case limit > float64(bearable):
		p.skip(fmt.Sprintf("bulk.%s is %.0f, too much to be tried", name, limit))
	default:
		return int(limit)
	}
	return 0
}

// bulkOp is one operation of a bulk request; empty members are left out.
func bulkOp(method, path, bulkID string, data object) object {
	o := object{"method": method, "path": path}
	if bulkID != "" {
		o["bulkId"] = bulkID
	}
	if data != nil {
		o["data"] = data
	}
	return o
}

// bulkOf is the body of a bulk request; failOnErrors 0 is left out.
func bulkOf(failOnErrors int, ops ...object) object {
	body := object{"schemas": list{bulkRequestURN}, "Operations": ops}
	if failOnErrors > 0 {
		body["failOnErrors"] = failOnErrors
	}
	return body
}

// bulk sends a bulk request, which must be answered, and records the created resources.
func (p *Probe) bulk(failOnErrors int, ops ...object) *reply {
	r := p.post("/Bulk", bulkOf(failOnErrors, ops...)).want(http.StatusOK).hasSchema(bulkResponseURN)
	answers, _ := r.at("Operations").(list)
	for i := range answers {
		if id := r.made(i); id != "" && r.string("Operations", strconv.Itoa(i), "status") == "201" {
			endpoint := "/Users/"
			if strings.Contains(r.string("Operations", strconv.Itoa(i), "location"), "/Groups/") {
				endpoint = "/Groups/"
			}
			p.made = append(p.made, endpoint+id)
		}
	}
	return r
}

// made returns the id at the end of the location of an operation.
func (r *reply) made(i int) string {
	location := r.string("Operations", strconv.Itoa(i), "location")
	return location[strings.LastIndexByte(location, '/')+1:]
}

// statuses expects exactly these statuses of operations.
func (r *reply) statuses(want ...string) *reply {
	if got := texts(r.at("Operations"), "status"); strings.Join(got, " ") != strings.Join(want, " ") {
		return r.failf("statuses %q, want %q", got, want)
	}
	return r
}

// refusedInBulk expects a refusal of the whole request, or of its one operation.
func (r *reply) refusedInBulk() {
	if r.status != http.StatusOK {
		r.refused()
		return
	}
	if s := r.string("Operations", "0", "status"); !strings.HasPrefix(s, "4") {
		r.failf("status %q of the operation, want a refusal", s)
	}
}

// joined expects the user created by one operation to be a member of the group created by another.
func (r *reply) joined(user, group int) {
	r.probe.get("/Groups/"+r.made(group)).want(http.StatusOK).holds("value", []string{r.made(user)}, "members")
}
