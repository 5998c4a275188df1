package tvfake_test

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tvscim/tvapi/tvfake"
)

// TestInvariants does anything in any order, in the console and over the wire, under any variant,
// and checks after each step what must always hold.
func TestInvariants(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		v := rapid.SampledFrom(tvfake.Variants()).Draw(rt, "variant")
		c := newClient(t, tvfake.Options{Variant: v, OwnerID: "u50"})
		m := &machine{client: c, variant: v}
		rt.Repeat(map[string]func(*rapid.T){
			"create":   m.create,
			"change":   m.change,
			"remove":   m.remove,
			"console":  m.console,
			"outsider": m.outsider,
			"group":    m.group,
			"rename":   m.rename,
			"members":  m.members,
			"":         m.check,
		})
	})
}

// machine is an emulator that a property test drives.
type machine struct {
	*client
	variant tvfake.Variant
}

func (m *machine) email(rt *rapid.T) string {
	name := rapid.SampledFrom([]string{"ann", "ANN", "bob", "cyd", "Cyd", "dan"}).Draw(rt, "local part")
	return name + "@example.com"
}

func (m *machine) user(rt *rapid.T) string {
	users := m.server.Users()
	return rapid.SampledFrom(users).Draw(rt, "user").ID
}

func (m *machine) anyGroup(rt *rapid.T) tvfake.Group {
	groups := m.server.Groups()
	if len(groups) == 0 {
		rt.Skip("no group")
	}
	return rapid.SampledFrom(groups).Draw(rt, "group")
}

func (m *machine) create(rt *rapid.T) {
	m.do("POST", "/users", newUser(map[string]any{"email": m.email(rt), "password": "Secret-1"}))
}

func (m *machine) change(rt *rapid.T) {
	active := rapid.Bool().Draw(rt, "active")
	m.do("PUT", "/users/"+m.user(rt), fmt.Sprintf(`{"email":%q,"active":%v}`, m.email(rt), active))
}

func (m *machine) remove(rt *rapid.T) {
	m.do("DELETE", fmt.Sprint("/users/", m.user(rt), "?isPermanentDelete=", rapid.Bool().Draw(rt, "for good")), "")
}

func (m *machine) console(rt *rapid.T) {
	switch rapid.IntRange(0, 3).Draw(rt, "what") {
	case 0:
		m.server.AddUser(tvfake.User{Email: m.email(rt)})
	case 1:
		m.server.DropUser(m.user(rt))
	case 2:
		m.server.ChangeUser(m.user(rt), func(u *tvfake.User) { u.Email = m.email(rt) })
	case 3:
		m.server.ConfirmEmails()
	}
}

func (m *machine) outsider(rt *rapid.T) { m.server.AddOutsider(m.email(rt)) }

func (m *machine) group(rt *rapid.T) {
	m.do("POST", "/usergroups", fmt.Sprintf(`{"name":%q}`, rapid.SampledFrom([]string{"A", "a", "B", "C"}).Draw(rt, "name")))
}

func (m *machine) rename(rt *rapid.T) {
	name := rapid.SampledFrom([]string{"A", "a", "B", "C", "D"}).Draw(rt, "name")
	m.do("PUT", "/usergroups/"+id(m.anyGroup(rt)), fmt.Sprintf(`{"name":%q}`, name))
}

func (m *machine) members(rt *rapid.T) {
	method := rapid.SampledFrom([]string{"POST", "DELETE"}).Draw(rt, "method")
	m.do(method, "/usergroups/"+id(m.anyGroup(rt))+"/members", accounts(m.user(rt), m.user(rt)))
}

