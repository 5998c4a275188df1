package mapping

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tvscim/mapping/idmap"
	"tvscim/scim"
	"tvscim/tvapi"
)

// planned is a plan in words: its steps, the fields of an update spelled out, and what is remembered of the attributes.
type planned struct {
	Steps   []string
	Asked   map[string]string
	Refused bool
}

func inWords(p Plan) planned {
	w := planned{Refused: p.Refused != nil}
	for _, s := range p.Steps {
		switch s := s.(type) {
		case Remember:
			w.Asked = map[string]string{}
			for key, raw := range s.Record.Asked {
				w.Asked[key] = string(raw)
			}
			w.Steps = append(w.Steps, "remember")
		case UpdateUser:
			text := s.String()
			if s.Update.Email != nil {
				text += " email=" + *s.Update.Email
			}
			if s.Update.Name != nil {
				text += " name=" + *s.Update.Name
			}
			w.Steps = append(w.Steps, text)
		default:
			w.Steps = append(w.Steps, s.String())
		}
	}
	return w
}

var (
	noon     = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	nora     = tvapi.User{ID: 7, Name: "Nora Vale", Email: "nora@x.example", Active: true}
	yes, no  = true, false
	recycled = "0f8b6a2c4d1e4b7a9c3d5e6f708192a3"
)

// changing returns the change of a user as a PATCH that touches these keys would ask for it.
func changing(tv tvapi.User, rec idmap.Record, change func(*scim.User), keys ...string) userChange {
	c := userChange{tv: tv, rec: rec, before: showUser(tv, rec), now: noon}
	c.after = scim.UserOf(c.before.Attributes())
	change(&c.after)
	c.says = func(key string) bool {
		for _, k := range keys {
			if k == key {
				return true
			}
		}
		return false
	}
	return c
}

