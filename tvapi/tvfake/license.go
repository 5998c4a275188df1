package tvfake

import "net/http"

// licensesWire is the answer of GET /company/license, with the members that TeamViewer's PowerShell
// module reads.
type licensesWire struct {
	CompanyName string        `json:"companyName"`
	Available   []licenseWire `json:"available_licenses"`
}

type licenseWire struct {
	Name        string `json:"licenseName"`
	DisplayName string `json:"displayName"`
	Active      bool   `json:"isActive"`
	Assigned    int    `json:"assignedUsers"`
	Max         int    `json:"maxAssignments"`
}

// SetSeats sets how many users the company's licence is for; 0 shows no limit.
func (c *Company) SetSeats(seats int) {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	c.seats = seats
}

// listLicenses shows the one licence of the company (GET /company/license). Each active user has a
// seat.
func (c *Company) listLicenses(*request) (answer, error) {
	l := licenseWire{Name: "Emulated", DisplayName: "Emulated Tensor", Active: true, Max: c.seats}
	for _, a := range c.users {
		if a.active {
			l.Assigned++
		}
	}
	return jsonAnswer(http.StatusOK, licensesWire{CompanyName: "Emulated Company", Available: []licenseWire{l}}), nil
}
