package tvfake

import (
	"cmp"
	"crypto/rand"
	"maps"
	mathrand "math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// Options say what a [Server] is like. The zero value is a usable server.
type Options struct {
	Token    string  // accepted bearer token; "" = a random one, see [Company.Token]
	OwnerID  string  // id of the token's owner; what is no user id = one of the emulator's choice
	Variant  Variant // zero = [Default]
	Seed     uint64  // for orders, ids, page tokens and the dice of faults; 0 = 1
	PageSize int     // of paged lists; 0 = the variant's
}

// A Server is a TeamViewer: its companies, the accounts outside every company, the count of calls,
// and the armed faults. Its methods may be called at any time from any goroutine. The embedded
// Company is the first one, that of Options.Token.
type Server struct {
	*Company

	variant Variant
	routes  []route
	calls   *calls
	faults  *faults
	holds   *holds
	lates   *lates

	mu        sync.Mutex // guards everything below, and every Company
	rng       *mathrand.Rand
	companies map[string]*Company // by token
	further   map[string]*further // what differs of a company's further tokens, by token
	outside   map[int32]*account  // accounts that belong to no company
	emails    map[string]holder   // holder of each address, by folded address
	lastUser  int32
	lastGroup int64
	pages     pages
}

// holder is the account that has an address, shown or waiting to be confirmed.
type holder struct {
	number  int32
	company *Company // nil: outside every company
}

// New returns a server with one company, which holds the owner of its token.
func New(o Options) *Server {
	v := o.Variant
	if v == (Variant{}) {
		v = Default()
	}
	v = v.withDefaults()
	if o.PageSize > 0 {
		v.PageSize = o.PageSize
	}
	rng := mathrand.New(mathrand.NewPCG(cmp.Or(o.Seed, 1), 0x7476))
	s := &Server{
		variant:   v,
		calls:     newCalls(),
		faults:    newFaults(cmp.Or(o.Seed, 1)),
		holds:     &holds{},
		lates:     &lates{},
		rng:       rng,
		companies: map[string]*Company{},
		further:   map[string]*further{},
		outside:   map[int32]*account{},
		emails:    map[string]holder{},
		lastUser:  100_000_000 + rng.Int32N(900_000_000),
		lastGroup: 5_000_000_000 + rng.Int64N(1_000_000_000), // beyond 32 bits: the ids of groups are int64
	}
	s.routes = routes()
	owner, _ := parseUserID(o.OwnerID, false)
	s.Company = s.addCompany(cmp.Or(o.Token, "tvfake-"+rand.Text()), owner)
	return s
}

// AddCompany adds a company with a token of its own. A token that is known already gives the
// company it has.
func (s *Server) AddCompany(token string) *Company {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c, ok := s.companies[token]; ok {
		return c
	}
	return s.addCompany(token, 0)
}

func (s *Server) addCompany(token string, owner int32) *Company {
	c := &Company{server: s, token: token, owner: owner}
	if owner == 0 || s.taken(owner) {
		c.owner = s.nextUser()
	}
	s.companies[token] = c
	c.reset()
	return c
}

// AddOutsider makes an account outside every company, as most of TeamViewer's accounts are. It does
// nothing when an account has the address already.
func (s *Server) AddOutsider(email string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, taken := s.emails[foldASCII(email)]; taken {
		return
	}
	a := &account{number: s.nextUser(), email: email, name: localPart(email), active: true}
	s.outside[a.number] = a
	s.emails[foldASCII(email)] = holder{number: a.number}
}

// Outsiders returns the addresses of the accounts outside every company, sorted.
func (s *Server) Outsiders() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var emails []string
	for a := range maps.Values(s.outside) {
		emails = append(emails, a.email)
	}
	slices.Sort(emails)
	return emails
}

// Variant returns the reading of the contract that the server follows.
func (s *Server) Variant() Variant { return s.variant }

// Reset makes the server as new: faults, holds, counts and log are dropped, late work is not done
// to it afterwards, and each company holds the owner of its token alone. Tokens, owners and
// observers stay.
func (s *Server) Reset() {
	s.faults.clear()
	s.holds.clear()
	s.DoLate() // before the company is as new, not after
	s.calls.reset()
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.outside)
	clear(s.emails)
	for f := range maps.Values(s.further) {
		f.state = TokenValid
	}
	s.pages = pages{}
	for c := range maps.Values(s.companies) {
		c.reset()
	}
}

// Handler serves the Web API: the functions below /api/v1.
func (s *Server) Handler() http.Handler { return http.HandlerFunc(s.serve) }

// taken reports whether an account of any company, or of none, has the number.
func (s *Server) taken(number int32) bool {
	if _, ok := s.outside[number]; ok {
		return true
	}
	for _, c := range s.companies {
		if _, ok := c.users[number]; ok {
			return true
		}
	}
	return false
}

// nextUser returns account numbers with gaps, so that tests cannot depend on consecutive numbers.
func (s *Server) nextUser() int32 {
	for {
		s.lastUser += 1 + s.rng.Int32N(997)
		if s.lastUser <= 0 { // past the last int32
			s.lastUser = 1
		}
		if !s.taken(s.lastUser) {
			return s.lastUser
		}
	}
}

func (s *Server) nextGroup() int64 {
	s.lastGroup += 1 + s.rng.Int64N(997)
	return s.lastGroup
}

// localPart returns what precedes the last "@" of an address.
func localPart(email string) string {
	if i := strings.LastIndexByte(email, '@'); i > 0 {
		return email[:i]
	}
	return email
}
