package roster

import "tvscim/tvapi"

// GroupRenamed records that TeamViewer has accepted this name.
func (r *Roster) GroupRenamed(id tvapi.GroupID, name string) {
	r.groupRenamed(id, name)
	r.announce(Write{What: groupRenamed, Group: tvapi.Group{ID: id, Name: name}})
}

func (r *Roster) groupRenamed(id tvapi.GroupID, name string) {
	r.Groups.wrote(id, updated(func(g *tvapi.Group) { g.Name = name }))
}

func groupKind(c *tvapi.Client, o Options) *kind[tvapi.GroupID, tvapi.Group] {
	return &kind[tvapi.GroupID, tvapi.Group]{
		plural:  groups,
		one:     "usergroup",
		maxAge:  o.GroupsMaxAge,
		id:      func(g tvapi.Group) tvapi.GroupID { return g.ID },
		name:    func(g tvapi.Group) string { return g.Name },
		fold:    tvapi.FoldName,
		list:    c.Groups,
		get:     c.Group,
		loaded:  o.OnGroups,
		missing: o.MissingGroups,
		stretch: o.Stretch,
		wrote: func(what what, id tvapi.GroupID, g tvapi.Group) {
			if g.ID = id; o.Wrote != nil {
				o.Wrote(Write{What: what, Kind: groups, Group: g})
			}
		},
	}
}
