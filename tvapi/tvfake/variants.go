package tvfake

import (
	"net/http"
	"time"
)

// alternative is one other answer to one open point.
type alternative struct {
	name string
	set  func(*Variant)
}

// Variants returns [Default], then one variant for each other answer to each open point, then
// combinations of many at once (hostile-a, hostile-b). A client that is true to TeamViewer's
// documents works under every one of them.
//
// [Variant.RemovalNeedsRight] is not among them: a token without that right cannot remove, so the
// point is for tests that grant or withhold the right.
func Variants() []Variant {
	alternatives := append(userAlternatives(), groupAlternatives()...)
	alternatives = append(alternatives, otherAlternatives()...)
	all := []Variant{Default()}
	for _, a := range alternatives {
		v := Default()
		v.Name = a.name
		a.set(&v)
		all = append(all, v)
	}
	return append(all, hostile("hostile-a", alternatives, false), hostile("hostile-b", alternatives, true))
}

// VariantByName finds one of [Variants].
func VariantByName(name string) (Variant, bool) {
	for _, v := range Variants() {
		if v.Name == name {
			return v, true
		}
	}
	return Variant{}, false
}

// hostile joins all alternatives. Of several for one point the last one set wins, so walking them
// backwards gives the other combination.
func hostile(name string, alternatives []alternative, backwards bool) Variant {
	v := Default()
	for i := range alternatives {
		if backwards {
			i = len(alternatives) - 1 - i
		}
		alternatives[i].set(&v)
	}
	v.Name = name
	return v
}

func userAlternatives() []alternative {
	return []alternative{
		{"email-in-use-403", func(v *Variant) { v.EmailInUse = http.StatusForbidden }},
		{"email-in-use-409", func(v *Variant) { v.EmailInUse = http.StatusConflict }},
		{"unknown-user-400", func(v *Variant) { v.UnknownUser = http.StatusBadRequest }},
		{"create-answer-full", func(v *Variant) { v.CreateAnswer = CreateFull }},
		{"create-answer-minimal", func(v *Variant) { v.CreateAnswer = CreateMinimal }},
		{"active-on-create-honoured", func(v *Variant) { v.ActiveOnCreate = ActiveHonoured }},
		{"active-on-create-refused", func(v *Variant) { v.ActiveOnCreate = ActiveRefused }},
		{"password-required", func(v *Variant) { v.PasswordRequired = true }},
		{"password-any", func(v *Variant) { v.PasswordAny = true }},
		{"change-answer-200", func(v *Variant) { v.ChangeAnswer = AnswerEmpty }},
		{"change-answer-200-body", func(v *Variant) { v.ChangeAnswer = AnswerBody }},
		{"empty-put-accepted", func(v *Variant) { v.EmptyPutAccepted = true }},
		{"email-pending", func(v *Variant) { v.EmailPending = true }},
		{"email-lower", func(v *Variant) { v.EmailLower = true }},
		{"removed-frees-email", func(v *Variant) { v.RemovedFreesEmail = true }},
		{"sso-user-token-only", func(v *Variant) { v.SSOUserTokenOnly = true }},
		{"bare-user-ids", func(v *Variant) { v.BareUserIDs = true }},
		{"administrators-as-user", func(v *Variant) { v.AdministratorsAsUser = true }},
		{"inactive-removal-400", func(v *Variant) { v.InactiveRemoval = http.StatusBadRequest }},
		{"inactive-removal-403", func(v *Variant) { v.InactiveRemoval = http.StatusForbidden }},
		{"empty-without-users", func(v *Variant) { v.EmptyWithoutUsers = true }},
		{"active-omitted", func(v *Variant) { v.ActiveOmitted = true }},
		{"filter-minds-case", func(v *Variant) { v.FilterMindsCase = true }},
		{"filters-or", func(v *Variant) { v.FiltersOr = true }},
		{"sorted-lists", func(v *Variant) { v.SortedLists = true }},
		{"list-lag", func(v *Variant) { v.ListLag = time.Second }},
	}
}

