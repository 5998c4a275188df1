package scimtest_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"
)

// wrongServers are the ways to be wrong, by name.
func wrongServers() map[string]wrongServer {
	all := map[string]wrongServer{}
	for _, some := range []map[string]wrongServer{wrongHTTP(), wrongDiscovery(), wrongResources(), wrongLists(), wrongWrites()} {
		for name, s := range some {
			all[name] = s
		}
	}
	return all
}

// wrongHTTP are wrong in headers and statuses.
func wrongHTTP() map[string]wrongServer {
	return map[string]wrongServer{
		"media type": wrongServer{answer: header("Content-Type", "application/json")}.failing(
			"7644 3.1 media type of a resource", "7644 3.1 media type of a list", "7644 3.1 media type of discovery",
			"7644 3.12 media type of an error", "7644 3.12 form of 404"),
		"no challenge": wrongServer{answer: header("WWW-Authenticate", "")}.failing("7644 2 401 challenges"),
		"accepts every token": wrongServer{ask: func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+token) }}.failing(
			"7644 2 no token", "7644 2 wrong token", "7644 2 a write without token"),
		"no location":              wrongServer{answer: header("Location", "")}.failing("7644 3.3 Location", "7644 3.3 Location of a group"),
		"another Content-Location": wrongServer{answer: header("Content-Location", "/elsewhere")}.failing("7643 3.1 Content-Location"),
		"200 for 201":              wrongServer{answer: status(201, 200)}.failing("7644 3.3 created"),
		"200 for 204":              wrongServer{answer: on("DELETE", status(204, 200))}.failing("7644 3.6 deleted"),
		"500 for 400": wrongServer{answer: status(400, 500)}.failing(
			"7644 3.12 malformed JSON", "7644 3.12 empty body", "7643 2.2 required attribute missing", "7644 3.5.2 unknown operation"),
		"400 for 404":                wrongServer{answer: status(404, 400)}.failing("7644 3.12 unknown user", "7644 3.6 DELETE of an unknown id", "7644 3.5.1 PUT of an unknown id"),
		"400 for 409":                wrongServer{answer: status(409, 400)}.failing("7644 3.3 userName twice", "7644 3.12 form of 409", "7644 3.5.1 userName of another by PUT"),
		"404 for 501":                wrongServer{answer: status(501, 404)}.failing("7644 3.11 /Me is not supported"),
		"200 for 404":                wrongServer{answer: status(404, 200)}.failing("7644 3.12 unknown user", "7644 4 unknown schema", "7644 4 unknown resource type", "7644 3.6 deleted twice"),
		"applies filters to schemas": wrongServer{answer: status(403, 200)}.failing("7644 4 filter on schemas", "7644 4 filter on resource types", "7644 4 filter on the configuration"),
		"status as a number": wrongServer{answer: edited(func(_ *http.Request, o map[string]any) {
			if s, ok := o["status"].(string); ok {
				o["status"] = json.Number(s)
			}
		})}.failing("7644 3.12 form of 404", "7644 3.12 form of 400", "7644 3.12 form of 401", "7644 3.12 form of a bad filter"),
		"no scimType": wrongServer{answer: edited(func(_ *http.Request, o map[string]any) { delete(o, "scimType") })}.failing(
			"7644 3.3 userName twice", "7644 3.5.2.2 remove without a path", "7644 3.5.2.3 value path that selects nothing", "7644 3.5.2 read-only attribute",
			"7644 3.4.2.2 invalid filter: no value", "7644 3.5.1 PUT without userName"),
		"no detail": wrongServer{answer: edited(func(_ *http.Request, o map[string]any) { delete(o, "detail") })}.failing("7644 3.12 detail"),
		"tells secrets": wrongServer{answer: func(r *http.Request, rec *httptest.ResponseRecorder) {
			if rec.Code == 400 {
				_, _ = rec.Body.ReadFrom(r.Body)
			}
		}}.failing("7643 9.2 errors tell no secrets"),
	}
}

