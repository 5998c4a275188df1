package scim

import (
	"cmp"

	"tvscim/scim/filter"
)

// schemaDocument is a schema as RFC 7643 section 7 shapes it.
type schemaDocument struct {
	Schemas     []string            `json:"schemas"`
	ID          string              `json:"id"`
	Name        string              `json:"name"`
	Description string              `json:"description"`
	Attributes  []attributeDocument `json:"attributes"`
	Meta        discoveryMeta       `json:"meta"`
}

// attributeDocument is an attribute as RFC 7643 section 7 shapes it. caseExact is said of texts
// only, as in the listings of section 8.7.
type attributeDocument struct {
	Name            string              `json:"name"`
	Type            string              `json:"type"`
	SubAttributes   []attributeDocument `json:"subAttributes,omitempty"`
	MultiValued     bool                `json:"multiValued"`
	Description     string              `json:"description"`
	Required        bool                `json:"required"`
	CanonicalValues []string            `json:"canonicalValues,omitempty"`
	CaseExact       *bool               `json:"caseExact,omitempty"`
	Mutability      Mutability          `json:"mutability"`
	Returned        Returned            `json:"returned"`
	Uniqueness      Unique              `json:"uniqueness"`
	ReferenceTypes  []string            `json:"referenceTypes,omitempty"`
}

// resourceTypeDocument is a resource type as RFC 7643 section 6 shapes it.
type resourceTypeDocument struct {
	Schemas     []string          `json:"schemas"`
	ID          string            `json:"id"`
	Name        string            `json:"name"`
	Endpoint    string            `json:"endpoint"`
	Description string            `json:"description,omitempty"`
	Schema      string            `json:"schema"`
	Extensions  []schemaExtension `json:"schemaExtensions,omitempty"`
	Meta        discoveryMeta     `json:"meta"`
}

// schemaExtension is one extension of a resource type.
type schemaExtension struct {
	Schema   string `json:"schema"`
	Required bool   `json:"required"`
}

// providerConfig is the service as RFC 7643 section 5 describes it.
type providerConfig struct {
	Schemas               []string               `json:"schemas"`
	DocumentationURI      string                 `json:"documentationUri,omitempty"`
	Patch                 supported              `json:"patch"`
	Bulk                  bulkSupport            `json:"bulk"`
	Filter                filterSupport          `json:"filter"`
	ChangePassword        supported              `json:"changePassword"`
	Sort                  supported              `json:"sort"`
	ETag                  supported              `json:"etag"`
	Pagination            paginationSupport      `json:"pagination"`
	AuthenticationSchemes []authenticationScheme `json:"authenticationSchemes"`
	Meta                  discoveryMeta          `json:"meta"`
}

// supported is a feature that the service has or has not.
type supported struct {
	Supported bool `json:"supported"`
}

// bulkSupport describes bulk requests. Its limits are required even if bulk is not supported.
type bulkSupport struct {
	Supported      bool `json:"supported"`
	MaxOperations  int  `json:"maxOperations"`
	MaxPayloadSize int  `json:"maxPayloadSize"`
}

// filterSupport describes filters.
type filterSupport struct {
	Supported  bool `json:"supported"`
	MaxResults int  `json:"maxResults"`
}

// paginationSupport describes paging (RFC 9865 section 4). The sizes are numbers of resources, the
// timeout is in seconds; zero is unknown.
type paginationSupport struct {
	Cursor          bool   `json:"cursor"`
	Index           bool   `json:"index"`
	DefaultMethod   string `json:"defaultPaginationMethod"`
	DefaultPageSize int    `json:"defaultPageSize,omitempty"`
	MaxPageSize     int    `json:"maxPageSize,omitempty"`
	CursorTimeout   int    `json:"cursorTimeout,omitempty"`
}

// authenticationScheme is one way to authenticate.
type authenticationScheme struct {
	Type        string `json:"type"`
	Name        string `json:"name"`
	Description string `json:"description"`
	SpecURI     string `json:"specUri"`
	Primary     bool   `json:"primary"`
}

// discoveryMeta is the metadata of a document.
type discoveryMeta struct {
	ResourceType string `json:"resourceType"`
	Location     string `json:"location,omitempty"`
}

// metaOf returns the metadata of a document.
func metaOf(loc Locator, resourceType, id string) discoveryMeta {
	m := discoveryMeta{ResourceType: resourceType}
	if loc != nil {
		m.Location = loc(resourceType, id)
	}
	return m
}

// advertisedAttributes returns the attributes of a schema of t that are advertised.
func (t *ResourceType) advertisedAttributes(s *Schema) []attributeDocument {
	var docs []attributeDocument
	for _, a := range s.Attributes {
		if !t.advertised(t.keyOf(s), a) {
			continue
		}
		doc := attributeOf(a)
		for _, sub := range a.Sub {
			path := sub
			path.Name = a.Name + "." + sub.Name
			if t.advertised(t.keyOf(s), path) {
				doc.SubAttributes = append(doc.SubAttributes, attributeOf(sub))
			}
		}
		if a.Type == filter.TypeComplex && len(doc.SubAttributes) == 0 {
			continue
		}
		docs = append(docs, doc)
	}
	return docs
}

// attributeOf returns an attribute without its sub-attributes, the defaults of RFC 7643 section 2.2
// written out.
func attributeOf(a Attribute) attributeDocument {
	doc := attributeDocument{
		Name:            a.Name,
		Type:            typeName(a.Type),
		MultiValued:     a.MultiValued,
		Description:     a.Description,
		Required:        a.Required,
		CanonicalValues: a.CanonicalValues,
		Mutability:      cmp.Or(a.Mutability, ReadWrite),
		Returned:        cmp.Or(a.Returned, ReturnedDefault),
		Uniqueness:      cmp.Or(a.Unique, UniqueNone),
		ReferenceTypes:  a.ReferenceTypes,
	}
	switch a.Type {
	case filter.TypeString, filter.TypeReference, filter.TypeBinary:
		doc.CaseExact = new(a.CaseExact)
	default:
	}
	return doc
}

// typeName returns the name of a data type (RFC 7643 section 2.3).
func typeName(t filter.Type) string {
	switch t {
	case filter.TypeBoolean:
		return "boolean"
	case filter.TypeDecimal:
		return "decimal"
	case filter.TypeInteger:
		return "integer"
	case filter.TypeDateTime:
		return "dateTime"
	case filter.TypeReference:
		return "reference"
	case filter.TypeBinary:
		return "binary"
	case filter.TypeComplex:
		return "complex"
	default:
		return "string"
	}
}
