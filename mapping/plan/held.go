package plan

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"tvscim/mapping/idmap"
	"tvscim/tvapi"
)

// Held is one attribute of a user or group as TeamViewer holds it, and as clients see it.
type Held struct {
	Attribute  string
	TeamViewer string // "" if TeamViewer has no value, or no field for it
	Shown      any    // what clients see, as in scim.Attributes; nil: the same
	Why        string // why it is not the same; "" if it is
}

// HeldUser returns what TeamViewer holds of a user and what clients see instead, in the order of
// [UserAttributes].
func HeldUser(t tvapi.User, rec idmap.Record) []Held {
	shown := ShowUser(t, rec).Attributes()
	all := []Held{
		{Attribute: KeyUserName, TeamViewer: t.Email}, {Attribute: KeyDisplayName, TeamViewer: t.Name}, {Attribute: "active", TeamViewer: fmt.Sprint(t.Active)},
	}
	for i := range all {
		h := &all[i]
		if value := shown[h.Attribute]; value != nil && fmt.Sprint(value) != h.TeamViewer {
			h.Shown, h.Why = value, whyUser(h.Attribute, t, rec)
		}
	}
	return append(all, kept(rec, UserAttributes)...)
}

// HeldGroup is HeldUser for a group, without its members.
func HeldGroup(g tvapi.Group, rec idmap.Record) []Held {
	name := Held{Attribute: KeyDisplayName, TeamViewer: g.Name}
	if shown := ShowGroup(g, rec); shown.DisplayName != g.Name {
		name.Shown, name.Why = shown.DisplayName, whyName(shown.DisplayName, maxGroupName)
	}
	return append([]Held{name}, kept(rec, GroupAttributes)...)
}

// whyUser returns why clients see another value than TeamViewer's.
func whyUser(attribute string, t tvapi.User, rec idmap.Record) string {
	switch {
	case attribute == KeyDisplayName:
		return whyName(RequestedText(rec, KeyDisplayName), maxUserName)
	case SoftDeleted(rec):
		return "the userName of Entra's recycle bin, which is never sent"
	case addressPending(rec):
		return "TeamViewer shows the new address when the user has confirmed it by the link in a mail"
	case tvapi.FoldEmail(RequestedText(rec, KeyUserName)) == tvapi.FoldEmail(t.Email):
		return "it differs in letter case alone"
	}
	return "TeamViewer stores another value than the one that was asked for"
}

func whyName(asked string, most int) string {
	if units(asked) > most {
		return fmt.Sprintf("TeamViewer takes at most %d characters: the name was cut at a word", most)
	}
	return "TeamViewer stores another value than the one that was asked for"
}

// kept returns what is stored by the gateway alone.
func kept(rec idmap.Record, table []Attribute) []Held {
	var all []Held
	for _, key := range slices.Sorted(maps.Keys(rec.Asked)) {
		var value any
		if key == KeyUserName || key == KeyDisplayName || json.Unmarshal(rec.Asked[key], &value) != nil || value == nil {
			continue
		}
		h := Held{Attribute: key, Shown: value, Why: "TeamViewer has no field for it: the gateway keeps it"}
		if row := lookUp(table, "", key); row.Fate == CarriedOnCreate {
			h.Why = "sent when the account was created; TeamViewer does not show it"
		}
		all = append(all, h)
	}
	return all
}

// Notes returns what else is to be known of a user: what ends clients' view of it.
func Notes(t tvapi.User, rec idmap.Record) []string {
	var notes []string
	if Tombstoned(t, rec) {
		notes = append(notes, "A client has deleted the user. The account stays in TeamViewer, inactive, and clients do not see it until one creates the user again.")
	}
	if !rec.Missing.IsZero() {
		notes = append(notes, "TeamViewer's lists have lacked it since "+rec.Missing.UTC().Format("2006-01-02 15:04 UTC")+".")
	}
	return notes
}
