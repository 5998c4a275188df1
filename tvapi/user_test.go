package tvapi_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tvscim/tvapi"
)

// fullUser is a user as the manual's list with full_list=true shows one.
const fullUser = `{"id":"u12","name":"Ada Lovelace","email":"ada@example.com","permissions":"EditConnections",
	"active":false,"log_sessions":true,"show_comment_window":false,"last_access_date":"","online_state":"Offline",
	"userRoleId":"` + roleID + `","tfa_enforcement":false,"sso_status":3,"activated_subLicense_name":"x"}`

func TestUser(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		answer string
		want   tvapi.User
	}{
		"every field": {fullUser, tvapi.User{ID: 12, Name: "Ada Lovelace", Email: "ada@example.com", RoleID: roleID, SSOStatus: 3}},
		"active missing": {
			`{"id":"u12","name":"Ada","email":"ada@example.com"}`,
			tvapi.User{ID: 12, Name: "Ada", Email: "ada@example.com", Active: true},
		},
		"active null": {`{"id":"u12","active":null}`, tvapi.User{ID: 12, Active: true}},
		"active":      {`{"id":"u12","active":true}`, tvapi.User{ID: 12, Active: true}},
		"nulls":       {`{"id":"u12","name":null,"email":null,"userRoleId":null,"sso_status":null}`, tvapi.User{ID: 12, Active: true}},
		"odd letters": {`{"id":"u12","name":"\u5c71\ud83d\ude00 O'N\u00e9il"}`, tvapi.User{ID: 12, Name: "山😀 O'Néil", Active: true}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, c := serve(t, ok(test.answer))
			got, err := c.User(t.Context(), 12)
			if err != nil {
				t.Fatalf("User: %v", err)
			}
			if diff := cmp.Diff(&test.want, got); diff != "" {
				t.Errorf("user (-want +got):\n%s", diff)
			}
		})
	}
}

func TestUserOfAnotherShapeIsForeign(t *testing.T) {
	t.Parallel()
	for _, answer := range []string{
		`{}`, `{"id":null}`, `{"id":12}`, `{"id":"12"}`, `{"id":"u13"}`, `{"id":"u4294967308"}`, `[]`, `null`,
		`[` + fullUser + `]`, `{"id":"u12","active":"false"}`, `{"id":"u12","name":7}`,
	} {
		_, c := serve(t, ok(answer))
		got, err := c.User(t.Context(), 12)
		if tvapi.KindOf(err) != tvapi.KindForeign || got != nil {
			t.Errorf("%s: %+v, %v, want KindForeign", answer, got, err)
		}
	}
}

func TestShapeErrorsDoNotRepeatTheAnswer(t *testing.T) {
	t.Parallel()
	for _, answer := range []string{`{"id":"u12","name":["Ada"]}`, `{"id":"u12","active":"Ada"}`, `{"id":"u12", Ada`, `Ada`} {
		_, c := serve(t, ok(answer))
		if _, err := c.User(t.Context(), 12); err == nil || strings.Contains(err.Error(), "Ada") {
			t.Errorf("%s: error = %v", answer, err)
		}
	}
}

