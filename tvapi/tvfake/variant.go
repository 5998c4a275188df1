package tvfake

import (
	"cmp"
	"net/http"
	"time"
)

// Answer is the answer to a successful change.
type Answer int

// The answers to a change. The OpenAPI document lists several for most calls.
const (
	AnswerDeclared Answer = iota // the first one of the OpenAPI document
	AnswerEmpty                  // 200 without a body
	AnswerBody                   // 200 with the changed object
	AnswerNone                   // 204
)

// CreateAnswer is how much of a new user POST /users shows.
type CreateAnswer int

// What POST /users shows.
const (
	CreateWithoutEmail CreateAnswer = iota // everything but the address
	CreateFull                             // as GET /users/{id}
	CreateMinimal                          // id and name
)

// ActiveOnCreate is the effect of `active` in POST /users.
type ActiveOnCreate int

// The effects of `active` in POST /users.
const (
	ActiveIgnored  ActiveOnCreate = iota // ignored: the user is active
	ActiveHonoured                       // the user is as asked
	ActiveRefused                        // 400
)

// BadMember is what one foreign account among good ones does to a member call.
type BadMember int

// What one bad account id does to a member call.
const (
	BadMemberRefuses         BadMember = iota // 400, nothing is done
	BadMemberPartialRefused                   // the good ones are done, the answer is 400
	BadMemberPartialAccepted                  // the good ones are done, the answer is a success
)

// LastToken is how the last page of a list names its next token.
type LastToken int

// How the last page of a list names its next token.
const (
	LastTokenNull LastToken = iota
	LastTokenEmpty
	LastTokenAbsent
)

// A Variant is one reading of TeamViewer's contract: a field for each point on which its documents
// are silent or contradict each other. The zero value of each field is the reading of [Default].
// Fields that hold a status take the default's status when they are 0, unless they say otherwise.
type Variant struct {
	// Name identifies the variant in the names of tests and on the command line.
	Name string

	// Users: creating and changing.

	EmailInUse           int            // Which status has email_in_use? 400, 403 or 409.
	UnknownUser          int            // Which status has an unknown user id in GET, PUT and DELETE? 404 or 400.
	CreateAnswer         CreateAnswer   // What does POST /users show?
	ActiveOnCreate       ActiveOnCreate // What does `active` in POST /users do?
	PasswordRequired     bool           // Must a user without sso_customer_id be created with a password?
	PasswordAny          bool           // Is any password valid, or does the old rule (6 characters of two classes) apply?
	ChangeAnswer         Answer         // What do PUT and DELETE of users, and DELETE of groups and members answer?
	EmptyPutAccepted     bool           // Is PUT /users/{id} with nothing to change a success, or 400?
	EmailPending         bool           // Does GET show the old address until the new one is confirmed?
	EmailLower           bool           // Are addresses stored in lower case?
	RemovedFreesEmail    bool           // Is the address of a removed account free again?
	SSOUserTokenOnly     bool           // Is sso_customer_id refused when the token is a company token?
	BareUserIDs          bool           // Does a path take a user id without its "u"?
	AdministratorsAsUser bool           // Do Users.ModifyUsers suffice to change an administrator?
	RemovalNeedsRight    bool           // Does DELETE /users/{id} need a right of its own ([RightUsersDelete])?
	InactiveRemoval      int            // Which status has the removal of a deactivated user? 0: it is removed.

	// Users: lists.

	EmptyWithoutUsers bool          // Is the key `users` left out of an empty list?
	ActiveOmitted     bool          // Is `active` left out while it is true?
	FilterMindsCase   bool          // Do the filters `email` and `name` mind case?
	FiltersOr         bool          // Do both filters at once mean OR?
	SortedLists       bool          // Are lists sorted, or in another order each time?
	ListLag           time.Duration // How far do the lists of users and groups lag behind writes?

	// User groups and members.

	RenameTaken             int       // Which status has a rename to a taken group name? 409 or 400.
	GroupNamesMindCase      bool      // May two group names differ by case alone?
	UnknownGroupHTML        bool      // Is the 404 of an unknown group an HTML page?
	GroupRename             Answer    // What does PUT /usergroups/{id} answer? Declared: 200 with the group.
	MemberAdd               Answer    // What does POST …/members answer? Declared: 201 with the members.
	MemberAgain             int       // Which status has adding a member twice? 0: it is accepted.
	NonMemberRemoved        int       // Which status has removing a user who is not a member? 0: it is accepted.
	UnknownRemoved          int       // Which status has removing an account that is not in the company? 0: as NonMemberRemoved.
	BadMember               BadMember // What does one foreign account do to the whole call?
	TooManyMembers          int       // Which status have more than 100 members? 400 or 413.
	DeactivatedLeavesGroups bool      // Does a user leave its groups when it is deactivated?
	RemovedStaysMember      bool      // Does a removed account stay a member of its groups?

	// Paging.

	PageSize      int           // How long is a page? It is the greatest `limit` too.
	LimitRefused  bool          // Is a `limit` above the page size refused, or cut?
	LastToken     LastToken     // How does the last page name its next token?
	PageTokenLife time.Duration // How long does a page token work? 0: without end.

	// User roles.

	UnknownUserNoRoles    bool // Has an unknown user no roles (200), or no answer but 404?
	RolePermissionsObject bool // Is the list of permissions an object with `Permissions`?

	// Tokens, limits and errors.

	PingBadToken         int    // Does ping answer a bad token with 200 and false, or with 401?
	ExpiredIsInvalid     bool   // Is an expired token `invalid_token` and not `token_expired`?
	NoPermission         int    // Which status has invalid_permission? 403 or 400.
	LicenseRequired      int    // Which status has license_required? 403, 400 or 402.
	LimitStatus          int    // Which status has a used-up call limit? 403 or 429.
	LimitRetryAfter      string // Does a used-up limit come with Retry-After? "": no.
	HTMLErrors           bool   // Do 5xx, 429 and the edge's 403 have an HTML body?
	BareErrors           bool   // Are error_code and error_signature left out?
	WrongMediaType       int    // Which status has a body of another media type? 400 or 415.
	UnknownFieldsIgnored bool   // Are unknown request fields ignored, or 400?
	RequestNamesExact    bool   // Do request field names mind case?
	AccountWithoutUserID bool   // Does GET /account hide `userid` from a company token?
}

