package scimtest

import (
	"mime"
	"net/http"
	"strconv"
	"strings"

	"tvscim/scim"
)

// transportChecks are about HTTP: tokens, media types, methods (RFC 7644 sections 2 and 3).
var transportChecks = []Check{
	must("7644 2", "no token", "A request without credentials is 401.", func(p *Probe) {
		p.send("GET", "/Users", nil, "Authorization", "").wantError(http.StatusUnauthorized)
	}).needs(Authentication),
	must("7644 2", "wrong token", "A request with a wrong token is 401.", func(p *Probe) {
		p.send("GET", "/Users", nil, "Authorization", "Bearer "+p.word()).wantError(http.StatusUnauthorized)
	}).needs(Authentication),
	must("7644 2", "a write without token", "A write without credentials is 401 and makes nothing.", func(p *Probe) {
		name := p.userName()
		p.send("POST", "/Users", p.userBody(object{"userName": name}), "Authorization", "").wantError(http.StatusUnauthorized)
		p.find("/Users", `userName eq "`+name+`"`).finds()
	}).needs(Authentication, Filter),
	must("7644 2", "401 challenges", "A 401 has a header WWW-Authenticate that names a scheme (RFC 7235).", func(p *Probe) {
		r := p.send("GET", "/Users", nil, "Authorization", "").want(http.StatusUnauthorized)
		if r.header.Get("WWW-Authenticate") == "" {
			r.failf("there is no header WWW-Authenticate")
		}
	}).needs(Authentication),
	must("7644 3.1", "media type of a resource", "A resource is sent as application/scim+json.", func(p *Probe) {
		u := p.user(nil)
		u.scimJSON()
		u.again().scimJSON()
	}),
	must("7644 3.1", "media type of a list", "A list is sent as application/scim+json.", func(p *Probe) {
		p.get("/Users?count=1").want(http.StatusOK).scimJSON()
	}),
	must("7644 3.12", "media type of an error", "An error is sent as application/scim+json.", func(p *Probe) {
		p.get("/Users/" + p.word()).want(http.StatusNotFound).scimJSON()
	}),
	must("7644 3.1", "media type of discovery", "What describes the provider is sent as application/scim+json.", func(p *Probe) {
		for _, path := range []string{"/ServiceProviderConfig", "/ResourceTypes", "/Schemas"} {
			p.get(path).want(http.StatusOK).scimJSON()
		}
	}),
	must("7644 3.8", "Accept scim+json", "A client may ask for application/scim+json.", func(p *Probe) {
		p.send("GET", "/Users?count=1", nil, "Accept", "application/scim+json").want(http.StatusOK)
	}),
	should("7644 3.8", "Accept json", "A client may ask for application/json.", func(p *Probe) {
		p.send("GET", "/Users?count=1", nil, "Accept", "application/json").want(http.StatusOK)
	}),
	must("7644 3.8", "no Accept", "A client that does not say what it accepts gets JSON.", func(p *Probe) {
		if r := p.send("GET", "/Users?count=1", nil, "Accept", "").want(http.StatusOK); r.tree == nil {
			r.failf("the answer is not JSON")
		}
	}),
	must("7644 3.1", "body with a charset", "A body is taken as application/scim+json with parameters.", func(p *Probe) {
		p.createdAs("application/scim+json; charset=utf-8")
	}),
	should("7644 3.8", "body as json", "A body is taken as application/json.", func(p *Probe) {
		p.createdAs("application/json")
	}),
	must("7644 3.8", "UTF-8", "Text is UTF-8: a name beyond ASCII comes back as it was sent.", func(p *Probe) {
		const name = "Zoë Ångström 山田"
		p.user(object{"displayName": name}).again().is(name, "displayName")
	}),
	should("7644 3.4.2", "unknown parameters", "Query parameters that the provider does not know are ignored.", func(p *Probe) {
		p.get("/Users?count=1&aadOptscim062020&" + p.word() + "=1").want(http.StatusOK)
	}),
	must("7644 3.2", "unknown endpoint", "An endpoint that does not exist is 404.", func(p *Probe) {
		p.get("/" + p.word()).want(http.StatusNotFound)
	}),
	must("7644 3.2", "method that is not defined", "A method that an endpoint does not have is refused.", func(p *Probe) {
		p.put("/Users", p.userBody(nil)).refusedOrMissing()
		p.delete("/Users").refusedOrMissing()
	}),
}

// scimJSON expects the media type of SCIM.
func (r *reply) scimJSON() {
	if typ, _, err := mime.ParseMediaType(r.header.Get("Content-Type")); err != nil || typ != "application/scim+json" {
		r.failf("Content-Type is %q, want application/scim+json", r.header.Get("Content-Type"))
	}
}

// refusedOrMissing expects a 4xx error, or 501.
func (r *reply) refusedOrMissing() {
	if r.status != http.StatusNotImplemented {
		r.refused()
	}
}

// createdAs creates a user with a body of that media type.
func (p *Probe) createdAs(mediaType string) {
	p.remember(p.send("POST", "/Users", p.userBody(nil), "Content-Type", mediaType), "/Users/").want(http.StatusCreated)
}

