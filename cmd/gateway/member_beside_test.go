package gateway_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"tvscim/cmd/config"
	"tvscim/tvapi/tvfake"
)

// removalDone is what the answer to a refused request says of its removal of members.
const removalDone = "The removal of members itself was done."

// removalForms are operations that remove the member %s, by the dialect of the client.
func removalForms() map[string]string {
	return map[string]string{
		"list of objects":        `{"op":"Remove","path":"members","value":[{"$ref":null,"value":"%s"}]}`,
		"list of texts":          `{"op":"remove","path":"members","value":["%s"]}`,
		"one object":             `{"op":"remove","path":"members","value":{"value":"%s"}}`,
		"filter":                 `{"op":"remove","path":"members[value eq \"%s\"]"}`,
		"filter with or":         `{"op":"remove","path":"members[value eq \"u1\" or value eq \"%s\"]"}`,
		"path with the URN":      `{"op":"remove","path":"urn:ietf:params:scim:schemas:core:2.0:Group:members","value":[{"value":"%s"}]}`,
		"added before":           `{"op":"add","path":"members","value":[{"value":"%s"}]},{"op":"remove","path":"members","value":[{"value":"%[1]s"}]}`,
		"beside a broken member": `{"op":"remove","path":"members","value":[7,{"value":"%s"}]}`,
	}
}

// refusedBesideMembers are operations that refuse the PATCH of a group, by what is wrong with them.
func refusedBesideMembers() map[string]string {
	return map[string]string{
		"unknown member added":       `{"op":"Add","path":"members","value":[{"value":"u999999"}]}`,
		"unknown member, no path":    `{"op":"Add","value":{"members":[{"value":"u999999"}]}}`,
		"member that is no id":       `{"op":"add","path":"members","value":["Nora"]}`,
		"member without an id":       `{"op":"add","path":"members","value":[{"display":"Nora"}]}`,
		"displayName a number":       `{"op":"replace","path":"displayName","value":7}`,
		"displayName removed":        `{"op":"remove","path":"displayName"}`,
		"displayName empty":          `{"op":"replace","path":"displayName","value":""}`,
		"displayName null, in one":   `{"op":"replace","value":{"displayName":null}}`,
		"displayName taken":          `{"op":"replace","path":"displayName","value":"FIELD SUPPORT"}`,
		"externalId too long":        `{"op":"replace","path":"externalId","value":"` + strings.Repeat("x", 2000) + `"}`,
		"read-only id":               `{"op":"replace","path":"id","value":"7"}`,
		"op unknown":                 `{"op":"move","path":"displayName","value":"x"}`,
		"not an object":              `"replace"`,
		"path a number":              `{"op":"replace","path":7,"value":"x"}`,
		"filter that does not end":   `{"op":"remove","path":"members[value eq \"u1\""}`,
		"filter by display name":     `{"op":"remove","path":"members[$ref eq \"x\"]"}`,
		"remove without a path":      `{"op":"remove"}`,
		"no target":                  `{"op":"replace","path":"members[display eq \"Nobody\"].value","value":"u1"}`,
		"1001 operations":            strings.TrimSuffix(strings.Repeat(`{"op":"replace","path":"displayName","value":"x"},{"op":"replace","path":"externalId","value":"x"},`, 501), ","),
		"bulkId of nothing (a text)": `{"op":"add","path":"members","value":[{"value":"bulkId:nobody"}]}`,
	}
}

// besideMembers is a group of two, of whom the first is to be removed, and a group whose name is
// taken.
type besideMembers struct {
	*stage
	name, group, gone, stays string // name and group are the name and the id of the group
}

func (s *stage) besideMembers() besideMembers {
	n := len(s.fake.Users())
	gone, stays := s.user(fmt.Sprintf("gone%d@contoso.example", n)), s.user(fmt.Sprintf("stays%d@contoso.example", n))
	name := fmt.Sprint("Field Service ", n)
	return besideMembers{s, name, s.group(name, gone, stays), gone, stays}
}

// removes sends a request that is refused, and expects the status, the sentence and the removal.
func (b besideMembers) removes(t *testing.T, method, body string, inBulk bool) {
	t.Helper()
	a := b.sent(method, body, inBulk)
	if (a.status != http.StatusBadRequest && a.status != http.StatusConflict) || !strings.Contains(a.body, removalDone) {
		t.Errorf("status %d: %s", a.status, a.body)
	}
	b.hasMembers(t, b.name, []string{b.stays})
}

// sent sends the request, alone or as an operation of a bulk request, and returns its answer.
func (b besideMembers) sent(method, body string, inBulk bool) answer {
	if !inBulk {
		return b.do(method, "/Groups/"+b.group, body)
	}
	statuses, a := b.bulk(fmt.Sprintf(`{"method":%q,"path":"/Groups/%s","data":%s}`, method, b.group, body))
	_, _ = fmt.Sscan(statuses[0], &a.status)
	return a
}

