package proxy

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"tvscim/scim"
)

// documents are the resources of one kind that describe the service, for one locator.
type documents func(scim.Locator) ([]scim.Document, error)

// mountDiscovery registers the endpoints of RFC 7644 section 4.
func (s *Server) mountDiscovery(e *echo.Echo) {
	for path, docs := range map[string]documents{
		"/Schemas":       func(l scim.Locator) ([]scim.Document, error) { return scim.SchemaResources(l, s.users, s.groups) },
		"/ResourceTypes": func(l scim.Locator) ([]scim.Document, error) { return scim.ResourceTypes(l, s.users, s.groups) },
	} {
		s.get(e, path, s.discover(func(x *exchange) ([]byte, error) {
			all, err := docs(s.locate(x.Request()))
			return scim.EncodeDocuments(all), err
		}))
		s.get(e, path+"/:id", s.discover(func(x *exchange) ([]byte, error) { return s.document(x, docs) }))
		s.leaf(e, path+"/:id")
	}
	s.get(e, "/ServiceProviderConfig", s.discover(func(x *exchange) ([]byte, error) {
		doc, err := scim.ServiceProviderConfig(s.locate(x.Request()), s.features)
		return doc.JSON, err
	}))
}

// discover returns the handler of a discovery endpoint; body returns its response. RFC 7644 section
// 4 requires 403 for a filter; other parameters are ignored. In passthrough, the Directory is
// opened only to check the caller's token.
func (s *Server) discover(body func(x *exchange) ([]byte, error)) handler {
	return func(x *exchange) error {
		query, err := parseQuery(x.Request())
		if err != nil {
			return err
		}
		if asked(query, "filter") {
			return scim.Errorf(http.StatusForbidden, "", "%s: filters are not allowed here (RFC 7644 section 4); send the request without one", x.route)
		}
		if x.caller.Bearer != "" {
			ctx, cancel := context.WithTimeout(x.Request().Context(), s.timeout)
			defer cancel()
			if _, _, err := s.directory.Open(ctx, x.caller); err != nil {
				return err
			}
		}
		b, err := body(x)
		if err != nil {
			return err
		}
		return x.write(http.StatusOK, b)
	}
}

// document returns the one document that the path names. Its id is a name or a URN, in any case.
func (s *Server) document(x *exchange, docs documents) ([]byte, error) {
	all, err := docs(s.locate(x.Request()))
	if err != nil {
		return nil, err
	}
	id, _ := resourceID(x.Param("id"))
	i := slices.IndexFunc(all, func(d scim.Document) bool { return strings.EqualFold(d.ID, id) })
	if i < 0 {
		list := strings.TrimSuffix(x.route, "/:id")
		return nil, scim.NotFound("%s: no resource has this id; list %s to find the ids", list, list)
	}
	return all[i].JSON, nil
}