func TestPlanUser(t *testing.T) {
	t.Parallel()
	long := strings.TrimSpace(strings.Repeat("Nora ", 15))
	cutLong := strings.TrimSpace(strings.Repeat("Nora ", 10))
	pending := memoOf(idmap.Record{})
	pending.ask(keyUserName, "new@x.example")
	pending.send(keyUserName, "new@x.example", "nora@x.example")
	longName := memoOf(idmap.Record{})
	longName.ask(keyDisplayName, long)
	longName.send(keyDisplayName, cutLong, "")
	cutNora := nora
	cutNora.Name = cutLong

	for _, test := range []struct {
		name   string
		policy Policy
		change userChange
		active *bool
		asked  bool
		want   planned
	}{
		{name: "nothing", change: changing(nora, idmap.Record{}, func(*scim.User) {})},
		{name: "the same name as in the snapshot, which may be out of date", change: changing(nora, idmap.Record{}, func(u *scim.User) { u.DisplayName = "Nora Vale" }, keyDisplayName),
			want: planned{Steps: []string{"change user u7: name name=Nora Vale"}}},
		{name: "the same name as TeamViewer has just shown", change: changing(nora, idmap.Record{}, func(u *scim.User) { u.DisplayName = "Nora Vale" }, keyDisplayName), asked: true},
		{name: "another name", change: changing(nora, idmap.Record{}, func(u *scim.User) { u.DisplayName = "Nora Roth" }, keyDisplayName),
			want: planned{Steps: []string{"change user u7: name name=Nora Roth", "remember"}, Asked: map[string]string{}}},
		{name: "a name that is cut", change: changing(nora, idmap.Record{}, func(u *scim.User) { u.DisplayName = long }, keyDisplayName),
			want: planned{Steps: []string{"change user u7: name name=" + cutLong, "remember"}, Asked: map[string]string{keyDisplayName: `"` + long + `"`}}},
		{name: "the same long name again", change: changing(cutNora, longName.Record, func(u *scim.User) { u.DisplayName = long }, keyDisplayName), asked: true},
		{name: "a name cleared is derived from the parts", change: changing(nora, idmap.Record{}, func(u *scim.User) { u.DisplayName = "" }, keyDisplayName),
			asked: true, want: planned{Steps: []string{"remember"}, Asked: map[string]string{keyDisplayName: "null"}}},
		{name: "another address", change: changing(nora, idmap.Record{}, func(u *scim.User) { u.UserName = "new@x.example" }, keyUserName),
			want: planned{Steps: []string{"change user u7: email email=new@x.example", "remember"}, Asked: map[string]string{keyUserName: `"new@x.example"`}}},
		{name: "an address in other letter case is not sent", change: changing(nora, idmap.Record{}, func(u *scim.User) { u.UserName = "Nora@X.example" }, keyUserName),
			want: planned{Steps: []string{"remember"}, Asked: map[string]string{keyUserName: `"Nora@X.example"`}}},
		{name: "an unconfirmed address is not sent again", change: changing(nora, pending.Record, func(u *scim.User) { u.UserName = "new@x.example" }, keyUserName)},
		{name: "back to the old address stops an unconfirmed change", change: changing(nora, pending.Record, func(u *scim.User) { u.UserName = "nora@x.example" }, keyUserName),
			want: planned{Steps: []string{"change user u7: email email=nora@x.example", "remember"}, Asked: map[string]string{}}},
		{name: "an address that TeamViewer refuses", change: changing(nora, idmap.Record{}, func(u *scim.User) { u.UserName = "nörä@x.example" }, keyUserName),
			want: planned{Refused: true}},
		{name: "an address that TeamViewer refuses, and a deactivation", active: &no,
			change: changing(nora, idmap.Record{}, func(u *scim.User) { u.UserName = "nörä@x.example" }, keyUserName),
			want:   planned{Steps: []string{"change user u7: active=false"}, Refused: true}},
		{name: "the recycle bin's name is remembered, not sent", active: &no,
			change: changing(nora, idmap.Record{}, func(u *scim.User) { u.UserName = recycled + "nora@x.example" }, keyUserName),
			want:   planned{Steps: []string{"change user u7: active=false", "remember"}, Asked: map[string]string{keyUserName: `"` + recycled + `nora@x.example"`}}},
		{name: "active as it is, is sent all the same and nothing is noted", active: &yes, change: changing(nora, idmap.Record{}, func(*scim.User) {}),
			want: planned{Steps: []string{"change user u7: active=true"}}},
		{name: "externalId", change: changing(nora, idmap.Record{}, func(u *scim.User) { u.ExternalID = "e1" }, keyExternalID),
			want: planned{Steps: []string{"remember"}, Asked: map[string]string{keyExternalID: `"e1"`}}},
		{name: "a title nobody keeps", change: changing(nora, idmap.Record{}, func(u *scim.User) { u.Other = scim.Attributes{"title": "Dr"} }, "title")},
		{name: "a title to keep", policy: Policy{Keep: []string{"title"}},
			change: changing(nora, idmap.Record{}, func(u *scim.User) { u.Other = scim.Attributes{"title": "Dr"} }, "title"),
			want:   planned{Steps: []string{"remember"}, Asked: map[string]string{"title": `"Dr"`}}},
		{name: "a password is dropped", policy: Policy{Keep: []string{"*"}}, change: changing(nora, idmap.Record{}, func(u *scim.User) { u.Password = "x" }, "password")},
		{name: "ssoCustomerId", change: changing(nora, idmap.Record{}, func(u *scim.User) {
			u.Other = scim.Attributes{SSOUserURN: map[string]any{ssoCustomerID: "s1"}}
		}, SSOUserURN), want: planned{Steps: []string{"change user u7: sso_customer_id", "remember"}, Asked: map[string]string{}}},
		{name: "the same ssoCustomerId", change: changing(nora, idmap.Record{Secret: idmap.Hash("s1")}, func(u *scim.User) {
			u.Other = scim.Attributes{SSOUserURN: map[string]any{ssoCustomerID: "s1"}}
		}, SSOUserURN)},
		{name: "only the work address is kept", change: changing(nora, idmap.Record{}, func(u *scim.User) {
			u.Emails = []scim.Email{{Value: "home@x.example", Type: "home"}, {Value: "work@x.example", Type: "work"}}
		}, keyEmails), want: planned{Steps: []string{"remember"}, Asked: map[string]string{keyEmails: `[{"type":"work","value":"work@x.example"}]`}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.change.active, test.change.asked = test.active, test.asked
			got := inWords(test.policy.planUser(test.change))
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("plan (-want +got):\n%s", diff)
			}
		})
	}
}

