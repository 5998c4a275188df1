package scim_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tvscim/scim"
)

// locate is where the tests' resources are.
func locate(resourceType, id string) string {
	endpoint := resourceType + "s"
	if resourceType == "ServiceProviderConfig" {
		endpoint = resourceType
	}
	return strings.TrimSuffix("https://tv.example/scim/v2/"+endpoint+"/"+id, "/")
}

// want returns the projection of a query.
func want(t testing.TB, typ *scim.ResourceType, query string) scim.Projection {
	t.Helper()
	values, err := url.ParseQuery(query)
	if err != nil {
		t.Fatal(err)
	}
	q, err := scim.ParseQuery(typ, values, scim.Limits{Page: 100, MaxPage: 1000})
	if err != nil {
		t.Fatal(err)
	}
	return q.Want
}

// nora is a user with something of everything.
func nora() scim.User {
	return scim.User{
		Head: scim.Head{ID: "u1", ExternalID: "nora.vale", Meta: scim.Meta{
			Created:      time.Date(2026, 1, 2, 3, 4, 5, 6_700_000, time.UTC),
			LastModified: time.Date(2026, 2, 3, 5, 5, 6, 0, time.FixedZone("", 3600)),
		}},
		UserName:          "nora@contoso.example",
		DisplayName:       "Nora Vale",
		Active:            new(false),
		Name:              scim.Name{FamilyName: "Vale", GivenName: "Nora"},
		Emails:            []scim.Email{{Value: "nora@contoso.example", Type: "work", Primary: new(true)}, {Value: "n@v.example"}},
		PreferredLanguage: "de-DE",
		Password:          "hunter2",
		Other: scim.Attributes{
			"title": "Dr.",
			scim.EnterpriseURN: map[string]any{
				"department": "R&D", "manager": map[string]any{"value": "u9"}},
			badgeURN: map[string]any{
				"number": json.Number("7"), "weight": json.Number("1.50"), "pin": "0000", "history": "Max",
				"doors": []any{"north", "south"}},
		},
	}
}

func TestEncodeUser(t *testing.T) {
	t.Parallel()
	const identity = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"id":"u1"`
	tests := []struct {
		name, query, want string
	}{
		{
			name: "default",
			want: `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User","urn:example:params:scim:schemas:extension:badge:2.0"],` +
				`"id":"u1","externalId":"nora.vale","userName":"nora@contoso.example","name":{"familyName":"Vale","givenName":"Nora"},` +
				`"displayName":"Nora Vale","title":"Dr.","preferredLanguage":"de-DE","active":false,` +
				`"emails":[{"value":"nora@contoso.example","type":"work","primary":true},{"value":"n@v.example"}],` +
				`"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"R&D","manager":{"value":"u9"}},` +
				`"urn:example:params:scim:schemas:extension:badge:2.0":{"number":7,"weight":1.50,"doors":["north","south"]},` +
				`"meta":{"resourceType":"User","created":"2026-01-02T03:04:05.006Z","lastModified":"2026-02-03T04:05:06.000Z","location":"https://tv.example/scim/v2/Users/u1","version":"<version>"}}`,
		},
		{name: "id", query: "attributes=id", want: identity + `}`},
		{name: "one", query: "attributes=userName", want: identity + `,"userName":"nora@contoso.example"}`},
		{name: "names in any case, and order", query: "attributes=TITLE,username", want: identity + `,"userName":"nora@contoso.example","title":"Dr."}`},
		{name: "URN", query: "attributes=urn:ietf:params:scim:schemas:core:2.0:User:title", want: identity + `,"title":"Dr."}`},
		{name: "unknown only", query: "attributes=shoeSize", want: identity + `}`},
		{name: "common", query: "attributes=externalId,meta.resourceType", want: identity + `,"externalId":"nora.vale","meta":{"resourceType":"User"}}`},
		{name: "sub-attribute", query: "attributes=name.givenName", want: identity + `,"name":{"givenName":"Nora"}}`},
		{name: "sub-attribute of a list", query: "attributes=emails.type", want: identity + `,"emails":[{"type":"work"}]}`},
		{name: "sub-attribute that nothing has", query: "attributes=emails.display,name.middleName", want: identity + `}`},
		{name: "value filter", query: `attributes=emails[type eq "work"]`,
			want: identity + `,"emails":[{"value":"nora@contoso.example","type":"work","primary":true},{"value":"n@v.example"}]}`},
		{name: "never returned", query: "attributes=password,urn:example:params:scim:schemas:extension:badge:2.0:pin", want: identity + `}`},
		{name: "returned on request", query: "attributes=urn:example:params:scim:schemas:extension:badge:2.0:history",
			want: `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:example:params:scim:schemas:extension:badge:2.0"],"id":"u1",` +
				`"urn:example:params:scim:schemas:extension:badge:2.0":{"history":"Max"}}`},
		{name: "whole extension", query: "attributes=urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
			want: `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"id":"u1",` +
				`"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"R&D","manager":{"value":"u9"}}}`},
		{name: "part of an extension", query: "attributes=urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value",
			want: `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"id":"u1",` +
				`"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"manager":{"value":"u9"}}}`},
		{
			name: "whole core", query: "attributes=urn:ietf:params:scim:schemas:core:2.0:User&excludedAttributes=emails,name",
			want: identity + `,"userName":"nora@contoso.example","displayName":"Nora Vale","title":"Dr.","preferredLanguage":"de-DE","active":false}`,
		},
		{
			name: "excluded",
			query: "excludedAttributes=id,schemas,meta,externalId,userName,name.familyName,displayName,title,preferredLanguage,active,emails," +
				"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User,urn:example:params:scim:schemas:extension:badge:2.0:doors," +
				"urn:example:params:scim:schemas:extension:badge:2.0:weight",
			want: `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:example:params:scim:schemas:extension:badge:2.0"],"id":"u1",` +
				`"name":{"givenName":"Nora"},"urn:example:params:scim:schemas:extension:badge:2.0":{"number":7}}`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := scim.Encode(userType(), nora(), want(t, userType(), tt.query), locate)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, markVersion(userType(), nora(), got)); diff != "" {
				t.Errorf("JSON differs (-want +got):\n%s", diff)
			}
		})
	}
}