// wrongDiscovery are wrong in what they say about themselves.
func wrongDiscovery() map[string]wrongServer {
	return map[string]wrongServer{
		"bare lists": wrongServer{answer: func(r *http.Request, rec *httptest.ResponseRecorder) {
			edited(func(_ *http.Request, o map[string]any) { delete(o, "totalResults") })(r, rec)
		}}.failing("7644 4 schemas are a list", "7644 4 resource types are a list", "7644 3.4.2 form of a list"),
		"extra members": wrongServer{answer: edited(func(_ *http.Request, o map[string]any) { o["id"] = "1" })}.failing(
			"7644 4 the list of schemas has no extra members", "7644 4 the list of resource types has no extra members", "7644 3.4.2 a list has no extra members"),
		"other words for mutability": wrongServer{answer: replaced(`"mutability":"readWrite"`, `"mutability":"read-write"`)}.failing("7643 7 mutability", "7643 8.7.1 userName is defined as the RFC has it"),
		"other words for returned":   wrongServer{answer: replaced(`"returned":"default"`, `"returned":"yes"`)}.failing("7643 7 returned"),
		"other words for uniqueness": wrongServer{answer: replaced(`"uniqueness":"server"`, `"uniqueness":true`)}.failing("7643 7 uniqueness"),
		"other words for types":      wrongServer{answer: replaced(`"type":"string"`, `"type":"text"`)}.failing("7643 7 type"),
		"required as text":           wrongServer{answer: replaced(`"required":false`, `"required":"false"`)}.failing("7643 7 required"),
		"no caseExact":               wrongServer{answer: replaced(`"caseExact":`, `"caseexact":`)}.failing("7643 7 caseExact"),
		"no multiValued":             wrongServer{answer: replaced(`"multiValued":`, `"multivalued":`)}.failing("7643 7 multiValued"),
		"no sub-attributes":          wrongServer{answer: replaced(`"subAttributes":`, `"subattributes":`)}.failing("7643 7 subAttributes"),
		"no referenceTypes":          wrongServer{answer: replaced(`"referenceTypes":`, `"references":`)}.failing("7643 7 referenceTypes"),
		"canonicalValues as objects": wrongServer{answer: replaced(`"canonicalValues":["`, `"canonicalValues":[{},"`)}.failing("7643 7 canonicalValues"),
		"passwords are readable":     wrongServer{answer: replaced(`"mutability":"writeOnly"`, `"mutability":"readWrite"`)}.failing("7643 8.7.1 password is defined as the RFC has it"),
		"endpoints without a slash":  wrongServer{answer: replaced(`"endpoint":"/`, `"endpoint":"`)}.failing("7643 6 User", "7643 6 Group"),
		"no required extension":      wrongServer{answer: replaced(`,"required":false}]`, `}]`)}.failing("7643 6 schema extensions"),
		"supported as text": wrongServer{answer: replaced(`"supported":true`, `"supported":"true"`)}.failing(
			"7643 5 patch", "7643 5 filter"),
		"bulk without limits":          wrongServer{answer: replaced(`"maxOperations":`, `"max":`)}.failing("7643 5 bulk"),
		"schemes without a name":       wrongServer{answer: replaced(`"name":"OAuth Bearer Token"`, `"title":"x"`)}.failing("7643 5 authentication schemes"),
		"a scheme of its own":          wrongServer{answer: replaced(`"oauthbearertoken"`, `"apikey"`)}.failing("7643 5 type of an authentication scheme"),
		"other resource types in meta": wrongServer{answer: replaced(`"resourceType":"`, `"resourceType":"x`)}.failing("7643 3.1 meta of the configuration", "7643 3.1 meta of a schema", "7643 3.1 meta of a resource type", "7643 3.1 meta.resourceType", "7643 3.1 meta of a group"),
		"pages of schemas": wrongServer{answer: func(r *http.Request, rec *httptest.ResponseRecorder) {
			if r.URL.Query().Get("startIndex") != "" {
				edited(func(_ *http.Request, o map[string]any) { o["Resources"] = []any{} })(r, rec)
			}
		}}.failing("7644 4 paging of schemas", "7644 4 paging of resource types", "7644 3.4.2.4 pages partition the list"),
	}
}