// Default is the likely contract, adverse where nothing is promised: short pages, and lists in
// another order each time.
func Default() Variant {
	return Variant{
		Name:            "default",
		EmailInUse:      http.StatusBadRequest,
		UnknownUser:     http.StatusNotFound,
		RenameTaken:     http.StatusConflict,
		TooManyMembers:  http.StatusBadRequest,
		PageSize:        3,
		PingBadToken:    http.StatusOK,
		NoPermission:    http.StatusForbidden,
		LicenseRequired: http.StatusForbidden,
		LimitStatus:     http.StatusForbidden,
		WrongMediaType:  http.StatusBadRequest,
	}
}

// withDefaults fills the statuses and sizes that a variant leaves at zero.
func (v Variant) withDefaults() Variant {
	d := Default()
	v.Name = cmp.Or(v.Name, d.Name)
	v.EmailInUse = cmp.Or(v.EmailInUse, d.EmailInUse)
	v.UnknownUser = cmp.Or(v.UnknownUser, d.UnknownUser)
	v.RenameTaken = cmp.Or(v.RenameTaken, d.RenameTaken)
	v.TooManyMembers = cmp.Or(v.TooManyMembers, d.TooManyMembers)
	v.PageSize = cmp.Or(max(v.PageSize, 0), d.PageSize)
	v.PingBadToken = cmp.Or(v.PingBadToken, d.PingBadToken)
	v.NoPermission = cmp.Or(v.NoPermission, d.NoPermission)
	v.LicenseRequired = cmp.Or(v.LicenseRequired, d.LicenseRequired)
	v.LimitStatus = cmp.Or(v.LimitStatus, d.LimitStatus)
	v.WrongMediaType = cmp.Or(v.WrongMediaType, d.WrongMediaType)
	return v
}
