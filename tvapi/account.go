package tvapi

import "context"

// Ping reports whether TeamViewer accepts the token. Both documented refusals (200 with false, 401)
// are a result and not an error.
//
// TeamViewer Web API: GET /ping
func (c *Client) Ping(ctx context.Context) (tokenValid bool, err error) {
	var answer struct {
		Valid *bool `json:"token_valid"`
	}
	err = c.send(ctx, call{
		function: FuncPing,
		read:     readObject(&answer, func() bool { return answer.Valid != nil }),
	})
	if KindOf(err) == KindToken {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return *answer.Valid, nil
}

// Account is the owner of the token.
type Account struct {
	ID      UserID // 0 when the answer has none, which the manual leaves open for company tokens
	Name    string
	Email   string // empty without the right Account.ReadEmail
	Company string
}

// wireAccount is Account on the wire.
type wireAccount struct {
	ID      wireUserID `json:"userid"`
	Name    string     `json:"name"`
	Email   string     `json:"email"`
	Company string     `json:"company_name"`
}

// fit returns the error of the first text that is too long.
func (w wireAccount) fit() error {
	return fit(text{"name", w.Name}, text{"email", w.Email}, text{"company_name", w.Company})
}

// Account returns the owner of the token.
//
// TeamViewer Web API: GET /account
func (c *Client) Account(ctx context.Context) (*Account, error) {
	var answer wireAccount
	err := c.send(ctx, call{
		function: FuncAccount,
		read: readObject(&answer, func() bool {
			return answer.ID != 0 || answer.Name != "" || answer.Email != ""
		}),
	})
	if err != nil {
		return nil, err
	}
	return &Account{ID: UserID(answer.ID), Name: answer.Name, Email: answer.Email, Company: answer.Company}, nil
}
