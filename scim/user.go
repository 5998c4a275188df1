package scim

// User is a user resource (RFC 7643 section 4.1). The attributes that decide anything are fields;
// all the others, extensions included, are in Other, unchanged, in canonical spelling. The zero
// value of a field means that the attribute is absent.
type User struct {
	Head
	UserName          string
	DisplayName       string
	Active            *bool // nil: absent
	Name              Name
	Emails            []Email
	PreferredLanguage string
	Password          string // write-only, never shown
	Other             Attributes
}

// Name is the complex attribute name of a user (RFC 7643 section 4.1.1).
type Name struct {
	Formatted, FamilyName, GivenName, MiddleName, HonorificPrefix, HonorificSuffix string
}

// Email is one element of the attribute emails (RFC 7643 section 4.1.2).
type Email struct {
	Value, Display, Type string
	Primary              *bool // nil: absent
}

// Attributes returns the user as a tree; see [Resource].
func (u User) Attributes() Attributes {
	a := u.Other.Clone()
	a.setString("id", u.ID)
	a.setString("externalId", u.ExternalID)
	a.setString("userName", u.UserName)
	a.setString("displayName", u.DisplayName)
	a.setBool("active", u.Active)
	a.setString("preferredLanguage", u.PreferredLanguage)
	a.setString("password", u.Password)
	if name := u.Name.attributes(); len(name) > 0 {
		a["name"] = map[string]any(name)
	}
	if len(u.Emails) > 0 {
		emails := make([]any, len(u.Emails))
		for i, e := range u.Emails {
			emails[i] = map[string]any(e.attributes())
		}
		a["emails"] = emails
	}
	return a
}

// UserOf returns the user of a tree, the inverse of [User.Attributes]. Nothing of the tree is
// shared with the user. What is not in a canonical tree (an empty list, a string where a list
// belongs) is absent.
func UserOf(a Attributes) User {
	a = a.Clone()
	u := User{
		Head:              a.takeHead(),
		UserName:          a.takeString("userName"),
		DisplayName:       a.takeString("displayName"),
		Active:            a.takeBool("active"),
		PreferredLanguage: a.takeString("preferredLanguage"),
		Password:          a.takeString("password"),
	}
	name, _ := a["name"].(map[string]any)
	delete(a, "name")
	u.Name = nameOf(name)
	emails, _ := a.takeElements("emails")
	for _, e := range emails {
		u.Emails = append(u.Emails, emailOf(e))
	}
	u.Other = a.rest()
	return u
}

// attributes returns the name as a tree.
func (n Name) attributes() Attributes {
	a := make(Attributes)
	a.setString("formatted", n.Formatted)
	a.setString("familyName", n.FamilyName)
	a.setString("givenName", n.GivenName)
	a.setString("middleName", n.MiddleName)
	a.setString("honorificPrefix", n.HonorificPrefix)
	a.setString("honorificSuffix", n.HonorificSuffix)
	return a
}

// nameOf returns the name of a tree.
func nameOf(a Attributes) Name {
	return Name{
		Formatted:       a.takeString("formatted"),
		FamilyName:      a.takeString("familyName"),
		GivenName:       a.takeString("givenName"),
		MiddleName:      a.takeString("middleName"),
		HonorificPrefix: a.takeString("honorificPrefix"),
		HonorificSuffix: a.takeString("honorificSuffix"),
	}
}

// attributes returns the e-mail as a tree.
func (e Email) attributes() Attributes {
	a := make(Attributes)
	a.setString("value", e.Value)
	a.setString("display", e.Display)
	a.setString("type", e.Type)
	a.setBool("primary", e.Primary)
	return a
}

// emailOf returns the e-mail of a tree.
func emailOf(a Attributes) Email {
	return Email{
		Value:   a.takeString("value"),
		Display: a.takeString("display"),
		Type:    a.takeString("type"),
		Primary: a.takeBool("primary"),
	}
}
