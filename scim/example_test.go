package scim_test

import (
	"context"
	"fmt"
	"os"
	"slices"

	"tvscim/scim"
)

// A client may spell as it likes; behind Decode there is one spelling.
func ExampleDecode() {
	typ := &scim.ResourceType{Name: "User", Schema: scim.UserSchema(), Extensions: []scim.Schema{scim.EnterpriseSchema()}}
	u, err := scim.Decode[scim.User](typ, []byte(`{
		"UserName": "nora@contoso.example",
		"active": "False",
		"name.givenName": "Nora",
		"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager": "26118915"
	}`))
	if err != nil {
		fmt.Fprintln(os.Stdout, err)
		return
	}
	fmt.Fprintln(os.Stdout, u.UserName, *u.Active, u.Name.GivenName)
	fmt.Fprintln(os.Stdout, u.Other.Get(scim.EnterpriseURN, "manager"))
	// Output:
	// nora@contoso.example false Nora
	// map[value:26118915]
}

// A list shows what the client asked for, and what is always shown.
func ExampleWritePage() {
	typ := &scim.ResourceType{Name: "User", Schema: scim.UserSchema()}
	users := []scim.User{
		{Head: scim.Head{ID: "u1"}, UserName: "nora@contoso.example", DisplayName: "Nora Vale"},
		{Head: scim.Head{ID: "u2"}, UserName: "ola@contoso.example", DisplayName: "Ola Lind"},
	}
	q, err := scim.ParseQuery(typ, map[string][]string{
		"filter":     {`userName eq "OLA@contoso.example"`},
		"attributes": {"displayName"},
	}, scim.Limits{Page: 100, MaxPage: 1000})
	if err != nil {
		fmt.Fprintln(os.Stdout, err)
		return
	}
	page, _ := scim.SelectPage(context.Background(), typ, slices.Values(users),
		scim.ListRequest{Filter: q.Filter, StartIndex: q.StartIndex, Count: q.Count, Want: q.Want})
	if err := scim.WritePage(os.Stdout, typ, page, q.Want, nil, ""); err != nil {
		fmt.Fprintln(os.Stdout, err)
	}
	// Output:
	// {"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":1,"startIndex":1,"itemsPerPage":1,"Resources":[{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"id":"u2","displayName":"Ola Lind"}]}
}

// What a client is told about a value that is wrong.
func ExampleEncodeError() {
	typ := &scim.ResourceType{Name: "User", Schema: scim.UserSchema()}
	_, err := scim.Decode[scim.User](typ, []byte(`{"userName": "nora@contoso.example", "emails": [{"primary": 1}]}`))
	fmt.Fprintln(os.Stdout, err)
	fmt.Fprintln(os.Stdout, string(scim.EncodeError(scim.NotFound("user u7: not found"))))
	// Output:
	// emails.primary: expected true or false, got a number
	// {"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"404","detail":"user u7: not found"}
}
