package plan

import (
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tvscim/mapping/idmap"
	"tvscim/scim"
	"tvscim/tvapi"
)

// TestEveryCarriedAttributeHasItsFunctions: a row whose fate is to be carried has what its fate
// needs, and each field of TeamViewer that is never shown has one row.
func TestEveryCarriedAttributeHasItsFunctions(t *testing.T) {
	t.Parallel()
	var secrets tvapi.UserSecrets
	rows := make(map[**string]string)
	for _, row := range UserAttributes {
		shows, carries := row.show != nil, row.carry != nil || row.secret != nil
		switch row.Fate {
		case Carried:
			if !shows || !carries && row.Name != "id" {
				t.Errorf("%s: shows %t, carries %t", row.Name, shows, carries)
			}
		case CarriedOnCreate, CarriedWriteOnly, CarriedIfAllowed:
			if shows && row.Fate != CarriedOnCreate || !carries {
				t.Errorf("%s: shows %t, carries %t", row.Name, shows, carries)
			}
		case Kept, KeptIfNamed:
			if carries || row.Field != "" {
				t.Errorf("%s is kept and carried", row.Name)
			}
		}
		if row.secret != nil {
			field := row.secret(&secrets)
			if other := rows[field]; other != "" {
				t.Errorf("%s and %s have one field", row.Name, other)
			}
			rows[field] = row.Name
		}
	}
	if fields := reflect.TypeFor[tvapi.UserSecrets]().NumField(); len(rows) != fields {
		t.Errorf("%d of the %d fields of tvapi.UserSecrets have a row", len(rows), fields)
	}
}

// TestSecretsAreKeptAsHashes: what TeamViewer never shows is sent only if it differs from what was
// sent last, which is known by its hash; after a lost answer it is not known.
func TestSecretsAreKeptAsHashes(t *testing.T) {
	t.Parallel()
	row := Attribute{
		Schema: "urn:example:User", Name: "badge", Fate: CarriedWriteOnly, Field: "badge",
		secret:   func(s *tvapi.UserSecrets) **string { return &s.Password },
		fallback: func(p Policy) string { return p.Language },
	}
	ofField := row
	ofField.hashField = true
	for name, row := range map[string]Attribute{"under its path": row, "in the field of the record": ofField} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sent := func(rec idmap.Record, value string, isNew bool) (string, idmap.Record) {
				d := draft{policy: Policy{Language: "default"}, memo: MemoOf(rec)}
				c := UserChange{Inputs: Inputs{Salt: make([]byte, 16)}, New: isNew}
				if value != "" {
					c.After.Other = scim.Attributes{row.Schema: map[string]any{row.Name: value}}
				}
				row.carrySecret(c, &d)
				if d.update.Password == nil {
					return "", d.memo.Record
				}
				return *d.update.Password, d.memo.Record
			}
			_, first := sent(idmap.Record{}, "b1", false)
			if row.hashField != (first.Secret != nil) || row.hashField == (first.Sent[row.path()] != "") {
				t.Errorf("the hash is in another place: %+v", first)
			}
			unknown := MemoOf(first)
			unknown.setHash(row, nil)
			for _, tt := range []struct {
				name  string
				rec   idmap.Record
				value string
				isNew bool
				want  string
			}{
				{"a first value", idmap.Record{}, "b1", false, "b1"},
				{"the same value", first, "b1", false, ""},
				{"another value", first, "b2", false, "b2"},
				{"none", first, "", false, ""},
				{"none of a new user", idmap.Record{}, "", true, "default"},
				{"a new user's own", idmap.Record{}, "b1", true, "b1"},
				{"the same after a lost answer", unknown.Record, "b1", false, "b1"},
			} {
				if got, _ := sent(tt.rec, tt.value, tt.isNew); got != tt.want {
					t.Errorf("%s: sent %q, want %q", tt.name, got, tt.want)
				}
			}
		})
	}
}

// TestUnanswered: what a change without an answer may have changed, and TeamViewer does not show,
// is not remembered as it was.
func TestUnanswered(t *testing.T) {
	t.Parallel()
	deleted := MemoOf(idmap.Record{Secret: idmap.Hash("s1"), Created: noon, LastModified: noon, Tombstone: noon})
	deleted.SetRequested(KeyExternalID, "e1")
	known := idmap.Record{Secret: idmap.Hash("s1"), Created: noon}
	text := "x"
	for _, tt := range []struct {
		name   string
		rec    idmap.Record
		update tvapi.UserUpdate
		want   idmap.Record
	}{
		{"a name", known, tvapi.UserUpdate{Name: &text}, known},
		{"an address", known, tvapi.UserUpdate{Email: &text},
			idmap.Record{Secret: known.Secret, Created: noon, Sent: map[string]string{KeyUnansweredAddress: "x"}}},
		{"an ssoCustomerId", known, tvapi.UserUpdate{UserSecrets: tvapi.UserSecrets{SSOCustomerID: &text}}, idmap.Record{Created: noon}},
		{"a deactivation of a deleted user", deleted.Record, tvapi.UserUpdate{Active: &no}, deleted.UserRecord()},
		{"a return", deleted.Record, tvapi.UserUpdate{Active: &yes},
			idmap.Record{Created: noon, LastModified: noon, Tombstone: noon, Keys: []idmap.Key{TombstonedUser}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, Unanswered(tt.rec, tt.update)); diff != "" {
				t.Errorf("record (-want +got):\n%s", diff)
			}
		})
	}
}