// errorChecks are about the form of an error (RFC 7644 section 3.12).
var errorChecks = []Check{
	must("7644 3.12", "form of 404", "An error has the Error schema, and its status as text.", func(p *Probe) {
		p.get("/Users/" + p.word()).wellFormed(http.StatusNotFound)
	}),
	must("7644 3.12", "form of 400", "A refusal for a bad body has the form of an error.", func(p *Probe) {
		p.post("/Users", `{"userName":`).wellFormed(http.StatusBadRequest)
	}),
	must("7644 3.12", "form of 401", "A refusal for want of a token has the form of an error.", func(p *Probe) {
		p.send("GET", "/Users", nil, "Authorization", "").wellFormed(http.StatusUnauthorized)
	}).needs(Authentication),
	must("7644 3.12", "form of 409", "A conflict has the form of an error.", func(p *Probe) {
		u := p.user(nil)
		p.tryUser(object{"userName": u.string("userName")}).wellFormed(http.StatusConflict)
	}),
	must("7644 3.12", "form of a bad filter", "A refusal for a bad filter has the form of an error.", func(p *Probe) {
		p.get(query("/Users", "filter", "userName eq")).wellFormed(http.StatusBadRequest)
	}).needs(Filter),
	must("7644 3.12", "unknown user", "GET, PUT, PATCH and DELETE of an id that does not exist are 404 with an Error body.", func(p *Probe) {
		p.unknown("/Users/", p.userBody(nil))
	}),
	must("7644 3.12", "unknown group", "The same for groups.", func(p *Probe) {
		p.unknown("/Groups/", p.groupBody(nil))
	}).needs(Groups),
	should("7644 3.12", "detail", "An error has a detail for people.", func(p *Probe) {
		if r := p.get("/Users/" + p.word()); r.string("detail") == "" {
			r.failf("there is no detail")
		}
	}),
	must("7643 9.2", "errors tell no secrets", "What a request holds in secret is not repeated in an error.", func(p *Probe) {
		secret := "Pw-" + p.word()
		r := p.post("/Users", object{"schemas": list{scim.UserURN}, "password": secret})
		if r.want(http.StatusBadRequest); strings.Contains(r.text, secret) {
			r.failf("the error repeats the password")
		}
	}),
}

// wellFormed expects an error of that status in the form of the RFC.
func (r *reply) wellFormed(status int) {
	r.wantError(status).hasSchema(scim.ErrorURN).is(strconv.Itoa(status), "status").scimJSON()
}

// unknown expects every method to answer 404 for an id.
func (p *Probe) unknown(endpoint string, body object) {
	path := endpoint + p.word()
	p.get(path).wellFormed(http.StatusNotFound)
	p.put(path, body).wellFormed(http.StatusNotFound)
	p.patch(path, op("replace", "displayName", "Nobody")).wellFormed(http.StatusNotFound)
	p.delete(path).wellFormed(http.StatusNotFound)
}

// syntaxChecks are about bodies that cannot be read (RFC 7644 section 3.12, table 9).
var syntaxChecks = []Check{
	must("7644 3.12", "malformed JSON", "A body that is not JSON is 400 invalidSyntax.", badBody(`{"userName": "x"`, "invalidSyntax")),
	must("7644 3.12", "empty body", "A POST without a body is 400 invalidSyntax.", badBody(` `, "invalidSyntax")),
	must("7644 3.12", "body that is a list", "A body that is no object is 400 invalidSyntax.", badBody(`[]`, "invalidSyntax")),
	must("7644 3.12", "body that is a string", "A body that is a lone string is 400 invalidSyntax.", badBody(`"userName"`, "invalidSyntax")),
	must("7644 3.12", "number for a string", "A number where a string belongs is 400.", func(p *Probe) {
		p.tryUser(object{"displayName": 7}).wantError(http.StatusBadRequest, "invalidValue", "invalidSyntax")
	}),
	must("7644 3.12", "string for an object", "A string where an object belongs is 400.", func(p *Probe) {
		p.tryUser(object{"name": "Babs Jensen"}).wantError(http.StatusBadRequest, "invalidValue", "invalidSyntax")
	}).needs(attribute("User.name.givenName")),
	must("7644 3.12", "text for a boolean", "A text that is neither true nor false, where a boolean belongs, is 400.", func(p *Probe) {
		p.tryUser(object{"active": "perhaps"}).wantError(http.StatusBadRequest, "invalidValue", "invalidSyntax")
	}).needs(attribute("User.active")),
	must("7643 2.3.2", "text for true", "active as the text \"True\" is read back as a boolean, or refused.", func(p *Probe) {
		if r := p.tryUser(object{"active": "True"}).want(http.StatusCreated, http.StatusBadRequest); r.status == http.StatusCreated {
			r.is(true, "active").again().is(true, "active")
		}
	}).needs(attribute("User.active")),
	must("7643 2.3.2", "text for false", "active as the text \"False\" in a PATCH deactivates, or is refused.", func(p *Probe) {
		u := p.user(object{"active": true})
		r := p.patch(u.path, op("replace", "active", "False"))
		if r.want(http.StatusOK, http.StatusNoContent, http.StatusBadRequest); r.status != http.StatusBadRequest {
			u.again().is(false, "active")
		}
	}).needs(Patch, attribute("User.active")),
}

// badBody expects that a POST with that body is refused.
func badBody(body string, types ...string) func(*Probe) {
	return func(p *Probe) {
		p.post("/Users", body).wantError(http.StatusBadRequest, types...)
	}
}