func TestCreateUser(t *testing.T) {
	t.Parallel()
	minimal := tvapi.UserCreate{Email: "ada@example.com", Name: "Ada", Language: "en"}
	full := tvapi.UserCreate{
		Email: "ada@example.com", Name: `<Ada> & "Co"`, Language: "zh_CN",
		UserSecrets: tvapi.UserSecrets{Password: ptr("pass-word"), SSOCustomerID: ptr("sso-77")}, RoleID: roleID,
	}
	tests := map[string]struct {
		create tvapi.UserCreate
		body   string
		answer string
		want   tvapi.User
	}{
		"the least": {
			minimal, `{"email":"ada@example.com","name":"Ada","language":"en"}`,
			`{"id":"u12","name":"Ada","permissions":"None"}`,
			tvapi.User{ID: 12, Name: "Ada", Email: "ada@example.com", Active: true},
		},
		"the most": {
			full, `{"email":"ada@example.com","name":"\u003cAda\u003e \u0026 \"Co\"","language":"zh_CN","password":"pass-word","sso_customer_id":"sso-77","userRoleId":"` + roleID + `"}`,
			`{"id":"u12"}`,
			tvapi.User{ID: 12, Name: `<Ada> & "Co"`, Email: "ada@example.com", Active: true},
		},
		"empty is sent, too": {
			tvapi.UserCreate{Email: "ada@example.com", Name: "Ada", Language: "en", UserSecrets: tvapi.UserSecrets{Password: ptr("")}},
			`{"email":"ada@example.com","name":"Ada","language":"en","password":""}`,
			`{"id":"u12"}`, tvapi.User{ID: 12, Name: "Ada", Email: "ada@example.com", Active: true},
		},
		"TeamViewer's word goes first": {
			minimal, `{"email":"ada@example.com","name":"Ada","language":"en"}`, fullUser,
			tvapi.User{ID: 12, Name: "Ada Lovelace", Email: "ada@example.com", RoleID: roleID, SSOStatus: 3},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, c := serve(t, ok(test.answer))
			got, err := c.CreateUser(t.Context(), test.create)
			if err != nil {
				t.Fatalf("CreateUser: %v", err)
			}
			if diff := cmp.Diff(&test.want, got); diff != "" {
				t.Errorf("user (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.body, s.requests()[0].Body); diff != "" {
				t.Errorf("body (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCreatedUserWithoutIDIsForeign(t *testing.T) {
	t.Parallel()
	for _, answer := range []string{`{}`, `{"name":"Ada"}`, `{"id":"12"}`, `{"id":"u0"}`, `{"id":"u-1"}`} {
		_, c := serve(t, ok(answer))
		got, err := c.CreateUser(t.Context(), tvapi.UserCreate{Email: "a@example.com", Name: "Ada", Language: "en"})
		if tvapi.KindOf(err) != tvapi.KindForeign || got != nil {
			t.Errorf("%s: %+v, %v, want KindForeign", answer, got, err)
		}
	}
}

func TestUpdateUserSendsWhatIsNamed(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		update tvapi.UserUpdate
		body   string
	}{
		"name":       {tvapi.UserUpdate{Name: ptr("Bo")}, `{"name":"Bo"}`},
		"email":      {tvapi.UserUpdate{Email: ptr("bo@example.com")}, `{"email":"bo@example.com"}`},
		"deactivate": {tvapi.UserUpdate{Active: ptr(false)}, `{"active":false}`},
		"activate":   {tvapi.UserUpdate{Active: ptr(true)}, `{"active":true}`},
		"SSO":        {tvapi.UserUpdate{UserSecrets: tvapi.UserSecrets{SSOCustomerID: ptr("sso-77")}}, `{"sso_customer_id":"sso-77"}`},
		"password":   {tvapi.UserUpdate{UserSecrets: tvapi.UserSecrets{Password: ptr("hush")}}, `{"password":"hush"}`},
		"empty name": {tvapi.UserUpdate{Name: ptr("")}, `{"name":""}`},
		"all": {
			tvapi.UserUpdate{Name: ptr("Bo"), Email: ptr("bo@example.com"), Active: ptr(false), UserSecrets: tvapi.UserSecrets{Password: ptr("hush"), SSOCustomerID: ptr("sso")}},
			`{"email":"bo@example.com","name":"Bo","active":false,"password":"hush","sso_customer_id":"sso"}`,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, c := serve(t, reply{status: 204})
			if err := c.UpdateUser(t.Context(), 12, test.update); err != nil {
				t.Fatalf("UpdateUser: %v", err)
			}
			if diff := cmp.Diff(test.body, s.requests()[0].Body); diff != "" {
				t.Errorf("body (-want +got):\n%s", diff)
			}
			if test.update.Empty() {
				t.Error("the update calls itself empty")
			}
		})
	}
}

// TestChangesTakeAnyTruth answers PUT and DELETE in the ways that the manual leaves open.
func TestChangesTakeAnyTruth(t *testing.T) {
	t.Parallel()
	for _, answer := range []reply{ok(""), ok("{}"), ok("null"), ok(fullUser), ok(" \n"), ok("[]"), {status: 204}} {
		_, c := serve(t, answer, answer, answer)
		if err := c.UpdateUser(t.Context(), 12, tvapi.UserUpdate{Active: ptr(true)}); err != nil {
			t.Errorf("PUT answered %d %q: %v", answer.status, answer.body, err)
		}
		if err := c.RemoveUser(t.Context(), 12); err != nil {
			t.Errorf("DELETE answered %d %q: %v", answer.status, answer.body, err)
		}
		if err := c.RenameGroup(t.Context(), 12, "Sales"); err != nil {
			t.Errorf("PUT of a group answered %d %q: %v", answer.status, answer.body, err)
		}
	}
}

// TestRefusedHere calls with arguments that must not leave the house.
func TestRefusedHere(t *testing.T) {
	t.Parallel()
	s, c := serve(t)
	ctx := t.Context()
	valid := tvapi.UserUpdate{Active: ptr(false)}
	users := []tvapi.UserID{1}
	calls := map[string]func() error{
		"empty update":     func() error { return c.UpdateUser(ctx, 12, tvapi.UserUpdate{}) },
		"create, no email": func() error { return second(c.CreateUser(ctx, tvapi.UserCreate{Name: "A", Language: "en"})) },
		"create, no name":  func() error { return second(c.CreateUser(ctx, tvapi.UserCreate{Email: "a@b.cd", Language: "en"})) },
		"create, no lang":  func() error { return second(c.CreateUser(ctx, tvapi.UserCreate{Email: "a@b.cd", Name: "A"})) },
		"create, wrong role": func() error {
			return second(c.CreateUser(ctx, tvapi.UserCreate{Email: "a@b.cd", Name: "A", Language: "en", RoleID: "admin"}))
		},
		"group, no name":    func() error { return second(c.CreateGroup(ctx, "")) },
		"rename to nothing": func() error { return c.RenameGroup(ctx, 1, "") },
	}
	for _, id := range []int32{0, -1, -2147483648} {
		user, group := tvapi.UserID(id), tvapi.GroupID(id)
		for name, call := range map[string]func() error{
			"User":            func() error { return second(c.User(ctx, user)) },
			"UpdateUser":      func() error { return c.UpdateUser(ctx, user, valid) },
			"RemoveUser":      func() error { return c.RemoveUser(ctx, user) },
			"DeleteUser":      func() error { return c.DeleteUser(ctx, user) },
			"Group":           func() error { return second(c.Group(ctx, group)) },
			"RenameGroup":     func() error { return c.RenameGroup(ctx, group, "Sales") },
			"DeleteGroup":     func() error { return c.DeleteGroup(ctx, group) },
			"Members":         func() error { return drain(c.Members(ctx, group)) },
			"AddMembers":      func() error { return second(c.AddMembers(ctx, group, users)) },
			"RemoveMembers":   func() error { return second(c.RemoveMembers(ctx, group, users)) },
			"AddMembers user": func() error { return second(c.AddMembers(ctx, 1, []tvapi.UserID{1, user})) },
			"RemoveMembers u": func() error { return second(c.RemoveMembers(ctx, 1, []tvapi.UserID{1, user})) },
		} {
			calls[fmt.Sprintf("%s of %d", name, id)] = call
		}
	}
	for name, call := range calls {
		if err := call(); tvapi.KindOf(err) != tvapi.KindUnsent {
			t.Errorf("%s: error = %v, want KindUnsent", name, err)
		}
	}
	if got := s.requests(); len(got) != 0 {
		t.Errorf("sent %v", got)
	}
	if got := s.observed(); len(got) != 0 {
		t.Errorf("counted as calls: %v", got)
	}
}

// second drops the value of a pair.
func second[T any](_ T, err error) error { return err }

func TestChangesPrintWithoutSecrets(t *testing.T) {
	t.Parallel()
	create := tvapi.UserCreate{
		Email: "ada@example.com", Name: "Ada", Language: "en",
		UserSecrets: tvapi.UserSecrets{Password: ptr("hush-hush"), SSOCustomerID: ptr("sso-customer-77")}, RoleID: roleID,
	}
	update := tvapi.UserUpdate{Active: ptr(false), UserSecrets: tvapi.UserSecrets{Password: ptr("hush-hush"), SSOCustomerID: ptr("sso-customer-77")}}
	wantCreate := `{"email":"ada@example.com","name":"Ada","language":"en","password":"\u003csecret\u003e","sso_customer_id":"\u003csecret\u003e","userRoleId":"` + roleID + `"}`
	wantUpdate := `{"active":false,"password":"\u003csecret\u003e","sso_customer_id":"\u003csecret\u003e"}`
	for _, test := range []struct {
		value any
		want  string
	}{{create, wantCreate}, {&create, wantCreate}, {update, wantUpdate}, {&update, wantUpdate}, {tvapi.UserUpdate{}, `{}`}} {
		text, err := json.Marshal(test.value)
		if err != nil || string(text) != test.want {
			t.Errorf("JSON = %s, %v, want %s", text, err, test.want)
		}
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%d", "%q", "%x"} {
			if got := fmt.Sprintf(verb, test.value); got != test.want {
				t.Errorf("%s = %s, want %s", verb, got, test.want)
			}
		}
	}
	if *create.Password != "hush-hush" || *update.SSOCustomerID != "sso-customer-77" {
		t.Error("printing changed the value")
	}
}

func TestEmptyUpdate(t *testing.T) {
	t.Parallel()
	if !(tvapi.UserUpdate{}).Empty() {
		t.Error("the zero update is not empty")
	}
}
