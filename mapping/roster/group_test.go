package roster_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tvscim/mapping/roster"
	"tvscim/tvapi"
	"tvscim/tvapi/tvfake"
)

func TestGroupsAreReadPageByPageOnce(t *testing.T) {
	t.Parallel()
	inCompany(t, tvfake.Default(), roster.Options{}, func(t *testing.T, c *company) {
		for _, name := range []string{"Admins", "Berlin", "Cork", "Delft"} {
			c.found(name)
		}
		for range 10 {
			c.wantNames(c.groups(), "Admins", "Berlin", "Cork", "Delft")
		}
		c.wantCalls(groupList, 2) // pages of three
	})
}

func TestNoGroupsAreASnapshotToo(t *testing.T) {
	t.Parallel()
	inCompany(t, tvfake.Default(), roster.Options{}, func(t *testing.T, c *company) {
		c.wantNames(c.groups())
		wantAbsent(t, c.groups(), true)
		c.wantCalls(groupList, 1)
		c.wantCalls(userList, 0)
	})
}

func TestGroupsHaveAnAgeOfTheirOwn(t *testing.T) {
	t.Parallel()
	o := roster.Options{UsersMaxAge: time.Second, GroupsMaxAge: time.Hour}
	inCompany(t, tvfake.Default(), o, func(t *testing.T, c *company) {
		c.groups()
		c.users()
		time.Sleep(time.Hour)
		wantAbsent(t, c.Groups.Latest(), true)
		wantAbsent(t, c.Users.Latest(), false)
		time.Sleep(time.Nanosecond)
		wantAbsent(t, c.Groups.Latest(), false)
	})
}

func TestByNameFoldsUnicode(t *testing.T) {
	t.Parallel()
	minding := tvfake.Default()
	minding.GroupNamesMindCase = true
	inCompany(t, minding, roster.Options{}, func(t *testing.T, c *company) {
		lower, upper := c.found("größe"), c.found("GRÖßE")
		title := c.found("Größe")
		kelvin := c.found("kelvin")
		tests := []struct {
			name string
			want tvapi.GroupID // 0: none
		}{
			{"größe", lower},
			{"GRÖßE", upper},
			{"Größe", title},
			{"gRÖßE", min(lower, upper, title)}, // spelt like none: the lowest id
			{"größen", 0},
			{"größ", 0},
			{"\u212aELVIN", kelvin},
			{"", 0},
		}
		for _, tt := range tests {
			if g, ok := c.groups().Named(tt.name); g.ID != tt.want || ok != (tt.want != 0) {
				t.Errorf("ByName(%q) = %v, %v; want %v", tt.name, g.ID, ok, tt.want)
			}
		}
		var all []tvapi.GroupID
		for _, g := range c.groups().AllNamed("GRÖSSE") {
			all = append(all, g.ID)
		}
		if len(all) != 0 {
			t.Errorf("AllByName(GRÖSSE) = %v, want none: ss is not ß", all)
		}
		if got := len(c.groups().AllNamed("grÖße")); got != 3 {
			t.Errorf("AllByName finds %d groups, want 3", got)
		}
	})
}

func TestOwnWritesToGroupsAreSeenAtOnce(t *testing.T) {
	t.Parallel()
	inCompany(t, tvfake.Default(), roster.Options{}, func(t *testing.T, c *company) {
		admins := c.found("Admins")
		before := c.groups()
		c.Groups.Created(tvapi.Group{ID: 7, Name: "Berlin", Source: 1})
		c.wantNames(c.groups(), "Admins", "Berlin")
		c.GroupRenamed(admins, "Owners")
		c.wantNames(c.groups(), "Berlin", "Owners")
		if g, _ := c.groups().Named("owners"); g.ID != admins {
			t.Errorf("ByName(owners) = %v, want %v", g.ID, admins)
		}
		c.Groups.Removed(7)
		c.Groups.Removed(admins)
		c.wantNames(c.groups())
		c.wantNames(before, "Admins")
	})
}

