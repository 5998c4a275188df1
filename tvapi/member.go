package tvapi

import (
	"context"
	"iter"
	"net/http"
	"slices"
)

// MaxMembers is the number of accounts that one call may add or remove. The manual gives no limit;
// TeamViewer's own tools never send more.
const MaxMembers = 100

// Member is an entry of a group's list of members, which has no e-mail address.
type Member struct {
	Account UserID
	Name    string
}

// wireMember is Member on the wire.
type wireMember struct {
	Account int32  `json:"accountId"`
	Name    string `json:"name"`
}

// parse returns the member, its account id, and whether the id is valid.
func (w wireMember) parse() (member Member, key any, ok bool) {
	id := UserID(w.Account)
	return Member{Account: id, Name: w.Name}, id, id.Valid()
}

// fit returns the error of the first text that is too long.
func (w wireMember) fit() error { return fit(text{"name", w.Name}) }

// Members lists the members of a user group, page by page. An error ends it.
//
// TeamViewer Web API: GET /usergroups/{id}/members
func (c *Client) Members(ctx context.Context, id GroupID) iter.Seq2[Member, error] {
	if !id.Valid() {
		return failing[Member](refuseGroup(FuncMemberList, id))
	}
	k := call{function: FuncMemberList, subject: "usergroup " + id.String(), id: id.String()}
	return pages[wireMember](ctx, c, k)
}

// AddMembers adds users to a group, MaxMembers per call. done is the number of leading users that
// TeamViewer acknowledged before err. Whether users of the failed call were added depends on its
// Kind; TeamViewer may add some users of a call that it refuses. Without users there is no call.
//
// TeamViewer Web API: POST /usergroups/{id}/members
func (c *Client) AddMembers(ctx context.Context, id GroupID, users []UserID) (done int, err error) {
	return c.changeMembers(ctx, FuncMemberAdd, id, users)
}

// RemoveMembers removes users from a group; done and err are those of AddMembers.
//
// TeamViewer Web API: DELETE /usergroups/{id}/members, with a body
func (c *Client) RemoveMembers(ctx context.Context, id GroupID, users []UserID) (done int, err error) {
	return c.changeMembers(ctx, FuncMemberRemove, id, users)
}

// changeMembers makes one call for every MaxMembers users, in order, and stops at the first that
// fails. All ids are checked before the first call, so that an invalid one does not cause a partial
// change.
func (c *Client) changeMembers(ctx context.Context, function Function, id GroupID, users []UserID) (done int, err error) {
	if !id.Valid() {
		return 0, refuseGroup(function, id)
	}
	for _, user := range users {
		if !user.Valid() {
			return 0, refuseUser(function, user)
		}
	}
	k := call{function: function, subject: "usergroup " + id.String(), id: id.String()}
	if invented := UserID.Invented; !c.dryRun && slices.ContainsFunc(users, invented) {
		if function == FuncMemberAdd {
			return 0, k.unknownMember()
		}
		count := len(users) // such a user is no member
		users = slices.DeleteFunc(slices.Clone(users), invented)
		defer func() {
			if err == nil {
				done = count
			}
		}()
	}
	for chunk := range slices.Chunk(users, MaxMembers) {
		accounts := make([]int32, len(chunk)) // the plain numbers, not "u123"
		for i, user := range chunk {
			accounts[i] = int32(user)
		}
		k.body = accounts
		if err := c.send(ctx, k); err != nil {
			return done, err
		}
		done += len(chunk)
	}
	return done, nil
}

// unknownMember returns the error of an addition of a user who certainly does not exist.
func (k call) unknownMember() *Error {
	failed := k.fail(KindInvalid, http.StatusBadRequest, nil)
	failed.Category, failed.Description = "invalid_request", "An account id is one that a dry run invented."
	return failed
}