// TestRemovalOfMembersBesideARefusal: whatever part of a request is malformed or refused, the
// members that it removes by their ids are removed, and the answer is the error for the rest and
// says so; alone and in a bulk request.
func TestRemovalOfMembersBesideARefusal(t *testing.T) {
	t.Parallel()
	for _, inBulk := range []bool{false, true} {
		t.Run(fmt.Sprintf("bulk=%t", inBulk), func(t *testing.T) {
			t.Parallel()
			s := newStage(t, staging{direct: true})
			s.group("Field Support")
			check := func(name, format string, operations ...string) {
				t.Run(name, func(t *testing.T) {
					b := s.besideMembers()
					for i, o := range operations {
						operations[i] = strings.NewReplacer("%[1]s", b.gone, "%s", b.gone).Replace(o)
					}
					b.removes(t, format, patchOf(operations...), inBulk)
				})
			}
			const list = `{"op":"Remove","path":"members","value":[{"$ref":null,"value":"%s"}]}`
			for name, refused := range refusedBesideMembers() {
				check(name+", in front", "PATCH", refused, list)
				check(name+", behind", "PATCH", list, refused)
			}
			for name, form := range removalForms() {
				check(name, "PATCH", form, `{"op":"add","path":"members","value":[{"value":"u999999"}]}`)
				check(name+", malformed", "PATCH", `{"op":"replace","path":"displayName","value":7}`, form)
			}
		})
	}
}

// TestMembersNotOnTheListBesideARefusal: of a refused request that sets all members, those are
// removed who are not on the list, if the list was read in full.
func TestMembersNotOnTheListBesideARefusal(t *testing.T) {
	t.Parallel()
	const unknown = `{"value":"u999999"}`
	for _, tt := range []struct {
		name, method, body string // {stays} and {gone} are the two members
		want               string // members afterwards
	}{
		{"PATCH with an unknown member", "PATCH", patchOf(`{"op":"replace","path":"members","value":[{"value":"{stays}"},` + unknown + `]}`), "{stays}"},
		{"PATCH without path", "PATCH", patchOf(`{"op":"Replace","value":{"displayName":7,"members":[{"value":"{stays}"}]}}`), "{stays}"},
		{"PATCH beside a wrong name", "PATCH", patchOf(`{"op":"replace","path":"members","value":["{stays}"]}`, `{"op":"replace","path":"displayName","value":7}`), "{stays}"},
		{"PATCH beside a taken name", "PATCH", patchOf(`{"op":"replace","path":"displayName","value":"field support"}`, `{"op":"replace","path":"members","value":["{stays}"]}`), "{stays}"},
		{"PATCH that removes all beside a taken name", "PATCH", patchOf(`{"op":"remove","path":"members"}`, `{"op":"replace","path":"displayName","value":"field support"}`), ""},
		{"PUT with an unknown member", "PUT", `{"displayName":"Field Work","members":[{"value":"{stays}"},` + unknown + `]}`, "{stays}"},
		{"PUT without a name", "PUT", `{"members":[{"value":"{stays}"}]}`, "{stays}"},
		{"PUT with an empty name", "PUT", `{"members":[{"value":"{stays}"}],"displayName":""}`, "{stays}"},
		{"PUT with a name that is a number", "PUT", `{"displayName":7,"members":[{"value":"{stays}"}]}`, "{stays}"},
		{"PUT with a taken name", "PUT", `{"displayName":"Field Support","members":[{"value":"{stays}"}]}`, "{stays}"},
		{"PUT with an externalId that is too long", "PUT", `{"displayName":"Field Work","externalId":"` + strings.Repeat("x", 2000) + `","members":[{"value":"{stays}"}]}`, "{stays}"},
		{"PUT of nobody with a taken name", "PUT", `{"displayName":"Field Support","members":[]}`, ""},

		{"entry that is no id", "PUT", `{"displayName":"Field Work","members":[{"value":"{stays}"},{"value":"Nora"}]}`, "both"},
		{"entry that is no id, PATCH", "PATCH", patchOf(`{"op":"replace","path":"members","value":[{"value":"{stays}"},{"value":"Nora"}]}`), "both"},
		{"entry without a value", "PUT", `{"displayName":"Field Work","members":[{"value":"{stays}"},{"display":"Gone"}]}`, "both"},
		{"entry that is a number", "PUT", `{"displayName":"Field Work","members":[{"value":"{stays}"},7]}`, "both"},
		{"list given twice", "PUT", `{"displayName":"Field Work","members":[{"value":"{stays}"}],"Members":[{"value":"{gone}"}]}`, "both"},
		{"nobody on the list is known", "PUT", `{"displayName":"Field Work","members":[` + unknown + `]}`, "both"},
		{"nobody on the list is known, PATCH", "PATCH", patchOf(`{"op":"replace","path":"members","value":[` + unknown + `]}`), "both"},
		{"malformed and empty", "PUT", `{"displayName":7,"members":[]}`, "both"},
		{"malformed and null", "PUT", `{"displayName":7,"members":null}`, "both"},
		{"malformed and all removed", "PATCH", patchOf(`{"op":"remove","path":"members"}`, `{"op":"replace","path":"displayName","value":7}`), "both"},
		{"broken addition behind", "PATCH", patchOf(`{"op":"replace","path":"members","value":["{stays}"]}`, `{"op":"add","path":"members","value":[{"value":"{gone}"},{"display":"x"}]}`), "both"},
		{"operation of no meaning behind", "PATCH", patchOf(`{"op":"replace","path":"members","value":["{stays}"]}`, `{"op":"append","path":"members","value":["{gone}"]}`), "both"},
		{"removed and added again", "PATCH", patchOf(`{"op":"remove","path":"members","value":["{gone}"]}`, `{"op":"add","path":"members","value":["{gone}"]}`, `{"op":"replace","path":"displayName","value":7}`), "both"},
	} {
		for _, inBulk := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/bulk=%t", tt.name, inBulk), func(t *testing.T) {
				t.Parallel()
				s := newStage(t, staging{direct: true})
				s.group("Field Support")
				b := s.besideMembers()
				named := strings.NewReplacer("{stays}", b.stays, "{gone}", b.gone, "both", b.gone+" "+b.stays)
				a := b.sent(tt.method, named.Replace(tt.body), inBulk)
				if done := strings.Contains(a.body, removalDone); a.status/100 != 4 || done != (tt.want != "both") {
					t.Errorf("status %d: %s", a.status, a.body)
				}
				b.hasMembers(t, b.name, strings.Fields(named.Replace(tt.want)))
			})
		}
	}
}