// markVersion writes <version> in place of the version of a resource, which a test cannot tell
// beforehand.
func markVersion[R scim.Resource](typ *scim.ResourceType, r R, encoded []byte) string {
	version := string(scim.VersionOf(typ, r))
	if version == "" {
		return string(encoded)
	}
	return strings.ReplaceAll(string(encoded), strings.ReplaceAll(version, `"`, `\"`), "<version>")
}

func TestEncodeGroup(t *testing.T) {
	t.Parallel()
	const lab = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"id":"7","displayName":"Lab"`
	const unversioned = `,"meta":{"resourceType":"Group","location":"https://tv.example/scim/v2/Groups/7"}}`
	const meta = `,"meta":{"resourceType":"Group","location":"https://tv.example/scim/v2/Groups/7","version":"<version>"}}`
	tests := []struct {
		name, query string
		members     []scim.Member
		want        string
	}{
		{"members not known", "", nil, lab + unversioned},
		{"no members", "", []scim.Member{}, lab + `,"members":[]` + meta},
		{"members", "", []scim.Member{{Value: "u1", Display: "Nora"}, {Value: "u2"}},
			lab + `,"members":[{"value":"u1","$ref":"https://tv.example/scim/v2/Users/u1","display":"Nora","type":"User"},` +
				`{"value":"u2","$ref":"https://tv.example/scim/v2/Users/u2","type":"User"}]` + meta},
		{"members excluded", "excludedAttributes=members", []scim.Member{{Value: "u1"}}, lab + meta},
		{"ids of members", "attributes=members.value", []scim.Member{{Value: "u1"}, {Value: "u2"}},
			`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"id":"7","members":[{"value":"u1"},{"value":"u2"}]}`},
		{"member without id", "", []scim.Member{{Display: "Nora"}}, lab + `,"members":[{"display":"Nora","type":"User"}]` + meta},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			g := scim.Group{Head: scim.Head{ID: "7"}, DisplayName: "Lab", Members: tt.members}
			got, err := scim.Encode(groupType(), g, want(t, groupType(), tt.query), locate)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, markVersion(groupType(), g, got)); diff != "" {
				t.Errorf("JSON differs (-want +got):\n%s", diff)
			}
		})
	}
}

func TestEncodeNothing(t *testing.T) {
	t.Parallel()
	got, err := scim.Encode(userType(), nora(), scim.Nothing(), locate)
	if want := `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"id":"u1"}`; err != nil || string(got) != want {
		t.Errorf("Encode = %s, %v, want %s", got, err, want)
	}
}

// Without a Locator there are no URIs, and no null in their place.
func TestEncodeWithoutLocator(t *testing.T) {
	t.Parallel()
	g := scim.Group{Members: []scim.Member{{Value: "u1"}}}
	got, err := scim.Encode(groupType(), g, scim.Projection{}, nil)
	want := `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"members":[{"value":"u1","type":"User"}],"meta":{"resourceType":"Group","version":"<version>"}}`
	if shown := markVersion(groupType(), g, got); err != nil || shown != want {
		t.Errorf("Encode = %s, %v, want %s", shown, err, want)
	}
}

// An extension of which nothing may be shown is not in the list of schemas either.
func TestEncodeHidesAnExtensionOfSecrets(t *testing.T) {
	t.Parallel()
	u := scim.User{UserName: "nora", Other: scim.Attributes{badgeURN: map[string]any{"pin": "0000"}}}
	got, err := scim.Encode(userType(), u, scim.Projection{}, nil)
	if err != nil || strings.Contains(string(got), "badge") || strings.Contains(string(got), "0000") {
		t.Errorf("Encode = %s, %v", got, err)
	}
}

func TestEncodeRefusesForeignValues(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		other scim.Attributes
		want  string
	}{
		{"time", scim.Attributes{"title": time.Time{}}, "value of type time.Time: not part of a resource"},
		{"not a number", scim.Attributes{badgeURN: map[string]any{"number": json.Number("1x")}}, `number "1x": `},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := scim.Encode(userType(), scim.User{Other: tt.other}, scim.Projection{}, nil)
			if err == nil || !strings.HasPrefix(err.Error(), tt.want) {
				t.Errorf("Encode: error = %v, want %q", err, tt.want)
			}
			err = scim.WritePage(io.Discard, userType(), scim.Page[scim.User]{Items: []scim.User{{Other: tt.other}}}, scim.Projection{}, nil, "")
			if err == nil || !strings.HasPrefix(err.Error(), tt.want) {
				t.Errorf("WritePage: error = %v, want %q", err, tt.want)
			}
		})
	}
}

func TestWritePage(t *testing.T) {
	t.Parallel()
	const item = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"id":`
	tests := []struct {
		name   string
		page   scim.Page[scim.Group]
		cursor string
		want   string
	}{
		{"empty", scim.Page[scim.Group]{StartIndex: 1}, "",
			`{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":0,"startIndex":1,"itemsPerPage":0,"Resources":[]}`},
		{"only the total", scim.Page[scim.Group]{Total: 9, StartIndex: 1}, "",
			`{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":9,"startIndex":1,"itemsPerPage":0,"Resources":[]}`},
		{"two of nine", scim.Page[scim.Group]{Total: 9, StartIndex: 6, Items: []scim.Group{{Head: scim.Head{ID: "1"}}, {Head: scim.Head{ID: "2"}}}}, "",
			`{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":9,"startIndex":6,"itemsPerPage":2,"Resources":[` +
				item + `"1"},` + item + `"2"}]}`},
		{"by cursor", scim.Page[scim.Group]{Total: 9, Items: []scim.Group{{Head: scim.Head{ID: "1"}}}}, "c-_1",
			`{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":9,"itemsPerPage":1,"nextCursor":"c-_1","Resources":[` +
				item + `"1"}]}`},
		{"last by cursor", scim.Page[scim.Group]{Total: 9}, "",
			`{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":9,"itemsPerPage":0,"Resources":[]}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var got bytes.Buffer
			if err := scim.WritePage(&got, groupType(), tt.page, want(t, groupType(), "attributes=id"), locate, tt.cursor); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got.String()); diff != "" {
				t.Errorf("JSON differs (-want +got):\n%s", diff)
			}
		})
	}
}

// pieces takes a list as it is written, and fails from a piece on.
type pieces struct {
	sizes []int
	bad   int // the first piece that fails; 0: none
	text  bytes.Buffer
}

var errPiece = errors.New("the client has left")

func (p *pieces) Write(b []byte) (int, error) {
	p.sizes = append(p.sizes, len(b))
	if len(p.sizes) == p.bad {
		return 0, errPiece
	}
	return p.text.Write(b)
}

// A page is written in pieces of bounded size, whatever it holds, and no further than its client
// reads.
func TestWritePageInPieces(t *testing.T) {
	t.Parallel()
	page := scim.Page[scim.User]{Total: 3000, StartIndex: 1, Items: slices.Collect(crowd(3000))}
	var all pieces
	if err := scim.WritePage(&all, userType(), page, scim.Projection{}, locate, ""); err != nil {
		t.Fatal(err)
	}
	var got struct{ Resources []struct{ ID string } }
	if err := json.Unmarshal(all.text.Bytes(), &got); err != nil || len(got.Resources) != 3000 {
		t.Fatalf("%d resources: %v", len(got.Resources), err)
	}
	if most := slices.Max(all.sizes); most > 20<<10 || len(all.sizes) < 10 {
		t.Errorf("%d pieces of %d bytes at most: the whole page was held", len(all.sizes), most)
	}
	ended := pieces{bad: 2}
	if err := scim.WritePage(&ended, userType(), page, scim.Projection{}, locate, ""); !errors.Is(err, errPiece) || len(ended.sizes) != 2 {
		t.Errorf("%d pieces, error %v; want it to end with the second", len(ended.sizes), err)
	}
}

// A list of several types is made of resources that are encoded already.
func TestWriteList(t *testing.T) {
	t.Parallel()
	const head = `{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":3,`
	tests := []struct {
		name      string
		head      scim.ListHead
		resources []string
		want      string
	}{
		{"none", scim.ListHead{Total: 3, StartIndex: 9}, nil, head + `"startIndex":9,"itemsPerPage":0,"Resources":[]}`},
		{"one", scim.ListHead{Total: 3, StartIndex: 1}, []string{`{"id":"1"}`}, head + `"startIndex":1,"itemsPerPage":1,"Resources":[{"id":"1"}]}`},
		{"two by cursor", scim.ListHead{Total: 3, NextCursor: "x"}, []string{`{"id":"1"}`, `{"id":"2"}`},
			head + `"itemsPerPage":2,"nextCursor":"x","Resources":[{"id":"1"},{"id":"2"}]}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var got bytes.Buffer
			encoded := func(yield func([]byte, error) bool) {
				for _, r := range tt.resources {
					if !yield([]byte(r), nil) {
						return
					}
				}
			}
			if err := scim.WriteList(&got, tt.head, len(tt.resources), encoded); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got.String()); diff != "" {
				t.Errorf("JSON differs (-want +got):\n%s", diff)
			}
		})
	}
}

// Any text comes back from encoding/json as it was, but for bytes that are no text.
func TestEncodeText(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		s := rapid.OneOf(rapid.String(), rapid.Just("\x00\x1f\"\\/\b\f\n\r\t\u2028\ufffd😀<&>"),
			rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) })).Draw(rt, "text")
		got := scim.EncodeError(&scim.Error{Status: 400, Detail: s})
		var back struct{ Detail string }
		if err := json.Unmarshal(got, &back); err != nil {
			rt.Fatalf("%s: %v", got, err)
		}
		if want := strings.ToValidUTF8(s, "\ufffd"); strings.ReplaceAll(back.Detail, "\ufffd", "") != strings.ReplaceAll(want, "\ufffd", "") {
			rt.Fatalf("%q came back as %q", s, back.Detail)
		}
	})
}

// What is shown is what is read: a resource that is sent as it was answered is the same resource.
func TestEncodeThenDecode(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		u := user().Draw(rt, "user")
		u.Head.ID, u.Password = "", "" // readOnly, and never shown
		text, err := scim.Encode(userType(), u, scim.Projection{}, locate)
		if err != nil {
			rt.Fatal(err)
		}
		back, err := scim.Decode[scim.User](userType(), text)
		if strings.TrimSpace(u.UserName) == "" {
			return
		}
		if err != nil {
			rt.Fatalf("Decode(%s): %v", text, err)
		}
		if diff := cmp.Diff(u, back); diff != "" {
			rt.Fatalf("user differs (-sent +read):\n%s", diff)
		}
	})
}

func BenchmarkEncode(b *testing.B) {
	typ, u := userType(), nora()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := scim.Encode(typ, u, scim.Projection{}, locate); err != nil {
			b.Fatal(err)
		}
	}
}
