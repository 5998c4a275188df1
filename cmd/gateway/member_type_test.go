package gateway_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// TestMemberType: the type that members are shown with is seen by filters and value paths too.
// Their URIs, which depend on where a request came in, are not; a PATCH that goes by them is
// refused, and leaves everybody where they are.
func TestMemberType(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, path string
		status     int
		left       string // of the members A and B
	}{
		{"one by value and type", `members[value eq "A" and type eq "User"]`, http.StatusNoContent, "B"},
		{"all users", `members[type eq "user"]`, http.StatusNoContent, ""},
		{"whoever is no user", `members[type ne "User"]`, http.StatusNoContent, "A B"},
		{"whoever is no user, by not", `members[not (type eq "User")]`, http.StatusNoContent, "A B"},
		{"all groups", `members[type eq "Group"]`, http.StatusNoContent, "A B"},
		{"by reference", `members[$ref ew "A"]`, http.StatusBadRequest, "A B"},
		{"whoever is somewhere else", `members[$ref ne "A"]`, http.StatusBadRequest, "A B"},
		{"whoever lacks what nobody has", `members[kind ne "User"]`, http.StatusBadRequest, "A B"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, staging{})
			a, b := s.user("ada@contoso.example"), s.user("bob@contoso.example")
			names := strings.NewReplacer(a, "A", b, "B")
			g := s.group("Crew", a, b)
			path := strings.NewReplacer(`"A"`, `\"`+a+`\"`, `"`, `\"`).Replace(test.path)
			r := s.do("PATCH", "/Groups/"+g, patchOf(`{"op":"remove","path":"`+path+`"}`))
			if r.status != test.status || test.status == http.StatusBadRequest && get(r.json(t), "scimType") != "invalidFilter" {
				t.Errorf("status %d, want %d: %s", r.status, test.status, r.body)
			}
			var left []string
			for _, m := range s.page("GET", "/Groups?attributes=members", "").Resources[0].Members {
				left = append(left, names.Replace(m.Value))
			}
			if got := strings.Join(left, " "); got != test.left {
				t.Errorf("members left %q, want %q", got, test.left)
			}
		})
	}
}

// TestFindByMemberType finds groups by the type of their members, and refuses to look for URIs.
func TestFindByMemberType(t *testing.T) {
	t.Parallel()
	s := newStage(t, staging{})
	a := s.user("ada@contoso.example")
	s.group("Crew", a)
	s.group("Nobody")
	for filter, want := range map[string]string{
		`members[type eq "User"]`:                           "Crew",
		`members.type eq "User"`:                            "Crew",
		`members[value eq "` + a + `" and type eq "User"]`:  "Crew",
		`members[value eq "` + a + `" and type eq "Group"]`: "",
		`members[type ne "User"]`:                           "",
	} {
		if got := strings.Join(s.page("GET", "/Groups?filter="+url.QueryEscape(filter), "").names(), " "); got != want {
			t.Errorf("filter %s finds %q, want %q", filter, got, want)
		}
	}
	for path, instead := range map[string]string{
		"/Users?filter=meta.location+pr":  "use id",
		"/Groups?filter=meta.location+pr": "use id",
		"/Groups?filter=members.$ref+pr":  "use members.value",
	} {
		r := s.do("GET", path, "")
		if r.status != http.StatusBadRequest || get(r.json(t), "scimType") != "invalidFilter" || !strings.Contains(r.body, instead) {
			t.Errorf("%s: %d, want 400 invalidFilter: %s", path, r.status, r.body)
		}
	}
}

// TestMembersAsClientsSendThem: the name and the type of a member are not the client's to say, and
// what it says of them is still accepted, wherever members are listed. To set the name of a
// member alone is refused, and does nothing.
func TestMembersAsClientsSendThem(t *testing.T) {
	t.Parallel()
	const said = `"display":"The Boss","type":"Group","$ref":"https://elsewhere.example/Users/1"}]`
	for _, test := range []struct {
		name, method, body string
		status             int
	}{
		{"POST", "POST", `{"displayName":"Staff","members":[{"value":"A",` + said + `}`, http.StatusCreated},
		{"PUT", "PUT", `{"displayName":"Crew","members":[{"value":"A",` + said + `}`, http.StatusOK},
		{"PATCH add", "PATCH", patchOf(`{"op":"add","path":"members","value":[{"value":"A",` + said + `}`), http.StatusNoContent},
		{"PATCH replace", "PATCH", patchOf(`{"op":"replace","value":{"members":[{"value":"A",` + said + `}}`), http.StatusNoContent},
		{"PATCH of a name alone", "PATCH", patchOf(`{"op":"replace","path":"members[value eq \"A\"].display","value":"The Boss"}`), http.StatusBadRequest},
		{"PATCH of a type alone", "PATCH", patchOf(`{"op":"replace","path":"members[value eq \"A\"].type","value":"Group"}`), http.StatusBadRequest},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, staging{})
			a := s.user("ada@contoso.example")
			path, body := "/Groups", strings.NewReplacer(`"A"`, `"`+a+`"`, `\"A\"`, `\"`+a+`\"`).Replace(test.body)
			if test.method != "POST" {
				path += "/" + s.group("Crew", a)
			}
			r := s.do(test.method, path, body)
			if r.status != test.status || test.status == http.StatusBadRequest && get(r.json(t), "scimType") != "mutability" {
				t.Errorf("status %d, want %d: %s", r.status, test.status, r.body)
			}
			list := s.do("GET", "/Groups?attributes=members", "").body
			if !strings.Contains(list, `"value":"`+a+`"`) || !strings.Contains(list, `"type":"User"`) || strings.Contains(list, "Boss") {
				t.Errorf("members: %s", list)
			}
		})
	}
}