// wrongResources are wrong in what they show of a resource.
func wrongResources() map[string]wrongServer {
	return map[string]wrongServer{
		"no schemas": wrongServer{answer: edited(func(_ *http.Request, o map[string]any) { delete(o, "schemas") })}.failing(
			"7643 3 schemas", "7643 3 schemas of an extension", "7644 3.4.2 form of a list", "7643 4.2 group"),
		"schemas twice": wrongServer{answer: edited(func(_ *http.Request, o map[string]any) {
			s, _ := o["schemas"].([]any)
			o["schemas"] = append(s, s...)
		})}.failing("7643 3 schemas has no duplicates"),
		"id of the client": wrongServer{answer: func(r *http.Request, rec *httptest.ResponseRecorder) {
			var sent map[string]any
			_ = json.NewDecoder(r.Body).Decode(&sent)
			if id, ok := sent["id"].(string); ok {
				edited(func(_ *http.Request, o map[string]any) { o["id"] = id })(r, rec)
			}
		}}.failing("7643 3.1 the client does not choose the id"),
		"one id for all":         wrongServer{answer: edited(func(_ *http.Request, o map[string]any) { o["id"] = "1" })}.failing("7643 3.1 ids differ"),
		"makes up an externalId": wrongServer{answer: edited(func(_ *http.Request, o map[string]any) { o["externalId"] = "x" })}.failing("7643 3.1 no externalId", "7643 3.1 externalId"),
		"echoes passwords": wrongServer{answer: func(r *http.Request, rec *httptest.ResponseRecorder) {
			edited(func(_ *http.Request, o map[string]any) { o["password"] = "Tr0ub4dor&3" })(r, rec)
		}}.failing("7643 4.1.1 password is not in the answer to a create", "7643 4.1.1 password is not read", "7643 4.1.1 password is not listed",
			"7643 7 password is not read by name", "7643 4.1.1 password is not in the answer to a PUT"),
		"active as text": wrongServer{answer: replaced(`"active":true`, `"active":"True"`)}.failing("7643 2.3.2 text for true", "7644 3.6 life of a user"),
		"nulls":          wrongServer{answer: replaced(`"name":{`, `"name":{"familyName":"",`)}.failing("7643 2.5 null sub-attribute"),
		"shortens names": wrongServer{answer: replaced("Zoë", "Zoe")}.failing("7644 3.8 UTF-8"),
		"no times":       wrongServer{answer: replaced(`"created"`, `"createdAt"`)}.failing("7643 3.1 meta.created", "7643 3.1 meta.lastModified"),
		"lastModified of now": wrongServer{answer: edited(func(_ *http.Request, o map[string]any) {
			if meta, ok := o["meta"].(map[string]any); ok {
				meta["lastModified"] = time.Now().Add(time.Duration(rand.Int64N(int64(time.Hour)))).UTC().Format(time.RFC3339Nano)
			}
		})}.failing("7644 3.5.2.1 add of the value that is there", "7644 3.5.2.1 add of the value that is in the list", "7644 3.5.2.3 replace twice",
			"7643 3.1 meta.lastModified of what was never changed"),
		"location of no resource": wrongServer{answer: replaced(`/scim/v2/Users/`, `/scim/v2/User/`)}.failing("7643 3.1 meta.location", "7643 4.2 reference of a member"),
		"created moves": wrongServer{answer: edited(func(_ *http.Request, o map[string]any) {
			if meta, ok := o["meta"].(map[string]any); ok {
				meta["created"] = fmt.Sprintf("2026-01-01T00:00:00.%09dZ", rand.IntN(1e9))
			}
		})}.failing("7643 3.1 meta.created"),
		"members without a type": wrongServer{answer: replaced(`"type":"User"`, `"type":"user"`)}.failing("7643 4.2 type of a member"),
		"hides members": wrongServer{answer: edited(func(_ *http.Request, o map[string]any) { delete(o, "members") })}.failing(
			"7643 4.2 members of a new group", "7644 3.5.2.1 add of a member", "7644 3.5.2.3 replace of the members", "7644 3.5.2 many members", "7643 4.2 inactive member"),
		"drops the enterprise extension": wrongServer{answer: edited(func(_ *http.Request, o map[string]any) {
			delete(o, "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User")
		})}.failing("7643 4.3 department", "7643 4.3 manager", "7643 4.3 manager by PATCH", "7644 3.10 path of an extension"),
	}
}

