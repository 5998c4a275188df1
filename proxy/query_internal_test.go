package proxy

import (
	"net/http/httptest"
	"testing"
)

// TestPlusInAddresses: a plus in an address stays one, any other in a query is a blank.
func TestPlusInAddresses(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, query, want string }{
		{"address", `filter=userName+eq+"nora+tv@contoso.example"`, `userName eq "nora+tv@contoso.example"`},
		{"escaped quotes and at sign", `filter=userName%20eq%20%22nora+tv%40contoso.example%22`, `userName eq "nora+tv@contoso.example"`},
		{"escaped plus", `filter=userName+eq+%22nora%2Btv@contoso.example%22`, `userName eq "nora+tv@contoso.example"`},
		{"second literal", `filter=title+eq+"a+b"+and+userName+eq+"a+b+c@contoso.example"`, `title eq "a b" and userName eq "a+b+c@contoso.example"`},
		{"name of the parameter in other case", `x=1+2&Filter=userName+eq+"a+b@contoso.example"`, `userName eq "a+b@contoso.example"`},
		{"no address", `filter=displayName+eq+"Nora+Vale"`, `displayName eq "Nora Vale"`},
		{"at sign between words", `filter=displayName+eq+"Nora+@+Work"`, `displayName eq "Nora @ Work"`},
		{"blank beside an address", `filter=displayName+eq+"Nora%20Vale+nora@contoso.example"`, `displayName eq "Nora Vale nora@contoso.example"`},
		{"escaped quote in a literal", `filter=displayName+eq+"a+\"b@c"`, `displayName eq "a+\"b@c"`},
		{"literal that does not end", `filter=userName+eq+"a+b@contoso.example`, `userName eq "a b@contoso.example`},
		{"end behind a backslash", `filter=userName+eq+"a+b@c\`, `userName eq "a b@c\`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest("GET", "/", nil)
			r.URL.RawQuery = tt.query
			query, err := parseQuery(r)
			if err != nil {
				t.Fatal(err)
			}
			got := query.Get("filter") + query.Get("Filter")
			if got != tt.want {
				t.Errorf("filter %s, want %s", got, tt.want)
			}
		})
	}
}
