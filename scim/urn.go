package scim

// The URNs of protocol messages (RFC 7644 section 8.2).
const (
	ListURN         = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
	ErrorURN        = "urn:ietf:params:scim:api:messages:2.0:Error"
	PatchURN        = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
	BulkRequestURN  = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
	BulkResponseURN = "urn:ietf:params:scim:api:messages:2.0:BulkResponse"
	SearchURN       = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"
)

// messages begins the URN of every protocol message, in lower case.
const messages = "urn:ietf:params:scim:api:messages:2.0:"

// The URNs of the resources that describe the service (RFC 7643 sections 5 to 7).
const (
	SchemaURN                = "urn:ietf:params:scim:schemas:core:2.0:Schema"
	ResourceTypeURN          = "urn:ietf:params:scim:schemas:core:2.0:ResourceType"
	ServiceProviderConfigURN = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"
)
