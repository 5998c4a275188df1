package tvapi_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"tvscim/tvapi"
)

func TestPing(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		answer reply
		want   bool
		kind   tvapi.Kind
	}{
		"valid":            {ok(`{"token_valid":true}`), true, 0},
		"200 and false":    {ok(`{"token_valid":false}`), false, 0},
		"401":              {refused(401, "invalid_token"), false, 0},
		"401 empty":        {reply{status: 401}, false, 0},
		"expired":          {refused(401, "token_expired"), false, 0},
		"401 of the edge":  {reply{status: 401, kind: "text/html", body: "<h1>no</h1>"}, false, tvapi.KindForeign},
		"blocked":          {refused(403, "blocked"), false, tvapi.KindBlocked},
		"throttled":        {refused(403, "rate_limit_reached"), false, tvapi.KindThrottled},
		"down":             {reply{status: 503}, false, tvapi.KindServer},
		"lost":             {reply{}, false, tvapi.KindLost},
		"says nothing":     {ok(`{}`), false, tvapi.KindForeign},
		"says null":        {ok(`{"token_valid":null}`), false, tvapi.KindForeign},
		"says it in words": {ok(`{"token_valid":"true"}`), false, tvapi.KindForeign},
		"bare true":        {ok(`true`), false, tvapi.KindForeign},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, c := serve(t, test.answer)
			got, err := c.Ping(t.Context())
			if got != test.want || tvapi.KindOf(err) != test.kind || (err != nil) != (test.kind != 0) {
				t.Errorf("Ping = %v, %v, want %v, %v", got, err, test.want, test.kind)
			}
		})
	}
}

func TestAccount(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		answer string
		want   *tvapi.Account
	}{
		"all": {
			`{"userid":"u7","email":"owner@example.com","name":"Owner","company_name":"Example","license":{"version":15}}`,
			&tvapi.Account{ID: 7, Email: "owner@example.com", Name: "Owner", Company: "Example"},
		},
		"no right to the address": {`{"userid":"u7","name":"Owner"}`, &tvapi.Account{ID: 7, Name: "Owner"}},
		"company token, no user":  {`{"name":"Example","company_name":"Example"}`, &tvapi.Account{Name: "Example", Company: "Example"}},
		"company token, odd user": {`{"userid":"c7","name":"Example"}`, &tvapi.Account{Name: "Example"}},
		"empty":                   {`{}`, nil},
		"another thing":           {`{"company_name":"Example","id":7}`, nil},
		"list":                    {`[{"userid":"u7"}]`, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, c := serve(t, ok(test.answer))
			got, err := c.Account(t.Context())
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("account (-want +got):\n%s", diff)
			}
			want := tvapi.Kind(0)
			if test.want == nil {
				want = tvapi.KindForeign
			}
			if tvapi.KindOf(err) != want {
				t.Errorf("error = %v, want %v", err, want)
			}
		})
	}
}
