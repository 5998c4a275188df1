package changelog_test

import (
	"testing"

	"tvscim/mapping/changelog"
)

// changed is the line of a change of user u1, made n seconds after the first.
func changed(n int, outcome changelog.Outcome, after map[string]any) changelog.Line {
	l := line(n)
	l.Kind, l.ID, l.Method, l.Outcome, l.After = changelog.KindUser, "u1", "PATCH", outcome, after
	return l
}

// TestState: what each kind of line says of a user.
func TestState(t *testing.T) {
	t.Parallel()
	ada := map[string]any{"userName": "ada@contoso.example", "active": true}
	inactive := map[string]any{"userName": "ada@contoso.example", "active": false}
	onlyActive := map[string]any{"active": false}
	gone := changed(9, changelog.Done, nil)
	gone.Memory = changelog.MemoryForgotten
	deleted := changed(2, changelog.Done, inactive)
	deleted.Deleted = true
	type want struct{ here, active, open, deleted bool }
	for name, test := range map[string]struct {
		lines []changelog.Line
		want  want
	}{
		"created":                             {[]changelog.Line{changed(1, changelog.Done, ada)}, want{here: true, active: true}},
		"deactivated":                         {[]changelog.Line{changed(1, changelog.Done, ada), changed(2, changelog.Partly, inactive)}, want{here: true}},
		"deleted, and stays":                  {[]changelog.Line{changed(1, changelog.Done, ada), deleted}, want{here: true, deleted: true}},
		"gone":                                {[]changelog.Line{changed(1, changelog.Done, ada), gone}, want{}},
		"late line of one who is gone":        {[]changelog.Line{gone, changed(1, changelog.Done, ada)}, want{}},
		"no answer":                           {[]changelog.Line{changed(1, changelog.Done, ada), changed(2, changelog.Unknown, ada)}, want{here: true, active: true, open: true}},
		"refused after no answer":             {[]changelog.Line{changed(1, changelog.Unknown, ada), changed(2, changelog.Failed, ada)}, want{here: true, active: true, open: true}},
		"settled":                             {[]changelog.Line{changed(1, changelog.Unknown, ada), changed(2, changelog.Done, inactive)}, want{here: true}},
		"an id of which nothing is known":     {[]changelog.Line{changed(1, changelog.Unknown, onlyActive), changed(2, changelog.Failed, onlyActive)}, want{}},
		"deactivation while nothing is known": {[]changelog.Line{changed(1, changelog.Done, ada), changed(2, changelog.Partly, onlyActive)}, want{here: true}},
	} {
		s := changelog.NewState()
		for _, l := range test.lines {
			s.Apply(l)
		}
		var got want
		if u := s.Users["u1"]; u != nil {
			got = want{true, u.Active(), u.Open, u.Deleted}
		}
		if got != test.want {
			t.Errorf("%s: %+v, want %+v", name, got, test.want)
		}
	}
}

// TestStateOfMembers: the time of the call decides, and not the place of the line.
func TestStateOfMembers(t *testing.T) {
	t.Parallel()
	member := func(n int, added, removed []string) changelog.Line {
		l := line(n)
		l.Kind, l.ID, l.Added, l.Removed = changelog.KindGroup, "456", added, removed
		return l
	}
	s := changelog.NewState()
	for _, l := range []changelog.Line{member(3, nil, []string{"u1"}), member(2, []string{"u1", "u2"}, nil)} {
		s.Apply(l)
	}
	if got := s.Groups["456"].MemberIDs(); len(got) != 1 || got[0] != "u2" {
		t.Errorf("members %v", got)
	}
}