// TestRemovalOfMembersBesideTeamViewersRefusal: TeamViewer refuses the new name, or the addition.
// The removal was made before.
func TestRemovalOfMembersBesideTeamViewersRefusal(t *testing.T) {
	t.Parallel()
	const rename = "PUT /usergroups/{id}"
	for function, operation := range map[string]string{
		rename:     `{"op":"replace","path":"displayName","value":"Field Work"}`,
		addMembers: `{"op":"add","path":"members","value":["{new}"]}`,
	} {
		t.Run(function, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, staging{direct: true})
			b := s.besideMembers()
			operation := strings.Replace(operation, "{new}", s.user("new@contoso.example"), 1)
			s.fake.Fail(tvfake.Fault{Function: function, Status: http.StatusBadRequest, Times: 10, Body: `{"error":"invalid_request","error_description":"no","error_code":1}`})
			a := b.do("PATCH", "/Groups/"+b.group, patchOf(operation, fmt.Sprintf(`{"op":"remove","path":"members","value":[%q]}`, b.gone)))
			if a.status != http.StatusBadRequest || !strings.Contains(a.body, "Done before that: remove 1 member from group") {
				t.Errorf("status %d: %s", a.status, a.body)
			}
			b.hasMembers(t, b.name, []string{b.stays})
		})
	}
}

// TestProtectionOfRemovalsBesideARefusal: protection holds for a removal beside a refused part as
// for any other, and a precondition that is not met refuses all of the request.
func TestProtectionOfRemovalsBesideARefusal(t *testing.T) {
	t.Parallel()
	s := newStage(t, staging{direct: true, settings: func(c *config.Config, _ *tvfake.Server) { c.Protect.Groups = []string{"Admins"} }})
	gone, stays := s.user("gone@contoso.example"), s.user("stays@contoso.example")
	admins, other := s.group("Admins", gone, stays), s.group("Field Service", gone, stays)
	body := patchOf(fmt.Sprintf(`{"op":"remove","path":"members","value":[%q]}`, gone), `{"op":"replace","path":"displayName","value":7}`)
	if a := s.do("PATCH", "/Groups/"+admins, body); a.status != http.StatusBadRequest || !strings.Contains(a.body, "protect.groups") || strings.Contains(a.body, removalDone) {
		t.Errorf("status %d: %s", a.status, a.body)
	}
	s.hasMembers(t, "Admins", []string{gone, stays})
	if a := s.ifMatch(`W/"other"`, "PATCH", "/Groups/"+other, body); a.status != http.StatusPreconditionFailed {
		t.Errorf("status %d: %s", a.status, a.body)
	}
	s.hasMembers(t, "Field Service", []string{gone, stays})
}

// TestGuardOfRemovalsBesideARefusal: the guard counts a group that loses all its members beside a
// refused part, and holds back those beyond the limit.
func TestGuardOfRemovalsBesideARefusal(t *testing.T) {
	t.Parallel()
	s := newStage(t, staging{direct: true})
	s.fake.AddGroup("Field Support")
	ids := s.employees(11)
	for i := range 7 {
		group := s.fake.AddGroup(fmt.Sprint("Crew ", i), ids...)
		a := s.do("PUT", fmt.Sprint("/Groups/", group.ID), `{"displayName":"field support","members":[]}`)
		after, _ := s.fake.Group(group.ID)
		if past := i >= 5; heldBack(a) != past || strings.Contains(a.body, removalDone) == past || (len(after.Members) > 0) != past {
			t.Errorf("group %d has %d members: %d %s", i, len(after.Members), a.status, a.body)
		}
	}
}
