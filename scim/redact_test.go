package scim_test

import (
	"testing"

	"tvscim/scim"
)

func TestRedactor(t *testing.T) {
	t.Parallel()
	r := scim.NewRedactor(&scim.ResourceType{Name: "User", Endpoint: "/Users", Schema: scim.UserSchema(), Extensions: []scim.Schema{{
		ID: "urn:x:SsoUser", Attributes: []scim.Attribute{{Name: "ssoCustomerId", Mutability: scim.WriteOnly}},
	}}})
	for name, test := range map[string]struct{ body, want string }{
		"nothing secret":          {`{"userName": "a"}`, `{"userName": "a"}`},
		"malformed, no secret":    {`{"userName": `, `{"userName": `},
		"password":                {`{"password":"S3cret","userName":"a"}`, `{"password":"<secret>","userName":"a"}`},
		"any case":                {`{"PassWord":"S3cret"}`, `{"PassWord":"<secret>"}`},
		"case outside of ASCII":   {`{"paſſword":"S3cret"}`, `{"paſſword":"<secret>"}`},
		"escaped name":            {`{"\u0070assword":"S3cret"}`, `{"password":"<secret>"}`},
		"twice":                   {`{"password":"S3cret","password":"S3cret2"}`, `{"password":"<secret>"}`},
		"object":                  {`{"password":{"value":"S3cret"}}`, `{"password":"<secret>"}`},
		"extension":               {`{"urn:x:SsoUser":{"ssoCustomerId":"S3cret"}}`, `{"urn:x:SsoUser":{"ssoCustomerId":"<secret>"}}`},
		"extension, dotted":       {`{"urn:x:SsoUser:ssoCustomerId":"S3cret"}`, `{"urn:x:SsoUser:ssoCustomerId":"<secret>"}`},
		"operation":               {`{"Operations":[{"op":"Replace","path":"password","value":"S3cret"}]}`, `{"Operations":[{"op":"Replace","path":"password","value":"<secret>"}]}`},
		"operation, any case":     {`{"Operations":[{"Path":"urn:x:SsoUser:SSOCUSTOMERID","VALUE":"S3cret"}]}`, `{"Operations":[{"Path":"urn:x:SsoUser:SSOCUSTOMERID","VALUE":"<secret>"}]}`},
		"operation without path":  {`{"Operations":[{"op":"add","value":{"password":"S3cret"}}]}`, `{"Operations":[{"op":"add","value":{"password":"<secret>"}}]}`},
		"JSON in a string":        {`{"value":"{\"password\":\"S3cret\"}"}`, `{"value":"<secret>"}`},
		"filter in a path":        {`{"path":"emails[password eq \"S3cret\"]"}`, `{"path":"<secret>"}`},
		"a name is not a secret":  {`{"displayName":"Password team"}`, `{"displayName":"Password team"}`},
		"numbers and markup stay": {`{"password":1,"n":12345678901234567890,"t":"<b>"}`, `{"n":12345678901234567890,"password":"<secret>","t":"<b>"}`},
		"malformed":               {`{"password":"S3cret"`, ``},
		"UTF-16":                  {"{\x00\"\x00p\x00a\x00s\x00s\x00w\x00o\x00r\x00d\x00", ``},
		"not UTF-8":               {"{\"pass\xffword\":\"S3cret\"", ``},
		"TeamViewer's name":       {`{"sso_customer_id":"S3cret"}`, `{"sso_customer_id":"<secret>"}`},
		"keys sent by mistake":    {`{"Authorization":"S3cret","clientSecret":"S3cret","token":["S3cret"]}`, `{"Authorization":"<secret>","clientSecret":"<secret>","token":"<secret>"}`},
		"a value is not a key":    {`{"displayName":"Token Owner"}`, `{"displayName":"Token Owner"}`},
		"malformed, by mistake":   {`{"token":"S3cret"`, ``},
		"trailing":                {`{"a":1} {"password":"S3cret"}`, ``},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, ok := r.Body([]byte(test.body))
			if string(got) != test.want || ok != (test.want != "") {
				t.Errorf("%s\n got %s, %t\nwant %s", test.body, got, ok, test.want)
			}
		})
	}
	if got := r.Text(`PASSWORD eq "S3cret"`); got != "<secret>" {
		t.Errorf("filter on a secret: %s", got)
	}
	if got := r.Text(`userName eq "a"`); got != `userName eq "a"` {
		t.Errorf("filter: %s", got)
	}
}
