package roster_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"tvscim/mapping/roster"
	"tvscim/tvapi"
	"tvscim/tvapi/tvfake"
)

// lag is how long a write may be missing from lists by the Roster's settings; the emulator's lists
// lag by less.
const lag = 10 * time.Second

// state is what one user was from a moment on; no address: not there.
type state struct {
	since time.Time
	email string
}

// world is a company in which the gateway and the console both work, and the memory of all that was
// ever true in it.
type world struct {
	*company
	past  map[tvapi.UserID][]state
	own   map[tvapi.UserID]bool // is the last change our own, its answer noted?
	names int
	heal  []func() // end the faults of lists
}

// Whatever happens in whatever order, a view shows of each user what was true between the start of
// its load (less the lag) and now; and of a user that we were the last to change, the truth.
func TestEveryViewShowsWhatWasTrue(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) { rapid.SyncTest(rt, live) })
}

// live draws one life of a company.
func live(rt *rapid.T) {
	v := tvfake.Default()
	v.ListLag = time.Duration(rapid.IntRange(0, 5).Draw(rt, "list lag")) * time.Second
	w := &world{
		company: newCompany(rt, v, roster.Options{Lag: lag}),
		past:    map[tvapi.UserID][]state{}, own: map[tvapi.UserID]bool{},
	}
	rt.Repeat(map[string]func(*rapid.T){
		"":                func(*rapid.T) { w.check(w.Users.Latest()) },
		"create":          w.create,
		"update":          w.update,
		"remove":          w.remove,
		"console adds":    w.consoleAdds,
		"console changes": w.consoleChanges,
		"console drops":   w.consoleDrops,
		"time passes":     func(rt *rapid.T) { w.pass(rt, 40*time.Second) },
		"list":            w.list,
		"fresh list":      w.freshList,
		"one":             w.one,
		"slow lists":      w.slowLists,
		"bad lists":       w.badLists,
	})
	w.finish()
}

func (w *world) note(id tvapi.UserID, email string, own bool) {
	w.past[id] = append(w.past[id], state{time.Now(), email})
	w.own[id] = own
}

func (w *world) now(id tvapi.UserID) string {
	past := w.past[id]
	if len(past) == 0 {
		return ""
	}
	return past[len(past)-1].email
}

