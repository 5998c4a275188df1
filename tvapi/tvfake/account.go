package tvfake

import "net/http"

// pingFunction is the only function that answers without a token.
const pingFunction = "GET /ping"

// pingWire is the answer of GET /ping.
type pingWire struct {
	TokenValid bool `json:"token_valid"`
}

// ping answers whether the token is valid (GET /ping). A missing token is not an error.
func (s *Server) ping(token string, bad error) (answer, error) {
	if bad != nil && token != "" && s.variant.PingBadToken == http.StatusUnauthorized {
		return answer{}, bad
	}
	return jsonAnswer(http.StatusOK, pingWire{TokenValid: bad == nil}), nil
}

// accountWire is the answer of GET /account.
type accountWire struct {
	UserID         string `json:"userid,omitempty"`
	Email          string `json:"email,omitempty"`
	Name           string `json:"name"`
	CompanyName    string `json:"company_name"`
	EmailValidated bool   `json:"email_validated"`
	EmailLanguage  string `json:"email_language"`
}

// getAccount shows the owner of the token (GET /account). The address needs a right of its own.
func (c *Company) getAccount(*request) (answer, error) {
	a := c.users[c.owner]
	wire := accountWire{
		UserID:         formatUserID(a.number),
		Name:           a.name,
		CompanyName:    "Emulated Company",
		EmailValidated: true,
		EmailLanguage:  a.language,
	}
	if c.rights[RightAccountReadEmail] {
		wire.Email = a.email
	}
	if c.companyTok && c.server.variant.AccountWithoutUserID {
		wire.UserID = ""
	}
	return jsonAnswer(http.StatusOK, wire), nil
}