// TestPlanUserIsEmptyForTheSame: what is already so needs no step, whatever is remembered.
func TestPlanUserIsEmptyForTheSame(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := Policy{Keep: rapid.SampledFrom([][]string{nil, {"*"}, {"title"}}).Draw(t, "keep")}
		c := drawChange(t)
		c.after = scim.UserOf(c.before.Attributes())
		c.says = func(string) bool { return false }
		if plan := p.planUser(c); len(plan.Steps) > 0 || plan.Refused != nil {
			t.Fatalf("a plan for no change: %v", inWords(plan))
		}
	})
}

// TestPlanUserTwice: once a plan was run, and TeamViewer was seen to hold it, the same request needs no call, and shows what
// was asked for.
func TestPlanUserTwice(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := Policy{Keep: []string{"*"}}
		c := drawChange(t)
		c.says = func(string) bool { return true }
		first := p.planUser(c)
		if first.Refused != nil {
			t.Skip("refused")
		}
		tv, rec := played(first, c.tv, c.rec, rapid.Bool().Draw(t, "address waits"))
		shown := showUser(tv, rec)
		if shown.UserName != c.after.UserName || shown.DisplayName != c.after.DisplayName {
			t.Fatalf("asked for %q %q, shown %q %q", c.after.UserName, c.after.DisplayName, shown.UserName, shown.DisplayName)
		}
		again := userChange{tv: tv, asked: true, rec: rec, before: shown, after: c.after, says: c.says, now: c.now.Add(time.Hour)}
		if plan := p.planUser(again); len(plan.Steps) > 0 {
			t.Fatalf("the same request again: %v", inWords(plan))
		}
	})
}

// played returns what TeamViewer shows and we remember once a plan was run.
func played(p Plan, tv tvapi.User, rec idmap.Record, waits bool) (tvapi.User, idmap.Record) {
	for _, s := range p.Steps {
		switch s := s.(type) {
		case UpdateUser:
			if s.Update.Name != nil {
				tv.Name = *s.Update.Name
			}
			if s.Update.Email != nil && !waits {
				tv.Email = *s.Update.Email
			}
		case Remember:
			rec = s.Record
		}
	}
	return tv, rec
}

// drawChange draws a user, what is remembered, and what is asked for.
func drawChange(t *rapid.T) userChange {
	name := rapid.OneOf(rapid.SampledFrom([]string{"Nora Vale", "N", "", strings.Repeat("long ", 30)}), rapid.StringN(0, 80, -1))
	address := rapid.SampledFrom([]string{"nora@x.example", "Nora@x.example", "ola@x.example", recycled + "nora@x.example", "Ola@X.example"})
	tv := tvapi.User{ID: 7, Email: "nora@x.example", Name: "Nora Vale", Active: rapid.Bool().Draw(t, "active")}
	c := userChange{tv: tv, rec: idmap.Record{}, now: noon}
	c.before = showUser(tv, c.rec)
	c.after = scim.User{UserName: address.Draw(t, "userName"), DisplayName: strings.ToValidUTF8(name.Draw(t, "displayName"), "?")}
	c.after.ExternalID = "e"
	c.after.Name.GivenName = rapid.SampledFrom([]string{"", "Nora"}).Draw(t, "givenName")
	c.after.Emails = rapid.SampledFrom([][]scim.Email{nil, {{Value: "nora@x.example", Type: "work"}}}).Draw(t, "emails")
	return c
}
