package tvapi

import "context"

// License is one licence of the company and its seats.
type License struct {
	Name     string
	Active   bool
	Assigned int // users who have a seat
	Max      int // seats; 0: the answer has none
}

// wireLicenses is the licences on the wire. The member names are those that TeamViewer's PowerShell
// module reads (Get-TeamViewerLicense); the manual does not have the function.
type wireLicenses struct {
	Available []struct {
		Name        string `json:"licenseName"`
		DisplayName string `json:"displayName"`
		Active      *bool  `json:"isActive"`
		Assigned    int    `json:"assignedUsers"`
		Max         int    `json:"maxAssignments"`
	} `json:"available_licenses"`
}

// fit returns the error of the first text that is too long.
func (w wireLicenses) fit() error {
	for _, l := range w.Available {
		if err := fit(text{"licenseName", l.Name}, text{"displayName", l.DisplayName}); err != nil {
			return err
		}
	}
	return nil
}

// Licenses returns the licences of the company. A licence that does not say whether it is active
// is.
//
// TeamViewer Web API: GET /company/license
func (c *Client) Licenses(ctx context.Context) ([]License, error) {
	var answer wireLicenses
	err := c.send(ctx, call{
		function: FuncLicenses,
		read:     readObject(&answer, func() bool { return answer.Available != nil }),
	})
	if err != nil {
		return nil, err
	}
	all := make([]License, len(answer.Available))
	for i, l := range answer.Available {
		name := l.DisplayName
		if name == "" {
			name = l.Name
		}
		all[i] = License{Name: name, Active: l.Active == nil || *l.Active, Assigned: l.Assigned, Max: l.Max}
	}
	return all, nil
}