// wrongLists are wrong in what they find and show of a list.
func wrongLists() map[string]wrongServer {
	return map[string]wrongServer{
		"ignores filters": wrongServer{ask: without("filter")}.failing(
			"7644 3.4.2.2 a filter is applied", "7644 3.4.2 nothing found", "7644 3.4.2.2 groups by name", "7644 3.4.2 test of a connection",
			"7644 3.4.2.2 invalid filter: open parenthesis", "7644 3.6 life of a user"),
		"404 for an empty list": wrongServer{answer: func(r *http.Request, rec *httptest.ResponseRecorder) {
			if strings.Contains(rec.Body.String(), `"totalResults":0`) {
				rec.Code = 404
			}
		}}.failing("7644 3.4.2 nothing found", "7644 3.4.2 nothing found among groups", "7644 3.4.2 test of a connection"),
		"and before or the wrong way": wrongServer{ask: func(r *http.Request) {
			q := r.URL.Query()
			q.Set("filter", strings.ReplaceAll(q.Get("filter"), ` or active eq true and `, ` and active eq true and `))
			r.URL.RawQuery = q.Encode()
		}}.failing("7644 3.4.2.2 filter: and binds before or"),
		"compares cases": wrongServer{ask: func(r *http.Request) {
			q := r.URL.Query()
			q.Set("filter", strings.NewReplacer("bABS jENSEN", "x", "DISPLAYNAME eq", "x eq", " EQ ", " xx ").Replace(q.Get("filter")))
			r.URL.RawQuery = q.Encode()
		}}.failing("7644 3.4.2.2 filter: eq in other case", "7644 3.4.2.2 filter: names in any case", "7644 3.4.2.2 filter: operators in any case"),
		"a value path over all values": wrongServer{ask: func(r *http.Request) {
			q := r.URL.Query()
			q.Set("filter", strings.ReplaceAll(q.Get("filter"), `phoneNumbers[type eq "work" and value eq "555-0002"]`, `phoneNumbers.type eq "work" and phoneNumbers.value eq "555-0002"`))
			r.URL.RawQuery = q.Encode()
		}}.failing("7644 3.4.2.2 filter: value path across values"),
		"ignores paging": wrongServer{ask: without("startIndex", "count")}.failing(
			"7644 3.4.2.4 count", "7644 3.4.2.4 count 0", "7644 3.4.2.4 negative count", "7644 3.4.2.4 startIndex", "7644 3.4.2.4 startIndex beyond the end", "7644 3.4.2.4 itemsPerPage",
			"7644 3.4.2.4 pages partition the list", "7644 3.4.2.4 pages of groups"),
		"startIndex from zero": wrongServer{answer: replaced(`"startIndex":1,`, `"startIndex":0,`)}.failing("7644 3.4.2.4 startIndex below 1"),
		"totalResults of the page": wrongServer{answer: edited(func(_ *http.Request, o map[string]any) {
			if resources, ok := o["Resources"].([]any); ok {
				o["totalResults"] = len(resources)
			}
		})}.failing("7644 3.4.2.4 count", "7644 3.4.2.4 pages partition the list", "7644 3.4.2.4 startIndex beyond the end"),
		"ignores projections": wrongServer{ask: without("attributes", "excludedAttributes")}.failing(
			"7644 3.4.2.5 attributes", "7644 3.4.2.5 excludedAttributes", "7644 3.9 attributes of a POST", "7644 3.9 attributes of a PUT", "7644 3.10 attributes with a value path",
			"7644 3.10 excluded sub-attribute", "7644 3.4.2.5 a group without its members"),
		"projections without id": wrongServer{answer: func(r *http.Request, rec *httptest.ResponseRecorder) {
			if strings.Contains(r.URL.RawQuery, "ttributes") {
				edited(func(_ *http.Request, o map[string]any) { delete(o, "id") })(r, rec)
			}
		}}.failing("7644 3.4.2.5 attributes", "7644 3.4.2.5 what is always returned cannot be left out"),
	}
}