func groupAlternatives() []alternative {
	return []alternative{
		{"rename-taken-400", func(v *Variant) { v.RenameTaken = http.StatusBadRequest }},
		{"group-names-mind-case", func(v *Variant) { v.GroupNamesMindCase = true }},
		{"unknown-group-html", func(v *Variant) { v.UnknownGroupHTML = true }},
		{"group-rename-200-empty", func(v *Variant) { v.GroupRename = AnswerEmpty }},
		{"group-rename-204", func(v *Variant) { v.GroupRename = AnswerNone }},
		{"member-add-200-empty", func(v *Variant) { v.MemberAdd = AnswerEmpty }},
		{"member-add-204", func(v *Variant) { v.MemberAdd = AnswerNone }},
		{"member-again-409", func(v *Variant) { v.MemberAgain = http.StatusConflict }},
		{"member-again-404", func(v *Variant) { v.MemberAgain = http.StatusNotFound }},
		{"member-again-400", func(v *Variant) { v.MemberAgain = http.StatusBadRequest }},
		{"non-member-removed-400", func(v *Variant) { v.NonMemberRemoved = http.StatusBadRequest }},
		{"non-member-removed-404", func(v *Variant) { v.NonMemberRemoved = http.StatusNotFound }},
		{"unknown-removed-400", func(v *Variant) { v.UnknownRemoved = http.StatusBadRequest }},
		{"unknown-removed-404", func(v *Variant) { v.UnknownRemoved = http.StatusNotFound }},
		{"bad-member-partial-400", func(v *Variant) { v.BadMember = BadMemberPartialRefused }},
		{"bad-member-partial-201", func(v *Variant) { v.BadMember = BadMemberPartialAccepted }},
		{"too-many-members-413", func(v *Variant) { v.TooManyMembers = http.StatusRequestEntityTooLarge }},
		{"deactivated-leaves-groups", func(v *Variant) { v.DeactivatedLeavesGroups = true }},
		{"removed-stays-member", func(v *Variant) { v.RemovedStaysMember = true }},
		{"page-size-100", func(v *Variant) { v.PageSize = 100 }},
		{"page-size-2", func(v *Variant) { v.PageSize = 2 }},
		{"limit-refused", func(v *Variant) { v.LimitRefused = true }},
		{"last-token-empty", func(v *Variant) { v.LastToken = LastTokenEmpty }},
		{"last-token-absent", func(v *Variant) { v.LastToken = LastTokenAbsent }},
		{"page-token-life", func(v *Variant) { v.PageTokenLife = time.Minute }},
	}
}

func otherAlternatives() []alternative {
	return []alternative{
		{"unknown-user-no-roles", func(v *Variant) { v.UnknownUserNoRoles = true }},
		{"role-permissions-object", func(v *Variant) { v.RolePermissionsObject = true }},
		{"ping-401", func(v *Variant) { v.PingBadToken = http.StatusUnauthorized }},
		{"expired-is-invalid", func(v *Variant) { v.ExpiredIsInvalid = true }},
		{"no-permission-400", func(v *Variant) { v.NoPermission = http.StatusBadRequest }},
		{"license-required-400", func(v *Variant) { v.LicenseRequired = http.StatusBadRequest }},
		{"license-required-402", func(v *Variant) { v.LicenseRequired = http.StatusPaymentRequired }},
		{"limit-retry-after", func(v *Variant) { v.LimitRetryAfter = "1" }},
		{"limit-429", func(v *Variant) { v.LimitStatus = http.StatusTooManyRequests }},
		{"limit-429-retry-after", func(v *Variant) { v.LimitStatus, v.LimitRetryAfter = http.StatusTooManyRequests, "1" }},
		{"html-errors", func(v *Variant) { v.HTMLErrors = true }},
		{"bare-errors", func(v *Variant) { v.BareErrors = true }},
		{"wrong-media-type-415", func(v *Variant) { v.WrongMediaType = http.StatusUnsupportedMediaType }},
		{"unknown-fields-ignored", func(v *Variant) { v.UnknownFieldsIgnored = true }},
		{"request-names-exact", func(v *Variant) { v.RequestNamesExact = true }},
		{"account-without-userid", func(v *Variant) { v.AccountWithoutUserID = true }},
	}
}
