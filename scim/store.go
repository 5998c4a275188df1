package scim

import (
	"context"

	"tvscim/scim/filter"
)

// Store holds resources of one type. It is the only interface between the protocol and the
// implementation that holds the resources. Every method takes one request value and returns a
// resource, a page or nothing. An error that is meant for the client is an [*Error].
// Implementations must be safe for concurrent use. The part of a Replace or Patch that ends access
// is never lost: if the request is refused, by req.Refused or by the store, for a reason other than
// req.If or that part itself, that part is carried out ([Patch.Ending]), nothing else changes, and
// the error reports it ([Patch.Done]). This is the only exception to the atomicity of a request.
type Store[R Resource] interface {
	// Get returns the resource with that id; 404 when there is none.
	Get(ctx context.Context, req GetRequest) (R, error)
	// List returns the page of resources that match the query, in the order that [SelectPage] gives
	// them. A filter that matches nothing is an empty page.
	List(ctx context.Context, req ListRequest) (Page[R], error)
	// Create makes a resource; 409 uniqueness when its name is taken.
	Create(ctx context.Context, req CreateRequest[R]) (R, error)
	// Replace sets all attributes of a resource (PUT); 412 when it is not what req.If asks for.
	Replace(ctx context.Context, req ReplaceRequest[R]) (R, error)
	// Patch changes a resource; 412 like Replace. When req.Want is nothing the zero R may be
	// returned.
	Patch(ctx context.Context, req PatchRequest) (R, error)
	// Delete removes a resource; 404 when there is none, 412 like Replace.
	Delete(ctx context.Context, req DeleteRequest) error
}

// GetRequest asks for one resource (RFC 7644 section 3.4.1).
type GetRequest struct {
	ID   string
	If   Precondition // checked by the caller; a version needs all attributes that it is computed from
	Want Projection
}

// ListRequest asks for a page of resources (RFC 7644 section 3.4.2).
type ListRequest struct {
	Filter     filter.Expr // nil: all
	Sort       Sort        // zero: by id
	StartIndex int         // 1-based, at least 1; without meaning beside After
	After      *Position   // where the page before ended (RFC 9865); nil: count from StartIndex
	Count      int         // how many at most, 0: only the total
	Want       Projection
	Work       *int // what evaluating the filter has cost so far, see [MostWork]; nil: each evaluation is counted on its own
}

// CreateRequest asks for a new resource (RFC 7644 section 3.3).
type CreateRequest[R Resource] struct {
	Resource R
	Want     Projection
	Ignored  *Ignored // what has no effect
}

// ReplaceRequest asks for a resource to become the given one (RFC 7644 section 3.5.1). Where
// Refused is not nil, the request is refused with that error, and Resource has only active,
// which is false, or only members, of which those that it lacks are removed and nobody is added.
type ReplaceRequest[R Resource] struct {
	ID       string
	Resource R
	If       Precondition
	Want     Projection
	Refused  *Error
	Ignored  *Ignored // what has no effect
}

// PatchRequest asks for a resource to be changed (RFC 7644 section 3.5.2).
type PatchRequest struct {
	ID    string
	Patch Patch
	If    Precondition
	Want  Projection
}

// DeleteRequest asks for a resource to be removed (RFC 7644 section 3.6).
type DeleteRequest struct {
	ID string
	If Precondition
}

// Page is one page of a list. Total counts all resources that match the filter, StartIndex is the
// 1-based index of the first item in that list, 0 when the page was asked for by a position. Next
// is where the page ends, nil when nothing is behind it.
type Page[R Resource] struct {
	Total      int
	StartIndex int
	Items      []R
	Next       *Position
}