// wrongWrites are wrong in what a write does.
func wrongWrites() map[string]wrongServer {
	return map[string]wrongServer{
		"deletes nothing": instead("DELETE", 204).failing("7644 3.6 what was deleted is gone", "7644 3.6 what was deleted is not found", "7644 3.6 the name can be used again",
			"7644 3.6 DELETE of a group", "7644 3.6 life of a user", "7644 3.6 deleted twice"),
		"patches nothing": instead("PATCH", 204).failing("7644 3.5.2.3 replace", "7644 3.5.2.1 add sets", "7644 3.5.2.2 remove", "7644 3.5.2.3 deactivate", "7644 3.5.2 rename of a group",
			"7644 3.5.2.1 members added at once", "7644 3.5.2 read-only attribute", "7643 2.3.2 text for false"),
		"replaces nothing": instead("PUT", 200).failing("7644 3.5.1 replaced", "7644 3.5.1 rename by PUT", "7644 3.5.1 PUT of a group", "7644 3.5.1 PUT without userName"),
		"lets duplicates in": wrongServer{ask: asked(func(r *http.Request, o map[string]any) {
			if name, ok := o["userName"].(string); ok && r.Method == http.MethodPost {
				o["userName"] = strings.Replace(name, "@", fmt.Sprintf("%d@", rand.Int64()), 1)
			}
		})}.failing("7644 3.3 userName twice", "7643 4.1.1 userName twice in other case", "7644 3.3 creates at once"),
		"duplicates in other case": wrongServer{ask: asked(func(_ *http.Request, o map[string]any) {
			if name, ok := o["userName"].(string); ok && name != strings.ToLower(name) {
				o["userName"] = "upper-" + name
			}
		})}.failing("7643 4.1.1 userName twice in other case", "7644 3.3 creates at once"),
		"needs no name": wrongServer{ask: asked(func(_ *http.Request, o map[string]any) {
			if name, ok := o["userName"]; (!ok || name == nil || name == "") && o["Operations"] == nil {
				o["userName"] = fmt.Sprint(rand.Int64())
			}
			if o["displayName"] == nil {
				o["displayName"] = fmt.Sprint(rand.Int64())
			}
		})}.failing("7643 2.2 required attribute missing", "7643 2.2 required attribute null", "7643 4.1.1 required attribute empty", "7643 4.2 group without a name",
			"7644 3.5.1 PUT without userName", "7644 3.5.1 PUT of a group without displayName"),
		"a list of one": wrongServer{ask: asked(func(_ *http.Request, o map[string]any) {
			for _, op := range elements(o["Operations"]) {
				if op["op"] == "add" && op["path"] == "phoneNumbers" {
					op["op"] = "replace"
				}
			}
		})}.failing("7644 3.5.2.1 add appends"),
		"removes too much": wrongServer{ask: asked(func(_ *http.Request, o map[string]any) {
			for _, op := range elements(o["Operations"]) {
				if path, _ := op["path"].(string); op["op"] == "remove" {
					op["path"], _, _ = strings.Cut(path, "[")
				}
			}
		})}.failing("7644 3.5.2.2 remove of what a value path selects", "7644 3.5.2.2 remove of a member", "7644 3.5.2.2 remove of a user that is not a member"),
		"does not see the type of a member": wrongServer{ask: func(r *http.Request) {
			q := r.URL.Query()
			q.Set("filter", strings.ReplaceAll(q.Get("filter"), `"User"`, `"-"`))
			r.URL.RawQuery = q.Encode()
			asked(func(_ *http.Request, o map[string]any) {
				for _, op := range elements(o["Operations"]) {
					if path, ok := op["path"].(string); ok {
						op["path"] = strings.ReplaceAll(path, `"User"`, `"-"`)
					}
				}
			})(r)
		}}.failing("7644 3.4.2.2 groups by the type of a member", "7644 3.5.2.2 remove of a member by value and type", "7644 3.5.2.2 remove of members of another type"),
		"merges what is replaced": wrongServer{ask: asked(func(_ *http.Request, o map[string]any) {
			for _, op := range elements(o["Operations"]) {
				if op["op"] == "replace" {
					op["op"] = "add"
				}
			}
		})}.failing("7644 3.5.2.3 replace of a list", "7644 3.5.2.3 replace of the members"),
		"swallows deactivations": wrongServer{ask: asked(func(_ *http.Request, o map[string]any) {
			for _, op := range elements(o["Operations"]) {
				if op["value"] == false {
					op["value"] = true
				}
			}
		})}.failing("7644 3.5.2.3 deactivate", "7644 3.6 life of a user", "7644 3.5.2.1 add of active"),
		"ignores If-Match": wrongServer{ask: func(r *http.Request) { r.Header.Del("If-Match") }}.failing(
			"7644 3.14 PATCH with If-Match of another version", "7644 3.14 PUT with If-Match of another version", "7644 3.14 DELETE with If-Match of another version"),
		"knows no version of a part": wrongServer{ask: func(r *http.Request) {
			if r.URL.Query().Has("excludedAttributes") {
				r.Header.Del("If-None-Match")
			}
		}}.failing("7644 3.14 If-None-Match on a group without its members", "7644 3.14 If-None-Match of any version on a group"),
		"ignores If-None-Match": wrongServer{ask: func(r *http.Request) { r.Header.Del("If-None-Match") }}.failing("7644 3.14 If-None-Match of the version"),
		"ignores sorting":       wrongServer{ask: without("sortBy", "sortOrder")}.failing("7644 3.4.2.3 ascending", "7644 3.4.2.3 descending", "7644 3.4.2.3 no value is last"),
		"cursors lead back": wrongServer{ask: func(r *http.Request) {
			if q := r.URL.Query(); q.Get("cursor") != "" {
				q.Set("cursor", "")
				r.URL.RawQuery = q.Encode()
			}
		}}.failing("9865 2 cursors partition the list", "9865 2.1 unknown cursor"),
		"bulk ignores failOnErrors": wrongServer{ask: asked(func(_ *http.Request, o map[string]any) { delete(o, "failOnErrors") })}.failing("7644 3.7.3 failOnErrors"),
		"bulk without ids":          wrongServer{answer: replaced(`"bulkId"`, `"bulkID"`)}.failing("7644 3.7.3 answer to a POST in bulk"),
	}
}
