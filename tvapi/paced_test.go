package tvapi_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"tvscim/tvapi"
	"tvscim/tvapi/tvfake"
)

// paced is an emulator and a client of it that waits and tries again as clients do, in the
// synthetic time of a bubble.
type paced struct {
	*testing.T
	fake   *tvfake.Server
	client *tvapi.Client
	start  time.Time
	mu     sync.Mutex
	made   []attempt
}

// attempt is one attempt as the client reports it.
type attempt struct {
	function tvapi.Function
	outcome  tvapi.Kind
	at       time.Duration // since the start, at its end
}

// inPaced runs a test in a bubble. What o says goes before the defaults of New.
func inPaced(t *testing.T, o tvapi.Options, test func(*paced)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { test(newPaced(t, o, tvfake.Default())) })
}

func newPaced(t *testing.T, o tvapi.Options, v tvfake.Variant) *paced {
	t.Helper()
	p := &paced{T: t, fake: tvfake.New(tvfake.Options{Variant: v}), start: time.Now()}
	p.fake.SetRights(tvfake.AllRights()...)
	o.Token = p.fake.Token()
	if o.Transport == nil {
		o.Transport = p.fake.Transport()
	}
	o.Observe = func(e tvapi.CallEvent) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.made = append(p.made, attempt{e.Function, e.Outcome, p.since()})
	}
	client, err := tvapi.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	p.client = client
	return p
}

// since is the time since the start of the test.
func (p *paced) since() time.Duration { return time.Since(p.start) }

// times are when the attempts so far ended.
func (p *paced) times() []time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []time.Duration
	for _, a := range p.made {
		all = append(all, a.at)
	}
	return all
}

// hire makes a user in the console.
func (p *paced) hire() tvapi.UserID {
	p.Helper()
	id, err := tvapi.ParseUserID(p.fake.AddUser(tvfake.User{Active: true}).ID)
	if err != nil {
		p.Fatal(err)
	}
	return id
}

// ping makes the plainest of calls.
func (p *paced) ping() error {
	_, err := p.client.Ping(p.Context())
	return err
}

// groups makes a call of another function.
func (p *paced) groups() error { return drain(p.client.Groups(p.Context())) }

// all runs a call n times at once and returns the errors in no order, when all have ended.
func (p *paced) all(n int, call func(context.Context) error) []error {
	errs := make([]error, n)
	var each sync.WaitGroup
	for i := range n {
		each.Go(func() { errs[i] = call(p.Context()) })
	}
	each.Wait()
	return errs
}

// must ends the test at an error.
func (p *paced) must(err error) {
	p.Helper()
	if err != nil {
		p.Fatal(err)
	}
}

// wantCalls checks how many calls arrived.
func (p *paced) wantCalls(want int) {
	p.Helper()
	if got := p.fake.TotalCalls(); got != want {
		p.Errorf("%d calls arrived, want %d", got, want)
	}
}

// wantKind checks an error's kind and whether a call was made for it.
func (p *paced) wantKind(err error, kind tvapi.Kind, withheld bool) *tvapi.Error {
	p.Helper()
	e, ok := err.(*tvapi.Error)
	if !ok || e.Kind != kind || e.Withheld != withheld {
		p.Fatalf("error = %v (%#v), want %v, withheld %v", err, err, kind, withheld)
	}
	return e
}
