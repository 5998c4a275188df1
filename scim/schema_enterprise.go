package scim

import "tvscim/scim/filter"

// EnterpriseURN names the enterprise extension of User (RFC 7643 section 4.3).
const EnterpriseURN = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

// EnterpriseSchema returns the enterprise extension of User (RFC 7643 sections 4.3 and 8.7.1). The
// value is the caller's.
func EnterpriseSchema() Schema {
	return Schema{
		ID:          EnterpriseURN,
		Name:        "EnterpriseUser",
		Description: "Enterprise User",
		Attributes: []Attribute{
			text("employeeNumber", "Identifier that the organisation assigned to the person."),
			text("costCenter", "The name of a cost centre."),
			text("organization", "The name of an organisation."),
			text("division", "The name of a division."),
			text("department", "The name of a department."),
			{Name: "manager", Type: filter.TypeComplex, Description: "The user's manager.", Sub: []Attribute{
				{Name: "value", Type: filter.TypeString, CaseExact: true, Description: "The id of the manager."},
				{Name: "$ref", Type: filter.TypeReference, CaseExact: true, ReferenceTypes: []string{"User"},
					Description: "The URI of the manager."},
				{Name: "displayName", Type: filter.TypeString, Mutability: ReadOnly,
					Description: "The display name of the manager."},
			}},
		},
	}
}
