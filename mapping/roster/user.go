package roster

import "tvscim/tvapi"

// UserUpdated records that TeamViewer has accepted these changes.
func (r *Roster) UserUpdated(id tvapi.UserID, up tvapi.UserUpdate) {
	r.userUpdated(id, up)
	r.announce(Write{What: userUpdated, User: tvapi.User{ID: id}, Email: up.Email, Name: up.Name, Active: up.Active})
}

func (r *Roster) userUpdated(id tvapi.UserID, up tvapi.UserUpdate) {
	r.Users.wrote(id, updated(func(u *tvapi.User) {
		set(&u.Email, up.Email)
		set(&u.Name, up.Name)
		set(&u.Active, up.Active)
	}))
	if up.Active != nil && !*up.Active {
		r.Members.userLeft(id)
	}
}

// AddressSent records that TeamViewer has accepted an address, which it may show only when the user
// has confirmed it. A list that trails this change may show an older one.
func (r *Roster) AddressSent(id tvapi.UserID, email string) {
	r.Users.invalidate(id)
	r.announce(Write{What: addressSent, User: tvapi.User{ID: id}, Email: &email})
}

// AddressShown records that a list shows the address that a user was given before. A list of another
// process may be older.
func (r *Roster) AddressShown(id tvapi.UserID, email string) {
	r.announce(Write{What: addressShown, User: tvapi.User{ID: id}, Email: &email})
}

// set copies a value that is not nil.
func set[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}

func userKind(c *tvapi.Client, o Options, removed func(tvapi.UserID)) *kind[tvapi.UserID, tvapi.User] {
	return &kind[tvapi.UserID, tvapi.User]{
		plural:     users,
		one:        "user",
		maxAge:     o.UsersMaxAge,
		neverEmpty: true,
		id:         func(u tvapi.User) tvapi.UserID { return u.ID },
		name:       func(u tvapi.User) string { return u.Email },
		fold:       tvapi.FoldEmail,
		list:       c.Users,
		get:        c.User,
		loaded:     o.OnUsers,
		missing:    o.MissingUsers,
		removed:    removed,
		stretch:    o.Stretch,
		wrote: func(what what, id tvapi.UserID, u tvapi.User) {
			if u.ID = id; o.Wrote != nil {
				o.Wrote(Write{What: what, Kind: users, User: u})
			}
		},
	}
}