// pick draws a user that is there.
func (w *world) pick(rt *rapid.T) tvapi.UserID {
	var ids []tvapi.UserID
	for id := range w.past {
		if w.now(id) != "" {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		rt.Skip("nobody is there")
	}
	slices.Sort(ids)
	return rapid.SampledFrom(ids).Draw(rt, "user")
}

func (w *world) newEmail() string {
	w.names++
	return email(w.names)
}

func (w *world) pass(rt *rapid.T, most time.Duration) {
	time.Sleep(time.Duration(rapid.Int64Range(0, int64(most)).Draw(rt, "time")))
	synctest.Wait()
}

// write makes one call, unless the client holds it back because its calls failed a moment ago.
func (w *world) write(rt *rapid.T, function tvapi.Function, call func(context.Context) error) {
	before := w.tv.Count(string(function))
	err := call(w.t.Context())
	switch {
	case err != nil && w.tv.Count(string(function)) == before:
		rt.Skip("not sent")
	case err != nil:
		rt.Fatal(err)
	}
}

func (w *world) create(rt *rapid.T) {
	var u *tvapi.User
	w.write(rt, tvapi.FuncUserCreate, func(ctx context.Context) (err error) {
		u, err = w.client.CreateUser(ctx, tvapi.UserCreate{Email: w.newEmail(), Name: "Name", Language: "en"})
		return err
	})
	w.Users.Created(*u)
	w.note(u.ID, u.Email, true)
}

func (w *world) update(rt *rapid.T) {
	id, address := w.pick(rt), w.newEmail()
	up := tvapi.UserUpdate{Email: &address}
	w.write(rt, tvapi.FuncUserUpdate, func(ctx context.Context) error { return w.client.UpdateUser(ctx, id, up) })
	w.note(id, address, false)
	w.pass(rt, 5*time.Second) // the answer takes its time
	w.UserUpdated(id, up)
	if v := w.Users.Latest(); v != nil {
		_, w.own[id] = v.ByID(id) // of a user that we do not know we note nothing
	}
}

func (w *world) remove(rt *rapid.T) {
	id := w.pick(rt)
	w.write(rt, tvapi.FuncUserDelete, func(ctx context.Context) error { return w.client.RemoveUser(ctx, id) })
	w.note(id, "", false)
	w.pass(rt, 5*time.Second)
	w.Users.Removed(id)
	w.own[id] = true
}

func (w *world) consoleAdds(*rapid.T) {
	address := w.newEmail()
	w.note(w.hire(address), address, false)
}

func (w *world) consoleChanges(rt *rapid.T) {
	id, address := w.pick(rt), w.newEmail()
	w.tv.ChangeUser(id.String(), func(u *tvfake.User) { u.Email = address })
	w.note(id, address, false)
}

func (w *world) consoleDrops(rt *rapid.T) {
	id := w.pick(rt)
	w.tv.DropUser(id.String())
	w.note(id, "", false)
}

func (w *world) list(*rapid.T) {
	if v, err := w.Users.View(w.t.Context()); err == nil {
		w.check(v)
	}
}

func (w *world) freshList(*rapid.T) {
	asked := time.Now()
	if v, err := w.Users.ViewSince(w.t.Context(), asked); err == nil {
		w.check(v)
		if v.Began().Before(asked) || v.StaleErr() != nil {
			w.t.Fatalf("a fresh list began %v before the question, StaleErr: %v", asked.Sub(v.Began()), v.StaleErr())
		}
	}
}

// slowLists makes the next list take long: before the work, so that it is of the end, or after, so
// that it is of the beginning.
func (w *world) slowLists(rt *rapid.T) {
	delay := time.Duration(rapid.IntRange(1, 30).Draw(rt, "delay")) * time.Second
	w.fail(tvfake.Fault{Delay: delay, After: rapid.Bool().Draw(rt, "after")})
	go func() { _, _ = w.Users.ViewSince(w.t.Context(), time.Now()) }()
	synctest.Wait()
}

func (w *world) badLists(rt *rapid.T) {
	w.fail(rapid.SampledFrom(badLists).Draw(rt, "list").fault)
}

// fail makes the next list go wrong.
func (w *world) fail(f tvfake.Fault) {
	f.Function, f.Times = userList, 1
	w.heal = append(w.heal, w.tv.Fail(f))
}

// one asks for one user that is there: it is never unknown, nor anything else than what we wrote.
func (w *world) one(rt *rapid.T) {
	id, latest := w.pick(rt), w.Users.Latest()
	known := latest != nil && latest.Age() <= time.Minute // the age up to which a snapshot decides
	u, err := w.Users.Get(w.t.Context(), id)
	switch {
	case errors.Is(err, roster.ErrUnknown):
		rt.Fatalf("user %v, who is there: %v", id, err)
	case err != nil && known && w.own[id]:
		rt.Fatalf("user %v, whom we wrote last: %v", id, err)
	case err == nil && w.own[id] && u.Email != w.now(id):
		rt.Fatalf("user %v is %s, we wrote %s", id, u.Email, w.now(id))
	}
}

// check compares a view with the past.
func (w *world) check(v *roster.UserView) {
	if v == nil {
		return
	}
	from := v.Began().Add(-lag)
	for id, past := range w.past {
		u, _ := v.ByID(id)
		switch {
		case w.own[id] && u.Email != w.now(id):
			w.t.Fatalf("user %v is %q in a snapshot of %v ago, we wrote %q", id, u.Email, v.Age(), w.now(id))
		case !slices.Contains(held(past, from), u.Email):
			w.t.Fatalf("user %v is %q in a snapshot of %v ago, it was %v since", id, u.Email, v.Age(), held(past, from))
		}
	}
}

// held returns the addresses that a user had from a moment on; what ended in that moment is one of
// them, as it is for the Roster.
func held(past []state, from time.Time) []string {
	addresses := []string{""} // before all
	for _, s := range past {
		if s.since.Before(from) {
			addresses = addresses[:0]
		}
		addresses = append(addresses, s.email)
	}
	return addresses
}

// finish waits until everything under way is over. Then the Roster shows what TeamViewer holds, and
// nothing else.
func (w *world) finish() {
	for _, heal := range w.heal {
		heal()
	}
	time.Sleep(time.Hour)
	_, _ = w.Users.View(w.t.Context()) // a list that lost much counts once a second one agrees
	time.Sleep(time.Minute)
	v, err := w.Users.View(w.t.Context())
	if err != nil || v.StaleErr() != nil {
		w.t.Fatalf("after an hour: %v, %v", err, v.StaleErr())
	}
	if got, want := v.Len(), len(w.tv.Users()); got != want {
		w.t.Fatalf("%d users, want %d", got, want)
	}
	for id := range w.past {
		if u, _ := v.ByID(id); u.Email != w.now(id) {
			w.t.Fatalf("after an hour: user %v is %q, want %q", id, u.Email, w.now(id))
		}
		if _, err := w.Users.Get(w.t.Context(), id); errors.Is(err, roster.ErrUnknown) != (w.now(id) == "") {
			w.t.Fatalf("after an hour: user %v, there as %q: %v", id, w.now(id), err)
		}
	}
}