func TestAGroupThatTheSnapshotLacksIsAskedOnce(t *testing.T) {
	t.Parallel()
	inCompany(t, tvfake.Default(), roster.Options{}, func(t *testing.T, c *company) {
		c.groups()
		late := c.found("Late")
		for range 3 {
			if g, err := c.Groups.Get(t.Context(), late); err != nil || g.Name != "Late" {
				t.Fatalf("Group = %v, %v", g, err)
			}
		}
		c.wantCalls(groupGet, 1)
		for range 3 {
			if _, err := c.Groups.Get(t.Context(), late+1); !errors.Is(err, roster.ErrUnknown) {
				t.Fatalf("Group of nothing = %v, want ErrUnknown", err)
			}
		}
		c.wantCalls(groupGet, 2)
		c.wantNames(c.groups(), "Late")
	})
}

// A 404 that is not TeamViewer's own says nothing about a group: a snapshot that is asked for later
// does.
func TestAnHTMLPageIsNoUnknownGroup(t *testing.T) {
	t.Parallel()
	page := tvfake.Default()
	page.UnknownGroupHTML = true
	t.Run("no list to be had", func(t *testing.T) {
		t.Parallel()
		inCompany(t, page, roster.Options{}, func(t *testing.T, c *company) {
			c.groups()
			c.tv.Fail(tvfake.Fault{Function: groupList, Status: http.StatusNotFound, Body: "<html>no</html>"})
			_, err := c.Groups.Get(t.Context(), 12345)
			if tvapi.KindOf(err) != tvapi.KindForeign || errors.Is(err, roster.ErrUnknown) {
				t.Errorf("Group = %v, want an error that is not ErrUnknown", err)
			}
		})
	})
	t.Run("a new list lacks it", func(t *testing.T) {
		t.Parallel()
		inCompany(t, page, roster.Options{}, func(t *testing.T, c *company) {
			c.groups()
			for range 3 {
				if _, err := c.Groups.Get(t.Context(), 12345); !errors.Is(err, roster.ErrUnknown) {
					t.Errorf("Group = %v, want ErrUnknown", err)
				}
			}
			c.wantCalls(groupGet, 1)
			c.wantCalls(groupList, 2)
		})
	})
	t.Run("a new list has it", func(t *testing.T) {
		t.Parallel()
		inCompany(t, tvfake.Default(), roster.Options{}, func(t *testing.T, c *company) {
			c.groups()
			late := c.found("Late")
			c.tv.Fail(tvfake.Fault{Function: groupGet, Status: http.StatusNotFound, Body: "<html>no</html>"})
			if g, err := c.Groups.Get(t.Context(), late); err != nil || g.Name != "Late" {
				t.Errorf("Group = %v, %v", g, err)
			}
		})
	})
}

func TestGroupsSinceAndComplete(t *testing.T) {
	t.Parallel()
	inCompany(t, tvfake.Default(), roster.Options{}, func(t *testing.T, c *company) {
		if v := c.Groups.Latest(); v != nil {
			t.Errorf("GroupsNow before any load = %v, want nil", v)
		}
		c.groups()
		time.Sleep(time.Second)
		c.found("Late")
		v, err := c.Groups.CompleteView(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		c.wantNames(v)
		if v, err = c.Groups.ViewSince(t.Context(), time.Now()); err != nil {
			t.Fatal(err)
		}
		c.wantNames(v, "Late")
		c.wantCalls(groupList, 2)
	})
}

func TestOnGroupsHearsOfEachSnapshot(t *testing.T) {
	t.Parallel()
	var heard [][]string
	o := roster.Options{OnGroups: func(v *roster.GroupView) {
		var names []string
		for g := range v.All() {
			names = append(names, g.Name)
		}
		heard = append(heard, names)
	}}
	inCompany(t, tvfake.Default(), o, func(t *testing.T, c *company) {
		admins := c.found("Admins")
		c.found("Berlin")
		c.groups()
		c.tv.DropGroup(int64(admins))
		time.Sleep(time.Hour)
		c.groups()
		if diff := cmp.Diff([][]string{{"Admins", "Berlin"}, {"Berlin"}}, heard); diff != "" {
			t.Error(diff)
		}
	})
}
