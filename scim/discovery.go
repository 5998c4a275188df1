package scim

import (
	"encoding/json"
	"fmt"
	"time"
)

// Document is one resource that describes the service (RFC 7644 section 4), as JSON.
type Document struct {
	ID   string // the last part of its URI; "" for the ServiceProviderConfig
	JSON []byte
}

// Features describes the optional features of the service.
type Features struct {
	// MaxResults is how many resources a page holds at most.
	MaxResults int
	// PageSize is how many resources a page holds when the client does not say.
	PageSize int
	// CursorTimeout is how long a cursor can be used.
	CursorTimeout time.Duration
	// Bulk bounds bulk requests; the zero value is no support of them.
	Bulk BulkLimits
	// DocumentationURI is the address of the service's manual; "" if there is none.
	DocumentationURI string
}

// BulkLimits bounds a bulk request (RFC 7644 section 3.7.4).
type BulkLimits struct {
	MaxOperations  int
	MaxPayloadSize int // in bytes
}

// SchemaResources returns the schemas of the types as /Schemas shows them (RFC 7643 section 7),
// each once: of every schema the attributes that its type advertises. A schema with none is left
// out.
func SchemaResources(loc Locator, types ...*ResourceType) ([]Document, error) {
	var docs []Document
	seen := make(map[string]bool)
	for _, t := range types {
		for s := range t.schemas() {
			attributes := t.advertisedAttributes(s)
			if seen[s.ID] || len(attributes) == 0 {
				continue
			}
			seen[s.ID] = true
			doc, err := document(s.ID, schemaDocument{
				Schemas:     []string{SchemaURN},
				ID:          s.ID,
				Name:        s.Name,
				Description: s.Description,
				Attributes:  attributes,
				Meta:        metaOf(loc, "Schema", s.ID),
			})
			if err != nil {
				return nil, err
			}
			docs = append(docs, doc)
		}
	}
	return docs, nil
}

// ResourceTypes returns the types as /ResourceTypes shows them (RFC 7643 section 6), with the
// extensions of which something is advertised. No extension is required.
func ResourceTypes(loc Locator, types ...*ResourceType) ([]Document, error) {
	docs := make([]Document, 0, len(types))
	for _, t := range types {
		d := resourceTypeDocument{
			Schemas:     []string{ResourceTypeURN},
			ID:          t.Name,
			Name:        t.Name,
			Endpoint:    t.Endpoint,
			Description: t.Description,
			Schema:      t.Schema.ID,
			Meta:        metaOf(loc, "ResourceType", t.Name),
		}
		for i := range t.Extensions {
			if len(t.advertisedAttributes(&t.Extensions[i])) > 0 {
				d.Extensions = append(d.Extensions, schemaExtension{Schema: t.Extensions[i].ID})
			}
		}
		doc, err := document(t.Name, d)
		if err != nil {
			return nil, err
		}
		docs = append(docs, doc)
	}
	return docs, nil
}

// ServiceProviderConfig returns the resource of that name (RFC 7643 section 5).
func ServiceProviderConfig(loc Locator, f Features) (Document, error) {
	return document("", providerConfig{
		Schemas:          []string{ServiceProviderConfigURN},
		DocumentationURI: f.DocumentationURI,
		Patch:            supported{true},
		Bulk: bulkSupport{
			Supported: f.Bulk.MaxOperations > 0, MaxOperations: f.Bulk.MaxOperations, MaxPayloadSize: f.Bulk.MaxPayloadSize,
		},
		ETag:   supported{true},
		Filter: filterSupport{Supported: true, MaxResults: f.MaxResults},
		Sort:   supported{true},
		Pagination: paginationSupport{
			Cursor: true, Index: true, DefaultMethod: "index",
			DefaultPageSize: f.PageSize, MaxPageSize: f.MaxResults, CursorTimeout: int(f.CursorTimeout.Seconds()),
		},
		AuthenticationSchemes: []authenticationScheme{{
			Type:        "oauthbearertoken",
			Name:        "OAuth Bearer Token",
			Description: "Authentication with a token in the header Authorization: Bearer",
			SpecURI:     "https://www.rfc-editor.org/info/rfc6750",
			Primary:     true,
		}},
		Meta: metaOf(loc, "ServiceProviderConfig", ""),
	})
}

// EncodeDocuments writes documents as ListResponse; there is always one page of them.
func EncodeDocuments(docs []Document) []byte {
	var w writer
	w.listHead(ListHead{Total: len(docs), StartIndex: 1}, len(docs))
	for i, d := range docs {
		if i > 0 {
			w.raw(",")
		}
		w.buf = append(w.buf, d.JSON...)
	}
	w.raw("]}")
	return w.buf
}

// document writes one document.
func document(id string, v any) (Document, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return Document{}, fmt.Errorf("document %q: %w", id, err)
	}
	return Document{ID: id, JSON: b}, nil
}
