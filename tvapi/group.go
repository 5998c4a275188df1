package tvapi

import (
	"cmp"
	"context"
	"iter"
)

// Group is a user group of the company.
type Group struct {
	ID     GroupID
	Name   string
	Source int // creationSourceType: 1 API, 2 console, 3 SCIM; 0 = missing
}

// wireGroup is Group on the wire.
type wireGroup struct {
	ID     GroupID `json:"id"`
	Name   string  `json:"name"`
	Source int     `json:"creationSourceType"`
}

// parse returns the group, its id, and whether the id is valid.
func (w wireGroup) parse() (group Group, key any, ok bool) { return Group(w), w.ID, w.ID.Valid() }

// fit returns the error of the first text that is too long.
func (w wireGroup) fit() error { return fit(text{"name", w.Name}) }

// wireGroupName is the body of the calls that name a group.
type wireGroupName struct {
	Name string `json:"name"`
}

// Groups lists the user groups of the company, page by page. An error ends it.
//
// TeamViewer Web API: GET /usergroups
func (c *Client) Groups(ctx context.Context) iter.Seq2[Group, error] {
	return pages[wireGroup](ctx, c, call{function: FuncGroupList})
}

// Group returns one user group.
//
// TeamViewer Web API: GET /usergroups/{id}
func (c *Client) Group(ctx context.Context, id GroupID) (*Group, error) {
	if !id.Valid() {
		return nil, refuseGroup(FuncGroupGet, id)
	}
	var answer wireGroup
	err := c.send(ctx, call{
		function: FuncGroupGet, subject: "usergroup " + id.String(), id: id.String(),
		read: readObject(&answer, func() bool { return answer.ID == id }),
	})
	if err != nil {
		return nil, err
	}
	g := Group(answer)
	return &g, nil
}

// CreateGroup creates an empty user group. After an error that is Uncertain it may exist.
//
// TeamViewer Web API: POST /usergroups
func (c *Client) CreateGroup(ctx context.Context, name string) (*Group, error) {
	if name == "" {
		return nil, refuse(FuncGroupCreate, "", "a name is required")
	}
	var answer wireGroup
	err := c.send(ctx, call{
		function: FuncGroupCreate, body: wireGroupName{name},
		read: readObject(&answer, func() bool { return answer.ID.Valid() }),
	})
	if err != nil {
		return nil, err
	}
	made := Group(answer)
	made.Name = cmp.Or(made.Name, name)
	return &made, nil
}

// RenameGroup gives a user group another name.
//
// TeamViewer Web API: PUT /usergroups/{id}
func (c *Client) RenameGroup(ctx context.Context, id GroupID, name string) error {
	if !id.Valid() {
		return refuseGroup(FuncGroupUpdate, id)
	}
	if name == "" {
		return refuse(FuncGroupUpdate, "usergroup "+id.String(), "a name is required")
	}
	return c.send(ctx, call{
		function: FuncGroupUpdate, subject: "usergroup " + id.String(), id: id.String(),
		body: wireGroupName{name},
	})
}

// DeleteGroup deletes a user group, but not its members.
//
// TeamViewer Web API: DELETE /usergroups/{id}
func (c *Client) DeleteGroup(ctx context.Context, id GroupID) error {
	if !id.Valid() {
		return refuseGroup(FuncGroupDelete, id)
	}
	return c.send(ctx, call{
		function: FuncGroupDelete, subject: "usergroup " + id.String(), id: id.String(),
	})
}

// refuseGroup returns the error of a call with an id that is not valid.
func refuseGroup(function Function, id GroupID) *Error {
	return refuse(function, "usergroup "+id.String(), "not the id of a usergroup")
}