func (m *machine) check(rt *rapid.T) {
	taken := map[string]string{}
	claim := func(email, who string) {
		key := strings.ToLower(email)
		if other, ok := taken[key]; ok && other != who {
			rt.Fatalf("%s belongs to %s and to %s", email, other, who)
		}
		taken[key] = who
	}
	for _, email := range m.server.Outsiders() {
		if !m.variant.RemovedFreesEmail {
			claim(email, "outside: "+email)
		}
	}
	users := map[string]bool{}
	for _, u := range m.server.Users() {
		users[u.ID] = true
		claim(u.Email, u.ID)
		if u.PendingEmail != "" {
			claim(u.PendingEmail, u.ID)
		}
		if got, ok := m.server.UserByEmail(strings.ToUpper(u.Email)); !ok || got.ID != u.ID {
			rt.Fatalf("%s finds %v %v, want %s", u.Email, got, ok, u.ID)
		}
		if got, ok := m.server.User(u.ID); !ok || !cmp.Equal(got, u) {
			rt.Fatalf("%s finds %v %v, want %v", u.ID, got, ok, u)
		}
	}
	if !users[m.server.OwnerID()] {
		rt.Fatal("the owner is gone")
	}
	m.checkGroups(rt, users)
}

func (m *machine) checkGroups(rt *rapid.T, users map[string]bool) {
	names := map[string]bool{}
	for _, g := range m.server.Groups() {
		key := g.Name
		if !m.variant.GroupNamesMindCase {
			key = strings.ToLower(key)
		}
		if names[key] {
			rt.Fatalf("two groups are called %s", g.Name)
		}
		names[key] = true
		if got, ok := m.server.GroupByName(g.Name); !ok || got.ID != g.ID {
			rt.Fatalf("%s finds %v %v, want %d", g.Name, got, ok, g.ID)
		}
		for _, member := range g.Members {
			if !users[member] && !m.variant.RemovedStaysMember {
				rt.Fatalf("member %s of %s is no user", member, g.Name)
			}
		}
		if !slices.IsSortedFunc(g.Members, func(a, b string) int { return number(a) - number(b) }) {
			rt.Fatalf("members %v are not sorted", g.Members)
		}
	}
}

// number is the account number of an id.
func number(id string) int {
	n, _ := strconv.Atoi(account(id))
	return n
}

// TestConcurrency calls everything from many goroutines; the race detector and the sums watch.
func TestConcurrency(t *testing.T) {
	t.Parallel()
	const workers, rounds = 8, 25
	c := newClient(t, tvfake.Options{})
	g := c.server.AddGroup("All")
	c.server.Fail(tvfake.Fault{Function: "GET /ping", Status: 500, Rate: 0.5})
	c.server.OnCall(func(tvfake.Call) { c.server.Count("GET /users") })
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := range rounds {
				u := c.create(fmt.Sprintf("w%d-%d@example.com", w, i))
				c.want(http.StatusCreated, "POST", "/usergroups/"+id(g)+"/members", accounts(u))
				c.want(http.StatusNoContent, "PUT", "/users/"+u, `{"active":false}`)
				c.do("GET", "/ping", "")
				c.do("GET", "/users?full_list=true", "")
				c.do("GET", "/usergroups/"+id(g)+"/members", "")
				c.server.ChangeUser(u, func(u *tvfake.User) { u.Name = "Changed" })
				c.server.Users()
				c.server.Log()
				if i%5 == 0 {
					c.server.DropUser(u)
				}
			}
		})
	}
	wg.Wait()
	const kept = workers * rounds * 4 / 5
	same(t, "users", len(c.server.Users()), kept+1)
	all, _ := c.server.Group(g.ID)
	same(t, "members", len(all.Members), kept)
	same(t, "created", c.server.Count("POST /users"), workers*rounds)
	same(t, "total", c.server.TotalCalls(), 6*workers*rounds)
	same(t, "log", len(c.server.Log()), 6*workers*rounds)
}

// TestOneOfManyCreates: twenty creates of one address at once make one user.
func TestOneOfManyCreates(t *testing.T) {
	t.Parallel()
	c := newClient(t, tvfake.Options{})
	statuses := make(chan int, 20)
	for range 20 {
		go func() {
			r, _ := c.try(t.Context(), "POST", createPath, createBody)
			statuses <- r.status
		}()
	}
	count := map[int]int{}
	for range 20 {
		count[<-statuses]++
	}
	same(t, "statuses", count, map[int]int{http.StatusOK: 1, http.StatusBadRequest: 19})
}
