package scim_test

import (
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tvscim/scim"
	"tvscim/scim/filter"
)

// numbered returns n groups with the ids 1 to n, of which every third is named "Lab".
func numbered(n int) []scim.Group {
	groups := make([]scim.Group, n)
	for i := range groups {
		groups[i] = scim.Group{Head: scim.Head{ID: strconv.Itoa(i + 1)}, DisplayName: "Office"}
		if (i+1)%3 == 0 {
			groups[i].DisplayName = "Lab"
		}
	}
	return groups
}

func idsOf(groups []scim.Group) []string {
	var ids []string
	for _, g := range groups {
		ids = append(ids, g.ID)
	}
	return ids
}

func TestSelectPage(t *testing.T) {
	t.Parallel()
	lab := filter.Compare{Path: filter.AttrPath{Name: "displayName"}, Op: filter.Equal, Value: filter.Value{Text: "lab"}}
	tests := []struct {
		name         string
		req          scim.ListRequest
		total, start int
		ids          []string
	}{
		{"first page", scim.ListRequest{StartIndex: 1, Count: 3}, 10, 1, []string{"1", "2", "3"}},
		{"second page", scim.ListRequest{StartIndex: 4, Count: 3}, 10, 4, []string{"4", "5", "6"}},
		{"last page", scim.ListRequest{StartIndex: 10, Count: 3}, 10, 10, []string{"10"}},
		{"behind the end", scim.ListRequest{StartIndex: 11, Count: 3}, 10, 11, nil},
		{"only the total", scim.ListRequest{StartIndex: 1}, 10, 1, nil},
		{"start unset", scim.ListRequest{Count: 2}, 10, 1, []string{"1", "2"}},
		{"start below", scim.ListRequest{StartIndex: -4, Count: 2}, 10, 1, []string{"1", "2"}},
		{"filter", scim.ListRequest{Filter: lab, StartIndex: 1, Count: 9}, 3, 1, []string{"3", "6", "9"}},
		{"page of a filter", scim.ListRequest{Filter: lab, StartIndex: 2, Count: 1}, 3, 2, []string{"6"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			page, _ := scim.SelectPage(t.Context(), groupType(), slices.Values(numbered(10)), tt.req)
			if page.Total != tt.total || page.StartIndex != tt.start {
				t.Errorf("total, start = %d, %d, want %d, %d", page.Total, page.StartIndex, tt.total, tt.start)
			}
			if diff := cmp.Diff(tt.ids, idsOf(page.Items)); diff != "" {
				t.Errorf("items differ (-want +got):\n%s", diff)
			}
		})
	}
}

// Pages that follow one another are the whole list, each resource once and in order.
func TestSelectPagePartitions(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		all := numbered(rapid.IntRange(0, 40).Draw(rt, "resources"))
		count := rapid.IntRange(1, 12).Draw(rt, "count")
		var got []scim.Group
		for start := 1; ; start += count {
			page, _ := scim.SelectPage(t.Context(), groupType(), slices.Values(all), scim.ListRequest{StartIndex: start, Count: count})
			if page.Total != len(all) {
				rt.Fatalf("total = %d, want %d", page.Total, len(all))
			}
			if len(page.Items) == 0 {
				break
			}
			got = append(got, page.Items...)
		}
		if diff := cmp.Diff(idsOf(all), idsOf(got)); diff != "" {
			rt.Fatalf("pages differ from the list (-list +pages):\n%s", diff)
		}
	})
}

func TestSelectPageNext(t *testing.T) {
	t.Parallel()
	at := func(key, id string) *scim.Position { return &scim.Position{Key: key, ID: id} }
	byName := sortBy(t, "displayName", false)
	byNameDown := sortBy(t, "displayName", true)
	tests := []struct {
		name string
		req  scim.ListRequest
		ids  []string
		next *scim.Position
	}{
		{"first page", scim.ListRequest{StartIndex: 1, Count: 3}, []string{"1", "2", "3"}, at("1", "3")},
		{"behind an id", scim.ListRequest{After: at("1", "3"), Count: 3}, []string{"4", "5", "6"}, at("1", "6")},
		{"behind an id that is gone", scim.ListRequest{After: at("1", "33"), Count: 3}, nil, nil},
		{"last page, full", scim.ListRequest{After: at("1", "7"), Count: 3}, []string{"8", "9", "10"}, nil},
		{"last page, not full", scim.ListRequest{After: at("1", "9"), Count: 3}, []string{"10"}, nil},
		{"only the total", scim.ListRequest{StartIndex: 1}, nil, nil},
		{"sorted", scim.ListRequest{Sort: byName, StartIndex: 1, Count: 4}, []string{"3", "6", "9", "1"}, at("0aOFFICE", "1")},
		{"sorted, behind", scim.ListRequest{Sort: byName, After: at("0aLAB", "6"), Count: 2}, []string{"9", "1"}, at("0aOFFICE", "1")},
		{"sorted, in front of all with a key", scim.ListRequest{Sort: byName, After: at("0aLAB", ""), Count: 1}, []string{"3"}, at("0aLAB", "3")},
		{"sorted, between keys", scim.ListRequest{Sort: byName, After: at("0aM", "5"), Count: 1}, []string{"1"}, at("0aOFFICE", "1")},
		{"descending, behind", scim.ListRequest{Sort: byNameDown, After: at("0aOFFICE", "10"), Count: 9}, []string{"3", "6", "9"}, nil},
		{"by index in the middle", scim.ListRequest{Sort: byName, StartIndex: 3, Count: 2}, []string{"9", "1"}, at("0aOFFICE", "1")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			page, _ := scim.SelectPage(t.Context(), groupType(), slices.Values(numbered(10)), tt.req)
			want := scim.Page[scim.Group]{Total: 10, StartIndex: tt.req.StartIndex, Next: tt.next}
			if diff := cmp.Diff(tt.ids, idsOf(page.Items)); diff != "" {
				t.Errorf("items differ (-want +got):\n%s", diff)
			}
			page.Items = nil
			if diff := cmp.Diff(want, page); diff != "" {
				t.Errorf("page differs (-want +got):\n%s", diff)
			}
		})
	}
}

func BenchmarkSelectPage(b *testing.B) {
	typ, users := userType(), make([]scim.User, 10_000)
	for i := range users {
		users[i] = nora()
		users[i].ID = strconv.Itoa(i)
		users[i].DisplayName = "Nora " + strconv.Itoa(i*7919%10_000)
	}
	for _, tt := range []struct{ name, filter, by string }{
		{"filter", `emails[type eq "home"].value eq "x"`, ""},
		{"sort", "", "displayName"},
		{"filter and sort", `emails[type eq "work"].value sw "nora"`, "displayName"},
	} {
		b.Run(tt.name, func(b *testing.B) {
			req := scim.ListRequest{StartIndex: 1, Count: 100}
			if tt.filter != "" {
				var err error
				if req.Filter, err = filter.Parse(tt.filter); err != nil {
					b.Fatal(err)
				}
			}
			if tt.by != "" {
				req.Sort = sortBy(b, tt.by, false)
			}
			b.ReportAllocs()
			for b.Loop() {
				scim.SelectPage(b.Context(), typ, slices.Values(users), req)
			}
		})
	}
}
