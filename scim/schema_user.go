package scim

import "tvscim/scim/filter"

// UserURN names the core User schema (RFC 7643 section 4.1).
const UserURN = "urn:ietf:params:scim:schemas:core:2.0:User"

// UserSchema returns the core User schema (RFC 7643 sections 4.1 and 8.7.1). The value is the
// caller's.
func UserSchema() Schema {
	attributes := []Attribute{
		{Name: "userName", Type: filter.TypeString, Required: true, Unique: UniqueServer,
			Description: "Unique identifier for the user, used to sign in."},
		{Name: "name", Type: filter.TypeComplex, Sub: nameAttributes(),
			Description: "The components of the user's name."},
		text("displayName", "The name of the user, suitable for display."),
		text("nickName", "The casual way to address the user."),
		{Name: "profileUrl", Type: filter.TypeReference, CaseExact: true, ReferenceTypes: []string{"external"},
			Description: "The location of the user's online profile."},
		text("title", "The user's title, such as \"Vice President\"."),
		text("userType", "The relationship between the organisation and the user, such as \"Contractor\"."),
		text("preferredLanguage", "The user's preferred language, as in the HTTP header Accept-Language."),
		text("locale", "The user's default location for localisation, such as \"en-US\"."),
		text("timezone", "The user's time zone in the format of the IANA database, such as \"Europe/Berlin\"."),
		{Name: "active", Type: filter.TypeBoolean, Description: "Whether the user may use the service."},
		{Name: "password", Type: filter.TypeString, CaseExact: true, Mutability: WriteOnly, Returned: ReturnedNever,
			Description: "The user's clear-text password, only ever written."},
	}
	return Schema{
		ID:          UserURN,
		Name:        "User",
		Description: "User Account",
		Attributes:  append(attributes, userListAttributes()...),
	}
}

// nameAttributes returns the sub-attributes of name (RFC 7643 section 4.1.1).
func nameAttributes() []Attribute {
	return []Attribute{
		text("formatted", "The full name, formatted for display."),
		text("familyName", "The family name, or last name."),
		text("givenName", "The given name, or first name."),
		text("middleName", "The middle name or names."),
		text("honorificPrefix", "The honorific prefix, or title, such as \"Ms.\"."),
		text("honorificSuffix", "The honorific suffix, such as \"III\"."),
	}
}

// userListAttributes returns the multi-valued attributes of a user (RFC 7643 section 4.1.2).
func userListAttributes() []Attribute {
	return []Attribute{
		list("emails", "E-mail addresses of the user.", text("value", "An e-mail address."), "work", "home", "other"),
		list("phoneNumbers", "Phone numbers of the user.", text("value", "A phone number."),
			"work", "home", "mobile", "fax", "pager", "other"),
		list("ims", "Instant messaging addresses of the user.", text("value", "An instant messaging address."),
			"aim", "gtalk", "icq", "xmpp", "msn", "skype", "qq", "yahoo"),
		list("photos", "Photos of the user.", Attribute{Name: "value", Type: filter.TypeReference, CaseExact: true,
			ReferenceTypes: []string{"external"}, Description: "The location of a photo."}, "photo", "thumbnail"),
		{Name: "addresses", Type: filter.TypeComplex, MultiValued: true, Sub: addressAttributes(),
			Description: "Physical mailing addresses of the user."},
		{Name: "groups", Type: filter.TypeComplex, MultiValued: true, Mutability: ReadOnly, Sub: groupAttributes(),
			Description: "Groups that the user belongs to, directly or through others."},
		list("entitlements", "Things that the user is entitled to.", text("value", "An entitlement.")),
		list("roles", "Roles of the user.", text("value", "A role.")),
		list("x509Certificates", "Certificates of the user.", Attribute{Name: "value", Type: filter.TypeBinary,
			CaseExact: true, Description: "A DER certificate in base64."}),
	}
}

// addressAttributes returns the sub-attributes of addresses. Section 8.7.1 forgets "primary", which
// the examples of section 8.2 use.
func addressAttributes() []Attribute {
	return []Attribute{
		text("formatted", "The full mailing address, formatted for display."),
		text("streetAddress", "The street, house number and further lines."),
		text("locality", "The city or locality."),
		text("region", "The state or region."),
		text("postalCode", "The postal code."),
		text("country", "The country, as ISO 3166-1 alpha-2 code."),
		kind("work", "home", "other"),
		primary(),
	}
}

// groupAttributes returns the sub-attributes of a user's groups, which are changed at the groups
// only.
func groupAttributes() []Attribute {
	return []Attribute{
		{Name: "value", Type: filter.TypeString, CaseExact: true, Mutability: ReadOnly,
			Description: "The id of the group."},
		{Name: "$ref", Type: filter.TypeReference, CaseExact: true, Mutability: ReadOnly,
			ReferenceTypes: []string{"Group"}, Description: "The URI of the group."},
		{Name: "display", Type: filter.TypeString, Mutability: ReadOnly, Description: "The name of the group."},
		{Name: "type", Type: filter.TypeString, Mutability: ReadOnly, CanonicalValues: []string{"direct", "indirect"},
			Description: "Whether the user is a member itself or through another group."},
	}
}

// text returns a single-valued string attribute that compares without regard to case.
func text(name, description string) Attribute {
	return Attribute{Name: name, Type: filter.TypeString, Description: description}
}

// list returns a multi-valued complex attribute with the default sub-attributes (RFC 7643 section
// 2.4): the given value, display, type with its canonical values, and primary.
func list(name, description string, value Attribute, types ...string) Attribute {
	display := text("display", "A human-readable name of the value.")
	return Attribute{
		Name:        name,
		Type:        filter.TypeComplex,
		MultiValued: true,
		Description: description,
		Sub:         []Attribute{value, display, kind(types...), primary()},
	}
}

// kind returns the sub-attribute type, the function of a value.
func kind(canonical ...string) Attribute {
	return Attribute{Name: "type", Type: filter.TypeString, CanonicalValues: canonical,
		Description: "The function of the value."}
}

// primary returns the sub-attribute primary, which at most one element has.
func primary() Attribute {
	return Attribute{Name: "primary", Type: filter.TypeBoolean,
		Description: "Whether this is the preferred value; true for at most one."}
}
