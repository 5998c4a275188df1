package tvfake

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// readControl reads a JSON object and refuses unknown fields, so that a typing error in a test is
// an error.
func readControl[T any](r *http.Request) (T, error) {
	var into T
	d := json.NewDecoder(io.LimitReader(r.Body, maxBody))
	d.DisallowUnknownFields()
	if err := d.Decode(&into); err != nil {
		return into, fmt.Errorf("body: %w", err)
	}
	return into, nil
}

func (s *Server) controlReset(*http.Request) (int, any, error) {
	s.Reset()
	return http.StatusNoContent, nil, nil
}

// controlUserBody is a user of the control address. The state never shows what sso_customer_id is.
type controlUserBody struct {
	ID            string   `json:"id,omitempty"`
	Name          string   `json:"name,omitempty"`
	Email         string   `json:"email,omitempty"`
	PendingEmail  string   `json:"pending_email,omitempty"`
	Active        *bool    `json:"active,omitempty"` // left out = true
	Language      string   `json:"language,omitempty"`
	SSOCustomerID string   `json:"sso_customer_id,omitempty"`
	HasPassword   bool     `json:"has_password,omitempty"`
	Administrator bool     `json:"administrator,omitempty"`
	Roles         []string `json:"roles,omitempty"`
	LastAccess    string   `json:"last_access_date,omitempty"`
	SSOStatus     int      `json:"sso_status,omitempty"`
}

func showUser(u User) controlUserBody {
	b := controlUserBody{
		u.ID, u.Name, u.Email, u.PendingEmail, &u.Active, u.Language, "", u.HasPassword, u.Administrator, u.Roles, u.LastAccess, u.SSOStatus,
	}
	if u.SSOCustomerID != "" {
		b.SSOCustomerID = "<secret>"
	}
	return b
}

func (s *Server) controlUser(r *http.Request) (int, any, error) {
	b, err := readControl[controlUserBody](r)
	if err != nil {
		return 0, nil, err
	}
	u := s.AddUser(User{
		b.ID, b.Name, b.Email, b.PendingEmail, b.Active == nil || *b.Active, b.Language, b.SSOCustomerID,
		b.HasPassword, b.Administrator, b.Roles, b.LastAccess, b.SSOStatus,
	})
	if u.ID == "" {
		return 0, nil, errors.New("user: the id is wrong, or the id or an address is taken")
	}
	return http.StatusCreated, showUser(u), nil
}

// controlGroupBody is a group of the control address.
type controlGroupBody struct {
	ID      int64    `json:"id,omitempty"`
	Name    string   `json:"name"`
	Members []string `json:"members"`
	Role    string   `json:"role,omitempty"`
}

func (s *Server) controlGroup(r *http.Request) (int, any, error) {
	b, err := readControl[controlGroupBody](r)
	if err != nil {
		return 0, nil, err
	}
	g := s.AddGroup(b.Name, b.Members...)
	if g.ID == 0 {
		return 0, nil, errors.New("group: the name is taken")
	}
	return http.StatusCreated, controlGroupBody(g), nil
}

func (s *Server) controlOutsider(r *http.Request) (int, any, error) {
	b, err := readControl[struct {
		Email string `json:"email"`
	}](r)
	if err != nil {
		return 0, nil, err
	}
	s.AddOutsider(b.Email)
	if !slices.Contains(s.Outsiders(), b.Email) {
		return 0, nil, errors.New("outsider: the address is taken")
	}
	return http.StatusCreated, b, nil
}

func (s *Server) controlConfirm(*http.Request) (int, any, error) {
	s.ConfirmEmails()
	return http.StatusNoContent, nil, nil
}

// controlFaultBody is a [Fault] of the control address; durations are texts such as "1.5s".
type controlFaultBody struct {
	Function    string   `json:"function"`
	Token       string   `json:"token"`
	Status      int      `json:"status"`
	Body        string   `json:"body"`
	ContentType string   `json:"content_type"`
	RetryAfter  string   `json:"retry_after"`
	Limit       bool     `json:"limit"`
	Lost        bool     `json:"lost"`
	Truncate    string   `json:"truncate"` // "empty", "object", "half" or "broken"
	Delay       duration `json:"delay"`
	After       bool     `json:"after"`
	Late        duration `json:"late"`
	Short       bool     `json:"short"`
	Keep        int      `json:"keep"`
	Skip        int      `json:"skip"`
	Times       int      `json:"times"`
	Rate        float64  `json:"rate"`
	For         duration `json:"for"`
}

// duration is a time.Duration written as Go writes it.
type duration time.Duration

// UnmarshalText reads "150ms".
func (d *duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	*d = duration(parsed)
	return err
}

