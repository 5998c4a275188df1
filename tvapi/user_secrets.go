package tvapi

import "encoding/json"

// UserSecrets are the fields of a user that TeamViewer accepts and never returns (Web API: POST and
// PUT /users). Nil = not sent. No error and no log contains their values.
type UserSecrets struct {
	Password      *string `json:"password,omitempty"`
	SSOCustomerID *string `json:"sso_customer_id,omitempty"` // makes the user an SSO user
}

// fields returns a pointer to each field.
func (s *UserSecrets) fields() []**string {
	return []**string{&s.Password, &s.SSOCustomerID}
}

// wireSecrets is UserSecrets on the wire, not redacted.
type wireSecrets UserSecrets

// with returns the secrets that apply after s and then later.
func (s UserSecrets) with(later UserSecrets) UserSecrets {
	fields := s.fields()
	for i, f := range later.fields() {
		if *f != nil {
			*fields[i] = *f
		}
	}
	return s
}

// Differing returns the fields of s that other sets to another value.
func (s UserSecrets) Differing(other UserSecrets) UserSecrets {
	fields := s.fields()
	for i, f := range other.fields() {
		if own := fields[i]; *own == nil || *f == nil || **own == **f {
			*own = nil
		}
	}
	return s
}

// values returns the values that no error may contain.
func (s UserSecrets) values() []string {
	var all []string
	for _, f := range s.fields() {
		if *f != nil {
			all = append(all, **f)
		}
	}
	return all
}

// hide returns a copy with the values redacted.
func (s UserSecrets) hide() UserSecrets {
	shown := redacted
	for _, f := range s.fields() {
		if *f != nil {
			*f = &shown
		}
	}
	return s
}

// MarshalJSON returns the fields with their values redacted.
func (s UserSecrets) MarshalJSON() ([]byte, error) { return json.Marshal(wireSecrets(s.hide())) }
