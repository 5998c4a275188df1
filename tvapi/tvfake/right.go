package tvfake

import "slices"

// Right is one thing a token may do.
type Right string

// The rights. Those of users and accounts have the names of TeamViewer's manual (sections on users
// and account); it names none for groups, roles, licences and removal.
const (
	RightAccountRead               Right = "Account.Read"
	RightAccountReadEmail          Right = "Account.ReadEmail"
	RightUsersRead                 Right = "Users.Read"
	RightUsersCreate               Right = "Users.CreateUsers"
	RightUsersModify               Right = "Users.ModifyUsers"
	RightUsersModifyAdministrators Right = "Users.ModifyAdministrators"
	RightUsersDelete               Right = "Users.Delete" // needed only in [Variant.RemovalNeedsRight]
	RightGroupsRead                Right = "UserGroups.Read"
	RightGroupsCreate              Right = "UserGroups.Create"
	RightGroupsModify              Right = "UserGroups.Modify"
	RightGroupsDelete              Right = "UserGroups.Delete"
	RightRolesModify               Right = "UserRoles.Modify"
	RightLicenseRead               Right = "Company.ReadLicense"
)

// DefaultRights are those of a token made as TeamViewer's setup articles for Entra ID say: view the
// account, view, create and edit users, all of user groups.
func DefaultRights() []Right {
	return []Right{
		RightAccountRead, RightAccountReadEmail,
		RightUsersRead, RightUsersCreate, RightUsersModify,
		RightGroupsRead, RightGroupsCreate, RightGroupsModify, RightGroupsDelete,
	}
}

// AllRights are the rights of a token that may do everything.
func AllRights() []Right {
	return append(DefaultRights(), RightUsersModifyAdministrators, RightUsersDelete, RightRolesModify, RightLicenseRead)
}

func rightSet(rights []Right) map[Right]bool {
	set := make(map[Right]bool, len(rights))
	for _, r := range rights {
		set[r] = true
	}
	return set
}

// need refuses a call when the token lacks a right.
func (c *Company) need(rights ...Right) error {
	i := slices.IndexFunc(rights, func(r Right) bool { return r != "" && !c.rights[r] })
	if i < 0 {
		return nil
	}
	return refuse(c.server.variant.NoPermission, "invalid_permission", "the token lacks the permission %s", rights[i])
}