func (s *Server) controlFault(r *http.Request) (int, any, error) {
	b, err := readControl[controlFaultBody](r)
	if err != nil {
		return 0, nil, err
	}
	truncate := slices.Index([]string{"", "empty", "object", "half", "broken"}, b.Truncate)
	if truncate < 0 {
		return 0, nil, fmt.Errorf("truncate: %q is not known", b.Truncate)
	}
	if b.Status != 0 && (b.Status < 200 || b.Status > 599) {
		return 0, nil, fmt.Errorf("status: %d is no status of an answer", b.Status)
	}
	if b.Keep < 0 || b.Late < 0 || b.Delay < 0 {
		return 0, nil, errors.New("keep, late, delay: a negative value means nothing")
	}
	id := s.faults.arm(Fault{
		b.Function, b.Token, b.Status, b.Body, b.ContentType, b.RetryAfter, b.Limit, b.Lost,
		Truncation(truncate), time.Duration(b.Delay), b.After, time.Duration(b.Late), b.Short, b.Keep,
		b.Skip, b.Times, b.Rate, time.Duration(b.For),
	})
	return http.StatusCreated, map[string]int{"id": id}, nil
}

func (s *Server) controlLate(*http.Request) (int, any, error) {
	return http.StatusOK, map[string]int{"done": s.DoLate()}, nil
}

func (s *Server) controlClear(*http.Request) (int, any, error) {
	s.faults.clear()
	return http.StatusNoContent, nil, nil
}

func (s *Server) controlClearOne(r *http.Request) (int, any, error) {
	id, err := strconv.Atoi(r.PathValue("id"))
	if err != nil || !s.faults.disarm(id) {
		return http.StatusNotFound, map[string]string{"error": "no such fault"}, nil //nolint:nilerr // it is the answer
	}
	return http.StatusNoContent, nil, nil
}

func (s *Server) controlCalls(*http.Request) (int, any, error) {
	return http.StatusOK, s.Calls(), nil
}

func (s *Server) controlLog(*http.Request) (int, any, error) {
	return http.StatusOK, append([]Call{}, s.Log()...), nil
}

// controlStateBody is the content of the first company.
type controlStateBody struct {
	Variant        string             `json:"variant"`
	Owner          string             `json:"owner"`
	CompanyDeleted bool               `json:"company_deleted"`
	Users          []controlUserBody  `json:"users"`
	Groups         []controlGroupBody `json:"groups"`
	Outsiders      []string           `json:"outsiders"`
	Mails          Mails              `json:"mails"`
}

func (s *Server) controlState(*http.Request) (int, any, error) {
	b := controlStateBody{
		Variant:        s.variant.Name,
		Owner:          s.OwnerID(),
		CompanyDeleted: s.CompanyDeleted(),
		Users:          []controlUserBody{},
		Groups:         []controlGroupBody{},
		Outsiders:      append([]string{}, s.Outsiders()...),
		Mails:          s.Mails(),
	}
	for _, u := range s.Users() {
		b.Users = append(b.Users, showUser(u))
	}
	for _, g := range s.Groups() {
		b.Groups = append(b.Groups, controlGroupBody(g))
	}
	return http.StatusOK, b, nil
}

func (*Server) controlVariants(*http.Request) (int, any, error) {
	var names []string
	for _, v := range Variants() {
		names = append(names, v.Name)
	}
	return http.StatusOK, names, nil
}

// controlRights shows each right and whether the token has it.
func (s *Server) controlRights(*http.Request) (int, any, error) {
	has := map[Right]bool{}
	for _, right := range AllRights() {
		has[right] = s.HasRight(right)
	}
	return http.StatusOK, has, nil
}

func (s *Server) controlGive(r *http.Request) (int, any, error) { return s.controlRight(r, true) }
func (s *Server) controlTake(r *http.Request) (int, any, error) { return s.controlRight(r, false) }

func (s *Server) controlRight(r *http.Request, has bool) (int, any, error) {
	right := Right(r.PathValue("right"))
	if !slices.Contains(AllRights(), right) {
		return http.StatusNotFound, map[string]string{"error": "no such right: GET /rights names them"}, nil
	}
	s.SetRight(right, has)
	return http.StatusNoContent, nil, nil
}

// controlToken changes the properties of the token that the request contains.
func (s *Server) controlToken(r *http.Request) (int, any, error) {
	b, err := readControl[struct {
		State    string `json:"state"`
		Company  *bool  `json:"company"`
		Licensed *bool  `json:"licensed"`
	}](r)
	if err != nil {
		return 0, nil, err
	}
	state := slices.Index([]string{"valid", "expired", "revoked", "blocked"}, b.State)
	if state < 0 && b.State != "" {
		return 0, nil, fmt.Errorf("state: %q is none of valid, expired, revoked, blocked", b.State)
	}
	if state >= 0 {
		s.SetTokenState(TokenState(state))
	}
	if b.Company != nil {
		s.SetCompanyToken(*b.Company)
	}
	if b.Licensed != nil {
		s.SetLicensed(*b.Licensed)
	}
	return http.StatusNoContent, nil, nil
}
